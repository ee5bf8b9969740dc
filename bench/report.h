// Report: what a run measured, as text for people (sysbench's order and words) and as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "bench/lag_probe.h"
#include "bench/load.h"

namespace sqlcast::bench {

// Whether what was acknowledged is what the nodes have. Each complaint is a line.
struct Agreement {
  bool checked_rows = false;
  std::vector<std::string> complaints;
};

struct Report {
  LoadOptions options;
  LoadCounts counts;
  double seconds = 0;              // measured
  double whole_seconds = 0;        // first request to last reply, warm-up included
  double drain_seconds = 0;        // last reply until the last slave had all; < 0 = not within the time allowed
  std::uint64_t busy_answers = 0;  // at the nodes; the client library tries those again
  Sequence position_before = 0;
  Sequence position_after = 0;
  std::vector<LagSamples> slaves;
  Agreement agreement;

  double per_second(std::uint64_t events) const { return static_cast<double>(events) / seconds; }
  // Of all statements of the run, until the last slave had them; 0 when that did not happen or nothing was written.
  double replicated_per_second() const;
};

std::string report_text(const Report& report);
std::string report_json(const Report& report);

// One line of progress from two readings, `seconds` apart.
std::string progress_line(double at_seconds, double seconds, const LoadCounts& before, const LoadCounts& now,
                          unsigned threads, const std::vector<LagSamples>& slaves);

}  // namespace sqlcast::bench
