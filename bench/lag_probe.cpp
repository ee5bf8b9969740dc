#include "bench/lag_probe.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/mutex.h"

namespace sqlcast::bench {
namespace {

constexpr int kFloorReads = 50;
constexpr std::chrono::milliseconds kProbeTimeout{20'000};

double to_ms(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

client::Request probe_of(const std::string& endpoint, Sequence after) {
  client::Request request = client::Request::of("SELECT 1");
  request.target = {client::Target::Kind::node, endpoint};
  request.consistency = client::Consistency::session;
  request.after = after;
  request.timeout = kProbeTimeout;
  return request;
}

}  // namespace

double percentile_of(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(static_cast<double>(values.size()) * percent / 100.0));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

LagProbe::LagProbe(const std::vector<Slave>& slaves) : states_(slaves.size()), slaves_(slaves.size()) {
  for (std::size_t i = 0; i < slaves.size(); ++i) {
    states_[i].samples.name = slaves[i].name;
    states_[i].samples.endpoint = slaves[i].endpoint;
  }
}

Result<std::unique_ptr<LagProbe>> LagProbe::open(const std::vector<Slave>& slaves) {
  std::unique_ptr<LagProbe> probe(new LagProbe(slaves));
  if (slaves.empty()) return probe;
  client::Options options;
  for (const Slave& slave : slaves) options.endpoints.push_back(slave.endpoint);
  auto client = client::Client::open(options);
  if (!client.ok()) return client.status();
  probe->client_ = std::move(*client);
  return probe;
}

LagProbe::~LagProbe() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  client_.reset();  // its answers use the rest
}

Status LagProbe::measure_floor() {
  for (std::size_t slave = 0; slave < slaves_; ++slave) {
    const std::string endpoint = samples().at(slave).endpoint;
    std::vector<double> times;
    for (int i = 0; i < kFloorReads; ++i) {
      const Clock::time_point before = Clock::now();
      const client::Reply reply = client_->run(probe_of(endpoint, 0));
      if (!reply.status.ok()) return reply.status;
      times.push_back(to_ms(Clock::now() - before));
    }
    const MutexLock lock(mutex_);
    states_[slave].samples.floor_ms = percentile_of(std::move(times), 50);
  }
  return ok_status();
}

void LagProbe::mark(Sequence sequence, Clock::time_point acknowledged) {
  for (std::size_t i = 0; i < slaves_; ++i) {
    {
      const MutexLock lock(mutex_);
      State& state = states_[i];
      if (state.marks.size() >= kMostMarks) continue;
      state.marks.push_back({sequence, acknowledged, false});
      if (state.asking) continue;
      state.asking = true;
    }
    ask(i);
  }
}

// `asking` is set, and there is a mark.
void LagProbe::ask(std::size_t slave) {
  client::Request request;
  {
    const MutexLock lock(mutex_);
    const State& state = states_[slave];
    request = probe_of(state.samples.endpoint, state.marks.front().sequence);
  }
  client_->submit(std::move(request), [this, slave](const client::Reply& reply) { answered(slave, reply); });
}

void LagProbe::answered(std::size_t slave, const client::Reply& reply) {
  const Clock::time_point now = Clock::now();
  {
    const MutexLock lock(mutex_);
    State& state = states_[slave];
    if (reply.status.ok()) {
      const Mark mark = state.marks.front();
      state.marks.pop_front();
      if (mark.last) {
        state.samples.drained_ms = to_ms(now - mark.acknowledged);
        state.drained = true;
        changed_.notify_all();
      } else {
        state.samples.ms.push_back(to_ms(now - mark.acknowledged));
      }
    } else if (reply.status.code != Code::not_caught_up && reply.status.code != Code::timeout) {
      ++state.samples.failed;
    }
    if (stopping_ || state.marks.empty() || reply.status.code == Code::cancelled) {
      state.asking = false;
      return;
    }
  }
  ask(slave);
}

bool LagProbe::drain(Sequence sequence, Clock::time_point since, Clock::time_point give_up) {
  for (std::size_t i = 0; i < slaves_; ++i) {
    {
      const MutexLock lock(mutex_);
      State& state = states_[i];
      state.marks.push_back({sequence, since, true});
      if (state.asking) continue;
      state.asking = true;
    }
    ask(i);
  }
  MutexLock lock(mutex_);
  return changed_.wait_until(lock, give_up, [this]() SQLCAST_REQUIRES(mutex_) {
    return std::all_of(states_.begin(), states_.end(), [](const State& state) { return state.drained; });
  });
}

std::vector<LagSamples> LagProbe::samples() const {
  const MutexLock lock(mutex_);
  std::vector<LagSamples> all;
  for (const State& state : states_) {
    all.push_back(state.samples);
    all.back().waiting = state.marks.size();
  }
  return all;
}

}  // namespace sqlcast::bench
