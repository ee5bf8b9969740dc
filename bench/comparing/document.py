"""What a comparison found: the table, the JSON, and the generated part of docs/PERFORMANCE.md."""

import json
import os
import statistics

GOALS = {
    "replicated_writes_64": 4.5, "replicated_writes_8": 2.0, "replicated_writes_1": 1.2,
    "update_index_64": 3.5, "update_index_8": 1.7, "update_index_1": 1.0,
    "batch_100": 3.0, "grouped_8": 0.8, "grouped_1": 0.8, "limited_8": 0.8, "limited_1": 0.8, "catch_up": 6.0, "catch_up_1": 3.0,
    "ack_majority_64": 3.0, "ack_majority_8": 2.0, "ack_majority_1": 1.2,
    "read_1m_rows": 1 / 1.3, "lag_p99": 1.0,
    "point_select_1": 0.45, "point_select_8": 0.5, "point_select_64": 0.6, "range_100_8": 0.7, "one_client_64": 0.8,
    "python_json_1": 0.8, "read_p99_64": 0.5,
}
READ_US = 75  # of all processes, a point SELECT by 64 clients
RESTART_S = 3
RESTART_MIB = 100  # more than with an empty log, the node and its database together
RESTART_ENTRIES = 10_000_000
FIRST_PAGE_MS = 20
IDLE_CPU_PERCENT = 1
IDLE_MIB = 40
SUBSCRIBER_SHARE = 0.03

BEGIN = "<!-- bench/compare writes from here -->"
END = "<!-- bench/compare writes to here -->"


def number(value, unit):
    if value is None:
        return "-"
    return f"{value:,.2f} {unit}" if unit in ("s", "ms") else f"{value:,.0f}"


def verdict(ok):
    return "yes" if ok else "**no**"


def table(rows):
    lines = ["| figure | MariaDB, its best mode | sqlcast | ratio | goal | reached |", "|---|---|---|---|---|---|"]
    for row in rows.values():
        mode, native = row.best_native()
        ours = row.as_json()["ours"]
        ratio = row.ratio()
        goal = GOALS.get(row.key)
        unit = f" ({row.unit})" if row.unit not in ("s", "ms") else ""
        lines.append(
            f"| {row.title}{unit} | {number(native, row.unit)} ({mode}) | {number(ours, row.unit)} | "
            f"{f'{ratio:.2f}' if ratio else '-'} | {f'{goal:.2f}' if goal else '-'} | "
            f"{verdict(ratio >= goal) if ratio and goal else '-'} |")
    return "\n".join(lines)


def rounds_table(rows):
    lines = ["| figure | side | each round |", "|---|---|---|"]
    for row in rows.values():
        for mode, values in row.native.items():
            lines.append(f"| {row.key} | MariaDB, {mode} | {', '.join(number(v, row.unit) for v in values)} |")
        lines.append(f"| {row.key} | sqlcast | {', '.join(number(v, row.unit) for v in row.ours)} |")
    return "\n".join(lines)


