"""What a statement costs in bytes written to disk: all files of a master and its database, with the file system's own.

The disk's own counter is the figure. What the kernel counts for processes is shown beside it, but cannot be the figure: of a
file that was written in large pieces before, as the log's files are, each small write counts as a whole piece, up to 1 MiB.
"""

import json
import os
import time

from comparing.machine import Failed, bytes_written, device_bytes_written
from comparing.rows import EMPTY, median, plural

FLUSHED = 10  # pages; a few are always dirty
IDLE_S = 2


def flush(ask):
    """Until the server behind ask() has written its changed pages, which it may otherwise put off for long."""
    names = ("innodb_max_dirty_pages_pct_lwm", "innodb_max_dirty_pages_pct", "innodb_io_capacity", "innodb_io_capacity_max")
    was = dict(zip(names, ask("SELECT " + ", ".join(f"@@{name}" for name in names))[0]))

    def set_all(values):
        ask("SET " + ", ".join(f"GLOBAL {name} = {value}" for name, value in values))

    set_all(zip(("innodb_io_capacity_max", "innodb_io_capacity", *names[:2]), (20_000, 10_000, 0, 0)))
    give_up = time.monotonic() + 120
    while int(ask("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")[0][1]) > FLUSHED:
        if time.monotonic() > give_up:
            raise Failed("a server did not write its changed pages within two minutes")
        time.sleep(0.1)
    # Each within the limits that the one before it leaves.
    set_all((name, was[name]) for name in (names[1], names[0], names[2], names[3]))


def log_offset(cluster):
    """Where the newest group stands in the master's newest log file."""
    data = os.path.join(cluster.folder, "master", "data")
    position = str(cluster.position())
    shown = cluster.run("sqlcast", "log", "show", position, "--json", "--data", data)
    return json.loads(shown.splitlines()[0])["offset"]


class Meter:
    """Counts what the disk and some processes write. All servers have written their changed pages at both ends."""

    def __init__(self, folder, servers, pids):
        self.folder = folder
        self.servers = servers
        self.pids = pids

    def read(self):
        for ask in self.servers:
            flush(ask)
        os.sync()
        return {"disk": device_bytes_written(self.folder), **{what: bytes_written(pid) for what, pid in self.pids.items()}}

    def idle(self):
        """Bytes a second that others write."""
        before = device_bytes_written(self.folder)
        time.sleep(IDLE_S)
        os.sync()
        return (device_bytes_written(self.folder) - before) / IDLE_S

    def start(self):
        self.read()
        self.idle_per_s = self.idle()
        self.before = self.read()

    def stop(self, statements):
        after = self.read()
        found = {what: (after[what] - self.before[what]) / statements for what in after}
        return {**found, "idle_per_s": max(self.idle_per_s, self.idle())}


def sqlcast_side(comparison, threads, statements):
    """The slave is away meanwhile: what it writes is not the master's."""
    cluster = comparison.ours
    cluster.run("sqlcast", "cluster", "stop", cluster.slave, "--dir", cluster.folder)
    meter = Meter(cluster.folder, (cluster.ask_master, comparison.native.master.ask, comparison.native.replica.ask),
                  {"mariadbd": cluster.pid("mariadbd of master"), "node": cluster.pid("sqlcast-master")})
    meter.start()
    offset = log_offset(cluster)
    cluster.write(statements, threads)
    found = meter.stop(statements)
    # The log's next file is made of zeros beforehand. They count where a group came to stand, not when they were written:
    # files made, less what groups took up of them, is what the place in the newest file has moved back.
    found["disk"] -= (offset - log_offset(cluster)) / statements
    cluster.run("sqlcast", "cluster", "start", cluster.slave, "--dir", cluster.folder)
    cluster.settle()
    return found


def native_side(comparison, threads, statements):
    replication = comparison.native
    replication.replica.ask("STOP SLAVE")
    meter = Meter(replication.master.folder,
                  (comparison.ours.ask_master, lambda sql: comparison.ours.ask_server(comparison.ours.slave, sql),
                   replication.master.ask, replication.replica.ask), {"mariadbd": replication.master.pid})
    meter.start()
    written = replication.run_sysbench("oltp_insert", threads, 0, f"--events={statements}")["statements"]
    found = meter.stop(written)
    replication.replica.ask("START SLAVE")
    replication.wait_for_replica()
    return found


def disk_round(comparison, threads, number):
    statements = comparison.plan.disk_statements[threads]
    row = comparison.row(f"disk_{threads}", f"written to disk by a master and its database, {plural(threads)}",
                         "bytes a statement", larger_is_better=False)
    for side in ("native", "sqlcast") if number % 2 else ("sqlcast", "native"):
        if side == "native":
            comparison.native.fill("insert", *EMPTY)
            found = native_side(comparison, threads, statements)
        else:
            comparison.ours.fill("insert", *EMPTY)
            found = sqlcast_side(comparison, threads, statements)
        if found["idle_per_s"] > 100_000:
            comparison.say(f"  WARNING: something else writes {found['idle_per_s']:,.0f} bytes a second to this disk")
        comparison.measured(row, side, number, None if side == "sqlcast" else "with binlog", found["disk"],
                            {"bytes": found, "statements": statements})


def disk_summary(comparison):
    """comparison.extra["disk"]: medians, the counts of the processes too."""
    found = []
    for row in comparison.rows.values():
        if not row.key.startswith("disk_"):
            continue
        for side in ("native", "sqlcast"):
            rounds = [d["bytes"] for d in row.details if d["side"] == side]
            found.append({"clients": int(row.key.removeprefix("disk_")), "side": side,
                          "bytes": {what: median([r[what] for r in rounds]) for what in rounds[0]}})
    comparison.extra["disk"] = found
