"""MariaDB's own replication: a master with a durable binlog and its replicas, in folders of their own, and sysbench."""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time

from comparing.machine import Failed, alive, free_port, read, start

MODES = {
    "serial": "SET GLOBAL slave_parallel_threads = 0",
    "optimistic-4": "SET GLOBAL slave_parallel_threads = 4; SET GLOBAL slave_parallel_mode = 'optimistic'",
}


def program(name):
    for folder in ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise Failed(f"{name} is not installed; install what third_party/packages-bench.txt names")


def settings_of(pid):
    """The settings that a node gave its managed server, but for its files and its lack of a network and a binlog."""
    own = ("--datadir", "--tmpdir", "--socket", "--pid-file", "--secure-file-priv", "--skip-networking",
           "--skip-log-bin", "--log-bin", "--user", "--port", "--server-id")
    arguments = read(f"/proc/{pid}/cmdline").split("\0")
    found = [a for a in arguments[1:] if a and a != "--no-defaults" and not a.startswith(own)]
    if not any(a.startswith("--innodb-buffer-pool-size") for a in found):
        raise Failed(f"the settings of the managed server, process {pid}, cannot be read")
    return found


class Session:
    """A `mariadb` client kept open: a statement costs a round trip, not the start of a process."""

    def __init__(self, socket, user, password):
        self.process = start(
            [program("mariadb"), "--no-defaults", "--batch", "--skip-column-names", "--unbuffered",
             f"--socket={socket}", f"--user={user}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "MYSQL_PWD": password})

    def ask(self, sql):
        """Rows as lists of text. An error of the server ends the client, and is raised."""
        mark = secrets.token_hex(8)
        lines = []
        try:
            self.process.stdin.write(f"{sql};\nSELECT '{mark}';\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self.process.stdout:
            if line.rstrip("\n") == mark:
                return [row.split("\t") for row in lines]
            lines.append(line.rstrip("\n"))
        raise Failed(f"MariaDB, asked {sql[:200]}: " + " ".join(lines))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Server:
    def __init__(self, folder, name, settings, extra, environment):
        self.folder = os.path.join(folder, name)
        self.name = name
        self.port = free_port()
        self.socket = os.path.join(self.folder, "s.sock")
        self.settings = settings
        self.extra = extra
        self.environment = {**os.environ, **environment}
        self.process = None
        self.session = None
        self.password = secrets.token_hex(12)
        if len(self.socket) > 100:
            raise Failed(f"{self.socket} is too long for a unix socket; choose a shorter --dir")
        os.makedirs(self.folder, mode=0o700)
        # A server that starts deletes every temporary table in its tmpdir, another running server's too.
        os.mkdir(f"{self.folder}/tmp")

    def as_root(self):
        return ["--user=root"] if os.geteuid() == 0 else []

    def install(self):
        owner = pwd.getpwuid(os.geteuid()).pw_name
        redo = [a for a in self.settings if a.startswith("--innodb-log-file-size")]
        done = subprocess.run(
            [program("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}/data",
             f"--tmpdir={self.folder}/tmp", "--auth-root-authentication-method=socket",
             f"--auth-root-socket-user={owner}", "--skip-test-db", "--skip-name-resolve", *redo, *self.as_root()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"mariadb-install-db: {done.stdout}{done.stderr}")

    def start(self):
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = start(
                [program("mariadbd"), "--no-defaults", f"--datadir={self.folder}/data", f"--socket={self.socket}",
                 f"--pid-file={self.folder}/pid", f"--tmpdir={self.folder}/tmp", f"--port={self.port}",
                 "--bind-address=127.0.0.1", *self.settings, *self.extra, *self.as_root()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment)
        owner = pwd.getpwuid(os.geteuid()).pw_name
        give_up = time.monotonic() + 60
        while True:
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise Failed(f"{self.name} did not start:\n" + read(f"{self.folder}/server.log")[-2000:])
            if os.path.exists(self.socket):
                session = Session(self.socket, owner, "")
                try:
                    session.ask("SELECT 1")
                    self.session = session
                    return
                except Failed:
                    session.close()
            time.sleep(0.02)

    def ask(self, sql):
        return self.session.ask(sql)

    def stop(self):
        if self.process is None:
            return
        if self.session is not None:
            self.session.close()
            self.session = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    @property
    def pid(self):
        return self.process.pid


class Native:
    """Master and replicas, one unless said otherwise. load() and the rest leave all of them with everything.

    `environment` is of their servers, beside this process's own.
    """

    def __init__(self, folder, settings, bench, replica_binlog=False, name="native", replicas=1, environment=None):
        self.bench = bench
        self.scripts = os.path.dirname(os.path.abspath(__file__))
        durable = ["--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--gtid-strict-mode=1"]
        binlog = ["--log-bin=binlog"]
        self.master = Server(folder, f"{name}-master", settings, durable + binlog + ["--server-id=1"], environment or {})
        self.replicas = [
            Server(folder, f"{name}-replica{number + 1 if number else ''}", settings,
                   durable + [f"--server-id={number + 2}"] + (binlog + ["--log-slave-updates=1"] if replica_binlog else []),
                   environment or {})
            for number in range(replicas)]
        self.replica = self.replicas[0]
        self.mode = None
        self.semi_sync = False

    def start(self):
        for server in (self.master, *self.replicas):
            server.install()
            server.start()
            # Before the replica begins: not part of what is replicated.
            server.ask("SET sql_log_bin = 0")
            server.ask(f"CREATE USER bench@localhost IDENTIFIED BY '{self.master.password}'")
            server.ask("GRANT ALL ON *.* TO bench@localhost")
        self.master.ask(f"CREATE USER replica@'127.0.0.1' IDENTIFIED BY '{self.master.password}'")
        self.master.ask("GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'")
        self.master.ask("SET sql_log_bin = 1")
        for replica in self.replicas:
            replica.ask(
                f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {self.master.port}, MASTER_USER = 'replica', "
                f"MASTER_PASSWORD = '{self.master.password}', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1")
        self.master.ask("CREATE DATABASE sbtest")
        self.set_mode("serial")
        self.wait_for_replica()

    def set_mode(self, mode):
        if self.mode == mode:
            return
        for replica in self.replicas:
            replica.ask("STOP SLAVE")
            for statement in MODES[mode].split("; "):
                replica.ask(statement)
            replica.ask("START SLAVE")
        self.mode = mode
        if self.semi_sync:
            self.wait_for_semi_sync()

    def start_semi_sync(self):
        """From here on a commit is answered when one replica has it. All else about it is MariaDB's default."""
        self.master.ask("SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'")
        # Never given up: a master that stopped waiting would be measured as something else.
        self.master.ask("SET GLOBAL rpl_semi_sync_master_timeout = 600000")
        self.master.ask("SET GLOBAL rpl_semi_sync_master_enabled = 1")
        for replica in self.replicas:
            replica.ask("SET GLOBAL rpl_semi_sync_slave_enabled = 1")
            replica.ask("STOP SLAVE")
            replica.ask("START SLAVE")
        self.semi_sync = True
        self.wait_for_semi_sync()

    def semi_sync_status(self):
        """{status variable without its prefix: its value}"""
        prefix = "Rpl_semi_sync_master_"
        return {name[len(prefix):]: value for name, value in self.master.ask(f"SHOW GLOBAL STATUS LIKE '{prefix}%'")}

    def wait_for_semi_sync(self):
        give_up = time.monotonic() + 60
        while True:
            status = self.semi_sync_status()
            if status["status"] == "ON" and status["clients"] == str(len(self.replicas)):
                return
            if time.monotonic() > give_up:
                raise Failed(f"the replicas did not become semi-synchronous: {status}")
            time.sleep(0.02)

    def wait_for_replica(self, timeout=600):
        position = self.master.ask("SELECT @@gtid_binlog_pos")[0][0]
        for replica in self.replicas:
            reached = replica.ask(f"SELECT MASTER_GTID_WAIT('{position}', {timeout})")[0][0]
            if reached != "0":
                raise Failed(f"MariaDB's replica did not reach {position}: " + str(replica.ask("SHOW SLAVE STATUS")))

    def fill(self, workload, *options):
        """Tables anew, by the very statements that sqlcast-bench prepares its own with."""
        prepare = start([self.bench, "prepare", workload, "--print", *options], stdout=subprocess.PIPE)
        self.master.ask("DROP DATABASE IF EXISTS sbtest")
        done = subprocess.run(
            [program("mariadb"), "--no-defaults", f"--socket={self.master.socket}", "--user=bench"],
            stdin=prepare.stdout, capture_output=True, text=True, check=False,
            env={**os.environ, "MYSQL_PWD": self.master.password})
        prepare.stdout.close()
        if prepare.wait() != 0 or done.returncode != 0:
            raise Failed(f"the tables could not be filled: {done.stderr}")
        self.wait_for_replica()

    def run_sysbench(self, script, threads, seconds, *options, statements_per_event=1):
        """Its figures; rates are of statements."""
        # sysbench takes no password from the environment; the server is this run's own.
        command = [program("sysbench"), "--db-driver=mysql", f"--mysql-socket={self.master.socket}", "--mysql-user=bench",
                   f"--mysql-password={self.master.password}", "--mysql-db=sbtest", f"--threads={threads}",
                   f"--time={seconds}", "--rand-type=uniform", "--percentile=99", "--tables=4", "--table-size=10000",
                   *options, script if not script.endswith(".lua") else os.path.join(self.scripts, script), "run"]
        return parse_sysbench(subprocess.run(command, capture_output=True, text=True, check=False), statements_per_event)

    def load(self, mode, script, threads, seconds, *options, statements_per_event=1, lag=False, binlog_format="MIXED"):
        """Runs sysbench and waits until the replica has everything. Rates are of statements."""
        self.set_mode(mode)
        self.master.ask(f"SET GLOBAL binlog_format = '{binlog_format}'")
        self.wait_for_replica()
        probe = None
        if lag:
            probe = start(
                [self.bench, "native-lag", f"--master-socket={self.master.socket}",
                 f"--replica-socket={self.replica.socket}", "--user=bench", f"--password={self.master.password}",
                 f"--time={seconds}", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        result = self.run_sysbench(script, threads, seconds, *options, statements_per_event=statements_per_event)
        begin = time.monotonic()
        self.wait_for_replica()
        drain = time.monotonic() - begin
        result["drain_s"] = drain
        result["replicated_per_s"] = result["statements"] / (result["seconds"] + drain)
        if probe is not None:
            text, errors = probe.communicate()
            if probe.returncode != 0:
                raise Failed(f"sqlcast-bench native-lag: {errors}")
            result["lag_ms"] = text
        return result

    def catch_up(self, mode, statements, threads):
        """The replica's server is stopped, the master written to, the server started: until it has everything."""
        self.set_mode(mode)
        self.wait_for_replica()
        self.replica.ask("STOP SLAVE")
        self.replica.stop()
        written = self.run_sysbench("oltp_insert", threads, 0, f"--events={statements}")["statements"]
        begin = time.monotonic()
        self.replica.start()
        started = time.monotonic()
        self.mode = None
        self.set_mode(mode)
        self.wait_for_replica()
        seconds = time.monotonic() - begin
        return {"statements": written, "seconds": seconds, "start_s": started - begin, "per_s": written / seconds}

    def read(self, sql):
        """Seconds that `mariadb -q -B` takes, on the master's socket, its output thrown away."""
        begin = time.monotonic()
        done = subprocess.run(
            [program("mariadb"), "--no-defaults", "-q", "-B", f"--socket={self.master.socket}", "--user=bench",
             "-D", "sbtest", "-e", sql], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "MYSQL_PWD": self.master.password})
        if done.returncode != 0:
            raise Failed(f"mariadb: {done.stderr}")
        return time.monotonic() - begin

    def pids(self):
        return {"mariadbd, native master": self.master.pid, "mariadbd, native replica": self.replica.pid}

    def stop(self):
        for server in (*self.replicas, self.master):
            server.stop()

    def remove(self):
        self.stop()
        for server in (*self.replicas, self.master):
            if server.process is None or not alive(server.pid):
                shutil.rmtree(server.folder, ignore_errors=True)


def parse_sysbench(done, statements_per_event):
    """The figures of sysbench's report."""
    text = done.stdout
    events = re.search(r"transactions:\s+(\d+)", text) or re.search(r"total number of events:\s+(\d+)", text)
    total = re.search(r"total number of events:\s+(\d+)", text)
    seconds = re.search(r"total time:\s+([\d.]+)s", text)
    if done.returncode != 0 or not (events and total and seconds):
        raise Failed(f"sysbench failed:\n{text[-1500:]}{done.stderr[-500:]}")

    def latency(name):
        found = re.search(rf"{name}:\s+([\d.]+)", text[text.find("Latency"):])
        return float(found.group(1)) if found else 0.0

    count = int(total.group(1)) * statements_per_event
    took = float(seconds.group(1))
    return {"statements": count, "seconds": took, "per_s": count / took,
            "latency_ms": {"avg": latency("avg"), "p99": latency("99th percentile"), "max": latency("max")}}
