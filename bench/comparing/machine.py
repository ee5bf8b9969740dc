"""The machine and its processes: what it is, and what processes use, from /proc."""

import ctypes
import glob
import os
import platform
import re
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Failed(Exception):
    """Something that the comparison needs did not work; the message is for the user."""


LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def start(command, **options):
    """A process that gets SIGTERM when this one ends, however it ends."""
    parent = os.getpid()

    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(127)

    return subprocess.Popen(command, preexec_fn=prepare, **options)


def read(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return default


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def mount_of(path):
    """(device, type) of the file system that holds `path`."""
    path = os.path.realpath(path)
    best = ("", "?", "?")
    for line in read("/proc/self/mounts").splitlines():
        device, point, kind = line.split()[:3]
        point = point.replace("\\040", " ")
        if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best[0]):
            best = (point, device, kind)
    return best[1], best[2]


def refuse_memory(path):
    """A durable commit into memory costs nothing: such a comparison would be of something else."""
    device, kind = mount_of(path)
    if kind in ("tmpfs", "ramfs", "devtmpfs"):
        raise Failed(f"{path} is on {kind}, in memory; say where there is a disk with --dir DIR")
    return device, kind


def sync_cost(folder, count=200):
    """Median microseconds of a 512-byte append and fdatasync in `folder`."""
    path = os.path.join(folder, "sync-cost")
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(count):
            begin = time.perf_counter()
            os.write(descriptor, b"x" * 512)
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(descriptor)
        os.unlink(path)
    return sorted(times)[count // 2] * 1e6


def disk_kind(device):
    """What the kernel says of the disk under a file system: 'vda, not rotating, write back cache'."""
    name = os.path.basename(os.path.realpath(device))
    folder = f"/sys/class/block/{name}"
    if not os.path.exists(f"{folder}/queue"):
        folder = os.path.dirname(os.path.realpath(folder))
    rotational = read(f"{folder}/queue/rotational").strip()
    cache = read(f"{folder}/queue/write_cache").strip()
    words = [name]
    if rotational:
        words.append("rotating" if rotational == "1" else "not rotating")
    if cache:
        words.append(f"cache {cache}")
    return ", ".join(words)


def describe(root, folder, bin_dir):
    """The machine and the versions, in the order in which a reader wants them."""
    device, kind = mount_of(folder)
    cpu = re.search(r"model name\s*:\s*(.*)", read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))
    system = re.search(r'PRETTY_NAME="(.*)"', read("/etc/os-release"))
    changed = output("git", "-C", root, "status", "--porcelain", "--untracked-files=no")
    commit = output("git", "-C", root, "rev-parse", "--short=12", "HEAD") or "not a git tree"
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit + (" with local changes" if changed else ""),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "memory_gib": round(int(memory.group(1)) / 1048576, 1) if memory else None,
        "disk": f"{kind} on {disk_kind(device)}",
        "fdatasync_us": round(sync_cost(folder)),
        "system": f"{system.group(1) if system else 'Linux'}, kernel {platform.release()}",
        "mariadb": output("mariadbd", "--version") or output("/usr/sbin/mariadbd", "--version"),
        "sysbench": output("sysbench", "--version"),
        "sqlcast": output(os.path.join(bin_dir, "sqlcast"), "--version"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    """A zombie has ended."""
    stat = read(f"/proc/{pid}/stat")
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"


def cpu_seconds(pid):
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if not fields:
        raise Failed(f"process {pid} has ended")
    return (int(fields[11]) + int(fields[12])) / TICKS


def device_bytes_written(path):
    """What the disk that holds `path` has been given to write, by whomever, since the machine's start."""
    device, kind = mount_of(path)
    counters = read(f"/sys/class/block/{os.path.basename(os.path.realpath(device))}/stat").split()
    if len(counters) < 7:
        raise Failed(f"{path} is on {kind} at {device}, which has no counter of what is written; leave out the row disk with --only")
    return int(counters[6]) * 512  # a sector of these counters has 512 bytes, whatever the disk's have


def bytes_written(pid):
    """What the kernel counts as written to disks by a process since its start."""
    found = re.search(r"^write_bytes:\s*(\d+)", read(f"/proc/{pid}/io"), re.MULTILINE)
    if not found:
        raise Failed(f"/proc/{pid}/io cannot be read: process {pid} has ended, or belongs to another user")
    return int(found.group(1))


def memory_mib(pid, what="VmRSS"):
    found = re.search(rf"{what}:\s*(\d+) kB", read(f"/proc/{pid}/status"))
    return int(found.group(1)) / 1024 if found else 0.0


def reset_peak(pid):
    """From here on, VmHWM is the peak since now."""
    try:
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
        return True
    except OSError:
        return False


class CpuMeter:
    """Share of one core that each of some processes uses between start() and stop()."""

    def __init__(self, pids):
        self.pids = pids

    def start(self):
        self.begin = time.monotonic()
        self.before = {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def stop(self):
        seconds = time.monotonic() - self.begin
        return {name: (cpu_seconds(pid) - self.before[name]) / seconds for name, pid in self.pids.items()}


def threads_of(pid):
    """{name: (ns on a processor, ns waiting for one, times it slept)} of a process, threads of one name together."""
    found = {}
    for task in glob.glob(f"/proc/{pid}/task/*"):
        name = read(f"{task}/comm").strip()
        times = read(f"{task}/schedstat").split()
        slept = [line.split()[1] for line in read(f"{task}/status").splitlines() if line.startswith("voluntary")]
        if not times or not slept:
            continue  # has ended
        before = found.get(name, (0, 0, 0))
        found[name] = (before[0] + int(times[0]), before[1] + int(times[1]), before[2] + int(slept[0]))
    return found
