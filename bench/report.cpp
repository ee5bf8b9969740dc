#include "bench/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "client/text/json.h"

namespace sqlcast::bench {
namespace {

namespace json = text::json;

double to_ms(Histogram::Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

[[gnu::format(printf, 1, 2)]] std::string text_of(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

unsigned long long wide(std::uint64_t value) { return value; }

json::Value latency_json(const Histogram& latency) {
  return json::Object{{"min", to_ms(latency.min())},          {"avg", to_ms(latency.average())},
                      {"p50", to_ms(latency.percentile(50))}, {"p95", to_ms(latency.percentile(95))},
                      {"p99", to_ms(latency.percentile(99))}, {"max", to_ms(latency.max())}};
}

json::Value slave_json(const LagSamples& slave) {
  return json::Object{
      {"name", slave.name},
      {"endpoint", slave.endpoint},
      {"lag_ms", json::Object{{"samples", std::uint64_t{slave.ms.size()}},
                              {"min", percentile_of(slave.ms, 0.001)},
                              {"avg", slave.ms.empty() ? 0.0 : sum_of(slave.ms) / static_cast<double>(slave.ms.size())},
                              {"p50", percentile_of(slave.ms, 50)},
                              {"p95", percentile_of(slave.ms, 95)},
                              {"p99", percentile_of(slave.ms, 99)},
                              {"max", percentile_of(slave.ms, 100)},
                              {"idle_read", slave.floor_ms}}},
      {"unseen_marks", std::uint64_t{slave.waiting}},
      {"failed_reads", std::uint64_t{slave.failed}},
      {"drain_s", slave.drained_ms < 0 ? json::Value() : json::Value(slave.drained_ms / 1000)}};
}

}  // namespace

double Report::replicated_per_second() const {
  if (slaves.empty() || drain_seconds < 0 || counts.all.writes == 0) return 0;
  return static_cast<double>(counts.all.statements) / std::max(whole_seconds + drain_seconds, 1e-6);
}

std::string report_text(const Report& report) {
  const LoadCounts& counts = report.counts;
  std::string text = "SQL statistics:\n";
  text += text_of("    requests (transactions):   %-12llu (%.2f per sec.)\n", wide(counts.requests),
                  report.per_second(counts.requests));
  text += text_of("    statements (queries):      %-12llu (%.2f per sec.)\n", wide(counts.statements),
                  report.per_second(counts.statements));
  text += text_of("    errors:                    %-12llu (%.2f per sec.)\n", wide(counts.errors),
                  report.per_second(counts.errors));
  text += text_of("    BUSY answers (retried):    %llu\n", wide(report.busy_answers));
  text += text_of("    BUSY until given up:       %llu\n\n", wide(counts.busy));
  for (const auto& [error, count] : counts.error_texts)
    text += "    error, " + std::to_string(count) + " times: " + error + "\n";
  text += "General statistics:\n";
  text += text_of("    measured time:             %.4fs\n", report.seconds);
  text += text_of("    total, warm-up included:   %llu statements in %.4fs\n\n", wide(counts.all.statements),
                  report.whole_seconds);
  text += "Latency (ms):\n";
  text += text_of("         min: %34.2f\n         avg: %34.2f\n         max: %34.2f\n", to_ms(counts.latency.min()),
                  to_ms(counts.latency.average()), to_ms(counts.latency.max()));
  text += text_of("         95th percentile: %22.2f\n         99th percentile: %22.2f\n",
                  to_ms(counts.latency.percentile(95)), to_ms(counts.latency.percentile(99)));
  if (counts.all.writes > 0) {
    text += "\nReplication:\n";
    if (report.drain_seconds >= 0 && !report.slaves.empty()) {
      text += text_of("    replicated statements:     %.2f per sec.\n", report.replicated_per_second());
      text += text_of("    time to drain:             %.4fs\n", report.drain_seconds);
    }
    for (const LagSamples& slave : report.slaves) {
      text +=
          text_of("    %s: lag (ms) p50 %.2f  p95 %.2f  p99 %.2f  max %.2f  (%zu samples; an idle read takes %.2f)\n",
                  slave.name.c_str(), percentile_of(slave.ms, 50), percentile_of(slave.ms, 95),
                  percentile_of(slave.ms, 99), percentile_of(slave.ms, 100), slave.ms.size(), slave.floor_ms);
      text += slave.drained_ms >= 0 ? text_of("    %s: had everything %.2f ms after the last reply\n",
                                              slave.name.c_str(), slave.drained_ms)
                                    : "    " + slave.name + ": did not get everything in time\n";
    }
  }
  text += "\nAgreement:\n";
  text += text_of("    entries: %llu acknowledged, %llu in the master's log\n", wide(counts.all.writes),
                  wide(report.position_after - report.position_before));
  for (const std::string& complaint : report.agreement.complaints) text += "    " + complaint + "\n";
  if (report.agreement.complaints.empty())
    text += report.agreement.checked_rows ? "    positions, hashes and row counts agree on all nodes\n"
                                          : "    positions and hashes agree on all nodes\n";
  return text;
}

std::string report_json(const Report& report) {
  const LoadCounts& counts = report.counts;
  json::Array slaves;
  for (const LagSamples& slave : report.slaves) slaves.push_back(slave_json(slave));
  json::Array complaints;
  for (const std::string& complaint : report.agreement.complaints) complaints.emplace_back(complaint);
  json::Array errors;
  for (const auto& [error, count] : counts.error_texts)
    errors.push_back(json::Object{{"error", error}, {"count", count}});
  const Shape& shape = report.options.shape;
  const json::Value value =
      json::Object{{"workload", kind_name(shape.kind)},
                   {"threads", std::uint64_t{report.options.threads}},
                   {"connections", std::uint64_t{report.options.connections}},
                   {"tables", std::uint64_t{shape.tables}},
                   {"table_size", shape.table_size},
                   {"rate", report.options.rate},
                   {"seconds", report.seconds},
                   {"requests", counts.requests},
                   {"statements", counts.statements},
                   {"tps", report.per_second(counts.requests)},
                   {"qps", report.per_second(counts.statements)},
                   {"latency_ms", latency_json(counts.latency)},
                   {"errors", counts.errors},
                   {"error_texts", errors},
                   {"busy", counts.busy},
                   {"busy_answers", report.busy_answers},
                   {"total", json::Object{{"requests", counts.all.requests},
                                          {"statements", counts.all.statements},
                                          {"writes", counts.all.writes},
                                          {"replayed", counts.all.replayed},
                                          {"seconds", report.whole_seconds}}},
                   {"drain_s", report.drain_seconds < 0 ? json::Value() : json::Value(report.drain_seconds)},
                   {"replicated_per_s", report.replicated_per_second()},
                   {"slaves", slaves},
                   {"position_before", report.position_before},
                   {"position_after", report.position_after},
                   {"agrees", report.agreement.complaints.empty()},
                   {"rows_checked", report.agreement.checked_rows},
                   {"complaints", complaints}};
  return value.write(2);
}

std::string progress_line(double at_seconds, double seconds, const LoadCounts& before, const LoadCounts& now,
                          unsigned threads, const std::vector<LagSamples>& slaves) {
  const auto rate = [seconds](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / seconds;
  };
  std::string text =
      text_of("[ %.0fs ] threads: %u tps: %.0f qps: %.0f lat (ms,99%%): %.2f err: %llu", at_seconds, threads,
              rate(before.all.requests, now.all.requests), rate(before.all.statements, now.all.statements),
              to_ms(now.latency.percentile(99)), wide(now.errors));
  for (const LagSamples& slave : slaves)
    text += text_of(" %s lag: %.1fms", slave.name.c_str(), slave.ms.empty() ? 0.0 : slave.ms.back());
  return text;
}

}  // namespace sqlcast::bench
