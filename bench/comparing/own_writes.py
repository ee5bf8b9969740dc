#!/usr/bin/python3
"""8 clients, each of which reads at a slave what it has just written: own_writes.py MASTER SLAVE SECONDS

One line of JSON: pairs of write and read a second, milliseconds of the write, the read and of what the read waited at
the slave for the write to be applied there: medians. What a read takes that has nothing to wait for is measured by the same
clients in turn.
"""

import json
import random
import statistics
import sys
import threading
import time

import zmq  # Debian: python3-zmq

CLIENTS = 8


class Client(threading.Thread):
    def __init__(self, context, master, slave, until):
        super().__init__()
        self.master, self.slave = context.socket(zmq.REQ), context.socket(zmq.REQ)
        self.master.connect(master)
        self.slave.connect(slave)
        self.until = until
        self.writes, self.reads, self.inside, self.plain = [], [], [], []
        self.failed = None

    @staticmethod
    def ask(socket, **request):
        begin = time.monotonic()
        socket.send_json({"database": "sbtest", **request})
        reply = socket.recv_json()
        if not reply["ok"]:
            raise RuntimeError(reply["error"]["message"])
        return reply, 1000 * (time.monotonic() - begin)

    def run(self):
        try:
            while time.monotonic() < self.until:
                row = f"sbtest{random.randint(1, 4)}", random.randint(1, 10_000)
                wrote, took = self.ask(self.master, sql="UPDATE {} SET k=k+1 WHERE id={}".format(*row))
                self.writes.append(took)
                read = "SELECT k FROM {} WHERE id={}".format(*row)
                reply, took = self.ask(self.slave, sql=read, after=wrote["sequence"])
                self.reads.append(took)
                self.inside.append(reply["elapsed_us"] / 1000)
                reply, _ = self.ask(self.slave, sql=read)
                self.plain.append(reply["elapsed_us"] / 1000)
        except RuntimeError as problem:
            self.failed = problem


def main():
    master, slave, seconds = sys.argv[1:]
    context = zmq.Context()
    until = time.monotonic() + float(seconds)
    clients = [Client(context, master, slave, until) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
        if client.failed:
            sys.exit(str(client.failed))

    def middle(pick):
        return statistics.median(value for client in clients for value in pick(client))
    inside, plain = middle(lambda c: c.inside), middle(lambda c: c.plain)
    print(json.dumps({"pairs_per_s": sum(len(c.reads) for c in clients) / float(seconds), "write_ms": middle(lambda c: c.writes),
                      "read_ms": middle(lambda c: c.reads), "waited_ms": max(inside - plain, 0.0)}))


if __name__ == "__main__":
    main()
