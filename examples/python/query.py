#!/usr/bin/env python3
"""Runs one statement at any sqlcast node and prints what it gave, a row a line, cells separated by tabs.

  query.py tcp://127.0.0.1:5750 "select id, name from school.student where name like ?" "A%"

Every ? takes the next argument. Large results come in pages, so that any number of rows takes little memory.
Needs pyzmq (Debian: python3-zmq). docs/protocol.md is the contract; this speaks its JSON.
"""
import sys
import uuid

import keys
import zmq

if len(sys.argv) < 3:
    sys.exit("usage: query.py ENDPOINT SQL [PARAMETER...]")
endpoint, sql, *params = sys.argv[1:]

node = zmq.Context().socket(zmq.REQ)
node.setsockopt(zmq.LINGER, 0)        # leaving does not wait for a node that is not there
node.setsockopt(zmq.RCVTIMEO, 35000)  # the node answers within its own 30 s, if only that time is up
keys.use(node, endpoint)
node.connect(endpoint)


def ask(message):
    """The node's answer; ends the program when there is none, or when it says no."""
    try:
        node.send_json(message)
        answer = node.recv_json()
    except zmq.Again:
        sys.exit(f"no answer from {endpoint}: is a node running there?")
    if not answer["ok"]:
        error = answer["error"]
        sys.exit(f"{error['name']}: {error['message']}")
    return answer


def cell(value):
    if isinstance(value, dict):  # bytes are {"base64": "..."}
        return "base64:" + value["base64"]
    return "NULL" if value is None else str(value)


client_id = uuid.uuid4().hex  # a cursor belongs to the client id that opened it
answer = ask({"sql": sql, "params": params, "client_id": client_id, "request_id": 1, "page_rows": 1000})
if "rows" not in answer:
    print(f"{answer['affected_rows']} rows affected; entry {answer['sequence']} of the log")
    sys.exit()
print("\t".join(column["name"] for column in answer["columns"]))
while True:
    for row in answer["rows"]:
        print("\t".join(cell(value) for value in row))
    if answer["cursor"] == 0:
        break
    answer = ask({"type": "fetch", "cursor": answer["cursor"], "client_id": client_id})
