"""What encryption costs: the same loads at two clusters of one build, one with security none and one with CURVE, in turns."""

import resource
import statistics

from comparing.machine import cpu_seconds
from comparing.rows import EMPTY, ROWS, WIDE_SQL, plural

GOAL_PERCENT = 10  # at most so much less with 64 clients
SIDES = ("none", "curve")
CLIENTS = (1, 8, 64)


def used_by(cluster):
    """Seconds that the nodes, their databases and the programs that have loaded them were on processors."""
    programs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return programs.ru_utime + programs.ru_stime + sum(cpu_seconds(pid) for pid in cluster.pids().values())


class Curve:
    """`clusters` by side. found: {(what, unit): {side: [(value, µs) a round]}}, larger is better unless in seconds."""

    def __init__(self, clusters, plan, say):
        self.clusters = clusters
        self.plan = plan
        self.say = say
        self.found = {}

    def both(self, what, number, measure, unit):
        """Who goes first changes from round to round."""
        for side in SIDES if number % 2 else reversed(SIDES):
            value, used = measure(self.clusters[side])
            self.found.setdefault((what, unit), {}).setdefault(side, []).append((value, used))
            self.say(f"  round {number} {what}: {side}: {value:,.2f} {unit}, {used:,.0f} µs of processors for one")

    def load(self, workload, clients, *options):
        """(a second, µs on processors for one)"""
        def measure(cluster):
            cluster.fill(workload, *(EMPTY if workload == "insert" else ROWS))
            before = used_by(cluster)
            result = cluster.load(workload, clients, self.plan.seconds, *options)
            return result["per_s"], (used_by(cluster) - before) * 1e6 / result["statements"]
        return measure

    @staticmethod
    def read(cluster):
        """(seconds, µs for a row)"""
        before = used_by(cluster)
        seconds, report = cluster.read(WIDE_SQL)
        return seconds, (used_by(cluster) - before) * 1e6 / report["rows"]

    def run(self):
        for number in range(1, self.plan.rounds + 1):
            for clients in CLIENTS:
                self.both(f"inserts, {plural(clients)}", number, self.load("insert", clients), "/s")
            for clients in CLIENTS:
                self.both(f"point SELECT at a slave, {plural(clients)}", number,
                          self.load("point_select", clients, "--blocking", "--node", "slave-1"), "/s")
        for side in SIDES:
            self.clusters[side].fill("wide", f"--table-size={self.plan.read_rows}")
        for number in range(1, self.plan.rounds + 1):
            self.both(f"{self.plan.read_rows:,} rows read", number, self.read, "s")


def costs(values, unit):
    """In percent, by rounds: how much less a second with CURVE, or how much longer; and how much more on processors.

    The two of a round ran one after the other: what else the machine did meanwhile was much the same.
    """
    rates, used = [], []
    for (none, none_us), (curve, curve_us) in zip(values["none"], values["curve"]):
        rates.append((curve / none - 1 if unit == "s" else 1 - curve / none) * 100)
        used.append((curve_us / none_us - 1) * 100)
    return rates, used


def table(found):
    lines = ["| figure | none | curve | CURVE costs | each round | µs on processors: none | curve | more |", "|---|---|---|---|---|---|---|---|"]
    for (what, unit), values in found.items():
        rates, used = costs(values, unit)
        middle = {side: [statistics.median(column) for column in zip(*values[side])] for side in SIDES}
        digits = 2 if unit == "s" else 0
        lines.append(f"| {what} ({unit}) | {middle['none'][0]:,.{digits}f} | {middle['curve'][0]:,.{digits}f} | "
                     f"{statistics.median(rates):.0f} % | {', '.join(f'{rate:.0f}' for rate in rates)} | {middle['none'][1]:,.1f} | "
                     f"{middle['curve'][1]:,.1f} | {statistics.median(used):.0f} % |")
    return "\n".join(lines)


def misses(found):
    missed = []
    for (what, unit), values in found.items():
        cost = statistics.median(costs(values, unit)[0])
        if "64 clients" in what and cost > GOAL_PERCENT:
            missed.append(f"{what}: {cost:.0f} % where at most {GOAL_PERCENT} % is the goal")
    return missed
