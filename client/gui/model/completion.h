// Completion: what the word before the caret may become: columns of the tables in the statement, tables,
// databases, keywords, functions. Pure; any thread.
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
};

// `automatic`: asked for by typing, not by a key: nothing then for fewer than two letters (but after a dot).
Completion complete(const EditorBuffer& buffer, const Highlighter& highlighter, const SchemaModel& schema,
                    std::string_view database, bool automatic);

}  // namespace sqlcast::gui
