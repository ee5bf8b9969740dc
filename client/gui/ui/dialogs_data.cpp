#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "client/gui/ui/app.h"
#include "client/gui/ui/dialogs.h"
#include "client/gui/ui/widgets.h"

namespace sqlcast::gui {

namespace {
constexpr std::size_t kLineCharacters = 110;     // of the value viewer; longer lines are broken
constexpr std::size_t kViewedBytes = 8U << 20U;  // of one value
}  // namespace

// ---- text and values ---------------------------------------------------------------------------------------------

void Dialogs::set_lines(std::string_view text) {
  lines_.clear();
  std::size_t begin = 0;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_size(text, at);
    if (text[at] == '\n' || characters >= kLineCharacters) {
      lines_.push_back(to_utf8(text.substr(begin, at - begin)));
      begin = text[at] == '\n' ? at + 1 : at;
      characters = 0;
      if (text[at] == '\n') {
        ++at;
        continue;
      }
    }
    at += size;
    ++characters;
  }
  if (begin < text.size() || lines_.empty()) lines_.push_back(to_utf8(text.substr(begin)));
}

void Dialogs::draw_lines(float height) {
  ImGui::PushStyleColor(ImGuiCol_ChildBg, colours().raised);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {px(10), px(8)});
  ImGui::BeginChild("##lines", {0, height}, false,
                    ImGuiWindowFlags_AlwaysUseWindowPadding | ImGuiWindowFlags_HorizontalScrollbar);
  ImGui::PushFont(look().fonts.mono);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(lines_.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) ui::text(lines_[static_cast<std::size_t>(i)]);
  }
  ImGui::PopFont();
  ImGui::EndChild();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
}

void Dialogs::open_text(std::string title, std::string text) {
  title_ = std::move(title);
  value_text_ = std::move(text);
  set_lines(value_text_);
  wanted_ = Which::text;
}

void Dialogs::draw_text(App& app) {
  if (!begin(Which::text, "Full text", 760, 480)) return;
  ui::heading(title_);
  draw_lines(-px(44));
  if (ui::button("Copy")) app.copy(value_text_, "text");
  end();
}

void Dialogs::show_value(const ResultView& result, CellAt at) {
  if (at.row >= result.grid.shown() || at.column >= result.grid.columns().size()) return;
  const proto::ColumnInfo& column = result.grid.columns()[at.column];
  const proto::Cell& cell = result.grid.cell(at.row, at.column);
  value_null_ = cell.kind == proto::Cell::Kind::null;
  value_bytes_ = cell.kind == proto::Cell::Kind::bytes;
  const bool raw = value_bytes_ || cell.kind == proto::Cell::Kind::text;
  value_text_ = raw ? std::string(cell.view().substr(0, kViewedBytes)) : cell_text(cell);
  title_ = cat(column.name, "   ", lower(column.type), "   row ", with_separators(result.grid.row_at(at.row) + 1));
  value_note_ = value_null_ ? "NULL" : raw ? human_bytes(cell.size) : "";
  if (raw && cell.size > kViewedBytes) value_note_ += cat(", the first ", human_bytes(kViewedBytes), " shown");
  if (raw && !value_bytes_ && !is_utf8(cell.view())) value_note_ += ", not valid UTF-8: see Hex";
  value_mode_ = value_bytes_ ? 2 : looks_like_json(value_text_) ? 1 : 0;
  wanted_ = Which::value;
  lines_.clear();
}

void Dialogs::draw_value(App& app) {
  if (!begin(Which::value, "Value", 860, 560)) return;
  ui::heading(title_);
  ImGui::SameLine();
  ui::dim(value_note_);
  const bool changed = ui::segments("mode", {"Text", "JSON", "Hex"}, &value_mode_);
  if (changed || lines_.empty()) {
    if (value_mode_ == 2) {
      set_lines(hex_dump(value_text_, kViewedBytes));
    } else if (value_mode_ == 1) {
      set_lines(looks_like_json(value_text_) ? pretty_json(value_text_) : cat("This is not JSON.\n\n", value_text_));
    } else {
      set_lines(value_null_ ? "NULL" : value_text_);
    }
  }
  draw_lines(-px(44));
  if (ui::button("Copy value")) {
    app.copy(value_bytes_ ? cat("0x", to_hex(value_text_)) : value_text_, "value");
  }
  end();
}

