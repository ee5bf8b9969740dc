#include "client/cli/request_table.h"

#include <charconv>

#include "client/text/escape.h"
#include "client/text/json.h"
#include "client/text/text_table.h"
#include "proto/fields.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text::printable_line(text); }

std::string left_out(const proto::RequestsReply& node) {
  std::string line;
  if (node.more_requests > 0) line += std::to_string(node.more_requests) + " more requests";
  if (node.more_clients > 0)
    line += (line.empty() ? "" : " and ") + std::to_string(node.more_clients) + " more clients";
  return line.empty() ? line : "at " + node.node + " " + line + " are not shown\n";
}

}  // namespace

Result<RequestId> parse_request_id(std::string_view text) {
  RequestId id;
  const std::size_t slash = text.rfind('/');
  if (slash != std::string_view::npos) {
    id.node = text.substr(0, slash);
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, id.number);
    if (error == std::errc() && rest == end && id.number != 0 && !id.node.empty()) return id;
  }
  return Status::error(Code::bad_request, "'" + std::string(text) +
                                              "' names no request: expected an ID such as master/483921, as `sqlcast "
                                              "requests` shows them");
}

std::string requests_table(const std::vector<proto::RequestsReply>& nodes) {
  text::TextTable requests({{"ID"}, {"KIND"}, {"STATE"}, {"SINCE", true}, {"KEY"}, {"CLIENT"}, {"VIA"}, {"STATEMENT"}});
  text::TextTable clients(
      {{"NODE"}, {"KEY"}, {"CLIENT"}, {"REQUESTS", true}, {"UNDER WAY", true}, {"CURSORS", true}, {"SEEN", true}});
  bool any_request = false;
  bool any_client = false;
  std::string more;
  for (const proto::RequestsReply& node : nodes) {
    for (const proto::RequestInfo& request : node.requests) {
      any_request = true;
      requests.add({RequestId{node.node, request.number}.text(), request.kind,
                    std::string(proto::word_of(request.state)), text::duration_text(request.since_ms),
                    or_dash(request.key), or_dash(request.client_id), or_dash(request.via), or_dash(request.text)});
    }
    for (const proto::ClientInfo& client : node.clients) {
      any_client = true;
      clients.add({node.node, or_dash(client.key), or_dash(client.client_id), std::to_string(client.requests),
                   std::to_string(client.under_way), std::to_string(client.cursors),
                   text::duration_text(client.seen_ms_ago) + " ago"});
    }
    more += left_out(node);
  }
  std::string text = any_request ? requests.text() : "no request is under way\n";
  if (any_client) text += "\n" + clients.text();
  return more.empty() ? text : text + "\n" + more;
}

std::string requests_json(const std::vector<proto::RequestsReply>& nodes, int indent) {
  json::Array list;
  for (const proto::RequestsReply& node : nodes) {
    json::Array requests;
    for (const proto::RequestInfo& request : node.requests)
      requests.emplace_back(json::Object{{"id", RequestId{node.node, request.number}.text()},
                                         {"number", request.number},
                                         {"kind", request.kind},
                                         {"state", proto::word_of(request.state)},
                                         {"key", request.key},
                                         {"client_id", request.client_id},
                                         {"via", request.via},
                                         {"text", request.text},
                                         {"since_ms", request.since_ms}});
    json::Array clients;
    for (const proto::ClientInfo& client : node.clients)
      clients.emplace_back(json::Object{{"key", client.key},
                                        {"client_id", client.client_id},
                                        {"requests", client.requests},
                                        {"under_way", client.under_way},
                                        {"cursors", client.cursors},
                                        {"seen_ms_ago", client.seen_ms_ago}});
    list.emplace_back(json::Object{{"node", node.node},
                                   {"requests", std::move(requests)},
                                   {"clients", std::move(clients)},
                                   {"more_requests", node.more_requests},
                                   {"more_clients", node.more_clients}});
  }
  json::Object document;
  document.emplace_back("nodes", std::move(list));
  return json::Value(std::move(document)).write(indent);
}

}  // namespace sqlcast::cli
