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
seen = 0  # the highest position that an answer has told of

# After these the same request may be sent again: it has not been executed, or the node will know that it has.
AGAIN = {"BUSY", "TIMEOUT", "MASTER_UNAVAILABLE", "DATABASE_UNAVAILABLE", "SHUTTING_DOWN"}


def open_socket():
    socket = context.socket(zmq.REQ)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(arguments.endpoint)
    return socket


def write(request_id):
    """The outcome of the one execution, however often the request had to be sent."""
    global node, resends, seen
    request = {"sql": arguments.sql, "params": arguments.params, "client_id": client_id, "request_id": request_id,
               "timeout_ms": 2000}
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
        # Should the node's memory of outcomes not reach back to here any more, it says OUTCOME_UNKNOWN and does not
        # guess. All that matters: it is what was known when this request was FIRST sent.
        request.setdefault("resent_since", seen)
        resends += 1
        time.sleep(wait)
        wait = min(wait * 2, 2)


node = open_socket()
for number in range(1, arguments.times + 1):
    answer = write(number)
    print(f"entry {answer['sequence']}: {answer['affected_rows']} rows affected, insert id {answer['insert_id']}"
          + (", executed when it was first sent" if answer["replayed"] else ""))
print(f"{arguments.times} writes, sent again {resends} times", file=sys.stderr)
