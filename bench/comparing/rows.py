"""The rows of the comparison: each measures MariaDB and sqlcast in turn, round after round."""

import json
import statistics
import time

from comparing.machine import CpuMeter, Failed, memory_mib, reset_peak
from comparing.native import MODES

TABLES = ("--tables=4",)
EMPTY = ("--tables=4", "--table-size=0")
ROWS = ("--tables=4", "--table-size=10000")
WIDE_SQL = "SELECT * FROM wide"


def median(values):
    return statistics.median(values) if values else None


def plural(threads):
    return f"{threads} client{'s' if threads > 1 else ''}"


class Row:
    """One figure for both sides. `native` and `ours` hold a value a round; native has one list a mode."""

    def __init__(self, key, title, unit, larger_is_better=True):
        self.key = key
        self.title = title
        self.unit = unit
        self.larger_is_better = larger_is_better
        self.native = {}
        self.ours = []
        self.details = []

    def best_native(self):
        """(mode, median) of the mode that serves MariaDB best."""
        medians = [(mode, median(values)) for mode, values in self.native.items() if values]
        if not medians:
            return None, None
        return (max if self.larger_is_better else min)(medians, key=lambda item: item[1])

    def ratio(self):
        """Larger is better for sqlcast."""
        _, native = self.best_native()
        ours = median(self.ours)
        if not native or not ours:
            return None
        return ours / native if self.larger_is_better else native / ours

    def as_json(self):
        mode, native = self.best_native()
        return {"title": self.title, "unit": self.unit, "native_mode": mode, "native": native,
                "ours": median(self.ours), "ratio": self.ratio(), "native_rounds": self.native,
                "ours_rounds": self.ours, "details": self.details}


