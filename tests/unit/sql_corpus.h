// The corpora in tests/corpus: lines of tab-separated fields, escapes \\ \n \r \t \v \f \0 \xHH; "#" starts a comment
// line.
#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sqlcast::sql::test {

struct CorpusRow {
  std::vector<std::string> fields;
  std::size_t line = 0;
};

inline std::string unescape(const std::string& text) {
  const auto hex = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10); };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'v': out += '\v'; break;
      case 'f': out += '\f'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += static_cast<char>(hex(text.at(i + 1)) * 16 + hex(text.at(i + 2)));
        i += 2;
        break;
      case '\\': out += '\\'; break;
      default: throw std::runtime_error("unknown escape in corpus: " + text);
    }
  }
  return out;
}

// All rows, the header line left out.
inline std::vector<CorpusRow> read_corpus(const std::string& name) {
  std::ifstream file(std::string(SQLCAST_SOURCE_DIR) + "/tests/corpus/" + name);
  if (!file) throw std::runtime_error("cannot open tests/corpus/" + name);
  std::vector<CorpusRow> rows;
  bool header = true;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (header) {
      header = false;
      continue;
    }
    CorpusRow row;
    row.line = number;
    std::stringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) row.fields.push_back(unescape(field));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sqlcast::sql::test
