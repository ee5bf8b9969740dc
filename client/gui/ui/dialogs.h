// Dialogs: the windows over the window: connecting, settings, keys, the palette, values, files, exports, the
// review of row edits. UI thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/gui/model/export_job.h"
#include "client/gui/model/query_tab.h"
#include "client/gui/model/settings.h"

namespace sqlcast::gui {

class App;

class Dialogs {
 public:
  void draw(App& app);
  void draw_toasts(App& app);

  void open_connect(App& app);
  void open_settings() { wanted_ = Which::settings; }
  void open_keys() { wanted_ = Which::keys; }
  void open_palette();
  void open_history();
  void open_text(std::string title, std::string text);  // read only, with a copy button
  void show_value(const ResultView& result, CellAt at);
  void review_edits(QueryTab& tab, const std::shared_ptr<ResultView>& result);
  void open_export(App& app, const std::shared_ptr<ResultView>& result);
  void choose_file(App& app, bool save, std::string path, std::function<void(const std::string&)> chosen);
  bool any_open() const { return open_ != Which::none; }
  bool exporting() const { return export_job_ && !export_job_->finished(); }
  std::string_view open_name() const;

 private:
  enum class Which : std::uint8_t {
    none,
    connect,
    settings,
    keys,
    palette,
    history,
    text,
    value,
    review,
    exports,
    file
  };
  bool begin(Which which, const char* title, float width, float height);
  void end();
  void close();

  void draw_connect(App& app);
  void draw_settings(App& app);
  void draw_keys(App& app);
  void draw_palette(App& app);
  void draw_history(App& app);
  void draw_text(App& app);
  void draw_value(App& app);
  void draw_review(App& app);
  void draw_export(App& app);
  void draw_file(App& app);
  void draw_lines(float height);
  void set_lines(std::string_view text);
  void list_folder();

  Which wanted_ = Which::none;
  Which open_ = Which::none;
  bool just_opened_ = false;

  // connect
  SavedConnection edited_;
  std::string endpoints_text_;
  std::string old_name_;
  std::string connect_problem_;
  // palette, history
  std::string query_;
  std::size_t chosen_ = 0;
  // text, value
  std::string title_;
  std::string value_text_;
  std::string value_note_;
  bool value_bytes_ = false;
  bool value_null_ = false;
  int value_mode_ = 0;
  std::vector<std::string> lines_;
  // review
  std::weak_ptr<QueryTab> review_tab_;
  std::weak_ptr<ResultView> review_result_;
  std::vector<client::Statement> review_statements_;
  Status review_status_;
  // export
  std::weak_ptr<ResultView> export_result_;
  int export_format_ = 1;
  bool export_again_ = false;
  std::string export_path_;
  std::shared_ptr<ExportJob> export_job_;
  // file
  bool file_save_ = false;
  std::string file_path_;
  std::string file_folder_;
  std::vector<std::pair<std::string, bool>> file_list_;  // name, folder
  std::function<void(const std::string&)> file_chosen_;
};

}  // namespace sqlcast::gui
