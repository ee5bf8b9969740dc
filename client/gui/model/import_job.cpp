#include "client/gui/model/import_job.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

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
      {": the dump names none, so --database has to", ". Choose one above: the dump names none"},
      {"--encoding says what the file is written in", "choose what the file is written in"},
      {"; --create makes one with guessed types", ""},
      {", with other options: with the same as then --resume goes on behind what it has loaded, --restart begins anew",
       ", with other options, such as other columns of the fields. With those it can be gone on with."},
      {": --resume goes on behind what it has loaded, --restart begins anew", "."},
      {": --restart begins anew", "."},
  };
  for (const auto& [from, to] : kWords) {
    if (const std::size_t at = message.find(from); at != std::string::npos) message.replace(at, from.size(), to);
  }
  return message;
}

std::shared_ptr<ImportJob> ImportJob::look(load::LoadOptions options) {
  return std::shared_ptr<ImportJob>(new ImportJob(std::move(options), {}));
}

std::shared_ptr<ImportJob> ImportJob::begin(load::LoadOptions options, std::vector<std::string> endpoints) {
  options.cluster = endpoints.front();
  options.checkpoints = local::state_dir() / "imports";
  return std::shared_ptr<ImportJob>(new ImportJob(std::move(options), std::move(endpoints)));
}

ImportJob::ImportJob(load::LoadOptions options, std::vector<std::string> endpoints)
    : options_(std::move(options)), endpoints_(std::move(endpoints)), thread_([this] { run(); }) {}

ImportJob::~ImportJob() {
  stop_ = true;
  thread_.join();
}

ImportJob::State ImportJob::state() const {
  const MutexLock lock(mutex_);
  State copy = state_;
  if (!copy.finished) copy.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  return copy;
}

load::Watch ImportJob::watch() {
  load::Watch watch;
  watch.stop = [this] { return stop_.load(); };
  watch.progress = [this](const load::Progress& now) {
    const MutexLock lock(mutex_);
    state_.progress = now;
  };
  return watch;
}

// The first records as they stand in the file.
Status ImportJob::read_head() {
  load::TableTarget format = *options_.table;
  if (format.separator == 0) {
    const auto head = head_of(options_.files.front());
    if (!head.ok()) return head.status();
    format.separator = guess_separator(*head);
    const MutexLock lock(mutex_);
    state_.separator = format.separator;
  }
  auto input = load::Input::open(options_.files.front());
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
  const MutexLock lock(mutex_);
  state_.records = std::move(records);
  return status;
}

Status ImportJob::load_all(load::Summary& summary) {
  load::LoadOptions options = options_;
  options.created = [this](const std::string& sql) {
    const MutexLock lock(mutex_);
    state_.definition = sql;
  };
  const auto id = load::client_id_for(options);
  if (!id.ok()) return id.status();
  client::Options connection;
  connection.endpoints = endpoints_;
  connection.client_id = *id;
  const auto client = client::Client::open(connection);
  if (!client.ok()) return client.status();
  const auto there = (*client)->status({}, kFirstAnswer);
  if (there.status().code == Code::not_allowed) return there.status();
  if (!there.ok()) return Status::error(Code::timeout, "No node of the cluster answers.");
  return load::load(**client, options, watch(), summary);
}

void ImportJob::run() {
  load::Summary summary;
  Status status;
  const bool looking = endpoints_.empty();
  if (looking) {
    load::LoadOptions options = options_;
    if (options.table) status = read_head();
    if (options.table && options.table->separator == 0) options.table->separator = state().separator;
    options.created = [this](const std::string& sql) {
      const MutexLock lock(mutex_);
      state_.definition = sql;
    };
    if (status.ok()) status = load::preview(options, watch(), summary);
  } else {
    status = load_all(summary);
  }
  const MutexLock lock(mutex_);
  if (status.ok() || !looking) state_.summary = summary.text(looking);
  status.message = in_window_words(std::move(status.message));
  state_.left_out = summary.data_left_out();
  state_.status = std::move(status);
  state_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  state_.finished = true;
}

}  // namespace sqlcast::gui
