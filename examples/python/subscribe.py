#!/usr/bin/env python3
"""Follows the log of a sqlcast cluster: every replicated statement, once, in order, without holes.

  subscribe.py tcp://127.0.0.1:5750              from now on
  subscribe.py tcp://127.0.0.1:5750 --from 1     from the beginning

Live groups come from the master's PUB socket, which may lose some; what is missing is read from the log of the node
(log_read). Each group's hash is checked, so that what is printed is the history, not a guess.
Needs pyzmq and msgpack (Debian: python3-zmq, python3-msgpack). docs/protocol.md, "Catch-up", is the contract.
"""
import argparse
import hashlib
import struct
import sys

import msgpack
import keys
import zmq

parser = argparse.ArgumentParser(description="Follows the log of a sqlcast cluster.")
parser.add_argument("endpoint", help="of a node, tcp://127.0.0.1:5750")
parser.add_argument("--from", type=int, dest="first", help="begin at this sequence, from the log (1 = the beginning)")
parser.add_argument("--count", type=int, help="leave after so many entries")
arguments = parser.parse_args()

# ---- the wire: a header of 16 bytes, then a MessagePack map ------------------------------------------------------

ERROR, STATUS, STATUS_REPLY, LOG_READ, LOG_BATCH, GROUP, BEACON = 3, 9, 10, 13, 14, 17, 18


def encode(kind, body, exchange=1):
    return [struct.pack(">4sBBBBQ", b"SQLC", 1, kind, 0, 0, exchange), msgpack.packb(body)]


def decode(header, body):
    magic, version, kind, content, _, _ = struct.unpack(">4sBBBBQ", header)
    if magic != b"SQLC" or version != 1 or content != 0:
        sys.exit(f"this is not sqlcast's protocol, version 1: {header.hex()}")
    return kind, msgpack.unpackb(body)


context = zmq.Context()
node = context.socket(zmq.REQ)
node.setsockopt(zmq.LINGER, 0)
keys.use(node, arguments.endpoint)
node.connect(arguments.endpoint)


def ask(kind, body):
    node.send_multipart(encode(kind, body))
    if not node.poll(10000):
        sys.exit(f"no answer from {arguments.endpoint}: is a node running there?")
    answer_kind, answer = decode(*node.recv_multipart())
    if answer_kind == ERROR:
        sys.exit(f"{answer.get('name')}: {answer.get('message')}")
    return answer


# ---- the log -----------------------------------------------------------------------------------------------------

printed = 0


def show(group):
    """Prints the group's entries and makes its end ours; stops when it does not continue our history."""
    global position, printed
    numbers = struct.pack(">QQQ", group["epoch"], group["first"], group["last"])
    previous = group.get("previous_hash", bytes(32))  # absent fields have their initial value
    if hashlib.blake2b(previous + numbers + group["body"], digest_size=32).digest() != group["hash"]:
        sys.exit(f"entries {group['first']} to {group['last']} are damaged: their hash differs")
    if position.get("hash") and previous != position["hash"]:
        sys.exit(f"entry {group['first']} does not follow entry {position['sequence']}: the histories differ")
    layout, entries = msgpack.unpackb(group["body"])
    for sequence, client_id, request_id, _digest, database, _context, statements, *_by in entries:  # layout 2 has who did it
        if sequence <= position["sequence"]:
            continue  # we began in the middle of this group
        for sql, _imposed, affected, insert_id in statements:
            text = sql.replace("\n", " ")
            print(f"{sequence}\t{database or '-'}\t{affected} rows\t{text}", flush=True)
        printed += 1
        if printed == arguments.count:
            sys.exit()
    position = {"epoch": group["epoch"], "sequence": group["last"], "hash": group["hash"]}


def catch_up():
    """Reads the log after our position until it has no more."""
    while groups := ask(LOG_READ, {"after": position}).get("groups"):
        for group in groups:
            show(group)


# 1. Where the stream is. 2. Subscribe first, so that nothing falls between. 3. Only then read what was before.
status = ask(STATUS, {})["self"]
stream = context.socket(zmq.SUB)
keys.use(stream, status["publisher"], status.get("master_key"))
stream.connect(status["publisher"])
stream.subscribe(b"g")  # groups
stream.subscribe(b"b")  # beacons: the end of the master's log, several a second

if arguments.first is None:
    position = {"epoch": status.get("epoch", 0), "sequence": status.get("position", 0),
                "hash": bytes.fromhex(status.get("hash", ""))}
else:
    position = {"epoch": 0, "sequence": max(arguments.first - 1, 0)}  # without a hash: taken as it is
catch_up()

while True:
    if not stream.poll(5000):
        print("nothing from the master for 5 s", file=sys.stderr)
        continue
    _topic, header, body = stream.recv_multipart()
    kind, message = decode(header, body)
    if kind == GROUP:
        group = message["group"]
        if group["last"] <= position["sequence"]:
            continue  # the log had it already
        if group["first"] == position["sequence"] + 1:
            show(group)
        else:
            catch_up()  # a gap
    elif kind == BEACON and message["head"].get("sequence", 0) > position["sequence"]:
        catch_up()  # the last group was lost, or is on its way: the log has it in both cases
