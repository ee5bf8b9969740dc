#include "proto/codec.h"

#include <utility>

#include "proto/body_reader.h"
#include "proto/body_writer.h"
#include "proto/validate.h"

namespace sqlcast::proto {
namespace {

constexpr std::string_view kMagic = "SQLC";
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kContentAt = 6;
constexpr std::size_t kZeroAt = 7;
constexpr std::size_t kExchangeAt = 8;

std::uint8_t byte_at(std::string_view frame, std::size_t index) { return static_cast<std::uint8_t>(frame[index]); }

Status bad_message(std::string message) { return Status::error(Code::bad_message, std::move(message)); }

// An empty message of the type with this number; the number is one.
template <std::size_t kIndex = 0>
Message empty_message(MessageType type) {
  if constexpr (kIndex + 1 < std::variant_size_v<Message>)
    if (static_cast<std::size_t>(type) != kIndex + 1) return empty_message<kIndex + 1>(type);
  return Message(std::in_place_index<kIndex>);
}

std::size_t body_size_hint(const Message& message) {
  constexpr std::size_t kFieldsOfAGroup = 256;
  std::size_t size = 512;
  if (const auto* group = std::get_if<GroupMessage>(&message)) size += group->group.body.size();
  if (const auto* batch = std::get_if<LogBatch>(&message))
    for (const Group& group : batch->groups) size += group.body.size() + kFieldsOfAGroup;
  return size;
}

Frames encode_head(const Message& message, std::uint64_t exchange) {
  BodyWriter writer;
  writer.reserve(body_size_hint(message));
  std::visit([&](const auto& alternative) { writer.map_of(alternative); }, message);
  Frames frames;
  frames.push_back(encode_header({kProtocolVersion, type_of(message), ContentType::messagepack, exchange}));
  frames.push_back(writer.take());
  return frames;
}

// A result's columns are described in its body; their frames follow in the same order.
Status attach_columns(QueryResult& result, std::vector<std::string>&& frames, std::size_t next) {
  for (StatementResult& one : result.results)
    for (std::size_t i = 0; i < one.columns.size(); ++i) {
      if (next == frames.size()) return bad_message("a result has fewer column frames than columns");
      one.page.columns.push_back(std::move(frames[next++]));
    }
  if (next != frames.size()) return bad_message("a result has more column frames than columns");
  return ok_status();
}

}  // namespace

std::string encode_header(const Header& header) {
  std::string frame(kMagic);
  frame.push_back(static_cast<char>(header.version));
  frame.push_back(static_cast<char>(header.type));
  frame.push_back(static_cast<char>(header.content));
  frame.push_back('\0');
  for (unsigned i = 0; i < 8; ++i) frame.push_back(static_cast<char>(header.exchange >> (56U - 8U * i) & 0xffU));
  return frame;
}

Result<Header> decode_header(std::string_view frame) {
  if (!frame.starts_with(kMagic) || frame.size() <= kVersionAt)
    return bad_message(
        "the first frame is neither a header, which begins with SQLC, nor JSON, which is a single frame that begins "
        "with {");
  Header header;
  header.version = byte_at(frame, kVersionAt);
  if (header.version != kProtocolVersion)
    return Status::error(Code::unsupported_version, "protocol version " + std::to_string(header.version) +
                                                        " is not spoken here; this node speaks version " +
                                                        std::to_string(kProtocolVersion));
  if (frame.size() != kHeaderSize)
    return bad_message("the header has " + std::to_string(frame.size()) + " bytes; it must have 16");
  header.type = static_cast<MessageType>(byte_at(frame, kTypeAt));
  header.content = static_cast<ContentType>(byte_at(frame, kContentAt));
  header.exchange = peek_exchange(frame);
  if (message_type_name(header.type) == "unknown")
    return bad_message("message type " + std::to_string(byte_at(frame, kTypeAt)) + " is not known to version " +
                       std::to_string(kProtocolVersion));
  if (header.content != ContentType::messagepack || byte_at(frame, kZeroAt) != 0)
    return bad_message("the header's content type must be 0 (MessagePack) and the byte after it 0");
  return header;
}

Frames encode(const Message& message, std::uint64_t exchange) {
  Frames frames = encode_head(message, exchange);
  if (const auto* result = std::get_if<QueryResult>(&message))
    for (const StatementResult& one : result->results)
      frames.insert(frames.end(), one.page.columns.begin(), one.page.columns.end());
  return frames;
}

Frames encode(Message&& message, std::uint64_t exchange) {
  Frames frames = encode_head(message, exchange);
  if (auto* result = std::get_if<QueryResult>(&message))
    for (StatementResult& one : result->results)
      for (std::string& column : one.page.columns) frames.push_back(std::move(column));
  return frames;
}

Result<Decoded> decode(Frames&& frames) {
  if (frames.size() < 2)
    return bad_message("expected a header and a body, got " + std::to_string(frames.size()) + " frames");
  Result<Header> header = decode_header(frames[0]);
  if (!header) return header.status();
  Message message = empty_message(header->type);
  BodyReader reader(frames[1], is_request(header->type));
  if (Status status = std::visit([&](auto& alternative) { return reader.read_all(alternative); }, message); !status)
    return status;
  if (Status status = validate(message); !status) return status;
  if (auto* result = std::get_if<QueryResult>(&message)) {
    if (Status status = attach_columns(*result, std::move(frames), 2); !status) return status;
  } else if (frames.size() != 2) {
    return bad_message("a message of type " + std::string(message_type_name(header->type)) + " has two frames, not " +
                       std::to_string(frames.size()));
  }
  return Decoded{*header, std::move(message)};
}

Result<Decoded> decode(const Frames& frames) { return decode(Frames(frames)); }

bool is_json(const Frames& frames) { return frames.size() == 1 && frames[0].starts_with('{'); }

std::uint64_t request_digest(const QueryRequest& request) {
  BodyWriter writer;
  writer.required("database", request.database);
  writer.required("statements", request.statements);
  return content_digest(writer.take());
}

}  // namespace sqlcast::proto
