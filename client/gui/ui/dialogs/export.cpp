#include "client/gui/ui/dialogs/export.h"

#include <cstdlib>
#include <filesystem>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"
#include "sql/literal.h"
#include "sql/policy.h"

namespace sqlcast::gui {

ExportDialog::ExportDialog(Workspace& work, const std::shared_ptr<ResultModel>& result)
    : result_(result), repeatable_(sql::classify(result->sql, result->database).statement_class == sql::Class::read) {
  if (!work.exporting()) work.export_job.reset();  // one that runs is shown, with its Stop
  const char* home = std::getenv("HOME");
  if (work.export_path.empty()) work.export_path = cat(home != nullptr ? home : ".", "/result.csv");
}

void ExportDialog::draw_progress(const Workspace& work) const {
  const ExportJob& job = *work.export_job;
  const std::string written = cat(plural(job.rows(), "row", "rows"), ", ", human_bytes(job.bytes()));
  if (work.exporting()) {
    const float share = job.expected() > 0 ? static_cast<float>(job.rows()) / static_cast<float>(job.expected()) : -1;
    ui::progress(share, written, ImGui::GetContentRegionAvail().x);
  } else if (job.status().ok()) {
    ui::wrapped(cat("Written: ", written, ", to ", job.path()), colours().good);
  } else {
    ui::wrapped(job.status().message, colours().bad);
  }
}

void ExportDialog::begin(Workspace& work, const ResultModel& result) {
  std::string table;
  for (const auto& column : result.grid.columns()) {
    if (!column.table.empty()) table = sql::quote_name(column.table);
  }
  work.export_job = std::make_shared<ExportJob>(work.export_path, kRowFormats[work.export_format], table,
                                                [&work](std::function<void()> job, std::function<void()> then) {
                                                  return work.options().in_background(std::move(job), std::move(then));
                                                });
  if (again_) {
    client::Request request = client::Request::of(result.sql);
    request.database = result.database;
    request.target = work.run_options().target;
    work.export_job->run_again(work.connection()->backend(), std::move(request),
                               result.cursor ? 0 : result.grid.rows().size());
    return;
  }
  std::optional<std::vector<std::uint64_t>> order;
  if (!result.grid.arrangement().all()) {
    order.emplace();
    for (std::uint64_t i = 0; i < result.grid.shown(); ++i) order->push_back(result.grid.row_at(i));
  }
  work.export_job->write_held(result.grid.columns(), result.grid.rows(), std::move(order));
}

bool ExportDialog::draw(Workspace& work, Desk&, bool) {
  const auto result = result_.lock();
  if (!result) {
    ui::dim("The result has been closed.");
    return true;
  }
  ui::small("Format");
  std::vector<const char*> labels;
  for (const RowFormat format : kRowFormats) labels.push_back(format_name(format).data());
  if (ui::segments("format", labels, &work.export_format)) {
    std::filesystem::path path(work.export_path);
    path.replace_extension(std::string(format_extension(kRowFormats[work.export_format])));
    work.export_path = path.string();
  }
  ui::gap(2);
  ui::small("Rows");
  int what = again_ ? 1 : 0;
  const std::string held = cat("The ", with_separators(result->grid.shown()), " fetched");
  if (repeatable_) {
    if (ui::segments("what", {held.c_str(), "Run again, all rows"}, &what)) again_ = what == 1;
  } else {
    ui::dim(cat(held, "; a write is not run again for it"));
  }
  ui::gap(2);
  ui::small("File");
  ui::input("Export file", work.export_path, "/home/me/result.csv", -1);
  ui::gap(4);
  if (work.export_job) draw_progress(work);
  const bool ready = !work.export_path.empty() && work.connection() != nullptr;
  if (work.exporting()) {
    if (ui::button("Stop", ui::Style::danger)) work.export_job->stop();
  } else if (ui::button("Export##go", ui::Style::primary, ready)) {
    begin(work, *result);
  }
  return true;
}

}  // namespace sqlcast::gui
