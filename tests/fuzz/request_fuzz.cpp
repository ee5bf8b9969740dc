// Fuzz target: any frames, and frames with a header that is right, go through the codec, in one frame too; any text
// through that of JSON; parameters go into the text of their statement. Stops where what was read cannot be written
// again, or where a value becomes syntax.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "proto/codec.h"
#include "proto/column.h"
#include "proto/joined.h"
#include "sql/parameters.h"
#include "sql/splitter.h"
#include "tests/fuzz/input.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

constexpr std::size_t kMostText = 1U << 16U;

std::size_t statements_of(std::string_view text) {
  std::string delimiter = ";";
  return sql::split(text, delimiter).size();
}

void check_parameters(const RequestStatement& statement) {
  const Result<std::string> text =
      sql::expand_parameters(statement.sql, statement.params, statement.named_params, kMostText);
  if (!text.ok()) {
    SQLCAST_CHECK(!text.status().message.empty());
    return;
  }
  SQLCAST_CHECK(text->size() <= kMostText);
  // Values are literals: they end no statement, and begin no comment or string that the rest would be in.
  SQLCAST_CHECK(statements_of(*text) == statements_of(statement.sql));
}

// What was understood once is understood again, and is written as the same bytes each time.
void check_message(const Decoded& decoded) {
  const Frames frames = encode(decoded.message, decoded.header.exchange);
  const Result<Decoded> again = decode(frames);
  SQLCAST_CHECK(again.ok() && again->header.exchange == decoded.header.exchange);
  SQLCAST_CHECK(type_of(again->message) == type_of(decoded.message));
  SQLCAST_CHECK(encode(again->message, decoded.header.exchange) == frames);
  if (const auto* query = std::get_if<QueryRequest>(&decoded.message)) {
    SQLCAST_CHECK(request_digest(*query) == request_digest(std::get<QueryRequest>(again->message)));
    for (const RequestStatement& statement : query->statements) check_parameters(statement);
  }
  if (const auto* result = std::get_if<QueryResult>(&decoded.message)) {
    for (const StatementResult& one : result->results) {
      for (const std::string& column : one.page.columns) {
        // More cells than bytes there cannot be.
        const auto cells = read_column(column, one.page.rows);
        SQLCAST_CHECK(!cells.ok() || cells->size() <= column.size());
      }
    }
  }
}

void check_frames(const Frames& frames) {
  (void)glance_at_exchange(frames);
  if (is_joined(frames)) {
    Frames parts = frames;
    if (split(parts).ok()) {
      SQLCAST_CHECK(!is_joined(parts));
      join(parts);
      SQLCAST_CHECK(parts == frames);
    }
  }
  if (!frames.empty()) (void)peek_exchange(frames[0]);
  const Result<Decoded> decoded = decode(frames);
  if (decoded.ok()) {
    check_message(*decoded);
  } else {
    SQLCAST_CHECK(decoded.status().code == Code::bad_message || decoded.status().code == Code::bad_request ||
                  decoded.status().code == Code::too_large || decoded.status().code == Code::unsupported_version);
    SQLCAST_CHECK(!decoded.status().message.empty());
    // It is what the peer is answered with.
    ErrorReply error;
    error.status = decoded.status();
    SQLCAST_CHECK(nlohmann::json::accept(encode_json_reply(error, 1)));
  }
}

void check_json(std::string_view text) {
  const Result<Decoded> decoded = decode_json_request(text);
  if (decoded.ok()) {
    check_message(*decoded);
  } else {
    ErrorReply error;
    error.status = decoded.status();
    SQLCAST_CHECK(nlohmann::json::accept(encode_json_reply(error, peek_exchange(text))));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t mode = in.byte();
  if (mode == '{') {
    check_json("{" + std::string(in.rest()));
    return 0;
  }
  Frames frames;
  // A header that is right, of the type that the mode says: the body is what is looked at.
  if (mode != 'r') {
    Header header;
    header.type = static_cast<MessageType>(mode % 20);
    frames.push_back(encode_header(header));
    frames.emplace_back(in.take(in.byte() * 256U + in.byte()));
  }
  while (!in.empty()) frames.emplace_back(in.take(in.byte()));
  check_frames(frames);
  if (mode != 'r') {
    // Of the same bytes: the header, and the rest in its frame.
    join(frames);
    check_frames(frames);
    if (is_joined(frames) && split(frames).ok()) check_frames(frames);
  }
  return 0;
}
