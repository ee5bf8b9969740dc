#include "client/cli/parameters.h"

#include <utility>

#include "client/text/json.h"
#include "proto/codec.h"

namespace sqlcast::cli {

Result<client::Statement> parse_parameters(const std::string& json) {
  const auto parsed = text::json::parse(json);
  if (!parsed.ok() || (parsed->array() == nullptr && parsed->object() == nullptr))
    return Status::error(Code::bad_request, "--params " + json +
                                                ": expected a JSON array for ?, such as '[\"Ann\", 5]', or an object "
                                                "for :name, such as '{\"name\": \"Ann\"}'" +
                                                (parsed.ok() ? "" : "; " + parsed.status().message));
  // Read as the nodes do.
  auto decoded = proto::decode_json_request("{\"sql\":\"\",\"params\":" + json + "}");
  if (!decoded.ok()) return Status::error(Code::bad_request, "--params " + json + ": " + decoded.status().message);
  proto::RequestStatement& read = std::get<proto::QueryRequest>(decoded->message).statements.at(0);
  client::Statement statement;
  statement.params = std::move(read.params);
  statement.named_params = std::move(read.named_params);
  return statement;
}

}  // namespace sqlcast::cli
