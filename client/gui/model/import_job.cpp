#include "client/gui/model/import_job.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <utility>

#include "base/mutex.h"
#include "base/thread.h"
#include "client/gui/model/text.h"
#include "client/load/record_reader.h"
#include "client/local/cluster_file.h"

namespace sqlcast::gui {

namespace {

constexpr std::chrono::milliseconds kFirstAnswer{5'000};
constexpr std::size_t kHead = 64U << 10U;

// Without the ending of what is compressed.
std::string plain_name(const std::string& path) {
  std::string name = lower(path.substr(path.rfind('/') + 1));
  for (const std::string_view end : {".gz", ".zst"}) {
    if (name.ends_with(end)) name.resize(name.size() - end.size());
  }
  return name;
}

Result<std::string> head_of(const std::string& path) {
  auto input = load::Input::open(path);
  if (!input.ok()) return input.status();
  std::string head(kHead, '\0');
  std::size_t size = 0;
  while (size < head.size()) {  // it comes in pieces, the first of a few bytes
    const auto got = (*input)->read(head.data() + size, head.size() - size);
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    size += *got;
  }
  head.resize(size);
  return head;
}

}  // namespace

bool names_rows(const std::string& path) {
  const std::string name = plain_name(path);
  return name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".tab");
}

std::string table_for(const std::string& path) {
  const std::string name = plain_name(path);
  std::string out;
  for (const char c : std::string_view(name).substr(0, name.find('.'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() || !is_utf8(out) ? std::string("imported") : out;
}

char guess_separator(std::string_view head) {
  constexpr std::string_view kCandidates = ",;\t|";
  constexpr std::size_t kLines = 20;
  std::vector<std::array<std::size_t, kCandidates.size()>> lines(1);
  bool quoted = false;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' && lines.size() == kLines) break;
    if (c == '\n') lines.emplace_back();
    if (const std::size_t which = kCandidates.find(c); which != std::string_view::npos) ++lines.back()[which];
  }
  if (lines.size() > 1 && lines.size() < kLines) lines.pop_back();  // the last may be cut off, or empty
  char best = ',';
  std::size_t most = 0;
  for (std::size_t which = 0; which < kCandidates.size(); ++which) {
    const auto fewest = std::min_element(lines.begin(), lines.end(),
                                         [which](const auto& a, const auto& b) { return a[which] < b[which]; });
    if ((*fewest)[which] <= most) continue;
    most = (*fewest)[which];
    best = kCandidates[which];
  }
  return best;
}

std::string in_window_words(std::string message) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {" (--separator)", ""},
      {"; --columns a,b,c names those of the fields, nothing between commas passes one over",
       "; choose the column of each field, or pass it over"},
      {"--columns names it", "choose a column for it, or pass it over"},
      {": the dump names none, so --database has to", ". Choose one above: the dump names none"},
      {"--database says where it goes", "the database that is chosen says where it goes"},
      {"--encoding says what the file is written in", "choose what the file is written in"},
      {"; --create makes one with guessed types", ""},
      {"--create reads the file twice, and a pipe is read once: make the table first",
       "to make a table the file is read twice, and a pipe is read once: make the table first"},
      {"; --engine innodb makes it InnoDB", "; “Other engines become InnoDB” makes it InnoDB"},
      {"--views invoker makes it run with", "“Views with the reader's rights” makes it run with"},
      {", with other options: with the same as then --resume goes on behind what it has loaded, --restart begins anew",
       ", with other options, such as other columns of the fields. With those it can be gone on with."},
      {": --resume goes on behind what it has loaded, --restart begins anew", "."},
      {": --restart begins anew", "."},
  };
  for (const auto& [from, to] : kWords) {
    for (std::size_t at = message.find(from); at != std::string::npos; at = message.find(from, at + to.size()))
      message.replace(at, from.size(), to);
  }
  return message;
}

namespace {

// The jobs whose threads have not ended.
struct Threads {
  Mutex mutex;
  ConditionVariable ended;
  std::size_t count SQLCAST_GUARDED_BY(mutex) = 0;
};

// Never destroyed: a thread may end after everything else.
Threads& threads() {
  static auto* const all = new Threads;
  return *all;
}

}  // namespace

struct ImportJob::Work {
  Work(load::LoadOptions with, std::vector<std::string> to) : options(std::move(with)), endpoints(std::move(to)) {}

  void run();
  Status read_head();
  Status load_all(load::Summary& summary);
  load::Watch watch();
  State look_at() const;

