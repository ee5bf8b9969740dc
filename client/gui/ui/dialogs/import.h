// ImportDialog: a file of rows or a dump into the cluster: the file, a look at it, what goes where, then how far it is
// and what became of it. The job goes on when the dialog is closed. UI thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/gui/model/import_job.h"
#include "client/gui/ui/dialogs/dialog.h"
#include "client/gui/ui/dialogs/file_list.h"
#include "client/gui/ui/dialogs/lines.h"

namespace sqlcast::gui {

struct SchemaTable;

class ImportDialog final : public Dialog {
 public:
  // `path` empty: the file is chosen in it. `database` and `table` empty: as the tab and the file are called.
  explicit ImportDialog(const Workspace& work, std::string path = {}, std::string database = {},
                        std::string table = {});
  ~ImportDialog() override;
  Frame frame() const override { return {"import", "Import", 900, 620}; }
  bool draw(Workspace& work, Desk& desk, bool just_opened) override;
  // Files that come behind this one.
  void queue(std::vector<std::string> paths);

 private:
  enum class Step : std::uint8_t { file, options, job };

  void draw_file(bool just_opened);
  void take_file(const std::string& path);
  void take_next();
  std::string next_words() const;
  void draw_waiting() const;
  bool draw_options(Workspace& work);
  void draw_rows_options(Workspace& work);
  void draw_dump_options(Workspace& work);
  void draw_preview(const ImportJob::State& seen);
  void choose_column(std::size_t field);
  void map_fields(const ImportJob::State& seen);
  bool draw_job(Workspace& work, Desk& desk);
  void choose_database(Workspace& work, const char* id, std::string& database, const char* none) const;
  const SchemaTable* table_there(Workspace& work) const;  // null: it is to be made, or its database is being loaded
  std::string what_is_missing(const Workspace& work, const ImportJob::State& seen) const;
  load::LoadOptions options(bool for_look) const;
  void look_again();
  void begin(Workspace& work, bool resume, bool restart);

  Step step_ = Step::file;
  std::string path_;
  FileList list_;
  std::vector<std::string> waiting_;  // dropped with it, or while it was imported
  bool rows_ = false;                 // CSV or TSV; else SQL
  bool force_ = false;

  // Of rows.
  std::string database_;
  std::string table_;
  bool make_ = true;
  char separator_ = 0;  // 0: to be guessed
  bool header_ = true;
  std::string null_marker_;
  std::string encoding_;
  std::vector<std::string> fields_;        // the column of each; empty: it is passed over
  std::vector<std::string> column_names_;  // of the table that is there
  std::string mapped_;                     // for which table and records the fields were mapped
  // Of a dump.
  std::string into_;  // all of it goes there; empty: as it says
  bool views_ = false;
  bool engine_ = false;

  std::shared_ptr<ImportJob> look_;
  std::string looked_;  // with which options
  std::string shown_;   // the summary in lines_
  Lines lines_;
};

}  // namespace sqlcast::gui
