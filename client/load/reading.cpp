#include "client/load/reading.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/logging.h"
#include "client/load/input.h"

namespace sqlcast::load {
namespace {

namespace fs = std::filesystem;

std::string without_compression(std::string name) {
  for (const std::string_view end : {".gz", ".zst"})
    if (name.ends_with(end)) name.erase(name.size() - end.size());
  return name;
}

// The order in which the files of a folder are read; -1: it is none of them.
int rank_of(const std::string& name) {
  if (!name.ends_with(".sql")) return -1;
  if (name.ends_with("-schema-create.sql")) return 0;
  if (name.ends_with("-schema.sql")) return 1;
  if (name.ends_with("-schema-view.sql")) return 3;
  if (name.ends_with("-schema-post.sql") || name.ends_with("-schema-triggers.sql")) return 4;
  return 2;
}

Result<std::vector<Source>> sources_in(const fs::path& folder) {
  struct Found {
    int rank;
    Source source;
  };
  std::vector<Found> found;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    const std::string name = without_compression(entry.path().filename().string());
    const int rank = rank_of(name);
    if (rank < 0) continue;
    constexpr std::string_view kCreate = "-schema-";
    const std::size_t end = std::min(name.find('.'), name.find(kCreate));
    found.push_back({rank, {entry.path().string(), rank == 0 ? std::string() : name.substr(0, end)}});
  }
  if (problem) return Status::error(Code::io, folder.string() + ": " + problem.message());
  if (found.empty()) return Status::error(Code::io, folder.string() + " is a folder without files of mydumper");
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.rank, a.source.path) < std::tie(b.rank, b.source.path);
  });
  std::vector<Source> sources;
  for (Found& each : found) sources.push_back(std::move(each.source));
  return sources;
}

}  // namespace

std::string described(const std::string& path) {
  std::error_code problem;
  const auto changed = fs::last_write_time(path, problem).time_since_epoch().count();
  return fs::absolute(path, problem).lexically_normal().string() + fmt::format(" {} {}\n", file_size(path), changed);
}

Result<std::vector<Source>> sources_of(const std::vector<std::string>& paths) {
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    std::error_code problem;
    if (path != "-" && !fs::exists(path, problem)) return Status::error(Code::io, path + ": there is no such file");
    if (path == "-" || !fs::is_directory(path, problem)) {
      sources.push_back({path, {}});
      continue;
    }
    auto inside = sources_in(path);
    if (!inside) return inside.status();
    for (Source& each : *inside) sources.push_back(std::move(each));
  }
  return sources;
}

Status Reading::open(const std::string& path, std::uint64_t base) {
  auto input = Input::open(path);
  if (!input) return input.status();
  open_.push_back({path, std::make_unique<ScriptReader>(std::move(*input)), base});
  return ok_status();
}

Result<bool> Reading::next(Placed& placed) {
  while (true) {
    if (open_.empty()) {
      if (next_source_ == sources_.size()) return false;
      if (Status status = open(sources_[next_source_].path, base_); !status.ok()) return status;
      ++next_source_;
    }
    Open& now = open_.back();
    const auto got = now.reader->next(placed.statement);
    if (!got) {
      Status status = got.status();
      if (!status.message.starts_with(now.path)) status.message = now.path + ": " + status.message;
      return status;
    }
    if (*got) {
      placed.position = last_ = now.base + placed.statement.offset;
      placed.source = next_source_ - 1;
      placed.file = now.path;
      return true;
    }
    const std::uint64_t end = now.base + now.reader->offset() + 1;
    const std::uint64_t length = end - now.base;
    taken_ += now.reader->taken();
    open_.pop_back();
    if (open_.empty())
      base_ = end;
    else
      open_.back().base += length;
  }
}

Status Reading::take_in(const std::string& path) {
  constexpr std::size_t kDeepest = 16;
  if (open_.size() >= kDeepest) return Status::error(Code::bad_request, "SOURCE within SOURCE goes too deep");
  const fs::path beside = open_.empty() ? fs::path() : fs::path(open_.back().path).parent_path();
  std::error_code problem;
  const bool here = fs::path(path).is_absolute() || (!fs::exists(beside / path, problem) && fs::exists(path, problem));
  const fs::path file = here ? fs::path(path) : beside / path;
  taken_in_ += described(file.string());
  return open(file.string(), last_ + 1);
}

std::uint64_t Reading::taken() const {
  std::uint64_t bytes = taken_;
  for (const Open& each : open_) bytes += each.reader->taken();
  return bytes;
}

}  // namespace sqlcast::load
