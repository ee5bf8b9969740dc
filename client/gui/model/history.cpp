#include "client/gui/model/history.h"

#include <array>
#include <charconv>
#include <unordered_set>

#include "client/gui/model/fold.h"
#include "client/gui/model/text.h"
#include "client/text/escape.h"

namespace sqlcast::gui {

void History::add(HistoryItem item) {
  items_.push_back(std::move(item));
  while (items_.size() > kMax) items_.pop_front();
}

std::vector<std::size_t> History::search(std::string_view query, std::size_t most) const {
  std::vector<std::string> words;
  const std::string wanted = folded(query);
  for (std::size_t at = 0; at < wanted.size();) {
    const std::size_t end = std::min(wanted.find(' ', at), wanted.size());
    if (end > at) words.push_back(wanted.substr(at, end - at));
    at = end + 1;
  }
  std::vector<std::size_t> found;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = items_.size(); i-- > 0 && found.size() < most;) {
    const HistoryItem& item = items_[i];
    bool all = true;
    for (const std::string& word : words) all = all && contains_folded(item.sql, word);
    if (all && seen.insert(item.sql).second) found.push_back(i);
  }
  return found;
}

std::string History::to_line(const HistoryItem& item) {
  return cat(item.time_us, "\t", item.ok ? "ok" : "failed", "\t", item.elapsed_us, "\t", text::escape_line(item.node),
             "\t", text::escape_line(item.outcome), "\t", text::escape_line(item.sql), "\n");
}

std::string History::to_text() const {
  std::string out;
  for (const HistoryItem& item : items_) out += to_line(item);
  return out;
}

std::size_t History::load(std::string_view text) {
  std::size_t bad = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    std::array<std::string_view, 6> fields;
    std::size_t count = 0;
    while (count < 5 && line.find('\t') != std::string_view::npos) {
      fields[count++] = line.substr(0, line.find('\t'));
      line.remove_prefix(line.find('\t') + 1);
    }
    fields[count++] = line;
    HistoryItem item;
    const auto number = [](std::string_view part, std::uint64_t& value) {
      const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
      return result.ec == std::errc() && result.ptr == part.data() + part.size();
    };
    if (count != 6 || !number(fields[0], item.time_us) || !number(fields[2], item.elapsed_us) ||
        (fields[1] != "ok" && fields[1] != "failed") || !is_utf8(line)) {
      ++bad;
      continue;
    }
    item.ok = fields[1] == "ok";
    item.node = text::unescape_line(fields[3]);
    item.outcome = text::unescape_line(fields[4]);
    item.sql = text::unescape_line(fields[5]);
    add(std::move(item));
  }
  return bad;
}

}  // namespace sqlcast::gui
