#include "client/load/checkpoint.h"

#include <functional>
#include <utility>

#include "base/logging.h"
#include "client/local/cluster_file.h"
#include "client/text/json.h"

namespace sqlcast::load {
namespace {

namespace json = text::json;

// FNV-1a: a name for a file, the same in every build.
std::uint64_t digest(std::string_view text) {
  std::uint64_t value = 14'695'981'039'346'656'037U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return value;
}

std::uint64_t number(const json::Value& value) {
  if (const auto* const whole = std::get_if<std::int64_t>(&value.data())) return static_cast<std::uint64_t>(*whole);
  if (const auto* const large = std::get_if<std::uint64_t>(&value.data())) return *large;
  return 0;
}

std::uint64_t number(const json::Value& from, std::string_view name) {
  const json::Value* const value = from.find(name);
  return value == nullptr ? 0 : number(*value);
}

std::string word(const json::Value& from, std::string_view name) {
  const json::Value* const value = from.find(name);
  return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

json::Array array_of(const json::Value& from, std::string_view name) {
  const json::Value* const value = from.find(name);
  return value == nullptr || value->array() == nullptr ? json::Array() : *value->array();
}

LeftOut left_out_of(const json::Value& from) {
  LeftOut left_out;
  for (const json::Value& line : array_of(from, "lines"))
    if (line.string() != nullptr) left_out.lines.push_back(*line.string());
  left_out.times = number(from, "times");
  left_out.rows = number(from, "rows");
  left_out.data = number(from, "data") > 0;
  for (const json::Value& table : array_of(from, "tables")) left_out.tables.insert(number(table));
  return left_out;
}

json::Value json_of(const LeftOut& left_out) {
  json::Object object;
  json::Array lines;
  for (const std::string& line : left_out.lines) lines.emplace_back(line);
  json::Array tables;
  for (const std::uint64_t table : left_out.tables) tables.emplace_back(table);
  object.emplace_back("lines", std::move(lines));
  object.emplace_back("times", left_out.times);
  object.emplace_back("rows", left_out.rows);
  object.emplace_back("data", std::uint64_t{left_out.data ? 1U : 0U});
  object.emplace_back("tables", std::move(tables));
  return json::Value(std::move(object));
}

}  // namespace

CheckpointFile::CheckpointFile(std::filesystem::path folder, const std::string& subject)
    : path_(std::move(folder) / fmt::format("{:016x}.json", digest(subject))) {}

Result<std::optional<Checkpoint>> CheckpointFile::load() const {
  std::error_code problem;
  if (!std::filesystem::exists(path_, problem)) return std::optional<Checkpoint>();
  const auto text = local::read_text_file(path_);
  if (!text) return text.status();
  const auto value = json::parse(*text);
  if (!value) return Status::error(Code::io, path_.string() + " is damaged: " + value.status().message);
  Checkpoint checkpoint;
  checkpoint.client_id = word(*value, "client_id");
  checkpoint.subject = word(*value, "subject");
  checkpoint.taken_in = word(*value, "taken_in");
  checkpoint.pass = number(*value, "pass");
  checkpoint.position = number(*value, "position");
  checkpoint.sent_since = number(*value, "sent_since");
  checkpoint.rows = number(*value, "rows");
  checkpoint.failed_position = number(*value, "failed_position");
  checkpoint.attempts = number(*value, "attempts");
  if (const json::Value* const apart = value->find("taken_apart"); apart != nullptr)
    checkpoint.taken_apart = number(*apart);
  if (const json::Value* const left_out = value->find("left_out"); left_out != nullptr)
    checkpoint.left_out = left_out_of(*left_out);
  return std::optional<Checkpoint>(std::move(checkpoint));
}

Status CheckpointFile::save(const Checkpoint& checkpoint) const {
  std::error_code problem;
  std::filesystem::create_directories(path_.parent_path(), problem);
  json::Object object;
  object.emplace_back("client_id", checkpoint.client_id);
  object.emplace_back("subject", checkpoint.subject);
  object.emplace_back("taken_in", checkpoint.taken_in);
  object.emplace_back("pass", checkpoint.pass);
  object.emplace_back("position", checkpoint.position);
  object.emplace_back("sent_since", checkpoint.sent_since);
  object.emplace_back("rows", checkpoint.rows);
  object.emplace_back("failed_position", checkpoint.failed_position);
  object.emplace_back("attempts", checkpoint.attempts);
  if (checkpoint.taken_apart) object.emplace_back("taken_apart", *checkpoint.taken_apart);
  object.emplace_back("left_out", json_of(checkpoint.left_out));
  return local::write_text_file(path_, json::Value(std::move(object)).write() + "\n");
}

void CheckpointFile::remove() const {
  std::error_code problem;
  std::filesystem::remove(path_, problem);
}

}  // namespace sqlcast::load
