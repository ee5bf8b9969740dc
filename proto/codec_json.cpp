// The JSON form of codec.h: requests from people's scripts, and the replies to them.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "proto/codec.h"
#include "proto/json_reader.h"
#include "proto/json_text.h"
#include "proto/json_writer.h"
#include "proto/validate.h"

namespace sqlcast::proto {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "SQLC";
constexpr std::size_t kExchangeAt = 8;

Status bad(std::string message) { return Status::error(Code::bad_request, std::move(message)); }

Result<MessageType> take_type(json& object) {
  const auto place = object.find("type");
  if (place == object.end()) return MessageType::query;
  const auto* name = place->get_ptr<const json::string_t*>();
  const std::optional<MessageType> type = name == nullptr ? std::nullopt : message_type_from_name(*name);
  switch (type.value_or(MessageType::error)) {
    case MessageType::query:
    case MessageType::fetch:
    case MessageType::close:
    case MessageType::cancel:
    case MessageType::status:
    case MessageType::explain:
    case MessageType::requests: object.erase(place); return *type;
    default: return bad("type: expected one of query, fetch, close, cancel, status, explain, requests");
  }
}

Result<std::uint64_t> take_id(json& object) {
  const auto place = object.find("id");
  if (place == object.end()) return std::uint64_t{0};
  if (!place->is_number_unsigned()) return bad("id: expected an unsigned integer");
  const auto id = place->get<std::uint64_t>();
  object.erase(place);
  return id;
}

// {"sql", "params", "expect"} at the top become the only element of "statements".
Status gather_statement(json& object) {
  const bool has_sql = object.contains("sql");
  if (has_sql && object.contains("statements")) return bad("statements: sql is there too; send one of them");
  json statement = json::object();
  for (const char* name : {"sql", "params", "expect"}) {
    const auto place = object.find(name);
    if (place == object.end()) continue;
    if (!has_sql) return bad(std::string(name) + ": goes with sql, inside the statement that it belongs to");
    statement[name] = std::move(*place);
    object.erase(place);
  }
  if (!has_sql && !object.contains("statements")) return bad("sql: the field is missing");
  if (has_sql) object["statements"].push_back(std::move(statement));
  return ok_status();
}

template <typename T>
Result<Decoded> read_message(const json& object, MessageType type, std::uint64_t exchange) {
  T message;
  if (Status status = JsonReader().read_all(object, message); !status) return status;
  Decoded decoded{{kProtocolVersion, type, ContentType::json, exchange}, std::move(message)};
  if (Status status = validate(decoded.message); !status) return status;
  return decoded;
}

Result<Decoded> read_query(json& object, std::uint64_t exchange) {
  const bool single = object.contains("sql");
  if (Status status = gather_statement(object); !status) return status;
  Result<Decoded> decoded = read_message<QueryRequest>(object, MessageType::query, exchange);
  if (decoded || !single) return decoded;
  // The path of the field as its sender knows it.
  Status status = decoded.status();
  constexpr std::string_view kGathered = "statements[0].";
  if (status.message.starts_with(kGathered)) status.message.erase(0, kGathered.size());
  return status;
}

// One past the closing quote of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

// {"id": …} of text that may be anything: looked for, without building anything.
std::uint64_t peek_json_id(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t depth = 0;
  bool name_is_next = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t end = end_of_string(text, at);
      if (end > text.size()) return 0;
      const std::size_t colon = text.find_first_not_of(kBlanks, end);
      if (name_is_next && text.substr(at, end - at) == "\"id\"" && colon != std::string_view::npos &&
          text[colon] == ':') {
        const std::size_t digits = std::min(text.find_first_not_of(kBlanks, colon + 1), text.size());
        std::uint64_t id = 0;
        const auto [rest, error] = std::from_chars(text.data() + digits, text.data() + text.size(), id);
        // Where the text ends, it is cut off, and more digits may have followed.
        const bool whole =
            rest != text.data() + text.size() && std::string_view(".eE").find(*rest) == std::string_view::npos;
        return error == std::errc() && whole ? id : 0;
      }
      name_is_next = false;
      at = end - 1;
    } else if (c == '{' || c == '[') {
      name_is_next = ++depth == 1;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return 0;
    } else if (c == ',') {
      name_is_next = depth == 1;
    }
  }
  return 0;
}

void write_error(JsonWriter& out, const ErrorReply& error) {
  JsonWriter fields(true);
  fields.write(error);
  out.key("error");
  out.raw(fields.take());
}

void write_body(JsonWriter& out, const Message& message) {
  if (const auto* error = std::get_if<ErrorReply>(&message)) return write_error(out, *error);
  if (const auto* result = std::get_if<QueryResult>(&message)) {
    result->results.size() == 1 ? out.write_result(result->results[0]) : out.required("results", result->results);
    return describe_outcome(out, *result);
  }
  std::visit([&](const auto& alternative) { describe(out, alternative); }, message);
}

}  // namespace

std::uint64_t peek_exchange(std::string_view frame) {
  if (frame.starts_with('{')) return peek_json_id(frame);
  if (!frame.starts_with(kMagic) || frame.size() < kHeaderSize) return 0;
  std::uint64_t exchange = 0;
  for (std::size_t i = kExchangeAt; i < kHeaderSize; ++i)
    exchange = exchange << 8U | static_cast<std::uint8_t>(frame[i]);
  return exchange;
}

std::uint64_t glance_at_exchange(const Frames& frames) {
  constexpr std::size_t kGlance = 4096;
  return frames.empty() ? 0 : peek_exchange(std::string_view(frames.front()).substr(0, kGlance));
}

Result<Decoded> decode_json_request(std::string_view text) {
  Result<json> tree = parse_json_text(text);
  if (!tree) return tree.status();
  json& object = *tree;
  if (!object.is_object()) return Status::error(Code::bad_message, "a JSON request is an object");
  const Result<MessageType> type = take_type(object);
  if (!type) return type.status();
  const Result<std::uint64_t> id = take_id(object);
  if (!id) return id.status();
  for (const char* name : {"forwarded_by", "cluster", "caller", "caller_key"})  // from node to node
    if (object.contains(name)) return bad("unknown field \"" + std::string(name) + "\"");
  switch (*type) {
    case MessageType::fetch: return read_message<FetchRequest>(object, *type, *id);
    case MessageType::close: return read_message<CloseRequest>(object, *type, *id);
    case MessageType::cancel: return read_message<CancelRequest>(object, *type, *id);
    case MessageType::status: return read_message<StatusRequest>(object, *type, *id);
    case MessageType::explain: return read_message<ExplainRequest>(object, *type, *id);
    case MessageType::requests: return read_message<RequestsRequest>(object, *type, *id);
    default: return read_query(object, *id);
  }
}

std::string encode_json_reply(const Message& message, std::uint64_t exchange) {
  JsonWriter out;
  out.open('{');
  out.required("ok", !std::holds_alternative<ErrorReply>(message));
  out.required("id", exchange);
  out.derived("type", message_type_name(type_of(message)));
  write_body(out, message);
  out.close('}');
  if (out.status().ok()) return out.take();
  ErrorReply error;
  error.status = Status::error(Code::internal, "the result could not be written as JSON: " + out.status().message);
  return encode_json_reply(error, exchange);
}

}  // namespace sqlcast::proto