// ---- review of row edits -------------------------------------------------------------------------------------------

void Dialogs::review_edits(QueryTab& tab, const std::shared_ptr<ResultView>& result) {
  review_tab_ = tab.weak_from_this();
  review_result_ = result;
  review_statements_.clear();
  review_status_ = ok_status();
  auto statements = result->edits->statements(result->grid);
  if (statements.ok()) {
    review_statements_ = std::move(*statements);
  } else {
    review_status_ = statements.status();
  }
  std::string text;
  for (const client::Statement& statement : review_statements_) text += cat(statement.sql, ";\n");
  value_text_ = text;
  set_lines(text);
  wanted_ = Which::review;
}

void Dialogs::draw_review(App& app) {
  if (!begin(Which::review, "Review changes", 900, 520)) return;
  const auto tab = review_tab_.lock();
  const auto result = review_result_.lock();
  if (!tab || !result || !result->edits) {
    ui::dim("The result has been closed.");
    end();
    return;
  }
  if (!review_status_.ok()) {
    ui::wrapped(review_status_.message, colours().bad);
    end();
    return;
  }
  ui::wrapped(cat("This is sent as one atomic request: all ", review_statements_.size() == 1 ? "of it" : "of them",
                  " or nothing. Each statement must affect exactly one row; when a row was changed by somebody else "
                  "in the meantime, nothing happens and you are told."),
              colours().dim);
  draw_lines(-px(48));
  const bool ready = app.session != nullptr && !tab->running();
  if (ui::button("Send to the master", ui::Style::primary, ready)) {
    RunOptions options = app.run_options();
    options.target = {};
    options.target_name = "master";
    const std::weak_ptr<ResultView> weak = result;
    tab->run_atomic(
        app.session->backend(), review_statements_, options, app.now,
        [&app, weak](const client::Reply& reply) {
          const auto view = weak.lock();
          if (!reply.status.ok()) {
            const bool changed = reply.status.code == Code::expectation_failed;
            app.toast(ToastKind::error,
                      changed ? "A row was changed by somebody else: nothing was sent" : "The changes were not made",
                      reply.status.message);
            return;
          }
          app.toast(ToastKind::good, cat("Changes made, sequence ", with_separators(reply.sequence)));
          if (!view) return;
          view->edits.reset();
          app.run_texts({view->sql}, {});  // what is there now
        },
        app.record());
    close();
  }
  ImGui::SameLine();
  if (ui::button("Copy SQL")) app.copy(value_text_, "SQL");
  ImGui::SameLine();
  if (ui::button("Open in a tab")) {
    app.open_in_editor("changes", value_text_, false);
    close();
  }
  end();
}

// ---- export --------------------------------------------------------------------------------------------------------

void Dialogs::open_export(App&, const std::shared_ptr<ResultView>& result) {
  export_result_ = result;
  export_job_.reset();
  const char* home = std::getenv("HOME");
  if (export_path_.empty()) export_path_ = cat(home != nullptr ? home : ".", "/result.csv");
  wanted_ = Which::exports;
}

