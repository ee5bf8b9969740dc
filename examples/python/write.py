#!/usr/bin/env python3
"""Writes through any sqlcast node, and never twice: a request whose answer is lost is sent again under the same id.

  write.py tcp://127.0.0.1:5750 "insert into school.student(name) values (?)" Ann
  write.py tcp://127.0.0.1:5750 --times 1000 "update school.counter set n = n + 1"

Kill the master, cut the network: each write is executed once, and the program says when it cannot know.
Needs pyzmq (Debian: python3-zmq). docs/protocol.md, "Retries", is the contract; this speaks its JSON.
"""
import argparse
import sys
import time
import uuid

import keys
import zmq

parser = argparse.ArgumentParser(description="Writes through any sqlcast node, and never twice.")
parser.add_argument("endpoint", help="of a node, tcp://127.0.0.1:5750")
parser.add_argument("sql")
parser.add_argument("params", nargs="*", help="for each ? of the statement")
parser.add_argument("--times", type=int, default=1, help="run it so often, each a request of its own")
parser.add_argument("--patience", type=float, default=60, help="seconds to try for (60)")
arguments = parser.parse_args()

context = zmq.Context()
client_id = uuid.uuid4().hex  # ours alone, for the life of the program
resends = 0
seen = None  # the highest position that a node has told of; asked for before the first write

# After these the same request may be sent again: it has not been executed, or the node will know that it has.
AGAIN = {"BUSY", "TIMEOUT", "MASTER_UNAVAILABLE", "DATABASE_UNAVAILABLE", "SHUTTING_DOWN", "OUTCOME_UNKNOWN"}


def open_socket():
    socket = context.socket(zmq.REQ)
    socket.setsockopt(zmq.LINGER, 0)
    keys.use(socket, arguments.endpoint)
    socket.connect(arguments.endpoint)
    return socket


def learn_position():
    """Where the log stands, from the node's status: nothing that we send from now on can be in it up to there."""
    global node, seen
    give_up = time.monotonic() + arguments.patience
    while seen is None:
        node.send_json({"type": "status"})
        if node.poll(2500):
            status = node.recv_json()["self"]
            if status["state"] == "Starting":
                time.sleep(0.2)  # it has not looked into its log yet
                continue
            seen = max(status["position"], status["head"])
        elif time.monotonic() > give_up:
            sys.exit(f"no answer from {arguments.endpoint}: is a node running there? Nothing was written")
        else:
            node.close()
            node = open_socket()


def write(request_id):
    """The outcome of the one execution, however often the request had to be sent."""
    global node, resends, seen
    learn_position()
    # `sent_since` is what was known before this request was FIRST sent, in every copy of it: by that the master, which
    # does not remember requests for ever, knows a late copy of an old request from a new one.
    request = {"sql": arguments.sql, "params": arguments.params, "client_id": client_id, "request_id": request_id,
               "sent_since": seen, "timeout_ms": 2000}
    give_up = time.monotonic() + arguments.patience
    wait = 0.05
    while True:
        node.send_json(request)
        if node.poll(2500):
            answer = node.recv_json()
            if answer["ok"]:
                seen = max(seen, answer["sequence"])
                return answer
            error = answer["error"]
            if error["name"] not in AGAIN or time.monotonic() > give_up:
                sys.exit(f"{error['name']}: {error['message']}")
            time.sleep(error.get("retry_after_ms", 0) / 1000)
        else:
            # No answer. A REQ socket that waits for one can send nothing else: a new one takes its place.
            if time.monotonic() > give_up:
                sys.exit(f"no answer from {arguments.endpoint}; the write may have been executed, or not")
            node.close()
            node = open_socket()
        resends += 1
        time.sleep(wait)
        wait = min(wait * 2, 2)


node = open_socket()
for number in range(1, arguments.times + 1):
    answer = write(number)
    print(f"entry {answer['sequence']}: {answer['affected_rows']} rows affected, insert id {answer['insert_id']}"
          + (", executed when it was first sent" if answer["replayed"] else ""))
print(f"{arguments.times} writes, sent again {resends} times", file=sys.stderr)
