#include "client/text/result_format.h"

#include <algorithm>

#include "base/json_string.h"
#include "client/text/cell_text.h"
#include "client/text/display_width.h"
#include "client/text/escape.h"

namespace sqlcast::text {
namespace {

using proto::Cell;
using proto::ColumnInfo;

// As people and scripts read it, NULL by its name.
std::string_view shown(const Cell& cell, std::string& buffer) {
  return cell.kind == Cell::Kind::null ? "NULL" : cell_text(cell, buffer);
}

bool right_aligned(const ColumnInfo& column) { return is_number(column.kind) || column.type.starts_with("DECIMAL"); }

// The lines of a cell; an empty one has one.
void split_lines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(text);
}

// A cell's lines as they are printed; a long one is gone through once.
class CellLines {
 public:
  // They live until the next read(), and as long as the cell.
  const std::vector<std::string_view>& read(const Cell& cell) {
    split_lines(printable(shown(cell, cell_buffer_), print_buffer_), lines_);
    return lines_;
  }
  const std::vector<std::string_view>& lines() const { return lines_; }

 private:
  std::string cell_buffer_;
  std::string print_buffer_;
  std::vector<std::string_view> lines_;
};

class TablePrinter : public ResultPrinter {
 public:
  explicit TablePrinter(bool header) : header_(header) {}

  void begin(const std::vector<ColumnInfo>& columns, std::string&) override {
    columns_ = columns;
    widths_.assign(columns.size(), 0);
    row_.resize(columns.size());
    started_ = false;
    for (std::size_t i = 0; header_ && i < columns.size(); ++i) widths_[i] = display_width(name(i));
  }

  void page(const Cells& cells, std::uint64_t rows, std::string& out) override {
    if (rows == 0) return;
    if (grow_widths(cells, rows) || !started_) head(out);
    for (std::uint64_t row = 0; row < rows; ++row) append_row(cells, row, out);
  }

  void end(std::string& out) override {
    if (started_) rule(out);
  }

 private:
  std::string_view name(std::size_t column) { return printable(columns_[column].name, name_buffer_); }

  // True when a cell of this page is wider than all before it: the frame is then drawn anew.
  bool grow_widths(const Cells& cells, std::uint64_t rows) {
    bool grown = false;
    for (std::size_t column = 0; column < widths_.size(); ++column) {
      for (std::uint64_t row = 0; row < rows; ++row) {
        for (const std::string_view line : row_[column].read(cells[column][row])) {
          const std::size_t width = display_width(line);
          if (width <= widths_[column]) continue;
          widths_[column] = width;
          grown = true;
        }
      }
    }
    return grown;
  }

  void rule(std::string& out) const {
    out.push_back('+');
    for (const std::size_t width : widths_) out.append(width + 2, '-').push_back('+');
    out.push_back('\n');
  }

  void head(std::string& out) {
    started_ = true;
    rule(out);
    if (!header_) return;
    out.push_back('|');
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string_view text = name(i);
      out.append(" ").append(text).append(widths_[i] - display_width(text), ' ').append(" |");
    }
    out.push_back('\n');
    rule(out);
  }

  void append_row(const Cells& cells, std::uint64_t row, std::string& out) {
    std::size_t height = 0;
    for (std::size_t column = 0; column < row_.size(); ++column)
      height = std::max(height, row_[column].read(cells[column][row]).size());
    for (std::size_t line = 0; line < height; ++line) {
      out.push_back('|');
      for (std::size_t column = 0; column < row_.size(); ++column) append_line(column, line, out);
      out.push_back('\n');
    }
  }

  void append_line(std::size_t column, std::size_t line, std::string& out) const {
    const std::vector<std::string_view>& lines = row_[column].lines();
    const std::string_view text = line < lines.size() ? lines[line] : std::string_view();
    const std::size_t padding = widths_[column] - display_width(text);
    const bool right = right_aligned(columns_[column]) && lines.size() == 1;
    out.push_back(' ');
    if (right) out.append(padding, ' ');
    out.append(text);
    if (!right) out.append(padding, ' ');
    out.append(line + 1 < lines.size() ? "+|" : " |");
  }

  const bool header_;
  bool started_ = false;
  std::vector<ColumnInfo> columns_;
  std::vector<std::size_t> widths_;
  std::vector<CellLines> row_;
  std::string name_buffer_;
};

// Tabs or CSV: a line a row.
class LinesPrinter : public ResultPrinter {
 public:
  LinesPrinter(bool csv, bool header) : csv_(csv), header_(header) {}

