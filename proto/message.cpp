#include "proto/message.h"

#include <array>

namespace sqlcast::proto {
namespace {

// In the order of the numbers, from 1; the order of Message's alternatives, too.
constexpr std::array<std::string_view, 20> kTypeNames = {
    "query",        "result",       "error",        "fetch",   "close",         "closed",        "cancel",
    "cancel_reply", "status",       "status_reply", "explain", "explain_reply", "log_read",      "log_batch",
    "report",       "report_reply", "group",        "beacon",  "requests",      "requests_reply"};
static_assert(std::variant_size_v<Message> == kTypeNames.size());

template <MessageType kType, typename T>
constexpr bool kAt = std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(kType) - 1, Message>, T>;
static_assert(kAt<MessageType::query, QueryRequest> && kAt<MessageType::error, ErrorReply> &&
              kAt<MessageType::closed, ClosedReply> && kAt<MessageType::status_reply, StatusReply> &&
              kAt<MessageType::log_batch, LogBatch> && kAt<MessageType::report_reply, ReportReply> &&
              kAt<MessageType::group, GroupMessage> && kAt<MessageType::beacon, Beacon> &&
              kAt<MessageType::requests_reply, RequestsReply>);

}  // namespace

MessageType type_of(const Message& message) { return static_cast<MessageType>(message.index() + 1); }

std::string_view message_type_name(MessageType type) {
  const auto number = static_cast<std::size_t>(type);
  return number >= 1 && number <= kTypeNames.size() ? kTypeNames[number - 1] : "unknown";
}

std::optional<MessageType> message_type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == name) return static_cast<MessageType>(i + 1);
  return std::nullopt;
}

bool is_request(MessageType type) {
  switch (type) {
    case MessageType::query:
    case MessageType::fetch:
    case MessageType::close:
    case MessageType::cancel:
    case MessageType::status:
    case MessageType::explain:
    case MessageType::log_read:
    case MessageType::report:
    case MessageType::requests: return true;
    case MessageType::result:
    case MessageType::error:
    case MessageType::closed:
    case MessageType::cancel_reply:
    case MessageType::status_reply:
    case MessageType::explain_reply:
    case MessageType::log_batch:
    case MessageType::report_reply:
    case MessageType::group:
    case MessageType::beacon:
    case MessageType::requests_reply: return false;
  }
  return false;
}

}  // namespace sqlcast::proto
