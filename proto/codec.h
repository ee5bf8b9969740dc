// Codec: messages to frames and back. Frames are what follows the envelope (identity and empty delimiter) or,
// on PUB, the topic. Never throws, never crashes, whatever the bytes. Pure; any thread.
//
// Binary: frame 1 is the 16-byte header, frame 2 a MessagePack map, then a result's column frames.
// JSON: one frame that starts with `{`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proto/message.h"

namespace sqlcast::proto {

using Frames = std::vector<std::string>;

enum class ContentType : std::uint8_t { messagepack = 0, json = 1 };

inline constexpr std::size_t kHeaderSize = 16;

// magic "SQLC", version, type, content type, zero, exchange id (8 bytes, big-endian). The exchange id pairs a
// reply with its request on one socket; it says nothing about retries (RequestKey does).
struct Header {
  std::uint8_t version = kProtocolVersion;
  MessageType type = MessageType::error;
  ContentType content = ContentType::messagepack;
  std::uint64_t exchange = 0;
};

std::string encode_header(const Header& header);

// bad_message: not ours; unsupported_version: ours, from another time. Whatever is wrong with the rest, the
// exchange id to answer with can be had from peek_exchange().
Result<Header> decode_header(std::string_view frame);

// From the first frame of any message, a header or JSON text, good or bad. 0 when there is none.
std::uint64_t peek_exchange(std::string_view frame);
// As that, to answer a message before it is read: 0, too, when the id of JSON text stands behind its first 4 KiB.
std::uint64_t glance_at_exchange(const Frames& frames);

struct Decoded {
  Header header;
  Message message;
};

// A message given up by its owner loses its columns' bytes to the frames instead of copying them.
Frames encode(const Message& message, std::uint64_t exchange);
Frames encode(Message&& message, std::uint64_t exchange);

// Requests are read strictly: bad_request names the field that is unknown, missing, there twice, or of the wrong
// type or value, by its path ("statements[0].sql"). In replies unknown fields are passed over. bad_message: the
// frames are not a message; too_large: over the limits below. Column frames are counted, not looked into
// (read_column does). The frames given up by their owner lose their columns to the message; others are copied.
Result<Decoded> decode(const Frames& frames);
Result<Decoded> decode(Frames&& frames);

// Limits of a query, whatever its form.
inline constexpr std::size_t kMaxStatements = 10'000;
inline constexpr std::size_t kMaxParams = 65'535;  // of one statement
inline constexpr std::size_t kMaxClientIdSize = 64;

// What makes two requests with the same key the same request: default database, statements, parameters, expect.
// Time limits, page size, consistency, acks and the way it came (JSON or not, forwarded or not) do not count.
std::uint64_t request_digest(const QueryRequest& request);

// True when the frames are the JSON form: a single frame whose first character is `{`.
bool is_json(const Frames& frames);

// A JSON request; unknown fields are refused by name, and the errors are decode()'s. `"id"` (any unsigned
// integer) is the exchange id and comes back in the reply. `"type"` is the message type's name and defaults to
// "query". {"sql", "params", "expect"} at the top stand for a query's only statement.
Result<Decoded> decode_json_request(std::string_view text);

// One line of JSON, always valid: integers are exact to 64 bits, bytes are {"base64": "…"}, bytes that are not
// UTF-8 inside text become U+FFFD, a double that is no number becomes the text "NaN", "Infinity", "-Infinity".
std::string encode_json_reply(const Message& message, std::uint64_t exchange);

// PUB topics: one byte each, so that subscribers can leave out what they do not want.
inline constexpr std::string_view kGroupTopic = "g";
inline constexpr std::string_view kBeaconTopic = "b";

}  // namespace sqlcast::proto
