#include <algorithm>
#include <array>
#include <utility>

#include "client/load/statement.h"
#include "client/load/tokens.h"

namespace sqlcast::load {
namespace {

// A part of a definition between two commas, or the comma and the parenthesis, of its list.
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Outline {
  std::size_t open = 0;   // of the list of columns: "("
  std::size_t close = 0;  // and its ")"
  std::vector<Part> parts;
};

Outline outline_of(std::string_view text) {
  Outline outline;
  Tokens tokens(text);
  while (!tokens.end() && !tokens.symbol('(')) tokens.next();
  if (tokens.end()) return outline;
  outline.open = tokens.offset();
  tokens.next();
  std::size_t begin = outline.open + 1;
  while (!tokens.end()) {
    if (tokens.symbol('(')) {
      tokens.skip_group();
      continue;
    }
    if (tokens.symbol(',') || tokens.symbol(')')) {
      outline.parts.push_back({begin, tokens.offset()});
      begin = tokens.offset() + 1;
      if (tokens.symbol(')')) {
        outline.close = tokens.offset();
        return outline;
      }
    }
    tokens.next();
  }
  outline.parts.clear();
  return outline;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool read_parent(Tokens& tokens, TableName& parent) {
  while (!tokens.end() && !tokens.word("REFERENCES")) tokens.next();
  if (!tokens.take("REFERENCES") || !tokens.is_name()) return false;
  parent = {{}, tokens.name()};
  tokens.next();
  if (!tokens.symbol('.')) return true;
  tokens.next();
  parent = {std::move(parent.name), tokens.name()};
  return true;
}

// A foreign key that is a part by itself: [CONSTRAINT [name]] FOREIGN KEY ….
bool is_key(std::string_view part, TableName& parent) {
  Tokens tokens(part);
  if (tokens.take("CONSTRAINT") && !tokens.word("FOREIGN")) tokens.next();
  return tokens.take("FOREIGN") && tokens.word("KEY") && read_parent(tokens, parent);
}

// One that stands in a column's definition: `b` INT REFERENCES a (id) ON DELETE CASCADE. Where it begins; 0 = nowhere.
std::size_t column_reference(std::string_view part) {
  Tokens tokens(part);
  if (tokens.word("CONSTRAINT") || tokens.word("CHECK") || tokens.word("FOREIGN")) return 0;
  for (; !tokens.end(); tokens.next())
    if (tokens.word("REFERENCES")) return tokens.offset();
  return 0;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCollations = {{
    {"utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci"},
    {"utf8mb4_0900_as_ci", "utf8mb4_uca1400_nopad_as_ci"},
    {"utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_as_cs"},
    {"utf8mb4_0900_bin", "utf8mb4_nopad_bin"},
}};

// Engine and collations, over all of the text.
void change_words(TableDefinition& definition, const TableRules& rules) {
  std::string out;
  std::size_t copied = 0;
  const std::string& text = definition.text;
  const auto replace = [&](const Tokens& tokens, std::string_view with) {
    definition.changes.push_back(std::string(tokens.text()) + " became " + std::string(with));
    out.append(text, copied, tokens.offset() - copied);
    out += with;
    copied = tokens.offset() + tokens.size();
  };
  std::size_t depth = 0;
  for (Tokens tokens(text); !tokens.end(); tokens.next()) {
    if (tokens.symbol('(')) ++depth;
    if (tokens.symbol(')') && depth > 0) --depth;
    for (const auto& [mysql, mariadb] : kCollations)
      if (tokens.text() == mysql) replace(tokens, mariadb);
    if (depth > 0 || (!tokens.word("ENGINE") && !tokens.word("TYPE"))) continue;
    tokens.next();
    if (tokens.symbol('=')) tokens.next();
    if (tokens.end()) break;
    definition.engine = tokens.name();
    const std::string engine = tokens.upper();
    if (rules.to_innodb && engine != "INNODB") replace(tokens, "InnoDB");
  }
  if (copied == 0) return;
  out.append(text, copied);
  definition.text = std::move(out);
}

// What MyISAM and Aria know and InnoDB does not, behind the list.
void drop_options(TableDefinition& definition) {
  constexpr std::array kOptions = {"PAGE_CHECKSUM", "TRANSACTIONAL", "DELAY_KEY_WRITE", "PACK_KEYS",
                                   "CHECKSUM",      "INSERT_METHOD", "UNION",           "ROW_FORMAT"};
  const Outline outline = outline_of(definition.text);
  if (outline.close == 0) return;
  std::string out = definition.text.substr(0, outline.close + 1);
  const std::string options = definition.text.substr(outline.close + 1);
  std::size_t copied = 0;
  Tokens tokens(options);
  while (!tokens.end()) {
    const bool drop =
        std::any_of(kOptions.begin(), kOptions.end(), [&](const char* word) { return tokens.word(word); });
    if (!drop) {
      tokens.next();
      continue;
    }
    out.append(options, copied, tokens.offset() - copied);
    tokens.next();
    if (tokens.symbol('=')) tokens.next();
    if (tokens.symbol('('))
      tokens.skip_group();
    else
      tokens.next();
    copied = tokens.offset();
  }
  out.append(options, copied);
  definition.text = std::move(out);
}

}  // namespace

TableDefinition read_table(std::string_view text, const TableRules& rules) {
  TableDefinition definition;
  const Outline outline = outline_of(text);
  if (outline.close == 0) {
    definition.text = std::string(text);
    return definition;
  }
  std::string list;
  for (const Part& part : outline.parts) {
    std::string_view piece = text.substr(part.begin, part.end - part.begin);
    ForeignKey key;
    if (is_key(piece, key.parent)) {
      key.definition = trimmed(piece);
      definition.keys.push_back(std::move(key));
      if (rules.without_keys) continue;
    } else if (const std::size_t at = column_reference(piece); at != 0) {
      Tokens tokens(piece);
      const std::string column = tokens.name();
      Tokens reference(piece.substr(at));
      if (read_parent(reference, key.parent)) {
        key.definition = "FOREIGN KEY (" + backquoted(column) + ") " + trimmed(piece.substr(at));
        definition.keys.push_back(std::move(key));
        if (rules.without_keys) piece = piece.substr(0, at);
      }
    }
    list += (list.empty() ? "" : ",") + std::string(piece);
  }
  definition.text = std::string(text.substr(0, outline.open + 1)) + list + std::string(text.substr(outline.close));
  change_words(definition, rules);
  std::string engine = definition.engine;
  for (char& c : engine) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  if (rules.to_innodb && !engine.empty() && engine != "INNODB") drop_options(definition);
  return definition;
}

InvokerView invoker_view(std::string_view text) {
  Tokens tokens(text);
  std::string head;
  bool changed = false;
  bool said = false;
  while (!tokens.end() && !tokens.word("VIEW")) {
    const std::string word = tokens.upper();
    if (tokens.take("DEFINER")) {
      changed = true;
      // = `root`@`localhost`, = CURRENT_USER(): all up to what may follow.
      while (!tokens.end() && !tokens.word("SQL") && !tokens.word("VIEW")) tokens.next();
      continue;
    }
    if (tokens.take("SQL")) {
      tokens.take("SECURITY");
      said = tokens.word("INVOKER");
      tokens.next();
      continue;
    }
    head += std::string(tokens.text()) + " ";
    if (word == "=") head.erase(head.size() - 1);
    tokens.next();
  }
  head += "SQL SECURITY INVOKER " + std::string(text.substr(std::min(tokens.offset(), text.size())));
  return {std::move(head), changed, !said};
}

}  // namespace sqlcast::load