void Dialogs::draw_export(App& app) {
  if (!begin(Which::exports, "Export", 620, 0)) return;
  const auto result = export_result_.lock();
  if (!result) {
    ui::dim("The result has been closed.");
    end();
    return;
  }
  ui::small("Format");
  std::vector<const char*> labels;
  for (const RowFormat format : kRowFormats) labels.push_back(format_name(format).data());
  if (ui::segments("format", labels, &export_format_)) {
    std::filesystem::path path(export_path_);
    path.replace_extension(std::string(format_extension(kRowFormats[export_format_])));
    export_path_ = path.string();
  }
  ui::gap(2);
  ui::small("Rows");
  int what = export_again_ ? 1 : 0;
  const std::string held = cat("The ", with_separators(result->grid.shown()), " fetched");
  if (ui::segments("what", {held.c_str(), "Run again, all rows"}, &what)) export_again_ = what == 1;
  ui::gap(2);
  ui::small("File");
  ui::input("Export file", export_path_, "/home/me/result.csv", -1);
  ui::gap(4);
  const bool busy = exporting();
  if (export_job_) {
    if (busy) {
      const auto rows = export_job_->rows();
      const auto expected = export_job_->expected();
      const float share = expected > 0 ? static_cast<float>(rows) / static_cast<float>(expected) : -1;
      ui::progress(share, cat(plural(rows, "row", "rows"), ", ", human_bytes(export_job_->bytes())),
                   ImGui::GetContentRegionAvail().x);
    } else if (export_job_->status().ok()) {
      ui::wrapped(cat("Written: ", plural(export_job_->rows(), "row", "rows"), ", ", human_bytes(export_job_->bytes()),
                      ", to ", export_job_->path()),
                  colours().good);
    } else {
      ui::wrapped(export_job_->status().message, colours().bad);
    }
  }
  if (busy) {
    if (ui::button("Stop", ui::Style::danger)) export_job_->stop();
  } else if (ui::button("Export##go", ui::Style::primary, !export_path_.empty() && app.session != nullptr)) {
    std::string table;
    for (const auto& column : result->grid.columns()) {
      if (!column.table.empty()) table = sql_identifier(column.table);
    }
    export_job_ = std::make_shared<ExportJob>(export_path_, kRowFormats[export_format_], table,
                                              [&app](std::function<void()> job, std::function<void()> then) {
                                                app.in_background(std::move(job), std::move(then));
                                                return true;
                                              });
    if (export_again_) {
      client::Request request = client::Request::of(result->sql);
      request.database = result->database;
      request.target = app.run_options().target;
      export_job_->run_again(app.session->backend(), std::move(request),
                             result->cursor ? 0 : result->grid.rows().size());
    } else {
      std::vector<std::uint64_t> order;
      const bool arranged = result->grid.arrangement().sort || !result->grid.arrangement().filter.empty();
      for (std::uint64_t i = 0; arranged && i < result->grid.shown(); ++i) order.push_back(result->grid.row_at(i));
      export_job_->write_held(result->grid.columns(), result->grid.rows(), std::move(order));
    }
  }
  end();
}

// ---- files ---------------------------------------------------------------------------------------------------------

void Dialogs::choose_file(App&, bool save, std::string path, std::function<void(const std::string&)> chosen) {
  file_save_ = save;
  const char* home = std::getenv("HOME");
  file_path_ = path.empty() ? cat(home != nullptr ? home : ".", save ? "/query.sql" : "/") : std::move(path);
  file_chosen_ = std::move(chosen);
  file_folder_.clear();
  wanted_ = Which::file;
}

void Dialogs::list_folder() {
  const std::string folder = file_path_.substr(0, file_path_.rfind('/') + 1);
  if (folder == file_folder_) return;
  file_folder_ = folder;
  file_list_.clear();
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder.empty() ? "." : folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || !is_utf8(name) || file_list_.size() > 2'000) continue;
    std::error_code ignored;
    file_list_.emplace_back(name, it->is_directory(ignored));
  }
  std::sort(file_list_.begin(), file_list_.end(), [](const auto& a, const auto& b) {
    if (a.second != b.second) return a.second;
    return a.first < b.first;
  });
}

void Dialogs::draw_file(App&) {
  if (!begin(Which::file, "File", 680, 500)) return;
  if (just_opened_) ImGui::SetKeyboardFocusHere();
  bool take = ui::input("File path", file_path_, "/path/to/file.sql", -1, ImGuiInputTextFlags_EnterReturnsTrue);
  list_folder();
  ImGui::BeginChild("##files", {0, -px(48)}, false);
  std::string go;
  const std::size_t slash =
      file_folder_.size() > 1 ? file_folder_.rfind('/', file_folder_.size() - 2) : std::string::npos;
  if (slash != std::string::npos && ui::selectable("▴ ..")) go = file_folder_.substr(0, slash + 1);
  for (const auto& [name, folder] : file_list_) {
    if (ui::selectable(cat(folder ? "▸ " : "   ", name).c_str())) go = cat(file_folder_, name, folder ? "/" : "");
  }
  if (!go.empty()) file_path_ = go;
  ImGui::EndChild();
  take = ui::button(file_save_ ? "Save" : "Open", ui::Style::primary) || take;
  if (take && !file_path_.empty() && !file_path_.ends_with('/')) {
    file_chosen_(file_path_);
    close();
  }
  end();
}

}  // namespace sqlcast::gui
