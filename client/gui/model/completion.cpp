#include "client/gui/model/completion.h"

#include <algorithm>
#include <cctype>

#include "client/gui/model/cell_text.h"
#include "client/gui/model/text.h"
#include "client/sql_place.h"
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

// Those that there are; databases whose tables are not known yet are told.
std::vector<Mention> mentions(const std::vector<client::SqlWord>& words, const SchemaModel& schema,
                              std::string_view default_database, std::vector<std::string>& unopened) {
  std::vector<Mention> out;
  for (const client::TableMention& mention : client::table_mentions(words, default_database)) {
    const SchemaDatabase* known = schema.database(mention.database);
    if (known != nullptr && known->state == LoadState::unknown) unopened.push_back(mention.database);
    const SchemaTable* table = schema.table(mention.database, mention.table);
    if (table != nullptr) out.push_back({table, mention.alias.empty() ? table->name : mention.alias});
  }
  return out;
}

class Collector {
 public:
  explicit Collector(std::string_view prefix) : prefix_(lower(prefix)) {}

  void add(std::string text, std::string_view name, std::string detail, ProposalKind kind) {
    const std::string lowered = lower(name);
    const bool starts = lowered.starts_with(prefix_);
    whole_ |= lowered == prefix_;
    const bool of_schema = kind != ProposalKind::keyword && kind != ProposalKind::function;
    if (!starts && !of_schema) return;  // "in" in the middle of a keyword means nothing
    if (!starts && (prefix_.size() < 2 || lowered.find(prefix_) == std::string::npos)) return;
    for (const auto& [rank, known] : found_) {
      if (known.text == text && known.kind == kind) return;
    }
    const int rank = (starts ? 0 : 10) + static_cast<int>(kind);
    found_.emplace_back(rank, Proposal{std::move(text), std::move(detail), kind});
  }

  bool whole() const { return whole_; }  // the word is one of those that it might become
  void add_whole(std::string_view name) { whole_ |= !prefix_.empty() && lower(name) == prefix_; }

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
  bool whole_ = false;
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

namespace {

bool inside_literal(std::string_view text, const Highlighter& highlighter, std::size_t begin, std::size_t caret) {
  if (begin == 0 || highlighter.tokens().empty()) return false;
  const PaintedToken& before = highlighter.tokens()[highlighter.first_token_at(begin - 1)];
  const bool inside = before.offset + before.size >= caret && before.offset < begin;
  const bool open_string =
      before.kind == sql::TokenKind::error && (text[before.offset] == '\'' || text[before.offset] == '"');
  return inside && (open_string || before.paint == Paint::string || before.paint == Paint::comment ||
                    before.paint == Paint::number);
}

void add_of_owner(Collector& collector, const std::string& owner, const std::vector<Mention>& mentioned,
                  const SchemaModel& schema, std::string_view database, std::vector<std::string>& unopened) {
  for (const Mention& mention : mentioned) {
    if (equal_ignoring_case(mention.alias, owner)) add_columns(collector, *mention.table);
  }
  if (const SchemaDatabase* named = schema.database(owner)) {
    const bool listed = std::find(unopened.begin(), unopened.end(), owner) != unopened.end();
    if (named->state == LoadState::unknown && !listed) unopened.push_back(owner);
    add_tables(collector, *named);
  }
  if (const SchemaTable* table = schema.table(database, owner)) add_columns(collector, *table);
}

void add_everything(Collector& collector, std::string_view prefix, const std::vector<Mention>& mentioned,
                    const SchemaModel& schema, std::string_view database) {
  for (const Mention& mention : mentioned) {
    add_columns(collector, *mention.table);
    collector.add_whole(mention.alias);
  }
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
}

}  // namespace

Completion complete(const EditorBuffer& buffer, const Highlighter& highlighter, const SchemaModel& schema,
                    std::string_view database, bool automatic) {
  const std::string_view text = buffer.text();
  const std::size_t caret = buffer.caret();
  Completion out;
  std::size_t begin = caret;
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  out.begin = begin;
  const std::string_view prefix = text.substr(begin, caret - begin);
  const bool after_dot = begin > 0 && text[begin - 1] == '.';
  if (automatic && !after_dot && prefix.size() < 2) return out;
  if (automatic && caret < text.size() && is_word_byte(text[caret])) return out;
  if (!prefix.empty() && prefix[0] >= '0' && prefix[0] <= '9') return out;
  if (inside_literal(text, highlighter, begin, caret)) return out;

  std::vector<Mention> mentioned;
  client::SqlPlace place = client::SqlPlace::anywhere;
  if (const auto statement = highlighter.statement_at(buffer, caret)) {
    const std::vector<client::SqlWord> words =
        client::sql_words(text.substr(statement->begin, statement->end - statement->begin));
    mentioned = mentions(words, schema, database, out.unopened);
    const auto behind = std::find_if(words.begin(), words.end(), [&](const client::SqlWord& word) {
      return statement->begin + word.offset >= begin;
    });
    place = client::place_behind(words, static_cast<std::size_t>(behind - words.begin()));
  }
  Collector collector(prefix);
  if (after_dot) {
    std::size_t owner_begin = begin - 1;
    while (owner_begin > 0 && (is_word_byte(text[owner_begin - 1]) || text[owner_begin - 1] == '`')) --owner_begin;
    const std::string owner = bare(text.substr(owner_begin, begin - 1 - owner_begin));
    add_of_owner(collector, owner, mentioned, schema, database, out.unopened);
  } else if (automatic && place == client::SqlPlace::new_name) {
    return out;
  } else {
    // Where a table is to come, the columns of others would only be in the way.
    add_everything(collector, prefix, place == client::SqlPlace::table ? std::vector<Mention>() : mentioned, schema,
                   database);
  }
  if (automatic && collector.whole()) return out;
  out.proposals = collector.take();
  // The word itself, alone, is no help.
  if (out.proposals.size() == 1 && equal_ignoring_case(out.proposals[0].text, prefix)) out.proposals.clear();
  return out;
}

}  // namespace sqlcast::gui
