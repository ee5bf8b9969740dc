// Goal: a file that is exported is whole, or not there. Method: a Workspace on a fake backend, no frame drawn; pages
// are written when the test says so.
#include <catch2/catch.hpp>
#include <deque>
#include <filesystem>

#include "client/gui/model/text.h"
#include "tests/gui/desktop.h"
#include "tests/support/temporary_folder.h"

using namespace sqlcast;
using namespace sqlcast::gui;
using namespace sqlcast::gui::testing;

namespace {

// An export of two pages, each written when the test says so.
struct Export {
  explicit Export(Desktop& desktop) : work(desktop.work) {
    desktop.until([&] { return work.connected(); });
    desktop.state->answers["FROM big"] = [](const client::Request&) { return page(true); };
    desktop.state->page = [] { return page(false); };
    work.export_job = std::make_shared<ExportJob>(path(), RowFormat::csv, "`big`", [this](auto job, auto then) {
      jobs.push_back([job, then] { job(), then(); });
      return true;
    });
    work.export_job->run_again(work.connection()->backend(), client::Request::of("SELECT * FROM big"), 0);
  }
  static client::Reply page(bool more) {
    client::Reply reply;
    reply.results.push_back(make_rows({column("id", "INT")}, {{"1"}, {"2"}}));
    if (more) reply.results[0].cursor = {7, "tcp://127.0.0.1:1"};
    return reply;
  }
  std::string path() const { return folder.path().string() + "/out.csv"; }
  void write_one() {
    const auto job = std::move(jobs.front());
    jobs.pop_front();
    job();
  }

  support::TemporaryFolder folder;
  Workspace& work;
  std::deque<std::function<void()>> jobs;
};

void check_ended(const Export& exported) {
  const ExportJob& job = *exported.work.export_job;
  CHECK_FALSE(exported.work.exporting());
  CHECK(job.status().code == Code::cancelled);
  CHECK(job.status().message == ExportJob::kConnectionClosed);
  CHECK_FALSE(std::filesystem::exists(exported.path()));
  CHECK_FALSE(std::filesystem::exists(exported.path() + ".part"));
}

}  // namespace

TEST_CASE("export: it ends with its connection, whether a page is being written or waited for") {
  SECTION("a page is being written") {
    Desktop desktop;
    Export exported(desktop);
    desktop.until([&] { return !exported.jobs.empty(); });
    desktop.work.disconnect();
    CHECK(desktop.work.exporting());  // the file is the worker's
    exported.write_one();
    check_ended(exported);
  }
  SECTION("a page is waited for") {
    Desktop desktop;
    desktop.state->holding_pages = true;
    Export exported(desktop);
    desktop.until([&] { return !exported.jobs.empty(); });
    exported.write_one();
    desktop.work.disconnect();
    check_ended(exported);
    CHECK(desktop.work.toasts.shown().back().title == "The export was stopped");
  }
  SECTION("the last page is being written: the file is whole") {
    Desktop desktop;
    Export exported(desktop);
    desktop.until([&] { return !exported.jobs.empty(); });
    exported.write_one();
    desktop.until([&] { return !exported.jobs.empty(); });
    desktop.work.disconnect();
    exported.write_one();
    CHECK(exported.work.export_job->status().ok());
    CHECK(read_file(exported.path(), 100).value() == "id\r\n1\r\n2\r\n1\r\n2\r\n");
  }
}

TEST_CASE("export: of rows of which none is shown it writes none") {
  const support::TemporaryFolder folder;
  const std::string path = folder.path().string() + "/out.csv";
  client::StatementReply rows = make_rows({column("id", "INT")}, {{"1"}, {"2"}});
  GridModel grid(rows.columns);
  grid.add_page(std::move(rows.rows));
  const auto written = [&](std::optional<std::vector<std::uint64_t>> order) {
    const auto job = std::make_shared<ExportJob>(path, RowFormat::csv, "`t`", [](auto work, auto then) {
      work(), then();
      return true;
    });
    job->write_held(grid.columns(), grid.rows(), std::move(order));
    REQUIRE(job->status().ok());
    return read_file(path, 100).value();
  };
  CHECK(written(std::vector<std::uint64_t>{}) == "id\r\n");
  CHECK(written(std::vector<std::uint64_t>{1}) == "id\r\n2\r\n");
  CHECK(written(std::nullopt) == "id\r\n1\r\n2\r\n");
}
