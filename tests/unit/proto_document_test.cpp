// Goal: docs/protocol.md tells the truth about names and numbers. Method: every code, message type and field of the
// code must be in its table of the document, and every row of the tables in the code.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "proto/fields.h"
#include "tests/unit/proto_sample.h"

using namespace sqlcast;
using namespace sqlcast::proto;

namespace {

using Row = std::vector<std::string>;

// Heading → rows of the tables under it, header and ruler left out.
std::map<std::string, std::vector<Row>> tables() {
  std::ifstream in(std::string(SQLCAST_SOURCE_DIR) + "/docs/protocol.md");
  REQUIRE(in.good());
  std::map<std::string, std::vector<Row>> found;
  std::string heading;
  bool in_body = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) heading = line.substr(line.find(' ') + 1);
    if (!line.starts_with('|')) in_body = false;
    if (line.starts_with("|---")) {
      in_body = true;
    } else if (in_body) {
      Row row;
      std::istringstream cells(line.substr(1));
      for (std::string cell; std::getline(cells, cell, '|');) {
        const auto from = cell.find_first_not_of(" `");
        const auto to = cell.find_last_not_of(" `");
        row.push_back(from == std::string::npos ? "" : cell.substr(from, to - from + 1));
      }
      found[heading].push_back(std::move(row));
    }
  }
  return found;
}

std::set<std::string> first_cells(const std::vector<Row>& rows) {
  std::set<std::string> cells;
  for (const Row& row : rows) cells.insert(row.at(0));
  return cells;
}

// The field names of a description, and of the structures inside that have a table under the same heading.
struct Names {
  std::set<std::string> names;
  void add(std::string_view name) { names.emplace(name); }
  void field(std::string_view name, const auto&, const auto&) { add(name); }
  void required(std::string_view name, const auto&) { add(name); }
  void optional(std::string_view name, const auto&) { add(name); }
  void list(std::string_view name, const auto&) { add(name); }
  void bytes(std::string_view name, const auto&) { add(name); }
  void params(std::string_view name, const auto&, const auto&) { add(name); }
  void derived(std::string_view name, std::string_view) { add(name); }
};

template <typename... Structures>
std::set<std::string> names_of() {
  Names names;
  (describe(names, static_cast<const Structures&>(Structures{})), ...);
  return names.names;
}

}  // namespace

TEST_CASE("document: the table of codes is the code's") {
  std::set<int> documented;
  const auto rows = tables()["Codes"];
  for (const Row& row : rows) {
    const int number = std::stoi(row.at(0));
    INFO(row.at(1));
    CHECK(code_name(static_cast<Code>(number)) == row.at(1));
    documented.insert(number);
  }
  for (int number = 0; number < 1'000; ++number)
    if (code_name(static_cast<Code>(number)) != "UNKNOWN") CHECK(documented.count(number) == 1);
}

TEST_CASE("document: the table of message types is the code's") {
  const auto rows = tables()["Message types"];
  CHECK(rows.size() == std::variant_size_v<Message>);
  for (const Row& row : rows) {
    INFO(row.at(1));
    CHECK(message_type_name(static_cast<MessageType>(std::stoi(row.at(0)))) == row.at(1));
  }
}

TEST_CASE("document: every message's table has exactly its fields") {
  auto all = tables();
  const std::map<std::string, std::set<std::string>> expected = {
      {"query", names_of<QueryRequest, RequestStatement>()},
      {"result", names_of<QueryResult, StatementResult, ColumnInfo>()},
      {"error", names_of<ErrorReply>()},
      {"fetch", names_of<FetchRequest>()},
      {"close", names_of<CloseRequest>()},
      {"cancel", names_of<CancelRequest>()},
      {"cancel_reply", names_of<CancelReply>()},
      {"status_reply", names_of<StatusReply, NodeStatus, LogStatus>()},
      {"requests_reply", names_of<RequestsReply, RequestInfo, ClientInfo>()},
      {"explain", names_of<ExplainRequest>()},
      {"explain_reply", names_of<ExplainReply, Explanation>()},
      {"log_read", names_of<LogReadRequest>()},
      {"log_batch", names_of<LogBatch>()},
      {"group", names_of<GroupMessage, Group>()},
      {"beacon", names_of<Beacon>()},
      {"report", names_of<Report>()},
      {"report_reply", names_of<ReportReply>()},
  };
  for (const auto& [heading, names] : expected) {
    INFO(heading);
    CHECK(first_cells(all[heading]) == names);
  }
}

TEST_CASE("document: the JSON requests in it are accepted") {
  std::ifstream in(std::string(SQLCAST_SOURCE_DIR) + "/docs/protocol.md");
  bool in_json = false;
  std::string request;
  int requests = 0;
  const auto check = [&] {
    if (request.empty() || request.starts_with(R"({"ok":)")) return;
    INFO(request);
    const Status status = decode_json_request(request).status();
    INFO(status.message);
    CHECK(status.ok());
    ++requests;
  };
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('{') || line.starts_with("```")) {
      if (in_json) check();
      request.clear();
    }
    if (line.starts_with("```"))
      in_json = line == "```json";
    else if (in_json)
      request += line;
  }
  CHECK(requests >= 8);
}
