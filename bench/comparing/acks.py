"""Writes that are answered when another node has them, too: sqlcast's majority beside MariaDB's semi-synchronous replicas."""

from comparing.machine import Failed
from comparing.rows import EMPTY, plural


def native_load(replication, mode, threads, seconds):
    """As any load; fails when a commit was not waited for, as when the master had given up waiting."""
    before = replication.semi_sync_status()
    result = replication.load(mode, "oltp_insert", threads, seconds)
    after = replication.semi_sync_status()
    waited = int(after["yes_tx"]) - int(before["yes_tx"])
    if after["no_tx"] != before["no_tx"] or waited < result["statements"]:
        raise Failed(f"MariaDB did not wait for a replica with each of {result['statements']} commits: {after}")
    return result


def ack_rows(comparison, replication, cluster):
    """Two rows a number of clients: until the replicas have everything, as all rows of writes are, and the replies alone."""
    for number in range(1, comparison.plan.ack_rounds + 1):
        for threads in (64, 8, 1):
            whole = comparison.row(f"ack_majority_{threads}", "inserts that a second of three nodes acknowledges, "
                                   f"replicated, {plural(threads)}", "statements/s")
            replies = comparison.row(f"ack_replies_{threads}", f"the same, replies alone, {plural(threads)}", "statements/s")
            for side, mode in comparison.turns(number):
                if side == "native":
                    replication.set_mode(mode)
                    replication.fill("insert", *EMPTY)
                    result = native_load(replication, mode, threads, comparison.plan.seconds)
                else:
                    cluster.fill("insert", *EMPTY)
                    result = cluster.load("insert", threads, comparison.plan.seconds, "--ack=majority")
                comparison.measured(whole, side, number, mode, result["replicated_per_s"], result)
                comparison.measured(replies, side, number, mode, result["per_s"], {"per_s": result["per_s"]})
