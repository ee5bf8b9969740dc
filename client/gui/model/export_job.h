// ExportJob: a result written to a file: the rows held, or the statement run again and written page by page, in
// bounded memory either way. The file is written beside its name and renamed when complete. The worker writes;
// the UI thread owns it and reads its progress. May block in run_again(), to make the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "client/gui/backend.h"
#include "client/gui/model/export_rows.h"
#include "client/gui/model/grid_model.h"

namespace sqlcast::gui {

class ExportJob : public std::enable_shared_from_this<ExportJob> {
 public:
  // Runs a job on another thread; false = no room.
  using Runner = std::function<bool(std::function<void()> job, std::function<void()> then)>;

  ExportJob(std::string path, RowFormat format, std::string table, Runner runner)
      : path_(std::move(path)), format_(format), table_(std::move(table)), runner_(std::move(runner)) {}

  void write_held(std::vector<proto::ColumnInfo> columns, RowSet rows, std::vector<std::uint64_t> order);
  void run_again(Backend& backend, client::Request request, std::uint64_t expected_rows);
  void stop() { stop_ = true; }

  const std::string& path() const { return path_; }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t expected() const { return expected_; }  // 0 = unknown
  bool finished() const { return finished_; }
  const Status& status() const { return status_; }  // once finished

 private:
  void take_page(Backend& backend, client::Reply reply);
  Status open();
  Status write(const std::string& text);
  void finish(Status status);

  std::string path_;
  RowFormat format_;
  std::string table_;
  Runner runner_;
  std::unique_ptr<RowWriter> writer_;
  std::ofstream file_;
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::uint64_t expected_ = 0;
  std::atomic<bool> stop_{false};
  bool finished_ = false;
  Status status_;
};

}  // namespace sqlcast::gui
