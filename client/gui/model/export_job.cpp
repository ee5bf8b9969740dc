#include "client/gui/model/export_job.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/gui/model/text.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kFlushBytes = 1U << 20U;
}

Status ExportJob::open() {
  file_.open(path_ + ".part", std::ios::binary | std::ios::trunc);
  if (!file_) return Status::error(Code::io, cat(path_, " cannot be written: ", std::strerror(errno), "."));
  return ok_status();
}

Status ExportJob::write(const std::string& text) {
  file_.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file_) return Status::error(Code::io, cat(path_, " cannot be written: ", std::strerror(errno), "."));
  bytes_ += text.size();
  return ok_status();
}

// UI thread.
void ExportJob::finish(Status status) {
  if (file_.is_open()) {
    file_.close();
    if (status.ok() && !file_) status = Status::error(Code::io, cat(path_, " cannot be written to the end."));
  }
  std::error_code error;
  if (status.ok()) {
    std::filesystem::rename(path_ + ".part", path_, error);
    if (error) status = Status::error(Code::io, cat(path_, " cannot be written: ", error.message(), "."));
  } else {
    std::filesystem::remove(path_ + ".part", error);
  }
  status_ = std::move(status);
  finished_ = true;
}

void ExportJob::write_held(std::vector<proto::ColumnInfo> columns, RowSet rows,
                           std::optional<std::vector<std::uint64_t>> order) {
  expected_ = order ? order->size() : rows.size();
  writer_ = std::make_unique<RowWriter>(format_, std::move(columns), table_);
  const auto self = shared_from_this();
  auto outcome = std::make_shared<Status>();
  const bool taken = runner_(
      [self, rows = std::move(rows), order = std::move(order), outcome] {
        *outcome = self->open();
        std::string text;
        self->writer_->header(text);
        for (std::uint64_t i = 0; i < self->expected_ && outcome->ok(); ++i) {
          const std::uint64_t row = order ? (*order)[i] : i;
          self->writer_->row(text, [&](std::size_t column) -> const proto::Cell& { return rows.cell(row, column); });
          ++self->rows_;
          if (self->stop_) *outcome = Status::error(Code::cancelled, "The export was stopped; no file was left.");
          if (text.size() < kFlushBytes) continue;
          if (outcome->ok()) *outcome = self->write(text);
          text.clear();
        }
        self->writer_->footer(text);
        if (outcome->ok()) *outcome = self->write(text);
      },
      [self, outcome] { self->finish(*outcome); });
  if (!taken) finish(Status::error(Code::busy, "Too much is waiting to be done; try again."));
}

void ExportJob::run_again(Backend& backend, client::Request request, std::uint64_t expected_rows) {
  expected_ = expected_rows;
  request.page_rows = 10'000;
  if (Status status = open(); !status.ok()) return finish(std::move(status));
  backend_ = &backend;
  const auto self = shared_from_this();
  backend.submit(std::move(request), [self](client::Reply reply) { self->take_page(std::move(reply)); });
}

bool ExportJob::connection_ended() {
  if (finished_ || backend_ == nullptr) return false;
  backend_ = nullptr;
  if (!writing_) finish(Status::error(Code::cancelled, std::string(kConnectionClosed)));
  return !last_;
}

void ExportJob::take_page(client::Reply reply) {
  if (!reply.status.ok()) return finish(reply.status);
  if (reply.results.empty() || !reply.results[0].has_rows) {
    return finish(Status::error(Code::bad_request, "The statement gives no rows to export."));
  }
  client::StatementReply& answer = reply.results[0];
  const client::Cursor cursor = answer.cursor;
  if (stop_) {
    if (cursor) backend_->close(cursor);
    return finish(Status::error(Code::cancelled, "The export was stopped; no file was left."));
  }
  auto text = std::make_shared<std::string>();
  if (!writer_) {
    writer_ = std::make_unique<RowWriter>(format_, answer.columns, table_);
    writer_->header(*text);
  }
  const auto self = shared_from_this();
  auto page = std::make_shared<client::Rows>(std::move(answer.rows));
  auto outcome = std::make_shared<Status>();
  writing_ = true;
  last_ = !cursor;
  const bool taken = runner_(
      [self, text, page, outcome, last = !cursor] {
        for (std::uint64_t row = 0; row < page->row_count(); ++row) {
          self->writer_->row(*text, [&](std::size_t column) -> const proto::Cell& { return page->cell(row, column); });
        }
        self->rows_ += page->row_count();
        if (last) self->writer_->footer(*text);
        *outcome = self->write(*text);
      },
      [self, outcome, cursor] { self->page_written(*outcome, cursor); });
  if (!taken) {
    writing_ = false;
    if (cursor) backend_->close(cursor);
    finish(Status::error(Code::busy, "Too much is waiting to be done; try again."));
  }
}

// The next page is asked for when this one is in the file: one page in memory at a time.
void ExportJob::page_written(const Status& outcome, const client::Cursor& cursor) {
  writing_ = false;
  if (!outcome.ok() || !cursor) {
    if (cursor && backend_ != nullptr) backend_->close(cursor);
    return finish(outcome);
  }
  if (backend_ == nullptr) return finish(Status::error(Code::cancelled, std::string(kConnectionClosed)));
  const auto self = shared_from_this();
  backend_->fetch(cursor, 10'000, [self](client::Reply next) { self->take_page(std::move(next)); });
}

}  // namespace sqlcast::gui
