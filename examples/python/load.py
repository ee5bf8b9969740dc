#!/usr/bin/env python3
"""Loads a sqlcast node: keeps many requests under way and reports rate, latency and errors, a line a second.

  load.py tcp://127.0.0.1:5750 --seconds 10
  load.py tcp://127.0.0.1:5760 --sql "select count(*) from school.student" --window 200

Without --sql it inserts into the table sqlcast_load.written, which it makes at first (at the master: only it can).
Needs pyzmq (Debian: python3-zmq). A DEALER socket may have any number of requests under way; `id` pairs each answer
with its request. (A REQ socket has one.)
"""
import argparse
import json
import sys
import time
import uuid

import keys
import zmq

parser = argparse.ArgumentParser(description="Loads a sqlcast node and reports rate, latency and errors.")
parser.add_argument("endpoint", help="of a node, tcp://127.0.0.1:5750")
parser.add_argument("--seconds", type=float, default=10, help="for so long (10)")
parser.add_argument("--window", type=int, default=64, help="requests under way at once (64)")
parser.add_argument("--sql", help="this statement instead of the inserts")
arguments = parser.parse_args()

context = zmq.Context()
node = context.socket(zmq.DEALER)
node.setsockopt(zmq.LINGER, 0)
keys.use(node, arguments.endpoint)
node.connect(arguments.endpoint)
client_id = uuid.uuid4().hex
next_id = 1
seen = 0  # the highest position that an answer has told of
under_way = {}  # id -> when it was sent


def send(sql, params=()):
    """On a DEALER socket an empty frame comes first; a REQ socket adds it by itself."""
    global next_id
    request = {"id": next_id, "sql": sql, "params": list(params), "client_id": client_id, "request_id": next_id,
               "sent_since": seen}
    under_way[next_id] = time.perf_counter()
    next_id += 1
    node.send_multipart([b"", json.dumps(request).encode()])


def receive(timeout_ms):
    """The answer and its latency in seconds; nothing when none came in time."""
    global seen
    if not node.poll(timeout_ms):
        return None, 0
    answer = json.loads(node.recv_multipart()[1])
    status = answer.get("self", answer)
    seen = max(seen, status.get("position", 0), status.get("head", 0), status.get("sequence", 0))
    return answer, time.perf_counter() - under_way.pop(answer["id"], time.perf_counter())


def ask(sql):
    send(sql)
    answer, _ = receive(35000)
    if answer is None:
        sys.exit(f"no answer from {arguments.endpoint}: is a node running there?")
    return answer


def must(sql):
    answer = ask(sql)
    if not answer["ok"]:
        sys.exit(f"{answer['error']['name']}: {answer['error']['message']}")


def at(latencies, share):
    return sorted(latencies)[min(int(len(latencies) * share), len(latencies) - 1)] * 1000 if latencies else 0


def line(name, done, seconds, latencies, errors):
    return (f"{name}\t{done / seconds:.0f} requests/s\tp50 {at(latencies, 0.5):.1f} ms\tp99 {at(latencies, 0.99):.1f} ms"
            f"\t{len(under_way)} under way\t{errors} errors")


# Where the log stands: each write says that it was not sent before that (docs/protocol.md, "Retries").
node.send_multipart([b"", b'{"type": "status"}'])
receive(35000)
if arguments.sql is None and not ask("select 1 from sqlcast_load.written limit 1")["ok"]:
    must("create database if not exists sqlcast_load")
    must("create table if not exists sqlcast_load.written (id bigint unsigned auto_increment primary key, n bigint)")

done, errors, all_latencies = 0, 0, []
second_done, second_latencies = 0, []
messages = {}  # what went wrong, and how often
start = time.perf_counter()
next_line = start + 1
while True:
    now = time.perf_counter()
    sending = now < start + arguments.seconds
    while sending and len(under_way) < arguments.window:
        if arguments.sql is None:
            send("insert into sqlcast_load.written(n) values (?)", [next_id])
        else:
            send(arguments.sql)
    if not sending and not under_way:
        break
    if not sending and now > start + arguments.seconds + 35:
        messages["no answer"] = len(under_way)
        errors += len(under_way)
        break
    answer, latency = receive(100)
    if answer is not None:
        done += 1
        second_done += 1
        all_latencies.append(latency)
        second_latencies.append(latency)
        if not answer["ok"]:
            errors += 1
            text = f"{answer['error']['name']}: {answer['error']['message']}"
            messages[text] = messages.get(text, 0) + 1
            if answer["error"]["name"] == "BUSY":  # the node's queue is full: it says when to come again
                time.sleep(answer["error"].get("retry_after_ms", 20) / 1000)
    if time.perf_counter() >= next_line:
        print(line(f"{next_line - start:.0f} s", second_done, 1, second_latencies, errors), flush=True)
        second_done, second_latencies = 0, []
        next_line += 1

print(line("all", done, time.perf_counter() - start, all_latencies, errors))
for text, count in sorted(messages.items(), key=lambda item: -item[1])[:5]:
    print(f"{count} times {text}", file=sys.stderr)
sys.exit(1 if errors else 0)
