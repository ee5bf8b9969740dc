#!/usr/bin/python3
"""Point SELECTs by the shortest Python client for as many seconds: python_reads.py zmq|pymysql WHERE USER SECONDS"""

import random
import sys
import time

SQL = "SELECT c FROM sbtest{} WHERE id={}"


def statement():
    return SQL.format(random.randint(1, 4), random.randint(1, 10_000))


def by_zmq(endpoint, _user):
    import zmq  # Debian: python3-zmq
    socket = zmq.Context().socket(zmq.REQ)
    socket.connect(endpoint)

    def ask(sql):
        socket.send_json({"sql": sql, "database": "sbtest"})
        return socket.recv_json()["rows"]
    return ask


def by_pymysql(path, user):
    import pymysql  # Debian: python3-pymysql
    cursor = pymysql.connect(unix_socket=path, user=user, database="sbtest", autocommit=True).cursor()

    def ask(sql):
        cursor.execute(sql)
        return cursor.fetchall()
    return ask


def main():
    side, where, user, seconds = sys.argv[1:]
    ask = {"zmq": by_zmq, "pymysql": by_pymysql}[side](where, user)
    assert len(ask(statement())) == 1
    begin = time.monotonic()
    count = 0
    while time.monotonic() - begin < float(seconds):
        ask(statement())
        count += 1
    print(count / (time.monotonic() - begin))


if __name__ == "__main__":
    main()
