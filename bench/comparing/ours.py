"""sqlcast: a cluster of a master and its slaves, made by `sqlcast cluster`, and sqlcast-bench."""

import json
import os
import pwd
import shutil
import subprocess
import time

from comparing.machine import Failed, alive, read, start
from comparing.native import Session


class Ours:
    """Master and slaves, one unless said otherwise. `settings` are its nodes', as variables of the environment."""

    def __init__(self, folder, bin_dir, name="cluster", slaves=1, settings=None, security="none"):
        self.folder = os.path.join(folder, name)
        self.bin = bin_dir
        self.slaves = [f"slave-{number + 1}" for number in range(slaves)]
        self.slave = self.slaves[0] if self.slaves else None
        self.environment = {**os.environ, **(settings or {})}
        self.security = security  # none: as MariaDB beside it is measured

    def run(self, program, *arguments, check=True, **options):
        done = subprocess.run([os.path.join(self.bin, program), *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, env=self.environment, **options)
        if check and done.returncode != 0:
            raise Failed(f"{program} {' '.join(arguments)}: {done.stdout[-3000:]}{done.stderr[-1500:]}")
        return done.stdout

    def bench(self, *arguments):
        return self.run("sqlcast-bench", *arguments, "--dir", self.folder)

    def start(self):
        self.run("sqlcast", "cluster", "up", "-n", str(len(self.slaves)), "--dir", self.folder, "--detach",
                 "--security", self.security)

    def stop(self):
        if os.path.exists(os.path.join(self.folder, "cluster.json")):
            self.run("sqlcast", "cluster", "down", "--dir", self.folder)

    def remove(self):
        self.stop()
        if not any(alive(pid) for pid in self.pids().values()):
            shutil.rmtree(self.folder, ignore_errors=True)

    def pids(self):
        """Of the processes that run."""
        found = {}
        for node in ("master", *self.slaves):
            for label, path in ((f"sqlcast-{node}", "node.pid"),
                                (f"mariadbd of {node}", "data/mariadb/mariadb.pid")):
                words = read(os.path.join(self.folder, node, path)).split()
                if words and alive(int(words[0])):
                    found[label] = int(words[0])
        return found

    def pid(self, label):
        pids = self.pids()
        if label not in pids:
            raise Failed(f"{label} does not run; its log is in {self.folder}")
        return pids[label]

    def fill(self, workload, *options):
        self.bench("cleanup", workload, *[o for o in options if not o.startswith("--table-size")])
        self.bench("prepare", workload, *options)
        self.settle()

    def clean(self, workload, *options):
        self.bench("cleanup", workload, *options)
        self.settle()

    def settle(self):
        """Until the slaves have everything."""
        for slave in self.slaves:
            self.bench("wait", str(self.position()), "--node", slave)

    def ask_master(self, sql):
        return self.ask_server("master", sql)

    def ask_server(self, node, sql):
        """Of a node's own server, past the node: for its settings alone."""
        server = Session(os.path.join(self.folder, node, "data", "mariadb", "mariadb.sock"),
                         pwd.getpwuid(os.geteuid()).pw_name, "")
        try:
            return server.ask(sql)
        finally:
            server.close()

    def position(self):
        nodes = json.loads(self.run("sqlcast", "status", "--json", "--dir", self.folder, check=False))["nodes"]
        return max(node["position"] for node in nodes if node["role"] == "master")

    def load(self, workload, threads, seconds, *options):
        text = self.bench("run", workload, f"--threads={threads}", f"--time={seconds}", "--tables=4",
                          "--table-size=10000", "--json", *options)
        report = json.loads(text)
        if report["errors"] or not report["agrees"] or report["drain_s"] is None:
            raise Failed(f"sqlcast-bench {workload}: {report['error_texts']} {report['complaints']}")
        return {"statements": report["total"]["statements"], "seconds": report["total"]["seconds"],
                "per_s": report["qps"], "latency_ms": report["latency_ms"], "drain_s": report["drain_s"],
                "replicated_per_s": report["replicated_per_s"], "lag_ms": report["slaves"][0]["lag_ms"],
                "busy_answers": report["busy_answers"]}

    def start_load(self, workload, threads, seconds, *options):
        """The same, not waited for."""
        return start(
            [os.path.join(self.bin, "sqlcast-bench"), "run", workload, f"--threads={threads}", f"--time={seconds}",
             "--tables=4", "--table-size=10000", "--json", "--dir", self.folder, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def start_subscribers(self, count, seconds):
        return start(
            [os.path.join(self.bin, "sqlcast-bench"), "subscribe", "-n", str(count), f"--time={seconds}", "--json",
             "--dir", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def endpoint(self, node):
        cluster = json.loads(read(os.path.join(self.folder, "cluster.json")))
        return next(n["endpoint"] for n in cluster["nodes"] if n["name"] == node)

    def write(self, statements, threads, workload="insert", *options):
        """So many at the master, whether slaves follow or not; the report."""
        report = json.loads(self.bench("run", workload, f"--threads={threads}", "--tables=4", "--table-size=10000",
                                       "--time=36000", f"--events={statements}", "--json", *options))
        if report["errors"] or report["total"]["statements"] != statements:
            raise Failed(f"sqlcast-bench {workload}: {report['error_texts']} {report['complaints']}")
        return report

    def catch_up(self, statements, threads):
        """The slave and its database are stopped, the master written to, the slave started: until it has everything."""
        self.run("sqlcast", "cluster", "stop", self.slave, "--dir", self.folder)
        self.write(statements, threads)
        position = self.position()
        begin = time.time()
        starter = start([os.path.join(self.bin, "sqlcast"), "cluster", "start", self.slave, "--dir",
                                    self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env=self.environment)
        waited = json.loads(self.bench("wait", str(position), "--at", self.endpoint(self.slave), "--json",
                                       "--timeout", "600"))
        _, errors = starter.communicate()
        if starter.returncode != 0:
            raise Failed(f"{self.slave} did not start: {errors}")
        seconds = waited["reached"] - begin
        return {"statements": statements, "seconds": seconds, "start_s": waited["first_answer"] - begin,
                "per_s": statements / seconds}

    def read(self, sql):
        """Seconds of the whole process, and what it says of itself."""
        begin = time.monotonic()
        text = self.bench("read", "--database", "sbtest", "-e", sql, "--node", self.slave, "--json")
        return time.monotonic() - begin, json.loads(text)

    def read_by_shell(self, sql):
        """Seconds that `sqlcast -B` takes at the same node, its output thrown away."""
        host, _, port = self.endpoint(self.slave).removeprefix("tcp://").rpartition(":")
        begin = time.monotonic()
        done = subprocess.run([os.path.join(self.bin, "sqlcast"), "-h", host, "-P", port, "-B", "-D", "sbtest", "-e",
                               sql], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"sqlcast -B: {done.stderr}")
        return time.monotonic() - begin
