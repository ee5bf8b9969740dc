"""Single-row inserts where each sync of a file takes longer than on this machine's disk."""

EXTRA_US = 1000


def slow_disk_rows(comparison, replication, cluster):
    for number in range(1, comparison.plan.slow_disk_rounds + 1):
        for threads in (64, 8, 1):
            comparison.inserts_round(f"slow_disk_{threads}", f"replicated single-row inserts where a sync takes {EXTRA_US / 1000:g} ms more",
                                     replication, cluster, threads, number)
