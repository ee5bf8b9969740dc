#include "client/cli/log_mend.h"

#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/data_lock.h"
#include "base/logging.h"
#include "client/client.h"
#include "client/text/json.h"
#include "log/mending.h"

namespace sqlcast::cli {
namespace {

namespace json = text::json;

std::string mended_json(const std::vector<log::Mended>& mended) {
  json::Array files;
  for (const log::Mended& one : mended)
    files.emplace_back(json::Object{{"file", one.path},
                                    {"offset", one.offset},
                                    {"from", one.from},
                                    {"to", one.to},
                                    {"kept", one.kept.empty() ? json::Value() : json::Value(one.kept)}});
  return json::Value(json::Object{{"mended", std::move(files)}}).write(2) + "\n";
}

}  // namespace

Status mend_log(const std::string& folder, const local::ConnectionOptions& from, bool json) {
  const Result<DataLock> lock = DataLock::take(std::filesystem::path(folder).parent_path().string());
  if (!lock.ok()) return lock.status();
  const Result<local::Nodes> nodes = local::find_nodes(from);
  if (!nodes.ok()) return nodes.status();
  const std::string& endpoint = nodes->endpoints.front();
  client::Options options;
  options.endpoints = {endpoint};
  const Result<std::unique_ptr<client::Client>> client = client::Client::open(options);
  if (!client.ok()) return client.status();
  const Result<proto::StatusReply> other = (*client)->status(endpoint);
  if (!other.ok()) return other.status();
  log::MendingRules rules;
  rules.all = true;
  rules.has_all = other->self.role == "master";
  const auto fetch = [&](const Position& after) -> Result<std::vector<proto::Group>> {
    Result<proto::LogBatch> batch = (*client)->read_log(after, 0, endpoint);
    if (!batch.ok()) return batch.status();
    return std::move(batch->groups);
  };
  const Result<std::vector<log::Mended>> mended = log::mend_closed_log(log::real_file_system(), folder, rules, fetch);
  if (!mended.ok()) return mended.status();
  std::string text;
  for (const log::Mended& one : *mended) text += "mended      " + log::mended_text(one) + "\n";
  if (mended->empty()) text = "The log is whole: nothing was changed.\n";
  if (json) text = mended_json(*mended);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return ok_status();
}

}  // namespace sqlcast::cli
