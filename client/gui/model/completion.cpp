#include "client/gui/model/completion.h"

#include <algorithm>
#include <cctype>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "sql/literal.h"

namespace sqlcast::gui {

namespace {

constexpr std::size_t kMaxProposals = 60;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

bool plain_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), is_word_byte) && !is_keyword(name);
}

std::string as_written(const std::string& name) { return plain_name(name) ? name : sql::quote_name(name); }

// A table named in the statement, and what it is called there.
struct Mention {
  const SchemaTable* table = nullptr;
  std::string alias;
};

std::string bare(std::string_view token) {
  if (token.size() >= 2 && token.front() == '`') return std::string(token.substr(1, token.size() - 2));
  return std::string(token);
}

std::vector<Mention> mentions(std::string_view text, const Highlighter& highlighter, const StatementRange& statement,
                              const SchemaModel& schema, std::string_view default_database) {
  std::vector<std::string> words;  // names and symbols of the statement, blanks left out
  const auto& tokens = highlighter.tokens();
  for (std::size_t i = highlighter.first_token_at(statement.begin); i < tokens.size(); ++i) {
    if (tokens[i].offset >= statement.end || words.size() > 2'000) break;
    if (tokens[i].kind == sql::TokenKind::blank || tokens[i].kind == sql::TokenKind::comment) continue;
    words.push_back(bare(text.substr(tokens[i].offset, tokens[i].size)));
  }
  std::vector<Mention> out;
  const auto word = [&](std::size_t i) { return i < words.size() ? std::string_view(words[i]) : std::string_view(); };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool opens = equal_ignoring_case(words[i], "from") || equal_ignoring_case(words[i], "join") ||
                       equal_ignoring_case(words[i], "into") || equal_ignoring_case(words[i], "update");
    const bool continues = words[i] == "," && !out.empty();
    if (!opens && !continues) continue;
    std::string_view database = default_database;
    std::size_t at = i + 1;
    std::string_view name = word(at);
    if (word(at + 1) == ".") {
      database = name;
      at += 2;
      name = word(at);
    }
    const SchemaTable* table = schema.table(database, name);
    if (table == nullptr) continue;
    if (equal_ignoring_case(word(at + 1), "as")) ++at;
    const std::string_view alias = word(at + 1);
    const bool named = !alias.empty() && plain_name(alias);
    out.push_back({table, named ? std::string(alias) : table->name});
  }
  return out;
}

class Collector {
 public:
  explicit Collector(std::string_view prefix) : prefix_(lower(prefix)) {}

  void add(std::string text, std::string_view name, std::string detail, ProposalKind kind) {
    const std::string lowered = lower(name);
    const bool starts = lowered.starts_with(prefix_);
    if (!starts && (prefix_.size() < 2 || lowered.find(prefix_) == std::string::npos)) return;
    for (const auto& [rank, known] : found_) {
      if (known.text == text && known.kind == kind) return;
    }
    const int rank = (starts ? 0 : 10) + static_cast<int>(kind);
    found_.emplace_back(rank, Proposal{std::move(text), std::move(detail), kind});
  }

  std::vector<Proposal> take() {
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Proposal> out;
    for (auto& [rank, proposal] : found_) {
      if (out.size() >= kMaxProposals) break;
      out.push_back(std::move(proposal));
    }
    return out;
  }

 private:
  std::string prefix_;
  std::vector<std::pair<int, Proposal>> found_;
};

void add_columns(Collector& collector, const SchemaTable& table) {
  for (const SchemaColumn& column : table.columns) {
    collector.add(as_written(column.name), column.name, cat(column.type, "  ", table.name), ProposalKind::column);
  }
}

void add_tables(Collector& collector, const SchemaDatabase& database) {
  for (const SchemaTable& table : database.tables) {
    collector.add(as_written(table.name), table.name,
                  table.view ? "view" : cat("table, ~", short_count(static_cast<double>(table.rows))),
                  ProposalKind::table);
  }
}

// Keywords follow the case that the writer uses.
std::string in_case_of(std::string_view prefix, std::string_view word) {
  const bool upper_case = !prefix.empty() && std::isupper(static_cast<unsigned char>(prefix.back())) != 0;
  return upper_case ? std::string(word) : lower(word);
}

}  // namespace

std::string_view proposal_word(ProposalKind kind) {
  switch (kind) {
    case ProposalKind::column: return "column";
    case ProposalKind::table: return "table";
    case ProposalKind::database: return "database";
    case ProposalKind::keyword: return "keyword";
    case ProposalKind::function: return "function";
  }
  return "";
}

Completion complete(const EditorBuffer& buffer, const Highlighter& highlighter, const SchemaModel& schema,
                    std::string_view database, bool automatic) {
  const std::string_view text = buffer.text();
  Completion out;
  std::size_t begin = buffer.caret();
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  out.begin = begin;
  const std::string_view prefix = text.substr(begin, buffer.caret() - begin);
  const bool after_dot = begin > 0 && text[begin - 1] == '.';
  if (automatic && !after_dot && prefix.size() < 2) return out;
  if (!prefix.empty() && prefix[0] >= '0' && prefix[0] <= '9') return out;
  if (begin > 0 && !highlighter.tokens().empty()) {
    const PaintedToken& before = highlighter.tokens()[highlighter.first_token_at(begin - 1)];
    const bool inside = before.offset + before.size >= buffer.caret() && before.offset < begin;
    if (inside && (before.paint == Paint::string || before.paint == Paint::comment || before.paint == Paint::number)) {
      return out;
    }
  }

  std::vector<Mention> mentioned;
  const auto statement = highlighter.statement_at(buffer, buffer.caret());
  if (statement) mentioned = mentions(text, highlighter, *statement, schema, database);
  Collector collector(prefix);
  if (after_dot) {
    std::size_t owner_begin = begin - 1;
    while (owner_begin > 0 && (is_word_byte(text[owner_begin - 1]) || text[owner_begin - 1] == '`')) --owner_begin;
    const std::string owner = bare(text.substr(owner_begin, begin - 1 - owner_begin));
    for (const Mention& mention : mentioned) {
      if (equal_ignoring_case(mention.alias, owner)) add_columns(collector, *mention.table);
    }
    if (const SchemaDatabase* named = schema.database(owner)) add_tables(collector, *named);
    if (const SchemaTable* table = schema.table(database, owner)) add_columns(collector, *table);
    out.proposals = collector.take();
    return out;
  }
  for (const Mention& mention : mentioned) add_columns(collector, *mention.table);
  if (const SchemaDatabase* current = schema.database(database)) add_tables(collector, *current);
  for (const SchemaDatabase& other : schema.databases()) {
    collector.add(as_written(other.name), other.name, "database", ProposalKind::database);
  }
  for (const std::string_view word : sql_keywords()) {
    collector.add(in_case_of(prefix, word), word, {}, ProposalKind::keyword);
  }
  for (const std::string_view word : sql_functions()) {
    collector.add(cat(in_case_of(prefix, word), "("), word, {}, ProposalKind::function);
  }
  out.proposals = collector.take();
  // The word itself, alone, is no help.
  if (out.proposals.size() == 1 && equal_ignoring_case(out.proposals[0].text, prefix)) out.proposals.clear();
  return out;
}

}  // namespace sqlcast::gui