def behind_table(rows):
    """What the master took, how far behind the replica ended: of the flat-out rounds, medians."""
    lines = ["| load | side | taken by the master /s | p99 latency ms | until the replica had all, s |", "|---|---|---|---|---|"]
    for row in rows.values():
        if not row.key.startswith(("replicated_writes", "update_index", "batch", "grouped", "limited", "ack_majority", "slow_disk")):
            continue
        for side, mode in [("native", m) for m in row.native] + [("sqlcast", None)]:
            found = [d for d in row.details if d["side"] == side and d["mode"] == mode]
            if not found:
                continue

            def middle(pick):
                values = sorted(pick(d) for d in found)
                return values[len(values) // 2]
            lines.append(
                f"| {row.key} | {'MariaDB, ' + mode if mode else 'sqlcast'} | {middle(lambda d: d['per_s']):,.0f} | "
                f"{middle(lambda d: d['latency_ms']['p99']):.1f} | {middle(lambda d: d['drain_s']):.2f} |")
    return "\n".join(lines)


def restart_found(extra):
    """(seconds until both a read and a write were answered, MiB more than with an empty log)"""
    empty, full = extra["restart"]["empty"], extra["restart"]["full"]
    grown = sum(full[p] - empty[p] for p in ("node_mib", "mariadbd_mib"))
    return max(full["read_s"], full["write_s"]), grown


def restart_text(extra):
    found = extra["restart"]
    lines = ["| start of a master with | a read is answered after | a write | sqlcast-master, MiB | its mariadbd, MiB |",
             "|---|---|---|---|---|"]
    what = f"{found['entries']:,} entries in {found['groups']:,} groups ({found['log_mib']:,.0f} MiB of files)"
    for name, side in (("an empty log", found["empty"]), (what, found["full"])):
        lines.append(f"| {name} | {side['read_s']:.2f} s | {side['write_s']:.2f} s | {side['node_mib']:.0f} | "
                     f"{side['mariadbd_mib']:.0f} |")
    seconds, grown = restart_found(extra)
    return "\n".join(lines) + (
        f"\n\nGoals with {RESTART_ENTRIES:,} entries: {RESTART_S} s (reached: {verdict(seconds <= RESTART_S)}) and at most "
        f"{RESTART_MIB} MiB more than with an empty log, both processes together ({grown:.0f} MiB; reached: "
        f"{verdict(grown <= RESTART_MIB)}).")


def disk_text(found):
    lines = ["| bytes a statement | given to the disk | mariadbd, by /proc/PID/io | sqlcast-master, by /proc/PID/io |",
             "|---|---|---|---|"]
    for item in found:
        name = "MariaDB with binlog" if item["side"] == "native" else "sqlcast"
        counted = item["bytes"]
        node = f"{counted['node']:,.0f}" if "node" in counted else "-"
        lines.append(f"| {name}, {item['clients']} client{'s' if item['clients'] > 1 else ''} | {counted['disk']:,.0f} | "
                     f"{counted['mariadbd']:,.0f} | {node} |")
    return "\n".join(lines) + ("\n\nThe kernel counts for sqlcast-master whole pieces of its log's files where it writes a block of them "
                               "(performance-method.md).")


def processor_time(extra):
    found = extra["processor_time_a_read"]
    lines = ["| point SELECT, 64 clients | µs on a processor |", "|---|---|"]
    lines += [f"| {name} | {used:.1f} |" for name, used in found]
    used = dict(found)["all"]
    return "\n".join(lines) + f"\n\nGoal: at most {READ_US} µs in all; reached: {verdict(used <= READ_US)}."


def own_writes(extra):
    middle = {key: statistics.median(found[key] for found in extra["own_writes"]) for key in extra["own_writes"][0]}
    return (f"A read of what was just written, by 8 clients in Python: {middle['read_ms']:.2f} ms, of which {middle['waited_ms']:.2f} ms "
            f"({100 * middle['waited_ms'] / middle['read_ms']:.0f} %) are the wait at the slave for the write; the write takes "
            f"{middle['write_ms']:.2f} ms, and there are {middle['pairs_per_s']:,.0f} such pairs a second.")


def extras(extra):
    parts = []
    if "disk" in extra:
        parts.append(disk_text(extra["disk"]))
    if "restart" in extra:
        parts.append(restart_text(extra))
    if "read" in extra:
        read = extra["read"]
        grew = "could not be read" if read["node_grew_mib"] is None else f"{read['node_grew_mib']:.0f} MiB at most"
        parts.append(
            f"Reading {read['rows']:,} rows: first page after {read['first_page_ms']:.1f} ms "
            f"(goal {FIRST_PAGE_MS} ms, reached: {verdict(read['first_page_ms'] <= FIRST_PAGE_MS)}); growth of the "
            f"node's memory meanwhile: {grew}; through the shell, `sqlcast -B`, which also writes the text: "
            f"{read['shell_s']:.2f} s.")
    if "own_writes" in extra:
        parts.append(own_writes(extra))
    if "processor_time_a_read" in extra:
        parts.append(processor_time(extra))
    if "subscribers" in extra:
        lines = ["| subscribers, the slave included | statements/s | master process, % of a core | each further one, % "
                 "of the master's CPU | gaps seen |", "|---|---|---|---|---|"]
        for item in extra["subscribers"]:
            share = item.get("each_further_share")
            lines.append(f"| {item['subscribers']} | {item['statements_per_s']:,.0f} | {100 * item['master_cpu']:.1f} | "
                         f"{f'{100 * share:.2f}' if share is not None else '-'} | {item['groups_missed']} |")
        last = extra["subscribers"][-1].get("each_further_share")
        parts.append("\n".join(lines) + f"\n\nGoal: at most {100 * SUBSCRIBER_SHARE:.0f} % each; reached: "
                     f"{verdict(last is not None and last <= SUBSCRIBER_SHARE)}.")
    if "idle" in extra:
        lines = ["| process, idle | CPU, % of a core | resident, MiB |", "|---|---|---|"]
        for item in extra["idle"]:
            lines.append(f"| {item['process']} | {item['cpu_percent']:.2f} | {item['rss_mib']:.0f} |")
        nodes = [i for i in extra["idle"] if i["process"].startswith("sqlcast")]
        ok = all(i["cpu_percent"] < IDLE_CPU_PERCENT and i["rss_mib"] < IDLE_MIB for i in nodes)
        parts.append("\n".join(lines) + f"\n\nGoal for a node without its database: under {IDLE_CPU_PERCENT} % and "
                     f"{IDLE_MIB} MiB; reached: {verdict(ok)}.")
    return "\n\n".join(parts)


def misses(comparison):
    """Every goal that was not reached, a line each; also those that were not measured."""
    lines = []
    for key, goal in GOALS.items():
        row = comparison.rows.get(key)
        ratio = row.ratio() if row else None
        if ratio is None:
            lines.append(f"{key}: not measured")
        elif ratio < goal:
            lines.append(f"{key}: {ratio:.2f} where {goal:.2f} is the goal")
    return lines + restart_misses(comparison.extra)


def restart_misses(extra):
    if "restart" not in extra:
        return ["restart: not measured"]
    lines = []
    if extra["restart"]["entries"] < RESTART_ENTRIES:
        lines.append(f"restart: measured with {extra['restart']['entries']:,} entries where the goal is of {RESTART_ENTRIES:,}")
    seconds, grown = restart_found(extra)
    if seconds > RESTART_S:
        lines.append(f"restart: {seconds:.2f} s where {RESTART_S} s is the goal")
    if grown > RESTART_MIB:
        lines.append(f"restart: {grown:.0f} MiB more than with an empty log where {RESTART_MIB} MiB is the goal")
    return lines


def as_json(machine, plan, comparison):
    return {
        "machine": machine,
        "plan": vars(plan),
        "ratios": {key: row.ratio() for key, row in comparison.rows.items()},
        "rows": {key: row.as_json() for key, row in comparison.rows.items()},
        **comparison.extra,
        "missed": misses(comparison),
    }


def write_json(path, value):
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
    os.replace(temporary, path)


def generated(machine, plan, comparison, command):
    missed = misses(comparison)
    machine_lines = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in machine.items())
    return f"""## Result

Command: `{command}`; {plan.rounds} rounds of {plan.seconds} s. Medians. A ratio above 1 is in sqlcast's favour.

{table(comparison.rows)}

{"All goals were reached." if not missed else "Goals that were not reached:" + chr(10) + chr(10) + chr(10).join("- " + m for m in missed)}

### What the master took and how far the replica fell behind

{behind_table(comparison.rows)}

### Disk, restart, reads, subscribers, idle processes

{extras(comparison.extra)}

### Each round

{rounds_table(comparison.rows)}

### Machine

| | |
|---|---|
{machine_lines}
"""


def write_document(path, template, text):
    """Replaces what is between the markers; all else was written by hand and stays."""
    try:
        with open(path, encoding="utf-8") as file:
            old = file.read()
    except FileNotFoundError:
        old = template
    begin, end = old.find(BEGIN), old.find(END)
    if begin < 0 or end < begin:
        raise ValueError(f"{path} lacks the lines {BEGIN} and {END}; put them where the result is to stand")
    with open(path, "w", encoding="utf-8") as file:
        file.write(old[:begin] + BEGIN + "\n\n" + text + "\n" + old[end:])
