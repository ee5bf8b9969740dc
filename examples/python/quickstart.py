#!/usr/bin/env python3
"""Inserts and selects at any sqlcast node: python3 quickstart.py tcp://127.0.0.1:5760 (needs pyzmq and the school)."""
import sys, keys, zmq

node = zmq.Context().socket(zmq.REQ)
endpoint = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5750"
keys.use(node, endpoint)  # three lines: `sqlcast keys export --python` prints them
node.connect(endpoint)
node.send_json({"database": "school", "sql": "insert into student(name) values (?)", "params": ["Grace Hopper"]})
written = node.recv_json()
assert written["ok"], written["error"]["message"]
node.send_json({"database": "school", "sql": "select id, name from student order by id", "after": written["sequence"]})
for id, name in node.recv_json()["rows"]:
    print(id, name)
