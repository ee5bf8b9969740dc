// What a frame of the desktop client costs the processor, without a window and without the renderer:
// 1,000,000 rows x 20 columns, 10,000 lines in the editor, 32 nodes, full plots. Also sorting and typing.
//   gui_bench [FRAMES]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include "client/gui/model/text.h"
#include "tests/gui/fake_backend.h"
#include "tests/gui/null_window.h"

namespace {

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

client::Rows page(std::uint64_t first, std::uint64_t rows, std::size_t columns) {
  proto::Page raw;
  raw.rows = rows;
  for (std::size_t c = 0; c < columns; ++c) {
    proto::ColumnWriter writer;
    for (std::uint64_t r = 0; r < rows; ++r) {
      if (c % 2 == 0) {
        writer.append_int(static_cast<std::int64_t>((first + r) * 7'919 % 1'000'003));
      } else {
        writer.append_text(cat("text of row ", first + r));
      }
    }
    raw.columns.push_back(writer.take());
  }
  return std::move(client::Rows::decode(std::move(raw)).value());
}

void report(const char* what, std::vector<double>& ms) {
  std::sort(ms.begin(), ms.end());
  const double median = ms[ms.size() / 2];
  const double worst = ms[ms.size() * 99 / 100];
  std::printf("%-52s median %6.3f ms   99 %% under %6.3f ms\n", what, median, worst);
}

// What 32 nodes have told in the last hour.
void have_an_hour(NullWindow& window, App& app, const FakeBackend::State& state) {
  std::minstd_rand random;
  window.now += 3'600;
  const double begun = window.now - 3'600;
  for (int i = 0; i < 3'600; ++i) {
    const double t = begun + i;
    std::vector<proto::NodeStatus> nodes = state.nodes;
    for (auto& node : nodes) {
      node.entries_per_second = static_cast<double>(random() % 20'000);
      node.lag_ms = random() % 900;
      node.position = static_cast<Sequence>(t * 1'000);
    }
    app.workspace().connection()->cluster.update(nodes, t, 1);
  }
}

void have_a_log(const NullWindow& window, App& app) {
  std::vector<LogEntry> entries;
  for (Sequence i = 1; i <= LogModel::kMaxRows; ++i) {
    LogEntry& entry = entries.emplace_back();
    entry.commit_time_us = static_cast<std::uint64_t>(window.now * 1e6);
    entry.entry.sequence = i;
    entry.entry.statements.emplace_back();
    entry.entry.statements[0].sql = cat("insert into table_", i % 150, " values (", i, ", 'text')");
  }
  app.workspace().connection()->log.add_live(entries);
}

std::shared_ptr<ResultModel> a_million_rows() {
  auto result = std::make_shared<ResultModel>();
  result->sql = "select * from t";
  result->node = "master";
  result->has_rows = true;
  std::vector<proto::ColumnInfo> columns;
  for (int i = 0; i < 20; ++i) {
    columns.push_back(column(cat("column_", i), i % 2 == 0 ? "BIGINT" : "VARCHAR"));
    columns.back().kind = i % 2 == 0 ? proto::ValueKind::int64 : proto::ValueKind::text;
  }
  result->grid = GridModel(columns);
  for (std::uint64_t first = 0; first < 1'000'000; first += 10'000) result->grid.add_page(page(first, 10'000, 20));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc > 1 ? std::max(10, std::atoi(argv[1])) : 400;  // NOLINT(cert-err34-c): no number is 10
  const auto begin = std::chrono::steady_clock::now();
  NullWindow window(1920, 1080);
  ui::trace().on = false;
  auto state = std::make_shared<FakeBackend::State>();
  state->nodes.push_back(node_status("master", "master", 1));
  for (std::uint16_t i = 1; i < 32; ++i)
    state->nodes.push_back(node_status(cat("slave-", i), "slave", static_cast<std::uint16_t>(i + 1)));
  App::Options options;
  options.endpoints = {"tcp://127.0.0.1:1"};
  options.endpoints_name = "bench";
  options.make_backend = [state](const SavedConnection&) -> Result<std::unique_ptr<Backend>> {
    return std::unique_ptr<Backend>(std::make_unique<FakeBackend>(state));
  };
  App app(options);
  window.frame(app);
  std::printf("start: fonts, app, first frame                       %.3f s\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  for (int i = 1; i < 20; ++i) window.frame(app);
  have_an_hour(window, app, *state);
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += cat("select a, b, 'text', 12.5 from student where id = ", i, "; -- line\n");
  app.workspace().tab().buffer.reset(text);
  app.workspace().tab().highlighter.update(app.workspace().tab().buffer);

  const auto result = a_million_rows();
  app.workspace().tab().results.push_back(result);
  have_a_log(window, app);
  const auto click = [&](const char* script) {
    ui::trace().on = true;
    if (const std::string failure = window.perform(app, script); !failure.empty()) std::printf("%s\n", failure.c_str());
    ui::trace().on = false;
  };

  std::vector<double> ms;
  const auto run = [&](const char* what, const std::function<void(int)>& before) {
    ms.clear();
    for (int i = 0; i < frames; ++i) {
      before(i);
      const double start = cpu_ms();
      window.frame(app);
      ms.push_back(cpu_ms() - start);
    }
    report(what, ms);
  };
  app.workspace().view = View::query;
  run("query view, 1,000,000 x 20, 10,000 lines, 32 nodes", [](int) {});
  run("the same, scrolling through the rows", [&](int i) { result->look.top_row = static_cast<double>(i) * 2'345; });
  run("the same, typing in the middle of the text", [&](int) {
    app.workspace().tab().buffer.set_caret(app.workspace().tab().buffer.line_start(5'000));
    app.workspace().tab().buffer.insert("x");
  });
  result->look.filter_row = true;
  result->look.pinned = {3, 5};
  run("the same, two columns pinned, a row of filters", [](int) {});
  app.workspace().view = View::cluster;
  click("click \"1 h\"\n");
  run("cluster view, 32 nodes, plots of an hour", [](int) {});
  click("drag \"Back in time\" 20 0\nwait text \"AS IT WAS\"\n");
  run("the same, as it was", [](int) {});
  app.workspace().view = View::log;
  run("log, 20,000 statements", [](int) {});
  click("click \"By shape\"\n");
  run("log by shape, 150 shapes", [](int) {});
  const auto start = std::chrono::steady_clock::now();
  const auto order =
      arrange(result->grid.rows(), result->grid.columns(), {SortKey{1, false}, ""}, std::atomic<bool>(false));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("sorting 1,000,000 rows by text, in the worker        %.2f s (%zu rows)\n", seconds,
              order ? order->size() : 0);
  return 0;
}
