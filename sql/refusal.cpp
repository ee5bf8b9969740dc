#include "sql/refusal.h"

namespace sqlcast::sql {
namespace {

constexpr RefusalText kTexts[] = {
#define SQLCAST_REFUSAL_TEXT(name, code, advice) {code, advice},
    SQLCAST_REFUSALS(SQLCAST_REFUSAL_TEXT)
#undef SQLCAST_REFUSAL_TEXT
};

}  // namespace

const RefusalText& refusal_text(Refusal refusal) { return kTexts[static_cast<std::size_t>(refusal)]; }

std::span<const RefusalText> refusal_texts() { return std::span(kTexts).subspan(1); }

}  // namespace sqlcast::sql
