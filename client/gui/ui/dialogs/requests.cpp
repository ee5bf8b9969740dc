#include "client/gui/ui/dialogs/requests.h"

#include <algorithm>
#include <utility>

#include "client/gui/model/text.h"
#include "client/gui/model/workspace.h"
#include "client/gui/ui/widgets.h"
#include "proto/fields.h"

namespace sqlcast::gui {

namespace {

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_ScrollY |
                                   ImGuiTableFlags_ScrollX | ImGuiTableFlags_NoSavedSettings;

struct Column {
  const char* name;
  float width;  // the last one's at least: it has what is left
};

bool begin_table(const char* id, const std::vector<Column>& columns, float height) {
  float left = ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ScrollbarSize;
  for (const Column& column : columns) left -= px(column.width) + 2 * ImGui::GetStyle().CellPadding.x;
  if (!ImGui::BeginTable(id, static_cast<int>(columns.size()), kTable, {0, height})) return false;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const Column& column : columns) {
    const float more = &column == &columns.back() ? std::max(0.0F, left) : 0;
    ImGui::TableSetupColumn(column.name, ImGuiTableColumnFlags_WidthFixed, px(column.width) + more);
  }
  ImGui::TableNextRow();
  for (const Column& column : columns) {
    ImGui::TableNextColumn();
    ui::small(column.name, colours().dim);
  }
  return true;
}

void cell(std::string_view value, ImU32 colour = 0) {
  ImGui::TableNextColumn();
  ui::text(value.empty() ? std::string_view("–") : value, value.empty() ? colours().faint : colour);
}

std::string age(std::uint64_t ms) { return human_age(ms); }

}  // namespace

void RequestsDialog::draw_requests(Backend& backend) {
  const float height = ImGui::GetContentRegionAvail().y * 0.54F;
  if (!begin_table("##requests",
                   {{"", 56},
                    {"Node", 90},
                    {"Kind", 66},
                    {"State", 78},
                    {"Since", 72},
                    {"Key", 90},
                    {"Client", 84},
                    {"Statement", 280}},
                   height))
    return;
  for (const RequestsModel::NodeRequests& node : model_.nodes()) {
    for (const proto::RequestInfo& request : node.reply.requests) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      const std::string label = cat("Stop##", node.name, request.number);
      if (request.kind != "explain" && request.kind != "log_read" && ui::button(label.c_str(), ui::Style::danger))
        model_.cancel(backend, node, request.number);
      cell(node.name);
      cell(request.kind);
      cell(proto::word_of(request.state),
           request.state == proto::RequestState::running ? colours().write : colours().text);
      cell(age(request.since_ms));
      cell(request.key);
      cell(request.client_id);
      ImGui::TableNextColumn();
      ui::text(one_line(request.text, 160));
      ui::tooltip(cat(words_of(request), request.text.empty() ? "" : "\n", request.text));
    }
  }
  ImGui::EndTable();
}

void RequestsDialog::draw_clients() {
  if (!begin_table("##clients",
                   {{"Node", 90},
                    {"Key", 120},
                    {"Client", 110},
                    {"Requests", 90},
                    {"Under way", 90},
                    {"Cursors", 80},
                    {"Seen", 90}},
                   ImGui::GetContentRegionAvail().y))
    return;
  for (const RequestsModel::NodeRequests& node : model_.nodes()) {
    for (const proto::ClientInfo& client : node.reply.clients) {
      ImGui::TableNextRow();
      cell(node.name);
      cell(client.key);
      cell(client.client_id.empty() ? std::string_view("without an id") : std::string_view(client.client_id));
      cell(with_separators(client.requests));
      cell(with_separators(client.under_way));
      cell(with_separators(client.cursors));
      cell(client.seen_ms_ago < 1'000 ? std::string("now") : cat(age(client.seen_ms_ago), " ago"));
    }
  }
  ImGui::EndTable();
}

bool RequestsDialog::draw(Workspace& work, Desk&, bool) {
  if (work.connection() == nullptr) {
    ui::dim("Not connected.");
    return true;
  }
  if (std::exchange(connection_, work.connections()) != work.connections()) model_ = RequestsModel();
  Backend& backend = work.connection()->backend();
  model_.look(backend, work.connection()->cluster, work.now());
  std::uint64_t requests = 0;
  std::uint64_t left_out = 0;
  for (const RequestsModel::NodeRequests& node : model_.nodes()) {
    requests += node.reply.requests.size();
    left_out += node.reply.more_requests + node.reply.more_clients;
  }
  ui::wrapped(model_.asked()
                  ? cat(plural(requests, "request", "requests"),
                        " under way. With an admin's key those of everybody, otherwise those of your own key.")
                  : std::string("Asking the nodes…"),
              colours().dim);
  if (left_out > 0) ui::text(cat("▲ ", with_separators(left_out), " more are not shown."), colours().warn);
  for (const RequestsModel::NodeRequests& node : model_.nodes()) {
    if (!node.problem.empty()) ui::wrapped(cat("⊘ ", node.name, ": ", node.problem), colours().warn);
  }
  if (!model_.outcome().empty()) ui::wrapped(model_.outcome(), colours().text);
  draw_requests(backend);
  ui::gap(3);
  ui::heading("Who has asked of late");
  draw_clients();
  return true;
}

}  // namespace sqlcast::gui
