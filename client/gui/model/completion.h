// Completion: what the word before the caret may become: columns of the tables in the statement, tables,
// databases, keywords, functions; what begins with it first, then what contains it. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/gui/model/highlight.h"
#include "client/gui/model/schema_model.h"

namespace sqlcast::gui {

enum class ProposalKind : std::uint8_t { column, table, database, keyword, function };
std::string_view proposal_word(ProposalKind kind);

struct Proposal {
  std::string text;    // what is inserted
  std::string detail;  // type of a column, rows of a table …
  ProposalKind kind = ProposalKind::keyword;
};

struct Completion {
  std::size_t begin = 0;  // the word typed so far: [begin, caret)
  std::vector<Proposal> proposals;
  std::vector<std::string> unopened;  // databases that the statement names, and whose tables are not known yet
};

// `automatic`: asked for by typing, not by a key. Then there is nothing for fewer than two letters (but after a dot),
// for a word that is whole already, inside a word, and where a name is being made up: behind AS and behind a table.
Completion complete(const EditorBuffer& buffer, const Highlighter& highlighter, const SchemaModel& schema,
                    std::string_view database, bool automatic);

}  // namespace sqlcast::gui