  void begin(const std::vector<ColumnInfo>& columns, std::string& out) override {
    columns_ = columns;
    started_ = !header_;
    if (csv_ && header_) head(out);
  }

  void page(const Cells& cells, std::uint64_t rows, std::string& out) override {
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (!started_) head(out);
      for (std::size_t column = 0; column < cells.size(); ++column) {
        const Cell& cell = cells[column][row];
        separate(column, out);
        if (csv_ && cell.kind == Cell::Kind::bytes)
          out.append(shown(cell, buffer_));
        else if (!csv_ || cell.kind != Cell::Kind::null)
          append_field(shown(cell, buffer_), out);
      }
      out.append(csv_ ? "\r\n" : "\n");
    }
  }

  void end(std::string&) override {}

 private:
  void separate(std::size_t column, std::string& out) const {
    if (column != 0) out.push_back(csv_ ? ',' : '\t');
  }

  void append_field(std::string_view text, std::string& out) const {
    if (csv_) return append_csv_field(out, text);
    for (const char byte : text) {
      switch (byte) {
        case '\t': out.append("\\t"); break;
        case '\n': out.append("\\n"); break;
        case '\\': out.append("\\\\"); break;
        case '\0': out.append("\\0"); break;
        default: out.push_back(byte);
      }
    }
  }

  void head(std::string& out) {
    started_ = true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      separate(i, out);
      append_field(columns_[i].name, out);
    }
    out.append(csv_ ? "\r\n" : "\n");
  }

  const bool csv_;
  const bool header_;
  bool started_ = false;
  std::vector<ColumnInfo> columns_;
  std::string buffer_;
};

class JsonPrinter : public ResultPrinter {
 public:
  void begin(const std::vector<ColumnInfo>& columns, std::string&) override {
    names_.clear();
    std::vector<std::string> taken;
    for (const ColumnInfo& column : columns) {
      std::string name = column.name;
      for (int n = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++n)
        name = column.name + "_" + std::to_string(n);
      taken.push_back(name);
      append_json_string(names_.emplace_back(), name);
    }
  }

  void page(const Cells& cells, std::uint64_t rows, std::string& out) override {
    for (std::uint64_t row = 0; row < rows; ++row) {
      out.push_back('{');
      for (std::size_t column = 0; column < names_.size(); ++column) {
        if (column != 0) out.append(", ");
        out.append(names_[column]).append(": ");
        append_cell_json(out, cells[column][row]);
      }
      out.append("}\n");
    }
  }

  void end(std::string&) override {}

 private:
  std::vector<std::string> names_;
};

class VerticalPrinter : public ResultPrinter {
 public:
  void begin(const std::vector<ColumnInfo>& columns, std::string&) override {
    names_.clear();
    row_ = 0;
    std::size_t widest = 0;
    std::string buffer;
    for (const ColumnInfo& column : columns) {
      names_.emplace_back(printable(column.name, buffer));
      widest = std::max(widest, display_width(names_.back()));
    }
    for (std::string& name : names_) name.insert(0, widest - display_width(name), ' ');
  }

  void page(const Cells& cells, std::uint64_t rows, std::string& out) override {
    constexpr std::string_view kStars = "***************************";
    for (std::uint64_t row = 0; row < rows; ++row) {
      out.append(kStars).append(" ").append(std::to_string(++row_)).append(". row ").append(kStars).append("\n");
      for (std::size_t column = 0; column < names_.size(); ++column) {
        const std::string_view text = shown(cells[column][row], cell_buffer_);
        out.append(names_[column]).append(": ").append(printable(text, print_buffer_)).append("\n");
      }
    }
  }

  void end(std::string&) override {}

 private:
  std::vector<std::string> names_;
  std::uint64_t row_ = 0;
  std::string cell_buffer_;
  std::string print_buffer_;
};

}  // namespace

std::unique_ptr<ResultPrinter> make_printer(const FormatOptions& options) {
  switch (options.format) {
    case Format::table: return std::make_unique<TablePrinter>(options.header);
    case Format::tabs: return std::make_unique<LinesPrinter>(false, options.header);
    case Format::csv: return std::make_unique<LinesPrinter>(true, options.header);
    case Format::json: return std::make_unique<JsonPrinter>();
    case Format::vertical: return std::make_unique<VerticalPrinter>();
  }
  return nullptr;
}

}  // namespace sqlcast::text