  const load::LoadOptions options;
  const std::vector<std::string> endpoints;  // empty: a look
  const std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  std::atomic<bool> stop{false};
  mutable Mutex mutex;
  State state SQLCAST_GUARDED_BY(mutex);
};

std::shared_ptr<ImportJob> ImportJob::look(load::LoadOptions options) {
  return std::shared_ptr<ImportJob>(new ImportJob(std::move(options), {}));
}

std::shared_ptr<ImportJob> ImportJob::begin(load::LoadOptions options, std::vector<std::string> endpoints) {
  options.cluster = endpoints.front();
  options.checkpoints = local::state_dir() / "imports";
  return std::shared_ptr<ImportJob>(new ImportJob(std::move(options), std::move(endpoints)));
}

ImportJob::ImportJob(load::LoadOptions options, std::vector<std::string> endpoints)
    : work_(std::make_shared<Work>(std::move(options), std::move(endpoints))) {
  {
    const MutexLock lock(threads().mutex);
    ++threads().count;
  }
  start_thread("import", [work = work_]() mutable {
    work->run();
    work.reset();
    const MutexLock lock(threads().mutex);
    --threads().count;
    threads().ended.notify_all();
  }).detach();
}

ImportJob::~ImportJob() { stop(); }

void ImportJob::stop() { work_->stop = true; }

ImportJob::State ImportJob::state() const { return work_->look_at(); }

const load::LoadOptions& ImportJob::options() const { return work_->options; }

bool ImportJob::wait_for_ended(std::chrono::milliseconds most) {
  Threads& all = threads();
  MutexLock lock(all.mutex);
  return all.ended.wait_for(lock, most, [&all]() SQLCAST_REQUIRES(all.mutex) { return all.count == 0; });
}

ImportJob::State ImportJob::Work::look_at() const {
  const MutexLock lock(mutex);
  State copy = state;
  if (!copy.finished) copy.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return copy;
}

load::Watch ImportJob::Work::watch() {
  load::Watch watch;
  watch.stop = [this] { return stop.load(); };
  watch.progress = [this](const load::Progress& now) {
    const MutexLock lock(mutex);
    state.progress = now;
  };
  return watch;
}

// The first records as they stand in the file.
Status ImportJob::Work::read_head() {
  load::TableTarget format = *options.table;
  if (format.separator == 0) {
    const auto head = head_of(options.files.front());
    if (!head.ok()) return head.status();
    format.separator = guess_separator(*head);
    const MutexLock lock(mutex);
    state.separator = format.separator;
  }
  auto input = load::Input::open(options.files.front());
  if (!input.ok()) return input.status();
  if (!format.encoding.empty()) {
    input = load::converted(std::move(*input), format.encoding);
    if (!input.ok()) return input.status();
  }
  load::RecordReader reader(std::move(*input), format);
  auto records = std::make_shared<Records>();
  Status status;
  load::Record record;
  while (status.ok() && records->size() < kPreviewRows + (format.header ? 1 : 0)) {
    const auto got = reader.next(record);
    if (!got.ok()) status = got.status();
    if (!got.ok() || !*got) break;
    std::vector<Cell>& cells = records->emplace_back();
    for (const load::Field& field : record.fields) cells.push_back({one_line(field.text, kCellCharacters), field.null});
  }
  const MutexLock lock(mutex);
  state.records = std::move(records);
  return status;
}

Status ImportJob::Work::load_all(load::Summary& summary) {
  load::LoadOptions with = options;
  with.created = [this](const std::string& sql) {
    const MutexLock lock(mutex);
    state.definition = sql;
  };
  const auto id = load::client_id_for(with);
  if (!id.ok()) return id.status();
  client::Options connection;
  connection.endpoints = endpoints;
  connection.client_id = *id;
  const auto client = client::Client::open(connection);
  if (!client.ok()) return client.status();
  const auto there = (*client)->status({}, kFirstAnswer);
  if (there.status().code == Code::not_allowed) return there.status();
  if (!there.ok()) return Status::error(Code::timeout, "No node of the cluster answers.");
  return load::load(**client, with, watch(), summary);
}

void ImportJob::Work::run() {
  load::Summary summary;
  Status status;
  const bool looking = endpoints.empty();
  if (looking) {
    load::LoadOptions with = options;
    if (with.table) status = read_head();
    if (with.table && with.table->separator == 0) with.table->separator = look_at().separator;
    with.created = [this](const std::string& sql) {
      const MutexLock lock(mutex);
      state.definition = sql;
    };
    if (status.ok()) status = load::preview(with, watch(), summary);
  } else {
    status = load_all(summary);
  }
  const MutexLock lock(mutex);
  if (status.ok() || !looking) state.summary = in_window_words(summary.text(looking));
  status.message = in_window_words(std::move(status.message));
  state.left_out = summary.data_left_out();
  state.status = std::move(status);
  state.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  state.finished = true;
}

}  // namespace sqlcast::gui
