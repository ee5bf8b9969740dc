"""A master's start with a long log behind it, and its memory, beside the same with an empty one."""

import json
import os
import subprocess
import time

from comparing.machine import Failed, memory_mib, start
from comparing.rows import median

# The log is to keep everything, whatever the defaults are.
KEEP_ALL = {"SQLCAST_LOG_KEEP_FOR": "0", "SQLCAST_LOG_KEEP_BYTES": "0", "SQLCAST_LOG_HOLD_BYTES": "0"}
FILLERS = 1024
SETTLED_S = 2


def master_status(cluster):
    nodes = json.loads(cluster.run("sqlcast", "status", "--json", "--dir", cluster.folder, check=False))["nodes"]
    return next(node for node in nodes if node["role"] == "master")


def restart(cluster):
    """Stopped in order and started: seconds from the start of `sqlcast cluster start` until a read, then a write is answered."""
    position = cluster.position()
    cluster.run("sqlcast", "cluster", "stop", "master", "--dir", cluster.folder)
    endpoint = cluster.endpoint("master")
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    begin = time.time()
    starter = start([os.path.join(cluster.bin, "sqlcast"), "cluster", "start", "master", "--dir", cluster.folder],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                    env=cluster.environment)
    waited = json.loads(cluster.bench("wait", str(position), "--at", endpoint, "--json", "--timeout", "600"))
    cluster.run("sqlcast", "-h", host, "-P", port, "-D", "sbtest", "-e", "INSERT INTO narrow (k) VALUES (1)")
    wrote = time.time()
    _, errors = starter.communicate()
    if starter.returncode != 0:
        raise Failed(f"the master did not start: {errors}")
    status = master_status(cluster)
    if status["state"] != "Serving" or status["position"] != position + 1:
        raise Failed(f"the master is {status['state']} at {status['position']} where {position + 1} is expected")
    time.sleep(SETTLED_S)
    return {"read_s": waited["reached"] - begin, "write_s": wrote - begin,
            "node_mib": memory_mib(cluster.pid("sqlcast-master")), "mariadbd_mib": memory_mib(cluster.pid("mariadbd of master"))}


def restarts(comparison, cluster):
    """comparison.extra["restart"]: medians, of an empty log and of a full one."""
    plan = comparison.plan
    cluster.bench("prepare", "narrow")

    def measure(what):
        rounds = [restart(cluster) for _ in range(plan.restart_rounds)]
        found = {name: median([r[name] for r in rounds]) for name in rounds[0]}
        comparison.say(f"  {what}: a read after {found['read_s']:.2f} s, a write after {found['write_s']:.2f} s; "
                       f"sqlcast-master {found['node_mib']:.0f} MiB, mariadbd {found['mariadbd_mib']:.0f} MiB")
        return {**found, "rounds": rounds}

    empty = measure("an empty log")
    report = cluster.write(plan.log_entries, FILLERS, "narrow", "--connections=2")
    status = master_status(cluster)
    if status["log"]["first"] != 1:
        raise Failed(f"the log has lost its beginning: it begins at {status['log']['first']}")
    comparison.say(f"  {plan.log_entries:,} entries written in {report['total']['seconds']:.0f} s, "
                   f"in {status['counters']['groups']:,} groups")
    full = measure(f"{plan.log_entries:,} entries in the log")
    if master_status(cluster)["log"]["first"] != 1:
        raise Failed("the log has lost its beginning")
    comparison.extra["restart"] = {"entries": plan.log_entries, "groups": status["counters"]["groups"],
                                   "log_mib": status["log"]["bytes"] / 1048576,
                                   "fill_s": report["total"]["seconds"], "empty": empty, "full": full}
