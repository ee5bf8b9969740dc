"""What a comparison found: the table, the JSON, and the generated part of docs/PERFORMANCE.md."""

import json
import os

RATIOS = ("replicated_writes_64", "replicated_writes_8", "replicated_writes_1", "batch_100", "catch_up", "read_1m_rows")
GOALS = {
    "replicated_writes_64": 3.0, "replicated_writes_8": 1.5, "replicated_writes_1": 1.0, "batch_100": 2.0,
    "catch_up": 4.0, "read_1m_rows": 1 / 1.3, "lag_p99": 1.0,
}
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
        if not row.key.startswith(("replicated_writes", "batch")):
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


def extras(extra):
    parts = []
    if "read" in extra:
        read = extra["read"]
        grew = "could not be read" if read["node_grew_mib"] is None else f"{read['node_grew_mib']:.0f} MiB at most"
        parts.append(
            f"Reading {read['rows']:,} rows: first page after {read['first_page_ms']:.1f} ms "
            f"(goal {FIRST_PAGE_MS} ms, reached: {verdict(read['first_page_ms'] <= FIRST_PAGE_MS)}); growth of the "
            f"node's memory meanwhile: {grew}; through the shell, `sqlcast -B`, which also writes the text: "
            f"{read['shell_s']:.2f} s.")
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
    return lines


def as_json(machine, plan, comparison):
    return {
        "machine": machine,
        "plan": vars(plan),
        "ratios": {key: comparison.rows[key].ratio() for key in RATIOS if key in comparison.rows},
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

### Reads, subscribers, idle processes

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
