"""Small reads: through a slave by sqlcast-bench, and directly at the same server by sysbench, in turns."""

import json
import os
import pwd
import subprocess
import sys
import time

from comparing import document, machine
from comparing.native import parse_sysbench, program
from comparing.rows import ROWS, median, plural

POINT = ("oltp_point_select",)
RANGE = ("oltp_read_only", "--point-selects=0", "--simple-ranges=1", "--sum-ranges=0", "--order-ranges=0",
         "--distinct-ranges=0", "--skip-trx=on", "--range-size=100")
DIRECT = "directly at the slave's server"
HALF = "p99 at half of the rate"


class Reads:
    """Of one comparison: `ours` is its cluster, whose slave's server both sides read from."""

    def __init__(self, comparison):
        self.comparison = comparison
        self.ours = comparison.ours
        self.seconds = comparison.plan.seconds
        self.socket = os.path.join(self.ours.folder, self.ours.slave, "data", "mariadb", "mariadb.sock")
        self.user = pwd.getpwuid(os.geteuid()).pw_name

    def direct(self, script, clients, *options):
        command = [program("sysbench"), "--db-driver=mysql", f"--mysql-socket={self.socket}", f"--mysql-user={self.user}",
                   "--mysql-db=sbtest", f"--threads={clients}", f"--time={self.seconds}", "--rand-type=uniform",
                   "--percentile=99", *ROWS, *script[1:], *options, script[0], "run"]
        return parse_sysbench(subprocess.run(command, capture_output=True, text=True, check=False), 1)

    def through(self, workload, clients, *options):
        """A thread and a Client for each client, as sysbench has a thread and a connection."""
        return self.ours.load(workload, clients, self.seconds, "--node", self.ours.slave, *options)

    def both(self, key, title, number, direct, through, unit="reads/s", pick=lambda result: result["per_s"], name=DIRECT):
        row = self.comparison.row(key, title, unit, larger_is_better=unit != "ms")
        sides = [("native", direct), ("sqlcast", through)]
        for side, run in sides if number % 2 else reversed(sides):
            result = run()
            self.comparison.measured(row, side, number, name if side == "native" else None, pick(result), result)
        return row

    def point(self, clients, number):
        self.both(f"point_select_{clients}", f"point SELECT, {plural(clients)}", number,
                  lambda: self.direct(POINT, clients), lambda: self.through("point_select", clients, "--blocking"))

    def range(self, number):
        self.both("range_100_8", "100 rows by a range of the key, 8 clients", number,
                  lambda: self.direct(RANGE, 8), lambda: self.through("range_select", 8, "--blocking"))

    def one_client(self, number):
        self.both("one_client_64", "point SELECT, 64 under way on one Client, beside 64 Clients", number,
                  lambda: self.through("point_select", 64, "--blocking"),
                  lambda: self.through("point_select", 64, "--connections=1"), name="sqlcast, 64 Clients")

    def p99(self, number):
        """Each side at half of its own highest rate."""
        highest = self.comparison.rows["point_select_64"]
        direct, through = (f"--rate={int(median(rates) / 2)}" for rates in (highest.native[DIRECT], highest.ours))
        self.both("read_p99_64", "point SELECT, 64 clients, 99th percentile at half of the highest rate", number,
                  lambda: self.direct(POINT, 64, direct), lambda: self.through("point_select", 64, "--blocking", through),
                  "ms", lambda result: result["latency_ms"]["p99"])

    def python(self, number):
        """The shortest clients there are: pyzmq with JSON, and PyMySQL."""
        def run(side, where):
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python_reads.py")
            done = subprocess.run([sys.executable, script, side, where, self.user, str(self.seconds)], capture_output=True,
                                  text=True, check=False)
            if done.returncode != 0:
                raise machine.Failed(f"python_reads.py {side}: {done.stderr[-1000:]}")
            return {"per_s": float(done.stdout)}
        self.both("python_json_1", "point SELECT from Python, pyzmq with JSON beside PyMySQL, 1 process", number,
                  lambda: run("pymysql", self.socket), lambda: run("zmq", self.ours.endpoint(self.ours.slave)),
                  name="PyMySQL, " + DIRECT)

    def own_writes(self):
        """What own_writes.py says."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "own_writes.py")
        done = subprocess.run([sys.executable, script, self.ours.endpoint("master"), self.ours.endpoint(self.ours.slave),
                               str(self.seconds)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise machine.Failed(f"own_writes.py: {done.stderr[-1000:]}")
        return json.loads(done.stdout)

    def processor_time(self):
        """[(part, µs), …] of one read by 64 clients, by threads of one name, and all of them together."""
        pids = {name: pid for name, pid in self.ours.pids().items() if self.ours.slave in name}
        load = self.ours.start_load("point_select", 64, self.seconds + 2, "--blocking", "--node", self.ours.slave)
        pids["sqlcast-bench"] = load.pid
        time.sleep(1)
        reads = -self.answered()
        before = {name: machine.threads_of(pid) for name, pid in pids.items()}
        time.sleep(self.seconds)
        after = {name: machine.threads_of(pid) for name, pid in pids.items()}
        reads += self.answered()
        _, errors = load.communicate()
        if load.returncode != 0:
            raise machine.Failed(f"sqlcast-bench: {errors}")
        found = []
        for name, threads in after.items():
            for thread, (ran, _, _) in threads.items():
                used = (ran - before[name].get(thread, (0, 0, 0))[0]) / reads / 1000
                if used >= 0.5:
                    found.append((f"{name}, {thread.replace('ZMQbg/IO/0', 'ZeroMQ')}" if thread != name else name, used))
        found.sort(key=lambda part: -part[1])
        return found + [("all", sum(used for _, used in found))]

    def answered(self):
        nodes = json.loads(self.ours.run("sqlcast", "status", "--json", "--dir", self.ours.folder, check=False))["nodes"]
        return next(node["counters"]["reads"] for node in nodes if node["name"] == self.ours.slave)


def prepare(comparison):
    comparison.ours.fill("point_select", *ROWS)
    reads = Reads(comparison)
    reads.direct(POINT, 8)  # fills the buffer pool
    return reads


def take_processor_time(comparison, reads):
    times = reads.processor_time()
    comparison.extra["processor_time_a_read"] = times
    comparison.say("  a read: " + ", ".join(f"{name} {used:.0f} µs" for name, used in times))


def point_rows(comparison):
    """What bench/profile shows."""
    reads = prepare(comparison)
    for number in range(1, comparison.plan.rounds + 1):
        for clients in (1, 8, 64):
            reads.point(clients, number)
    take_processor_time(comparison, reads)


def read_rows(comparison):
    reads = prepare(comparison)
    rounds = comparison.plan.rounds
    for number in range(1, rounds + 1):
        for clients in (1, 8, 64):
            reads.point(clients, number)
        reads.range(number)
        reads.one_client(number)
        reads.python(number)
    for number in range(1, comparison.plan.rounds + 1):
        reads.p99(number)
    comparison.extra["own_writes"] = [reads.own_writes() for _ in range(rounds)]
    comparison.say("  " + document.own_writes(comparison.extra))
    take_processor_time(comparison, reads)
