"""The keys to go to a node with, for the programs beside this one: three lines in pyzmq, once they are read from their files.

use(socket, endpoint) sets them where the node's key is known: beside the private key of $SQLCAST_KEY, else in the local cluster's
folder ($SQLCAST_DIR, else the one of `sqlcast cluster up`). A node that is not known there is gone to
in clear, unless $SQLCAST_KEY names a key.
`sqlcast keys export --python` prints the same three lines with the keys in them.
"""
import os
import pathlib


def key_file():
    if "SQLCAST_KEY" in os.environ:
        return pathlib.Path(os.environ["SQLCAST_KEY"])
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    cluster = os.environ.get("SQLCAST_DIR") or os.path.join(state, "sqlcast", "cluster")
    return pathlib.Path(cluster) / "keys" / "admin.key"


def words(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def use(socket, endpoint, node_key=None):
    """node_key: as a node has told it, in hexadecimal; else it is looked for in the file `nodes`."""
    own = {name: value for name, value in words(key_file())}
    known = {line[0]: line[1] for line in reversed(words(key_file().parent / "nodes"))}
    node_key = known.get(endpoint.replace("//localhost:", "//127.0.0.1:")) or node_key
    if not node_key or not own:
        if "SQLCAST_KEY" in os.environ:
            raise SystemExit(f"no key of {endpoint} in {key_file().parent / 'nodes'}, or none of one's own in {key_file()}")
        return
    socket.curve_secretkey = bytes.fromhex(own["secret"])
    socket.curve_publickey = bytes.fromhex(own["public"])
    socket.curve_serverkey = bytes.fromhex(node_key)
