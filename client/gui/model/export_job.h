// ExportJob: a result written to a file: the rows held, or the statement run again and written page by page, in
// bounded memory either way. The file is written beside its name and renamed when complete. The worker writes;
// the UI thread owns it and reads its progress. May block in run_again(), to make the file.
#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  // `order`: which rows, as shown; nothing = all in order of arrival.
  void write_held(std::vector<proto::ColumnInfo> columns, RowSet rows, std::optional<std::vector<std::uint64_t>> order);
  void run_again(Backend& backend, client::Request request, std::uint64_t expected_rows);
  void stop() { stop_ = true; }
  // The backend that it runs at is about to go: nothing more is asked of it. False: it needs none.
  bool connection_ended();
  static constexpr std::string_view kConnectionClosed =
      "The connection was closed before all rows had come; no file was left.";

  const std::string& path() const { return path_; }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t expected() const { return expected_; }  // 0 = unknown
  bool finished() const { return finished_; }
  const Status& status() const { return status_; }  // once finished

 private:
  void take_page(client::Reply reply);
  void page_written(const Status& outcome, const client::Cursor& cursor);
  Status open();
  Status write(const std::string& text);
  void finish(Status status);

  std::string path_;
  RowFormat format_;
  std::string table_;
  Runner runner_;
  Backend* backend_ = nullptr;  // of run_again(), while there is a connection
  bool writing_ = false;        // the worker has a page of it
  bool last_ = false;           // … behind which there is none
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
