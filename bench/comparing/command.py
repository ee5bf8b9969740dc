"""What the commands of bench/ share: both sides started in a temporary folder on a disk, and ended with the command."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from comparing import machine, native, ours

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = "sqlcast sqlcast-master sqlcast-slave sqlcast-bench"


def positive(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


positive.__name__ = "positive number"  # argparse shows it: invalid positive number value


def add_options(parser):
    parser.add_argument("--dir", metavar="DIR", default=os.environ.get("TMPDIR", "/tmp"),
                        help="make the temporary folder there; must be on a disk")
    parser.add_argument("--bin", metavar="DIR", help="use these programs instead of building the release")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder, for looking at logs")


def build():
    """As scripts/ do: packages, then the release."""
    subprocess.run(["bash", "-c", f"source scripts/lib.sh; need_packages packages.txt packages-bench.txt; build release {PROGRAMS}"],
                   cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    return os.path.join(ROOT, "build", "release", "bin")


def exit_status(name, work):
    """Runs work(): 0, or 1 with a message when what it needs has failed, or it was interrupted."""
    # Ends what was started, whatever ends this.
    def stop(number, _frame):
        raise KeyboardInterrupt(number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        work()
    except (machine.Failed, OSError, subprocess.CalledProcessError) as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 1
    return 0


class Run:
    """`cluster` and `replication` are the two sides, `about` describes the machine, say() prints with the time.

    `folder` is the temporary one; more nodes, for one row alone, come from with_two_replicas() and alone().
    """

    def __init__(self):
        self.begun = time.monotonic()

    def say(self, line):
        print(f"[{time.monotonic() - self.begun:6.1f}] {line}", flush=True)

    def with_two_replicas(self):
        """(MariaDB, sqlcast): both sides once more, each with two replicas; they end with the block."""
        return self.once_more("three", replicas=2)

    def with_slow_disks(self, extra_us):
        """(MariaDB, sqlcast): both sides once more, where each sync takes so much longer; they end with the block."""
        return self.once_more("slow", environment={"LD_PRELOAD": self.slow_sync(), "SLOW_SYNC_US": str(extra_us)})

    def slow_sync(self):
        library = os.path.join(self.bin_dir, "slow_sync.so")
        if not os.access(library, os.R_OK):
            raise machine.Failed(f"{library}, for the row slow_disk, is not there; without --bin it is built, --only leaves the row out")
        return library

    @contextlib.contextmanager
    def once_more(self, name, replicas=1, environment=None):
        cluster = ours.Ours(self.folder, self.bin_dir, f"cluster-{name}", slaves=replicas, settings=environment)
        replication = native.Native(self.folder, self.settings(), os.path.join(self.bin_dir, "sqlcast-bench"),
                                    name=f"native-{name}", replicas=replicas, environment=environment)
        with self.ended(cluster, replication):
            cluster.start()
            replication.start()
            yield replication, cluster

    @contextlib.contextmanager
    def alone(self, settings):
        """A master without a slave, which ends with the block."""
        cluster = ours.Ours(self.folder, self.bin_dir, "master-alone", slaves=0, settings=settings)
        with self.ended(cluster):
            cluster.start()
            yield cluster

    @contextlib.contextmanager
    def ended(self, *things):
        try:
            yield
        finally:
            for thing in reversed(things):
                thing.stop() if self.keep else thing.remove()

    def settings(self):
        return native.settings_of(self.cluster.pid("mariadbd of master"))


@contextlib.contextmanager
def in_folder(name, arguments):
    """A Run in a temporary folder; what is in its `started` ends with the block."""
    run = Run()
    run.started = []
    folder = None
    try:
        if not os.path.isdir(arguments.dir):
            raise machine.Failed(f"--dir {arguments.dir}: there is no such folder")
        machine.refuse_memory(arguments.dir)
        bin_dir = os.path.abspath(arguments.bin) if arguments.bin else build()
        for program in PROGRAMS.split():
            if not os.access(os.path.join(bin_dir, program), os.X_OK):
                raise machine.Failed(f"{bin_dir} has no {program}; without --bin, the release is built")
        os.environ.pop("SQLCAST_KEY", None)  # the clusters have keys of their own, or none
        folder = tempfile.mkdtemp(prefix=f"sqlcast-{name}-", dir=os.path.abspath(arguments.dir))
        run.folder, run.bin_dir, run.keep = folder, bin_dir, arguments.keep
        run.about = machine.describe(ROOT, folder, bin_dir)
        for what, value in run.about.items():
            run.say(f"{what}: {value}")
        if run.about["load_before"] > 0.5:
            run.say("WARNING: this machine is not idle; the figures will be of little use")
        yield run
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for thing in reversed(run.started):
            try:
                thing.stop() if arguments.keep else thing.remove()
            except (machine.Failed, OSError) as problem:
                print(f"{name}: {problem}", file=sys.stderr)
        if folder and arguments.keep:
            print(f"{name}: what it made stays in {folder}", file=sys.stderr)
        elif folder:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def both_sides(name, arguments, replica_binlog=False):
    with in_folder(name, arguments) as run:
        run.cluster = ours.Ours(run.folder, run.bin_dir)
        run.started.append(run.cluster)
        run.say("starting sqlcast: a master and a slave")
        run.cluster.start()
        run.say("starting MariaDB: a master and a replica, with the same settings")
        run.replication = native.Native(run.folder, run.settings(), os.path.join(run.bin_dir, "sqlcast-bench"), replica_binlog)
        run.started.append(run.replication)
        run.replication.start()
        yield run


@contextlib.contextmanager
def by_security(name, arguments, modes):
    """(run, {mode: sqlcast, a master and a slave})"""
    with in_folder(name, arguments) as run:
        clusters = {}
        for mode in modes:
            run.say(f"starting sqlcast with security {mode}: a master and a slave")
            clusters[mode] = ours.Ours(run.folder, run.bin_dir, f"cluster-{mode}", security=mode)
            run.started.append(clusters[mode])
            clusters[mode].start()
        yield run, clusters