class Comparison:
    def __init__(self, native, ours, plan, say):
        self.native = native
        self.ours = ours
        self.plan = plan
        self.say = say
        self.rows = {}
        self.extra = {}

    def row(self, key, title, unit, larger_is_better=True):
        if key not in self.rows:
            self.rows[key] = Row(key, title, unit, larger_is_better)
        return self.rows[key]

    def measured(self, row, side, round_number, mode, value, result):
        (row.ours if side == "sqlcast" else row.native.setdefault(mode, [])).append(value)
        row.details.append({"round": round_number, "side": side, "mode": mode, **result})
        name = side if mode is None else f"{side} {mode}"
        lag = result.get("lag_ms")
        more = ""
        if "drain_s" in result:
            more = f"  (taken {result['per_s']:,.0f}/s, {result['drain_s']:.2f} s to drain, p99 {result['latency_ms']['p99']:.1f} ms)"
        if isinstance(lag, dict) and side == "sqlcast" and row.unit != "ms":
            more = more[:-1] + f", lag p99 {lag['p99']:.1f} ms)"
        self.say(f"  round {round_number} {row.key}: {name}: {value:,.1f} {row.unit}{more}")

    @staticmethod
    def turns(round_number):
        """Who goes first changes from round to round."""
        sides = [("native", mode) for mode in MODES] + [("sqlcast", None)]
        shift = round_number % len(sides)
        return sides[shift:] + sides[:shift]

    # ---- writes ----------------------------------------------------------------------------------------------

    def writes_round(self, threads, number):
        self.inserts_round(f"replicated_writes_{threads}", "replicated single-row inserts", self.native, self.ours, threads, number)

    def inserts_round(self, key, title, native, ours, threads, number):
        row = self.row(key, f"{title}, {plural(threads)}", "statements/s")
        for side, mode in self.turns(number):
            if side == "native":
                native.fill("insert", *EMPTY)
                result = native.load(mode, "oltp_insert", threads, self.plan.seconds)
            else:
                ours.fill("insert", *EMPTY)
                result = ours.load("insert", threads, self.plan.seconds)
            self.measured(row, side, number, mode, result["replicated_per_s"], result)

    def update_round(self, threads, number):
        row = self.row(f"update_index_{threads}", f"replicated UPDATE by key, {plural(threads)}", "statements/s")
        for side, mode in self.turns(number):
            if side == "native":
                self.native.fill("update_index", *ROWS)
                result = self.native.load(mode, "oltp_update_index", threads, self.plan.seconds)
            else:
                self.ours.fill("update_index", *ROWS)
                result = self.ours.load("update_index", threads, self.plan.seconds)
            self.measured(row, side, number, mode, result["replicated_per_s"], result)

    def batch_round(self, number):
        row = self.row("batch_100", "replicated 100-statement transactions against batch requests, 8 clients",
                       "statements/s")
        for side, mode in self.turns(number):
            if side == "native":
                self.native.fill("insert", *EMPTY)
                result = self.native.load(mode, "batch.lua", 8, self.plan.seconds, statements_per_event=100)
            else:
                self.ours.fill("insert", *EMPTY)
                result = self.ours.load("batch", 8, self.plan.seconds, "--batch-size=100")
            self.measured(row, side, number, mode, result["replicated_per_s"], result)

    # ---- what is replicated by its rows ----------------------------------------------------------------------

    def grouped_round(self, threads, number):
        row = self.row(f"grouped_{threads}", f"replicated INSERT … SELECT of 1,000 rows, GROUP BY over text, {plural(threads)}",
                       "statements/s")
        for side, mode in self.turns(number):
            if side == "native":
                self.native.fill("grouped", *ROWS)
                result = self.native.load(mode, "grouped.lua", threads, self.plan.seconds, binlog_format="ROW")
            else:
                self.ours.fill("grouped", *ROWS)
                result = self.ours.load("grouped", threads, self.plan.seconds)
            self.measured(row, side, number, mode, result["replicated_per_s"], result)

    def limited_round(self, threads, number):
        """So many statements, and tables that have enough for all of them whichever they fall upon."""
        row = self.row(f"limited_{threads}", f"replicated DELETE … LIMIT 1000 by no key, {plural(threads)}", "statements/s")
        count = self.plan.materialised_statements
        rows = ("--tables=4", f"--table-size={count * 700}")
        for side, mode in self.turns(number):
            if side == "native":
                self.native.fill("limited", *rows)
                result = self.native.load(mode, "limited.lua", threads, 0, f"--events={count}", binlog_format="ROW")
            else:
                self.ours.fill("limited", *rows)
                result = self.ours.load("limited", threads, 600, f"--events={count}", "--check")
            self.measured(row, side, number, mode, result["replicated_per_s"], result)

    # ---- catch-up --------------------------------------------------------------------------------------------

    def catch_up_round(self, threads, number):
        """64 clients write groups of many statements, where commits are shared; one client writes groups of one."""
        key, count = ("catch_up", self.plan.catch_up) if threads > 1 else ("catch_up_1", self.plan.catch_up_1)
        row = self.row(key, f"catch-up after an absence of {count:,} statements by {plural(threads)}", "statements/s")
        for side, mode in self.turns(number):
            if side == "native":
                self.native.fill("insert", *EMPTY)
                result = self.native.catch_up(mode, count, threads)
            else:
                self.ours.fill("insert", *EMPTY)
                result = self.ours.catch_up(count, threads)
            self.measured(row, side, number, mode, result["per_s"], result)

    # ---- lag -------------------------------------------------------------------------------------------------

    def lag(self):
        writes = self.rows.get("replicated_writes_64")
        if writes is None or writes.best_native()[1] is None:
            raise Failed("the lag is measured at half of what MariaDB sustains: replicated_writes_64 must run first")
        mode, sustained = writes.best_native()
        rate = int(sustained / 2)
        row = self.row("lag_p99", f"replica lag, 99th percentile, at {rate:,} inserts/s (half of MariaDB's sustained rate)",
                       "ms", larger_is_better=False)
        for number in range(1, self.plan.lag_rounds + 1):
            for side in ("native", "sqlcast") if number % 2 else ("sqlcast", "native"):
                if side == "native":
                    self.native.fill("insert", *EMPTY)
                    result = self.native.load(mode, "oltp_insert", 64, self.plan.lag_seconds, f"--rate={rate}", lag=True)
                    result["lag_ms"] = json.loads(result["lag_ms"])
                    self.measured(row, side, number, mode, result["lag_ms"]["p99"], result)
                else:
                    self.ours.fill("insert", *EMPTY)
                    result = self.ours.load("insert", 64, self.plan.lag_seconds, f"--rate={rate}")
                    self.measured(row, side, number, None, result["lag_ms"]["p99"], result)

    # ---- the highest rate with the replica within a second -----------------------------------------------------

    def within_a_second(self):
        """Steps down from the rate of the flat-out rounds until a paced load leaves nothing older than a second."""
        writes = self.rows["replicated_writes_64"]
        mode, native_rate = writes.best_native()
        row = self.row("within_1s_64", "highest paced rate that leaves the replica less than 1 s behind, 64 clients",
                       "statements/s")
        for side, rate in (("native", native_rate * 1.1), ("sqlcast", median(writes.ours) * 1.1)):
            for _ in range(8):
                options = f"--rate={int(rate)}"
                if side == "native":
                    self.native.fill("insert", *EMPTY)
                    result = self.native.load(mode, "oltp_insert", 64, self.plan.paced_seconds, options)
                else:
                    self.ours.fill("insert", *EMPTY)
                    result = self.ours.load("insert", 64, self.plan.paced_seconds, options)
                if result["drain_s"] <= 1.0:
                    self.measured(row, side, 1, mode if side == "native" else None, result["per_s"], result)
                    break
                rate *= 0.93
            else:
                self.say(f"  {side}: no rate down to {rate:,.0f}/s left the replica within a second")

    # ---- reads -----------------------------------------------------------------------------------------------

    def read_rows(self):
        count = self.plan.read_rows
        row = self.row("read_1m_rows", f"{count:,} rows x 8 columns read to the end", "s", larger_is_better=False)
        self.native.fill("wide", f"--table-size={count}")
        self.ours.fill("wide", f"--table-size={count}")
        first, shell, growth = [], [], []
        slave = self.ours.pid(f"sqlcast-{self.ours.slave}")
        for number in range(self.plan.read_rounds + 1):
            before = memory_mib(slave)
            peak_is_ours = reset_peak(slave)
            took, report = self.ours.read(WIDE_SQL)
            grew = memory_mib(slave, "VmHWM") - before if peak_is_ours else None
            if report["rows"] != count:
                raise Failed(f"{report['rows']} rows came where {count} are in the table")
            by_shell = self.ours.read_by_shell(WIDE_SQL)
            native = self.native.read(WIDE_SQL)
            if number == 0:
                continue  # fills both buffer pools
            first.append(report["first_page_ms"])
            shell.append(by_shell)
            if grew is not None:
                growth.append(grew)
            self.measured(row, "native", number, "mariadb -q -B", native, {"seconds": native})
            self.measured(row, "sqlcast", number, None, took, {**report, "shell_s": by_shell, "node_grew_mib": grew})
        self.extra["read"] = {"rows": count, "first_page_ms": median(first), "shell_s": median(shell),
                              "node_grew_mib": max(growth) if growth else None, "node": self.ours.slave}
        self.ours.clean("wide")
        self.native.fill("insert", *EMPTY)

    # ---- subscribers -----------------------------------------------------------------------------------------

    def subscribers(self):
        """The slave is one subscriber; the others are plain ones in a process of their own."""
        rate = 10_000
        seconds = self.plan.subscriber_seconds
        found = []
        for count in (1, 2, 8, 32):
            self.ours.fill("insert", *EMPTY)
            others = self.ours.start_subscribers(count - 1, seconds + 60) if count > 1 else None
            if others is not None:
                time.sleep(0.5)
            load = self.ours.start_load("insert", 64, seconds + 1, f"--rate={rate}")
            time.sleep(0.7)
            meter = CpuMeter({"master": self.ours.pid("sqlcast-master")})
            meter.start()
            time.sleep(max(seconds - 0.5, 0.5))
            cpu = meter.stop()["master"]
            text, errors = load.communicate()
            if load.returncode != 0:
                raise Failed(f"sqlcast-bench: {errors}")
            report = json.loads(text)
            heard = None
            if others is not None:
                others.terminate()
                heard = json.loads(others.communicate(timeout=30)[0])
            found.append({"subscribers": count, "master_cpu": cpu, "statements_per_s": report["qps"], "heard": heard,
                          "groups_missed": heard["missed"] if heard else 0})
            self.say(f"  {count} subscribers: the master used {100 * cpu:.1f} % of a core at {report['qps']:,.0f} statements/s")
        base = found[0]
        for item in found[1:]:
            # Of the CPU for as many statements: the load may not have kept its rate.
            same = base["master_cpu"] * item["statements_per_s"] / base["statements_per_s"]
            item["each_further_share"] = (item["master_cpu"] - same) / same / (item["subscribers"] - 1)
        self.extra["subscribers"] = found

    # ---- idle ------------------------------------------------------------------------------------------------

    def idle(self):
        pids = {**self.ours.pids(), **self.native.pids()}
        time.sleep(1)
        meter = CpuMeter(pids)
        meter.start()
        time.sleep(self.plan.idle_seconds)
        cpu = meter.stop()
        self.extra["idle"] = [{"process": name, "cpu_percent": 100 * cpu[name], "rss_mib": memory_mib(pid)}
                              for name, pid in pids.items()]
        for item in self.extra["idle"]:
            self.say(f"  {item['process']}: {item['cpu_percent']:.2f} % CPU, {item['rss_mib']:.0f} MiB")
