#!/usr/bin/env python3
"""The OpenManager Vibe agent: measures this machine and tells the hub, losing nothing on the way.

One file, standard library only, Python 3.8 or later. docs/agents.md says what is measured and how it is kept:

    readings (/proc, /sys, or macOS commands) -> Spool (SQLite) -> Sender -> POST /api/ingest

Every sample is written to the spool when it is taken. A post is frozen under a number, sent, acknowledged (202), and
dropped only when the hub says that it is stored.
"""

from __future__ import annotations

import argparse
import calendar
import collections
import contextlib
import email.utils
import fcntl
import glob
import gzip
import hashlib
import http.client
import json
import os
import platform
import pwd
import random
import re
import select
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
import zlib
from typing import Any, Callable, Deque, Dict, Iterator, List, NamedTuple, Optional, Tuple

VERSION = "0.1.0"
AGENT = "openmanager-agent/" + VERSION
SAMPLE_EVERY = 10
POST_EVERY = 60  # until the hub says otherwise
POST_GAP = 1.0  # at most one post a second, whatever waits
URGENT_GAP = 10.0
RESEND_GAP = 120.0  # the hub asks for a post until its own caches have caught up
SLOW_RETRY = 60.0  # after an answer that only a person can put right
POST_BYTES = 300_000  # of JSON in one post
MOST_A_POST = {"sample": 500, "error": 400, "event": 90}  # what the hub takes of each kind, with room to spare
SPOOL_BYTES = 64_000_000
SPOOL_SECONDS = 7 * 86_400
MEMORY_ITEMS = 720  # two hours of samples, when the spool cannot be written
FACTS_EVERY = 600.0
PROCESSES_EVERY = 30.0
MOST_MOUNTS = 40
TOP_PROCESSES = 10
LOG_BYTES = 262_144  # of one log at one tick
ERRORS_A_MINUTE = 20
REPEAT_SECONDS = 300.0
READ_ERRORS = (OSError, ValueError, IndexError, KeyError, subprocess.SubprocessError)

Item = Tuple[str, int, str]  # kind (sample, error, event), at, JSON text
Values = Dict[str, Any]
_ENCODE = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def say(text: str) -> None:
    print("openmanager-agent: " + text, file=sys.stderr, flush=True)


def read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def read_or(path: str, otherwise: str = "") -> str:
    try:
        return read(path)
    except OSError:
        return otherwise


def error_item(at: float, level: str, source: str, message: str, identity: str = "") -> Item:
    identity = hashlib.sha256(identity.encode()).hexdigest()[:24] if identity else uuid.uuid4().hex[:24]
    row = {"id": identity, "at": int(at), "level": level, "source": source[:100], "message": message[:1000]}
    return "error", int(at), _ENCODE(row)


def event_item(at: float, kind: str, title: str, identity: str = "") -> Item:
    row = {"id": identity or uuid.uuid4().hex[:24], "at": int(at), "kind": kind[:40], "title": title[:200]}
    return "event", int(at), _ENCODE(row)


# --- Linux: what the kernel's files say. Each parser takes a file's text, so that recorded ones can be tested. -------


def parse_cpu(stat: str) -> Tuple[int, int, int, int]:
    """(busy, iowait, steal, all) in ticks since boot. Guest time is part of user time already."""
    user, nice, system, idle, iowait, irq, softirq, steal = (
        [int(part) for part in stat.split("\n", 1)[0].split()[1:]] + [0] * 8
    )[:8]
    busy = user + nice + system + irq + softirq
    return busy, iowait, steal, busy + idle + iowait + steal


def parse_meminfo(text: str) -> Dict[str, int]:
    """Bytes by name."""
    rows = (line.split() for line in text.splitlines())
    return {row[0].rstrip(":"): int(row[1]) * (1024 if row[2:] == ["kB"] else 1) for row in rows if len(row) >= 2}


def memory_values(info: Dict[str, int]) -> Values:
    available = info.get("MemAvailable")
    if available is None:  # kernels before 3.14
        available = sum(info.get(name, 0) for name in ("MemFree", "Buffers", "Cached", "SReclaimable"))
    values = {"memory": percent(info["MemTotal"] - available, info["MemTotal"])}
    if info.get("SwapTotal"):
        values["swap"] = percent(info["SwapTotal"] - info.get("SwapFree", 0), info["SwapTotal"])
    return values


_NETWORK_FILESYSTEM = re.compile(r"nfs4?|cifs|smb3|ceph|glusterfs|fuse\.(sshfs|glusterfs)|9p|virtiofs|afs|lustre")
_SKIPPED_FILESYSTEM = re.compile(
    "(dev)?tmpfs|ramfs|overlay|aufs|squashfs|iso9660|udf|erofs|cramfs|efivarfs|autofs|proc|sysfs|cgroup2?|devpts|mqueue|"
    "debugfs|tracefs|securityfs|pstore|bpf|configfs|fusectl|hugetlbfs|binfmt_misc|rpc_pipefs|nsfs|selinuxfs|"
    r"fuse\.(lxcfs|gvfsd-fuse|portal|snapfuse|rclone)"
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse_mountinfo(text: str, is_file: Callable[[str], bool] = os.path.isfile) -> List[Tuple[str, str]]:
    """(mount point, file system) of what holds data, one for each device: its root where it is mounted whole.

    Read-only counts when the file system itself is: the agent's own service sees every mount read-only.
    """
    found: Dict[str, Tuple[Tuple[bool, int], str, str]] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        left, right = before.split(" "), after.split(" ")
        if len(left) < 5 or len(right) < 3:
            continue
        device, root, kind = left[2], left[3], right[0]
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), left[4])
        readonly = "ro" in right[2].split(",")
        if point != "/" and (readonly or point == "/boot/efi" or _SKIPPED_FILESYSTEM.fullmatch(kind)):
            continue
        if root != "/" and not _NETWORK_FILESYSTEM.fullmatch(kind) and is_file(point):
            continue  # containers have /etc/hosts and its like mounted from the host's disk
        if kind in ("proc", "sysfs") or len(point) > 80 or _UNPRINTABLE.search(point):
            continue
        rank = (point != "/" and root != "/", len(point))
        if device not in found or rank < found[device][0]:
            found[device] = (rank, point, kind)
    mounts = sorted({point: kind for _, point, kind in found.values()}.items())
    return sorted(mounts, key=lambda mount: len(mount[0]))[:MOST_MOUNTS]


def parse_diskstats(text: str, is_disk: Callable[[str], bool]) -> Dict[str, Tuple[int, ...]]:
    """{disk: (bytes read, bytes written, ms busy)}"""
    rows = (line.split() for line in text.splitlines())
    return {
        row[2]: (int(row[5]) * 512, int(row[9]) * 512, int(row[12]))
        for row in rows
        if len(row) >= 14 and is_disk(row[2])
    }


def parse_net_dev(text: str) -> Dict[str, Tuple[int, ...]]:
    """{interface: (bytes in, bytes out)}"""
    rows = (line.rpartition(":") for line in text.splitlines()[2:])
    return {name.strip(): (int(numbers.split()[0]), int(numbers.split()[8])) for name, _, numbers in rows if name}


def parse_established(snmp: str) -> int:
    """TCP connections that stand, of IPv4 and IPv6 together."""
    names, numbers = (line.split() for line in snmp.splitlines() if line.startswith("Tcp:"))
    return int(numbers[names.index("CurrEstab")])


def parse_listeners(text: str) -> Dict[str, int]:
    """{socket inode: port} of what listens, from /proc/net/tcp or tcp6."""
    rows = (line.split() for line in text.splitlines()[1:])
    return {row[9]: int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 9 and row[3] == "0A"}


class Process(NamedTuple):
    name: str
    ticks: int
    started: int
    resident: int  # pages


def parse_process(stat: str) -> Process:
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    return Process(head.partition("(")[2], int(fields[11]) + int(fields[12]), int(fields[19]), int(fields[21]))


def percent(part: float, whole: float) -> float:
    return round(min(100.0, max(0.0, 100.0 * part / whole)), 2)


def rates(
    before: Dict[str, Tuple[int, ...]], now: Dict[str, Tuple[int, ...]], seconds: float
) -> List[Tuple[float, ...]]:
    """Per second, of every device seen twice; nothing if a counter fell back, for the sum would be wrong."""
    pairs = [(before[name], after) for name, after in now.items() if name in before]
    grown = [[after[i] - last[i] for i in range(len(after))] for last, after in pairs]
    if any(min(steps) < 0 for steps in grown):
        return []
    return [tuple(step / seconds for step in steps) for steps in grown]


def space_of(path: str) -> Optional[Dict[str, Any]]:
    """How full a file system is, counted as df does; None when it is no directory or holds nothing."""
    if not os.path.isdir(path):
        return None
    state = os.statvfs(path)
    used = state.f_blocks - state.f_bfree
    if state.f_blocks == 0 or used + state.f_bavail <= 0:
        return None
    space: Dict[str, Any] = {"disk": percent(used, used + state.f_bavail)}
    if state.f_files > 0:
        space["inode"] = percent(state.f_files - state.f_ffree, state.f_files)
    space.update(size_bytes=state.f_blocks * state.f_frsize, free_bytes=state.f_bavail * state.f_frsize)
    return space


class Spaces:
    """Asks network file systems from a thread of their own: a dead server holds up that thread and nothing else."""

    def __init__(self, ask: Callable[[str], Optional[Dict[str, Any]]] = space_of, patience: float = 1.0) -> None:
        self._ask = ask
        self._patience = patience
        self._asking: Dict[str, threading.Thread] = {}

    def __call__(self, path: str, kind: str) -> Optional[Dict[str, Any]]:
        if not _NETWORK_FILESYSTEM.fullmatch(kind):
            return self._answer(path)
        if path in self._asking and self._asking[path].is_alive():
            return None
        answers: List[Optional[Dict[str, Any]]] = []
        thread = threading.Thread(target=lambda: answers.append(self._answer(path)), daemon=True)
        self._asking[path] = thread
        thread.start()
        thread.join(self._patience)
        return answers[0] if answers else None

    def _answer(self, path: str) -> Optional[Dict[str, Any]]:
        try:
            return self._ask(path)
        except OSError:
            return None


def with_mounts(mounts: Dict[str, Dict[str, Any]]) -> Values:
    """The fullest mount speaks for the machine; each speaks for itself too."""
    values: Values = {name: max(space[name] for space in mounts.values() if name in space) for name in ("disk", "inode")
                      if any(name in space for space in mounts.values())}  # fmt: skip
    return {**values, "mounts": mounts} if mounts else {}


class Machine:
    """What the readings of both systems share: a part that cannot be read leaves the others standing."""

    def __init__(self) -> None:
        self._complained: set = set()
        self._before: Dict[str, Any] = {}

    def parts(self) -> List[Callable[[float], Values]]:
        raise NotImplementedError

    def sample(self, moment: float) -> Values:
        """All that can be measured now. `moment` is monotonic; rates begin with the second call."""
        values: Values = {}
        for part in self.parts():
            try:
                values.update(part(moment))
            except READ_ERRORS as error:
                if part.__name__ not in self._complained:
                    self._complained.add(part.__name__)
                    say("%s cannot be read here: %s" % (part.__name__.strip("_"), error))
        return values

    def _since(self, name: str, moment: float, now: Any) -> Tuple[Any, float]:
        """What was read last time and how many seconds ago; (None, 0) at first."""
        before = self._before.get(name)
        self._before[name] = (moment, now)
        return (before[1], moment - before[0]) if before and moment > before[0] else (None, 0.0)

    def _net(self, moment: float, now: Dict[str, Tuple[int, ...]]) -> Values:
        before, seconds = self._since("net", moment, now)
        speeds = rates(before, now, seconds) if before else []
        return (
            {"net_in": round(sum(s[0] for s in speeds)), "net_out": round(sum(s[1] for s in speeds))} if speeds else {}
        )


_VIRTUAL_DISK = re.compile(r"(loop|ram|zram|dm-|md|sr|fd|nbd)\d")
_VIRTUAL_NET = re.compile(
    r"lo$|veth|docker|br-|br\d|virbr|vnet|tap|tun|wg|ifb|dummy|cni|flannel|cali|cilium|lxc|kube|sit|gre|ip6tnl|tunl|bond\d|team\d|vmbr"
)
_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "scpi_sensors", "cpu0_thermal")


class Linux(Machine):
    """Readings from /proc and /sys below `root`."""

    def __init__(
        self, root: str = "/", spaces: Optional[Callable[[str, str], Optional[Dict[str, Any]]]] = None
    ) -> None:
        super().__init__()
        self._root = root.rstrip("/")
        self._spaces = spaces or Spaces()
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def parts(self) -> List[Callable[[float], Values]]:
        return [self._cpu, self._memory, self._disk_space, self._disk_traffic, self._net_traffic, self._load,
                self._temperature, self._gpu, self._connections, self._uptime]  # fmt: skip

    def _read(self, path: str) -> str:
        return read(self._root + path)

    def _cpu(self, moment: float) -> Values:
        now = parse_cpu(self._read("/proc/stat"))
        before, _ = self._since("cpu", moment, now)
        if before is None or now[3] <= before[3]:
            return {}
        return {
            name: percent(now[i] - before[i], now[3] - before[3]) for i, name in enumerate(("cpu", "iowait", "steal"))
        }

    def _memory(self, moment: float) -> Values:
        return memory_values(parse_meminfo(self._read("/proc/meminfo")))

    def _disk_space(self, moment: float) -> Values:
        # The first process sees the machine's mounts as they are, a hardened service sees its own view of them.
        text = read_or(self._root + "/proc/1/mountinfo") or self._read("/proc/self/mountinfo")
        spaces = ((point, self._spaces(point, kind)) for point, kind in parse_mountinfo(text))
        return with_mounts({point: space for point, space in spaces if space})

    def _disk_traffic(self, moment: float) -> Values:
        block = self._root + "/sys/block"
        disks = set(os.listdir(block)) if os.path.isdir(block) else None
        now = parse_diskstats(
            self._read("/proc/diskstats"),
            lambda name: (
                not _VIRTUAL_DISK.match(name) and (name in disks if disks is not None else not name[-1].isdigit())
            ),
        )
        before, seconds = self._since("disks", moment, now)
        speeds = rates(before, now, seconds) if before else []
        if not speeds:
            return {}
        return {"disk_read": round(sum(s[0] for s in speeds)), "disk_write": round(sum(s[1] for s in speeds)),
                "disk_busy": percent(max(s[2] for s in speeds), 1000)}  # fmt: skip

    def _net_traffic(self, moment: float) -> Values:
        """Of the hardware where there is any (bridges, bonds, tunnels would count it twice), else of what remains."""
        every = parse_net_dev(self._read("/proc/net/dev"))
        real = {
            name: row
            for name, row in every.items()
            if os.path.exists("%s/sys/class/net/%s/device" % (self._root, name))
        }
        return self._net(moment, real or {name: row for name, row in every.items() if not _VIRTUAL_NET.match(name)})

    def _load(self, moment: float) -> Values:
        loads = self._read("/proc/loadavg").split()
        return {"load1": float(loads[0]), "load5": float(loads[1]), "load15": float(loads[2])}

    def _temperature(self, moment: float) -> Values:
        """The hottest sensor of the processor, else the hottest thermal zone."""
        hwmon = glob.glob(self._root + "/sys/class/hwmon/hwmon*")
        paths = [
            path
            for chip in hwmon
            if read_or(chip + "/name").strip() in _CPU_SENSORS
            for path in glob.glob(chip + "/temp*_input")
        ]
        texts = (
            read_or(path).strip() for path in paths or glob.glob(self._root + "/sys/class/thermal/thermal_zone*/temp")
        )
        degrees = [int(text) / 1000 for text in texts if re.fullmatch(r"-?\d+", text)]
        believable = [value for value in degrees if -50 <= value <= 150]
        return {"temperature": round(max(believable), 1)} if believable else {}

    def _gpu(self, moment: float) -> Values:
        texts = [
            read_or(path).strip() for path in glob.glob(self._root + "/sys/class/drm/card*/device/gpu_busy_percent")
        ]
        busy = [int(text) for text in texts if text.isdigit()]
        return {"gpu": min(100, max(busy))} if busy else {}

    def _connections(self, moment: float) -> Values:
        return {"connections": parse_established(self._read("/proc/net/snmp"))}

    def _uptime(self, moment: float) -> Values:
        return {"uptime": int(float(self._read("/proc/uptime").split()[0]))}

    def processes(self, moment: float) -> List[Dict[str, Any]]:
        """The busiest and the largest. `cpu` is of one core, as top shows it, and needs two readings."""
        now: Dict[str, Process] = {}
        for pid in os.listdir(self._root + "/proc"):
            if pid.isdigit():
                path = "%s/proc/%s/stat" % (self._root, pid)
                with contextlib.suppress(*READ_ERRORS), open(path, "rb", buffering=0) as file:  # it may have ended
                    now[pid] = parse_process(file.read().decode("utf-8", "replace"))
        before, seconds = self._since("processes", moment, now)

        def cpu(pid: str) -> float:
            was = before.get(pid)
            spent = now[pid].ticks - (was.ticks if was and was.started == now[pid].started else 0)
            return round(100.0 * max(0, spent) / self._ticks / seconds, 1)

        busy = {pid: cpu(pid) for pid in now} if before is not None else {}
        busiest = sorted((pid for pid in busy if busy[pid] > 0), key=lambda pid: -busy[pid])[:TOP_PROCESSES]
        largest = sorted(now, key=lambda pid: -now[pid].resident)[:TOP_PROCESSES]
        memory = parse_meminfo(self._read("/proc/meminfo"))["MemTotal"]
        listening = {
            **parse_listeners(self._read("/proc/net/tcp")),
            **parse_listeners(read_or(self._root + "/proc/net/tcp6")),
        }
        return [
            {"name": now[pid].name, "pid": int(pid), "user": self._user(pid), "cpu": busy.get(pid),
             "memory": percent(now[pid].resident * self._page, memory), "ports": self._ports(pid, listening)}
            for pid in dict.fromkeys(busiest + largest)
        ]  # fmt: skip

    def _user(self, pid: str) -> str:
        try:
            uid = os.stat("%s/proc/%s" % (self._root, pid)).st_uid
            return pwd.getpwuid(uid).pw_name
        except OSError:
            return ""
        except KeyError:
            return str(uid)

    def _ports(self, pid: str, listening: Dict[str, int]) -> List[int]:
        """Only where the agent may look: its own processes, or all as root or with CAP_SYS_PTRACE."""
        ports = set()
        with contextlib.suppress(OSError):
            for handle in os.scandir("%s/proc/%s/fd" % (self._root, pid)):
                with contextlib.suppress(OSError):
                    ports.add(listening.get(os.readlink(handle.path)[8:-1]))  # socket:[12345]
        return sorted(port for port in ports if port)[:50]

    def killed_for_memory(self) -> Optional[int]:
        """How many processes the kernel has killed for lack of memory since boot (since Linux 4.13)."""
        found = re.search(r"^oom_kill (\d+)", read_or(self._root + "/proc/vmstat"), re.MULTILINE)
        return int(found[1]) if found else None

    def boot_id(self) -> str:
        return read_or(self._root + "/proc/sys/kernel/random/boot_id").strip()

    def facts(self) -> Dict[str, Any]:
        system = re.search(r'^PRETTY_NAME="?([^"\n]*)', read_or(self._root + "/etc/os-release"), re.MULTILINE)
        model = re.search(r"^model name\s*:\s*(.+)", read_or(self._root + "/proc/cpuinfo"), re.MULTILINE)
        booted = re.search(r"^btime (\d+)", read_or(self._root + "/proc/stat"), re.MULTILINE)
        memory = re.search(r"^MemTotal:\s+(\d+)", read_or(self._root + "/proc/meminfo"), re.MULTILINE)
        return {
            "os": system[1] if system else platform.system(), "kernel": platform.release(), "arch": platform.machine(),
            "model": model[1].strip() if model else "", "cores": os.cpu_count(), "timezone": timezone(self._root),
            "memory_bytes": int(memory[1]) * 1024 if memory else None, "boot_at": int(booted[1]) if booted else None,
        }  # fmt: skip


def timezone(root: str = "") -> str:
    target = os.path.realpath(root + "/etc/localtime")
    if "zoneinfo/" in target:
        return target.rpartition("zoneinfo/")[2]
    return read_or(root + "/etc/timezone").strip() or time.tzname[0]


# --- macOS: what its commands print. Parsed from recorded output in the tests; not run on a Mac. ---------------------


def parse_sysctl(text: str) -> Dict[str, str]:
    return {name: value.strip() for name, colon, value in (line.partition(":") for line in text.splitlines()) if colon}


def parse_top(text: str) -> Values:
    """The last of top's summaries: the first one is about the time since boot."""
    user, system = re.findall(r"CPU usage: ([\d.]+)% user, ([\d.]+)% sys", text)[-1]
    return {"cpu": percent(float(user) + float(system), 100)}


def parse_vm_stat(text: str, memory: int) -> Values:
    """Used as Activity Monitor has it: the applications' own, wired and compressed."""
    page = int(text.split("page size of ")[1].split()[0])
    pages = {
        name.strip(' "'): int(number.strip(" ."))
        for name, _, number in (line.partition(":") for line in text.splitlines()[1:])
    }
    used = (
        pages["Anonymous pages"]
        - pages["Pages purgeable"]
        + pages["Pages wired down"]
        + pages["Pages occupied by compressor"]
    )
    return {"memory": percent(used * page, memory)}


def parse_swapusage(text: str) -> Values:
    size = {"K": 1e3, "M": 1e6, "G": 1e9}
    total, used = (float(number) * size[unit] for number, unit in re.findall(r"= ([\d.]+)([KMG])", text)[:2])
    return {"swap": percent(used, total)} if total else {}


def parse_df(text: str) -> Dict[str, Dict[str, Any]]:
    """{mount: space} of `df -ki`. The sealed system volume is at /, but it is the data volume that fills up."""
    mounts: Dict[str, Dict[str, Any]] = {}
    for line in text.splitlines()[1:]:
        source, size, used, free, _, inodes_used, inodes_free, _, point = line.split(None, 8)
        system = point.startswith("/System/Volumes/") and point != "/System/Volumes/Data"
        if not (source.startswith(("/dev/", "//")) or ":/" in source) or system or int(used) + int(free) <= 0:
            continue
        inodes = int(inodes_used) + int(inodes_free)
        space: Dict[str, Any] = {"disk": percent(int(used), int(used) + int(free))}
        if inodes:
            space["inode"] = percent(int(inodes_used), inodes)
        mounts[point] = {**space, "size_bytes": int(size) * 1024, "free_bytes": int(free) * 1024}
    if "/System/Volumes/Data" in mounts:
        mounts["/"] = mounts.pop("/System/Volumes/Data")
    return mounts


def parse_netstat(text: str) -> Dict[str, Tuple[int, ...]]:
    """{interface: (bytes in, bytes out)} of `netstat -ibn`, read from the end: the address column may be empty."""
    rows = (line.split() for line in text.splitlines()[1:])
    return {
        row[0].rstrip("*"): (int(row[-5]), int(row[-2]))
        for row in rows
        if len(row) > 9 and row[2].startswith("<Link#") and row[0].startswith("en")
    }


def parse_ps(text: str) -> List[Dict[str, Any]]:
    """`ps -Aceo pid,user,%cpu,%mem,comm`: the busiest and the largest."""
    rows = [line.split(None, 4) for line in text.splitlines()[1:] if len(line.split()) >= 5]
    found = [
        {"name": row[4], "pid": int(row[0]), "user": row[1], "cpu": float(row[2]), "memory": float(row[3]), "ports": []}
        for row in rows
    ]
    top = [sorted(found, key=lambda one: -float(one[by]))[:TOP_PROCESSES] for by in ("cpu", "memory")]  # type: ignore[arg-type]
    return list({one["pid"]: one for one in top[0] + top[1]}.values())


def run(*command: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(  # nosec B603 # noqa: S603 - the system's own programs, no shell
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=8, check=True, env=environment
    )
    return done.stdout.decode("utf-8", "replace")


class Mac(Machine):
    """Readings by sysctl, vm_stat, netstat, df, top and ps, which `command` runs. No disk traffic, no temperature."""

    def __init__(self, command: Callable[..., str] = run) -> None:
        super().__init__()
        self._run = command

    def parts(self) -> List[Callable[[float], Values]]:
        return [self._cpu, self._memory, self._disk_space, self._net_traffic, self._load, self._connections]

    def _sysctl(self, *names: str) -> Dict[str, str]:
        return parse_sysctl(self._run("sysctl", *names))

    def _cpu(self, moment: float) -> Values:
        return parse_top(self._run("top", "-l", "2", "-n", "0", "-s", "1"))

    def _memory(self, moment: float) -> Values:
        known = self._sysctl("hw.memsize", "vm.swapusage")
        return {
            **parse_vm_stat(self._run("vm_stat"), int(known["hw.memsize"])),
            **parse_swapusage(known["vm.swapusage"]),
        }

    def _disk_space(self, moment: float) -> Values:
        return with_mounts(parse_df(self._run("df", "-ki")))

    def _net_traffic(self, moment: float) -> Values:
        return self._net(moment, parse_netstat(self._run("netstat", "-ibn")))

    def _load(self, moment: float) -> Values:
        known = self._sysctl("vm.loadavg", "kern.boottime")
        loads = [float(part) for part in known["vm.loadavg"].strip("{ }").split()]
        return {
            "load1": loads[0],
            "load5": loads[1],
            "load15": loads[2],
            "uptime": max(0, int(time.time()) - self._booted(known)),
        }

    def _connections(self, moment: float) -> Values:
        return {"connections": self._run("netstat", "-an", "-p", "tcp").count("ESTABLISHED")}

    @staticmethod
    def _booted(known: Dict[str, str]) -> int:
        return int(known["kern.boottime"].split("sec = ")[1].split(",")[0])

    def processes(self, moment: float) -> List[Dict[str, Any]]:
        return parse_ps(self._run("ps", "-Aceo", "pid,user,%cpu,%mem,comm"))

    def killed_for_memory(self) -> Optional[int]:
        return None

    def boot_id(self) -> str:
        return str(self._booted(self._sysctl("kern.boottime")))

    def facts(self) -> Dict[str, Any]:
        known = self._sysctl("hw.memsize", "hw.ncpu", "kern.boottime", "kern.osproductversion", "hw.model")
        return {
            "os": "macOS " + known.get("kern.osproductversion", ""),
            "kernel": platform.release(),
            "arch": platform.machine(),
            "model": known.get("hw.model", ""),
            "cores": int(known["hw.ncpu"]),
            "timezone": timezone(),
            "memory_bytes": int(known["hw.memsize"]),
            "boot_at": self._booted(known),
        }


# --- Errors: log files and the journal, thinned out -------------------------------------------------------------------


class Gate:
    """Lets an error through once in five minutes and twenty a minute in all, and says how many it held back."""

    def __init__(self, mono: Callable[[], float] = time.monotonic) -> None:
        self._mono = mono
        self._seen: Dict[Tuple[str, str], List[Any]] = {}  # alike -> [since, held back, level, message]
        self._minute: Deque[float] = collections.deque()
        self._held = 0

    def take(self, at: float, level: str, source: str, message: str, identity: str = "") -> List[Item]:
        now = self._mono()
        alike = (source, re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", message.lower())[:200])
        if alike in self._seen:
            self._seen[alike][1] += 1
            return []
        while self._minute and now - self._minute[0] >= 60:
            self._minute.popleft()
        if len(self._minute) >= ERRORS_A_MINUTE or len(self._seen) >= 1000:
            self._held += 1
            return []
        self._minute.append(now)
        self._seen[alike] = [now, 0, level, message]
        return [error_item(at, level, source, message, identity)]

    def settle(self, at: float) -> List[Item]:
        """What is to be said of those held back, once their time is over."""
        now = self._mono()
        items = []
        for alike in [alike for alike, state in self._seen.items() if now - state[0] >= REPEAT_SECONDS]:
            since, count, level, message = self._seen.pop(alike)
            if count:
                items.append(
                    error_item(at, level, alike[0], "%s (%d more in %d s)" % (message[:900], count, now - since))
                )
        if self._held and (not self._minute or now - self._minute[-1] >= 60):
            items.append(
                error_item(
                    at, "warning", "openmanager-agent", "%d further errors in the logs were not sent" % self._held
                )
            )
            self._held = 0
        return items


_ERROR = re.compile(
    r"\b(errors?|fail(ed|ure)|fatal|panic|critical|crit|emerg|alert|segfault|exception|traceback|out of memory|"
    r"oom[-_]kill\w*)\b",
    re.IGNORECASE,
)
_CRITICAL = re.compile(r"\b(fatal|panic|critical|crit|emerg|out of memory|oom[-_]kill\w*)\b", re.IGNORECASE)


class LogFile:
    """Follows one file through rotation and truncation, from where it was left (see `mark`), else from its end."""

    def __init__(self, path: str, mark: str = "") -> None:
        self.path = path
        self._file: Any = None
        self._rest = b""
        found = re.fullmatch(r"(\d+) (\d+)", mark)
        self._left: Tuple[int, Optional[int]] = (int(found[1]), int(found[2])) if found else (0, None)

    def mark(self) -> str:
        if self._file is None:
            return "" if self._left[1] is None else "%d %d" % self._left
        return "%d %d" % (os.fstat(self._file.fileno()).st_ino, self._file.tell() - len(self._rest))

    def poll(self) -> List[Tuple[str, str]]:
        """(level, line) of the new lines that speak of an error."""
        lines: List[bytes] = []
        try:
            if self._file is None:
                self._open()
            lines += self._lines()
            now, ours = os.stat(self.path), os.fstat(self._file.fileno())
            if now.st_ino != ours.st_ino or ours.st_size < self._file.tell():
                self._file.close()
                self._file, self._rest, self._left = None, b"", (0, 0)
                self._open()
                lines += self._lines()
        except FileNotFoundError:
            if self._file is None:
                self._left = (0, 0)  # when it appears, all of it is new
        except OSError:
            pass  # forbidden or going away: the next poll tries again
        texts = (line.decode("utf-8", "replace").strip() for line in lines)
        return [("critical" if _CRITICAL.search(text) else "error", text) for text in texts if _ERROR.search(text)]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115 - it stays open from poll to poll
        state = os.fstat(self._file.fileno())
        inode, offset = self._left
        same = inode in (0, state.st_ino) and offset is not None and offset <= state.st_size
        self._file.seek(offset if same else state.st_size if offset is None else 0)

    def _lines(self) -> List[bytes]:
        behind = os.fstat(self._file.fileno()).st_size - self._file.tell()
        if behind > 4 * LOG_BYTES:  # a flood: its end is what matters
            self._file.seek(-LOG_BYTES, os.SEEK_END)
            self._rest = b""
        *lines, self._rest = (self._rest + (self._file.read(LOG_BYTES) or b"")).split(b"\n")
        if len(self._rest) > LOG_BYTES:
            self._rest = b""
        return lines


class Journal:
    """Errors of systemd's journal, from a journalctl child that is read without waiting and restarted when it ends."""

    COMMAND = (
        "journalctl",
        "--follow",
        "--output=json",
        "--priority=err",
        "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT",
    )

    def __init__(self, cursor: str = "", command: Tuple[str, ...] = COMMAND) -> None:
        self.cursor = cursor
        self._command = command
        self._child: Optional[subprocess.Popen] = None
        self._rest = b""
        self._again = 0.0

    def poll(self, moment: float) -> List[Tuple[float, str, str, str, str]]:
        """(at, level, source, message, cursor) of the new entries."""
        if self._child is None and moment >= self._again:
            self._again = moment + 60
            start = ["--no-tail", "--after-cursor=" + self.cursor] if self.cursor else ["--lines=0"]
            try:
                self._child = subprocess.Popen(  # nosec B603 # noqa: S603 - journalctl, no shell
                    [*self._command, *start],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                say("the journal cannot be followed: %s" % error)
                self._again = moment + 3600
        if self._child is None or self._child.stdout is None:
            return []
        os.set_blocking(self._child.stdout.fileno(), False)
        data = b""
        with contextlib.suppress(BlockingIOError):
            while len(data) < LOG_BYTES:
                chunk = os.read(self._child.stdout.fileno(), 65_536)
                if not chunk:
                    self.close()
                    break
                data += chunk
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [entry for entry in map(self._entry, lines) if entry]

    def _entry(self, line: bytes) -> Optional[Tuple[float, str, str, str, str]]:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            row = json.loads(line.decode("utf-8", "replace"))
            message = row["MESSAGE"]
            if isinstance(message, list):  # bytes that are no text
                message = bytes(message).decode("utf-8", "replace")
            self.cursor = row["__CURSOR"]
            critical = int(row.get("PRIORITY", 3)) < 3 or _CRITICAL.search(message)
            source = row.get("_SYSTEMD_UNIT") or row.get("SYSLOG_IDENTIFIER") or "journal"
            return (
                int(row["__REALTIME_TIMESTAMP"]) / 1e6,
                "critical" if critical else "error",
                str(source),
                message,
                self.cursor,
            )
        return None

    def close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            if self._child.stdout is not None:
                self._child.stdout.close()
            self._child = None


# --- The spool --------------------------------------------------------------------------------------------------------


class InUse(Exception):
    """Another agent holds this spool."""


class Spool:
    """What is not stored at the hub yet, in SQLite: `rows` in no post so far, `posts` frozen under their numbers.

    Safe against kill -9 and loss of power (WAL with synchronous=FULL: one fsync a sample). While it cannot be written,
    items are kept in `memory`, and go to the file as soon as it can be. Methods may raise sqlite3.Error, but for `add`
    and `answer`.
    """

    def __init__(self, folder: str, most_bytes: int = SPOOL_BYTES, lock: bool = True) -> None:
        self.memory: Deque[Item] = collections.deque()
        self._most_bytes = most_bytes
        self._folder = folder
        self._mutex = threading.RLock()
        self._db: Optional[sqlite3.Connection] = None
        self._overflown: Optional[Tuple[int, int, int]] = None
        self._failing = ""
        self._lock: Any = None
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if lock:
            self._lock = open(os.path.join(folder, "lock"), "w")  # noqa: SIM115 - held as long as the agent runs
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._lock.close()
                raise InUse("another agent uses the spool in " + folder) from None

    def _open(self) -> sqlite3.Connection:
        path = os.path.join(self._folder, "spool.db")
        try:
            self._db = self._connect(path)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # OperationalError and its like: full, locked, forbidden
                raise
            aside = "%s.broken-%d" % (path, time.time())
            os.replace(path, aside)
            for rest in ("-wal", "-shm"):
                with contextlib.suppress(OSError):
                    os.remove(path + rest)
            say("the spool cannot be read (%s): moved to %s, a new one is begun" % (error, aside))
            self._db = self._connect(path)
            self.add(
                [
                    error_item(
                        time.time(), "error", "openmanager-agent", "the agent's spool was damaged; what it held is lost"
                    )
                ]
            )
        return self._db

    def _connect(self, path: str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            db.execute("pragma journal_size_limit = 1000000")
            if db.execute("pragma quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("its pages are damaged")
            db.execute("begin immediate")
            db.execute("create table if not exists meta (name text primary key, value text) without rowid")
            db.execute("create table if not exists rows (id integer primary key, kind text, at integer, body text)")
            db.execute(
                "create table if not exists posts (n integer primary key, since integer, until integer,"
                " samples integer, acknowledged integer default 0, body blob)"
            )
            db.execute("insert or ignore into meta values ('epoch', ?), ('next', '1')", (uuid.uuid4().hex[:16],))
            db.execute("commit")
        except sqlite3.Error:
            db.close()
            raise
        return db

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with self._mutex:
            db = self._db or self._open()
            db.execute("begin immediate")
            try:
                yield db
                db.execute("commit")
            finally:
                if db.in_transaction:
                    db.execute("rollback")

    def _one(self, query: str, *values: Any) -> Any:
        with self._mutex:
            row = (self._db or self._open()).execute(query, values).fetchone()
            return row[0] if row else None

    def mark(self, name: str) -> str:
        try:
            return self._one("select value from meta where name = ?", name) or ""
        except sqlite3.Error:
            return ""

    def add(self, items: List[Item], marks: Optional[Dict[str, str]] = None) -> None:
        """Keep these; with them, in the same breath, where the logs were left."""
        with self._mutex:
            self.memory.extend(items)
            try:
                with self._change() as db:
                    if self._overflown:
                        self._lose(db, *self._overflown)
                    db.executemany("insert into rows (kind, at, body) values (?, ?, ?)", self.memory)
                    db.executemany("insert or replace into meta values (?, ?)", (marks or {}).items())
                    self._trim(db)
            except (sqlite3.Error, OSError) as error:
                self._fails(error)
                while len(self.memory) > MEMORY_ITEMS:
                    at = self.memory.popleft()[1]
                    count, since, _ = self._overflown or (0, at, at)
                    self._overflown = (count + 1, since, at)
            else:
                if self._failing:
                    say("the spool can be written again")
                self._failing, self._overflown = "", None
                self.memory.clear()

    def _fails(self, error: Exception) -> None:
        if str(error) != self._failing:
            say("the spool cannot be written (%s): samples are kept in memory, %d at most" % (error, MEMORY_ITEMS))
        self._failing = str(error)
        if type(error) is sqlite3.DatabaseError and self._db is not None:  # damaged: looked at when opened again
            self._db.close()
            self._db = None

    def failing(self) -> str:
        return self._failing

    def in_memory(self) -> List[Item]:
        """What cannot be written. It waits for a writing that is under way."""
        with self._mutex:
            return list(self.memory)

    def forget(self, items: List[Item]) -> None:
        """These, kept in memory, have been delivered."""
        with self._mutex:
            for item in items:
                with contextlib.suppress(ValueError):  # written to the file meanwhile
                    self.memory.remove(item)

    def _trim(self, db: sqlite3.Connection) -> None:
        if db.execute("select count(*) from rows").fetchone()[0] > 2 * MOST_A_POST["sample"]:
            self._freeze(db, newest=False)  # the hub is away: packed, a post takes a tenth of the room

        def used() -> int:
            pages, free, size = (
                db.execute("pragma " + name).fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)

        if used() <= self._most_bytes:
            return
        while used() > self._most_bytes * 0.98:
            oldest = db.execute("select n, samples, since, until from posts order by n limit 1").fetchone()
            if oldest:
                self._lose(db, *oldest[1:])
                db.execute("delete from posts where n = ?", oldest[:1])
                continue
            row = db.execute("select id, at from rows order by id limit 1").fetchone()
            if not row:
                return
            self._lose(db, 1, row[1], row[1])
            db.execute("delete from rows where id = ?", row[:1])

    def _lose(self, db: sqlite3.Connection, count: int, since: int, until: int) -> None:
        """Remember what had to be dropped, until it can be told."""
        row = db.execute("select value from meta where name = 'lost'").fetchone()
        before = json.loads(row[0]) if row else [0, since, until]
        now = [before[0] + count, min(before[1], since), max(before[2], until)]
        db.execute("insert or replace into meta values ('lost', ?)", (_ENCODE(now),))

    def freeze(self, newest: bool, at: float) -> Tuple[Optional[int], bool]:
        """Give the newest (or oldest) rows a number. (The number, or None for no rows; whether more rows are left.)"""
        with self._change() as db:
            lost = db.execute("select value from meta where name = 'lost'").fetchone()
            if lost:
                count, since, until = json.loads(lost[0])
                text = "%d samples taken from %s to %s were dropped before the hub had stored them" % (
                    count,
                    _utc(since),
                    _utc(until),
                )
                say(text)
                db.execute(
                    "insert into rows (kind, at, body) values (?, ?, ?)",
                    error_item(at, "error", "openmanager-agent", text),
                )
                db.execute("delete from meta where name = 'lost'")
            return self._freeze(db, newest), bool(db.execute("select 1 from rows limit 1").fetchone())

    def _freeze(self, db: sqlite3.Connection, newest: bool) -> Optional[int]:
        rows: List[Tuple[int, str, int, str]] = []
        bodies: Dict[str, List[str]] = {kind: [] for kind in MOST_A_POST}
        size = 0
        for row in db.execute("select id, kind, at, body from rows order by id * ?", (-1 if newest else 1,)):
            size += len(row[3])
            if rows and (size > POST_BYTES or len(bodies[row[1]]) >= MOST_A_POST[row[1]]):
                break
            rows.append(row)
            bodies[row[1]].append(row[3])
        if not rows:
            return None
        ids, times = [row[0] for row in rows], [row[2] for row in rows]
        texts = [
            '"%ss":[%s]' % (kind, ",".join(reversed(some) if newest else some)) for kind, some in bodies.items() if some
        ]
        content = zlib.compress(("{" + ",".join(texts) + "}").encode(), 6)
        n = int(db.execute("select value from meta where name = 'next'").fetchone()[0])
        db.execute(
            "insert into posts (n, since, until, samples, body) values (?, ?, ?, ?, ?)",
            (n, min(times), max(times), len(bodies["sample"]), content),
        )
        db.execute("delete from rows where id between ? and ?", (min(ids), max(ids)))
        db.execute("update meta set value = ? where name = 'next'", (str(n + 1),))
        return n

    def waiting(self) -> Optional[int]:
        """The oldest post that the hub has not acknowledged, or wants again."""
        return self._one("select n from posts where not acknowledged order by n limit 1")

    def post(self, n: int) -> Optional[Tuple[str, Dict[str, Any]]]:
        """What was frozen, and how it is numbered now: `floor`, the oldest post held, rises as posts are stored."""
        with self._mutex:
            body = self._one("select body from posts where n = ?", n)
            if body is None:
                return None  # trimmed meanwhile
            epoch, floor = (
                self._one("select value from meta where name = 'epoch'"),
                self._one("select min(n) from posts"),
            )
            return zlib.decompress(body).decode(), {"epoch": epoch, "n": n, "floor": floor}

    def answer(self, n: int, stored: Any, resend: Any, spared: Any = ()) -> bool:
        """The hub took post n. Drop what it has stored, make ready what it wants again (but for those `spared`).

        False when that could not be written down.
        """
        try:
            with self._change() as db:
                db.execute("update posts set acknowledged = 1 where n = ?", (n,))
                if type(stored) is int:
                    if stored >= int(db.execute("select value from meta where name = 'next'").fetchone()[0]):
                        self._begin_anew(db)
                        return True
                    db.execute("delete from posts where n <= ?", (stored,))
                for pair in resend if isinstance(resend, list) else ():
                    if isinstance(pair, list) and len(pair) == 2 and all(type(end) is int for end in pair):
                        wanted = db.execute(
                            "select n from posts where acknowledged and n between ? and ?", pair
                        ).fetchall()
                        db.executemany(
                            "update posts set acknowledged = 0 where n = ?",
                            [one for one in wanted if one[0] not in spared],
                        )
            return True
        except sqlite3.Error as error:
            self._fails(error)
            return False

    def _begin_anew(self, db: sqlite3.Connection) -> None:
        """The hub has stored numbers we never gave: this spool is an old copy, and its numbers are taken."""
        held = [row[0] for row in db.execute("select n from posts order by n").fetchall()]
        db.execute("update posts set n = -n, acknowledged = 0")
        db.executemany("update posts set n = ? where n = ?", [(index + 1, -n) for index, n in enumerate(held)])
        db.execute("update meta set value = ? where name = 'epoch'", (uuid.uuid4().hex[:16],))
        db.execute("update meta set value = ? where name = 'next'", (str(len(held) + 1),))
        say("the hub knows later posts than this spool, which must be an old copy: numbering begins anew")

    def drop(self, n: int) -> None:
        """A post the hub will never take."""
        with self._change() as db:
            row = db.execute("select samples, since, until from posts where n = ?", (n,)).fetchone()
            if row:
                self._lose(db, *row)
                db.execute("delete from posts where n = ?", (n,))

    def expire(self, before: float) -> None:
        """Posts wholly from before this time: the hub takes nothing older than seven days."""
        with self._change() as db:
            for n, samples, since, until in db.execute(
                "select n, samples, since, until from posts where until < ?", (before,)
            ).fetchall():
                self._lose(db, samples, since, until)
                db.execute("delete from posts where n = ?", (n,))

    def close(self) -> None:
        with self._mutex:
            if self._db is not None:
                self._db.close()
                self._db = None
            if self._lock is not None:
                self._lock.close()


def _utc(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


# --- The hub ----------------------------------------------------------------------------------------------------------


class Reply(NamedTuple):
    """Status 0: the hub was not reached, or something else answered in its place."""

    status: int
    document: Dict[str, Any]
    reason: str
    retry_after: float = 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """The key goes to the hub that was named and nowhere else."""


class Hub:
    """POSTs to one hub, with a time-out over all of an exchange. Proxies are the environment's (urllib's rules)."""

    def __init__(self, url: str, key: Callable[[], str], timeout: float = 10.0) -> None:
        self.url = url.rstrip("/") + "/api/ingest"
        self._key = key
        self._timeout = timeout
        self._twin: Optional[socket.socket] = None
        self._deadline = 0.0
        hub = self

        class Plain(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                hub._twin = self.sock.dup()  # TLS takes the socket's handle away; this one can still end the connection
                if time.monotonic() > hub._deadline:  # looking up the name took all the time there was
                    raise socket.timeout("timed out")

        class Secure(http.client.HTTPSConnection, Plain):
            pass

        class PlainHandler(urllib.request.HTTPHandler):
            def http_open(self, request: urllib.request.Request) -> Any:
                return self.do_open(Plain, request)

        class SecureHandler(urllib.request.HTTPSHandler):
            def https_open(self, request: urllib.request.Request) -> Any:
                return self.do_open(Secure, request, context=context)

        context = ssl.create_default_context() if url.startswith("https:") else None
        self._opener = urllib.request.build_opener(PlainHandler, SecureHandler, _NoRedirect)

    def post(self, body: str, timeout: Optional[float] = None) -> Reply:
        patience = timeout or self._timeout
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "User-Agent": AGENT}
        request = urllib.request.Request(  # noqa: S310 - the opener below knows http and https only
            self.url, gzip.compress(body.encode(), 6), headers, method="POST"
        )
        self._deadline = time.monotonic() + patience
        watchdog = threading.Timer(patience, self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            request.add_unredirected_header("Authorization", "Bearer " + self._key())
            try:
                with self._opener.open(request, timeout=min(5.0, patience)) as answer:
                    return self._read(answer.status, answer.headers, answer.read(1_000_000))
            except urllib.error.HTTPError as error:
                with error:
                    return self._read(error.code, error.headers, error.read(1_000_000))
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = "" if watchdog.is_alive() else " (cut off after %g s)" % patience
            return Reply(0, {}, "%s%s" % (getattr(error, "reason", None) or error or type(error).__name__, late))
        finally:
            watchdog.cancel()
            self._forget()

    def _cut(self) -> None:
        twin = self._twin
        if twin is not None:
            with contextlib.suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()

    @staticmethod
    def _read(status: int, headers: Any, body: bytes) -> Reply:
        if 300 <= status < 400:
            return Reply(status, {}, "answered %d: it has moved to %s" % (status, headers.get("Location")))
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        spoken = isinstance(document, dict) and (
            "next" in document if status < 400 else "problem+json" in headers.get("Content-Type", "")
        )
        if not spoken and (status < 400 or status in (400, 413, 422)):
            return Reply(0, {}, "answered %d, but not as the hub does: is a proxy or another site in between?" % status)
        detail = str((document or {}).get("detail", ""))[:300] if isinstance(document, dict) else ""
        return Reply(
            status,
            document if isinstance(document, dict) else {},
            ("answered %d: %s" % (status, detail)).rstrip(": "),
            _seconds(headers.get("Retry-After")),
        )


def _seconds(retry_after: Optional[str]) -> float:
    """Of a Retry-After header in either form; at most five minutes."""
    if not retry_after:
        return 0.0
    if retry_after.strip().isdigit():
        return min(300.0, float(retry_after))
    when = email.utils.parsedate(retry_after)
    return min(300.0, max(0.0, calendar.timegm(when) - time.time())) if when else 0.0


def _whole(value: Any, low: int, high: int, otherwise: int) -> int:
    return max(low, min(high, value)) if type(value) is int else otherwise


class Sender:
    """Decides what to post and when. `step` does at most one post and says how long to wait for the next."""

    def __init__(
        self,
        spool: Spool,
        hub: Hub,
        name: str,
        envelope: Callable[[bool], Dict[str, Any]],
        mono: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._spool, self._hub, self._name, self._envelope = spool, hub, name, envelope
        self._mono, self._wall, self._chance = mono, wall, chance
        self.sample_every, self.post_every = SAMPLE_EVERY, POST_EVERY
        self.limits: Dict[str, float] = {}
        self.failures = 0
        self._live_at = mono()
        self._live_posted = self._posted = self._not_before = float("-inf")
        self._sent: Dict[int, float] = {}
        self._was_live = False
        self._left = False  # rows older than the live post's are in no post yet
        self._trouble = self._refused = ""
        self.accepted = 0

    def urgent(self) -> None:
        """A value has crossed its limit: the live post comes now, but ten seconds after the last at the earliest."""
        self._live_at = min(self._live_at, max(self._mono(), self._live_posted + URGENT_GAP))

    def step(self) -> float:
        now = self._mono()
        ready = max(self._not_before, self._posted + POST_GAP)
        if now < ready:
            return ready - now
        try:
            if self._spool.in_memory():
                return self._step_without_spool(now)
            n, live = self._choose(now)
            if n is None:
                return max(0.0, self._live_at - now)
            self._send(n, live)
        except sqlite3.Error as error:
            say("the spool: %s" % error)
            self._not_before = self._mono() + 5
        return max(0.0, max(self._not_before, self._posted + POST_GAP) - self._mono())

    def finish(self, patience: float) -> None:
        """The last post of a stopping agent; what it cannot deliver waits in the spool."""
        if not self.failures and not self._spool.in_memory():
            with contextlib.suppress(sqlite3.Error):
                n, _ = self._spool.freeze(True, self._wall())
                if n is not None:
                    self._send(n, True, patience)

    def _choose(self, now: float) -> Tuple[Optional[int], bool]:
        """While the hub is away, the oldest attempt serves as the probe. Then what is live, then the backlog.

        Where live posts are due every second, the backlog has every other.
        """
        n = self._spool.waiting()
        if self.failures and n is not None:
            return n, False
        if now >= self._live_at and not (self._was_live and n is not None):
            self._was_live = True
            self._live_posted = now
            self._plan(now)
            live, self._left = self._spool.freeze(True, self._wall())
            if live is not None:
                return live, True
        self._was_live = False
        if n is None and self._left:
            n, self._left = self._spool.freeze(False, self._wall())
        return n, False

    def _plan(self, now: float) -> None:
        """The next turn: servers of one hub spread over the period by their names."""
        offset = zlib.crc32(self._name.encode()) % self.post_every
        self._live_at = now + self.post_every - (self._wall() - offset) % self.post_every

    def body(self, content: str, live: bool, post: Optional[Dict[str, Any]] = None) -> str:
        """What is true now (the clock, the numbers, facts and processes) around what was frozen."""
        head = {
            "server": self._name,
            "agent": AGENT,
            "sent_at": round(self._wall(), 3),
            **({"post": post} if post else {}),
        }
        return _ENCODE({**head, **self._envelope(live)})[:-1] + "," + content[1:]

    def _send(self, n: int, live: bool, patience: Optional[float] = None) -> None:
        post = self._spool.post(n)
        if post is None:
            return
        reply = self._hub.post(self.body(post[0], live, post[1]), patience)
        self._posted = self._sent[n] = self._mono()
        if reply.status in (400, 413, 422):
            say("post %d is dropped: the hub %s" % (n, reply.reason))
            self._spool.drop(n)
            self._recovered()
        elif self._taken(reply):
            told = reply.document["next"]
            self._sent = {k: at for k, at in self._sent.items() if self._posted - at < RESEND_GAP}
            if not self._spool.answer(n, told.get("stored"), told.get("resend"), self._sent):
                self._not_before = self._posted + 20  # it would go out again at once
            hubs_time = told.get("time")
            # A clock that is far from the hub's must not decide what is too old.
            if type(hubs_time) in (int, float) and abs(hubs_time - self._wall()) < 86_400:
                self._spool.expire(hubs_time - SPOOL_SECONDS)

    def _step_without_spool(self, now: float) -> float:
        """The spool cannot be written: the hub still hears of this machine, in posts without a number."""
        if now < self._live_at and not self.failures:
            return self._live_at - now
        self._plan(now)
        items, why = self._spool.in_memory()[-MOST_A_POST["event"] :], self._spool.failing()
        told = error_item(
            self._wall(), "error", "openmanager-agent", "the agent's spool cannot be written: " + why, why
        )
        kinds = {kind: [body for a_kind, _, body in [*items, told] if a_kind == kind] for kind in MOST_A_POST}
        content = (
            "{" + ",".join('"%ss":[%s]' % (kind, ",".join(bodies)) for kind, bodies in kinds.items() if bodies) + "}"
        )
        reply = self._hub.post(self.body(content, True))
        self._posted = self._mono()
        if reply.status in (400, 413, 422) or self._taken(reply):
            self._spool.forget(items)
        return max(self._not_before, self._live_at) - self._mono()

    def _taken(self, reply: Reply) -> bool:
        """Reads the answer: adopts what it says comes next, or backs off."""
        if 200 <= reply.status < 300:
            told = reply.document["next"] = reply.document["next"] if isinstance(reply.document["next"], dict) else {}
            self.sample_every = _whole(told.get("sample_every"), 1, 300, self.sample_every)
            every = _whole(told.get("post_every"), 1, 86_400, self.post_every)
            if every != self.post_every:
                self.post_every = every
                self._plan(self._mono())
            limits = told.get("limits")
            if isinstance(limits, dict):
                self.limits = {name: limit for name, limit in limits.items() if type(limit) in (int, float)}
            self._note_refused(reply.document.get("rejected"))
            self.accepted += 1
            self._recovered()
            return True
        self.failures += 1
        only_a_person_helps = 300 <= reply.status < 500 and reply.status not in (408, 425, 429)
        pause = SLOW_RETRY if only_a_person_helps else min(20.0, 5.0 * 2 ** min(self.failures - 1, 10))
        self._not_before = self._mono() + max(
            pause * (0.75 + 0.5 * self._chance()), reply.retry_after * (1 + 0.2 * self._chance())
        )
        if reply.reason != self._trouble:
            say("%s: %s; samples are kept in the spool meanwhile" % (self._hub.url, reply.reason))
        self._trouble = reply.reason
        return False

    def _note_refused(self, refused: Any) -> None:
        """Into the log, but each reason only until another comes: a wrong clock would be told at every post."""
        for one in refused[:3] if isinstance(refused, list) else ():
            reason = str(one.get("reason"))[:300] if isinstance(one, dict) else str(one)[:300]
            if re.sub(r"\d", "", reason) != self._refused:
                self._refused = re.sub(r"\d", "", reason)
                say("the hub refused a part of a post: %s" % reason)

    def _recovered(self) -> None:
        if self.failures:
            say("the hub answers again")
            self._live_at, self._was_live = self._mono(), False  # what is true now goes first
        self.failures, self._trouble = 0, ""


# --- The agent --------------------------------------------------------------------------------------------------------


class Agent:
    """Samples on the main thread and sends on another, so that a hub that hangs delays no reading."""

    def __init__(
        self,
        machine: Any,
        spool: Spool,
        hub: Hub,
        options: Any,
        mono: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._machine, self._spool, self._mono, self._wall = machine, spool, mono, wall
        self.sender = Sender(spool, hub, options.name, self._envelope, mono, wall)
        self._gate = Gate(mono)
        self._logs = [LogFile(path, spool.mark("log:" + path)) for path in options.log]
        self._journal = Journal(spool.mark("journal")) if options.journal else None
        self._facts = facts_of(machine, options)
        self._facts_told, self._accepted_then = float("-inf"), 0
        self._processes_at = float("-inf")
        self._processes: List[Dict[str, Any]] = []
        self._values: Values = {}
        self._killed = machine.killed_for_memory()
        self._wakes = threading.Event()
        self._stopping = False
        self._pipe = os.pipe()

    def stop(self, *_: Any) -> None:
        """Also a signal handler: it takes no lock."""
        self._stopping = True
        self._rouse()

    def _rouse(self) -> None:
        """The pause before the next sample is over, or is to be reckoned anew."""
        os.write(self._pipe[1], b".")

    def run(self, warm_up: float = 1.0) -> None:
        with contextlib.suppress(*READ_ERRORS):
            self._note_reboot()
        self._machine.sample(self._mono())
        with contextlib.suppress(*READ_ERRORS):
            self._machine.processes(self._mono())
        sender = threading.Thread(target=self._send, name="sender", daemon=True)
        pause = warm_up
        while not self._stopping:
            if select.select([self._pipe[0]], [], [], pause)[0]:
                os.read(self._pipe[0], 64)
            else:
                self.tick()
                if not sender.is_alive():
                    sender.start()
            pause = self._until_next()
        self._wakes.set()
        if sender.is_alive():
            sender.join(3.0)
        for source in [*self._logs, *([self._journal] if self._journal else [])]:
            source.close()
        if not sender.is_alive():
            self._spool.close()

    def _until_next(self) -> float:
        """Samples fall on whole multiples of their period, whatever the clock does meanwhile."""
        every = self.sender.sample_every
        pause = every - self._wall() % every
        return pause if pause >= every / 2 else pause + every

    def _note_reboot(self) -> None:
        boot, before = self._machine.boot_id(), self._spool.mark("boot")
        booted = self._facts.get("boot_at") or self._wall()
        recent = self._wall() - booted < SPOOL_SECONDS - 3600
        rebooted = (
            [event_item(booted, "reboot", "Rebooted, kernel " + str(self._facts.get("kernel")), "reboot-" + boot[:60])]
            if before and boot != before and recent
            else []
        )
        self._spool.add(rebooted, {"boot": boot})

    def tick(self) -> None:
        """One sample, and whatever else has happened, into the spool."""
        moment, at = self._mono(), round(self._wall())
        values = self._machine.sample(moment)
        items: List[Item] = [("sample", at, _ENCODE({"at": at, **values}))] if values else []
        items += self._happened(moment, at)
        marks = {"log:" + log.path: log.mark() for log in self._logs}
        if self._journal and self._journal.cursor:
            marks["journal"] = self._journal.cursor
        self._spool.add(items, marks)
        if moment - self._processes_at >= min(PROCESSES_EVERY, max(self.sender.post_every, SAMPLE_EVERY)) - 1:
            self._processes_at = moment
            with contextlib.suppress(*READ_ERRORS):
                self._processes = self._machine.processes(moment)
        if any(
            values.get(name, -1) >= limit > self._values.get(name, -1) for name, limit in self.sender.limits.items()
        ):
            self.sender.urgent()
            self._wakes.set()
        self._values = values

    def _happened(self, moment: float, at: int) -> List[Item]:
        items: List[Item] = []
        killed = self._machine.killed_for_memory()
        if killed is not None and self._killed is not None and killed > self._killed:
            count = killed - self._killed
            items.append(
                event_item(at, "oom", "%d process%s killed for lack of memory" % (count, "" if count == 1 else "es"))
            )
        self._killed = killed
        for log in self._logs:
            for level, line in log.poll():
                items += self._gate.take(at, level, log.path, line)
        for entry in self._journal.poll(moment) if self._journal else ():
            items += self._gate.take(*entry)
        return items + self._gate.settle(at)

    def _envelope(self, live: bool) -> Dict[str, Any]:
        """Facts now and then, processes while they are fresh; both speak of now, so a backlog does not carry them."""
        if not live:
            return {}
        extra: Dict[str, Any] = {}
        if self._mono() - self._facts_told >= FACTS_EVERY or self.sender.accepted == self._accepted_then:
            self._facts_told, self._accepted_then = self._mono(), self.sender.accepted
            extra["host"] = self._facts
        processes, self._processes = self._processes, []
        return {**extra, "processes": processes} if processes else extra

    def _send(self) -> None:
        while not self._stopping:
            every = self.sender.sample_every
            try:
                pause = self.sender.step()
            except Exception as error:  # noqa: BLE001 - nothing may end the sender
                say("posting failed: %s: %s" % (type(error).__name__, error))
                pause = 20.0
            if self.sender.sample_every != every:
                self._rouse()  # somebody watches now, or no longer
            self._wakes.wait(pause)
            self._wakes.clear()
        self.sender.finish(2.0)


def facts_of(machine: Any, options: Any) -> Dict[str, Any]:
    try:
        facts = machine.facts()
    except READ_ERRORS as error:
        say("the facts of this machine cannot be read: %s" % error)
        facts = {"os": platform.system(), "kernel": platform.release()}
    facts.update(tags=options.tags, group=options.group)
    return {name: value for name, value in facts.items() if value}


def once(machine: Any, options: Any, pause: float = 1.0) -> str:
    """What a post of this moment would be, but for the number that a running agent gives it."""
    machine.sample(time.monotonic())
    machine.processes(time.monotonic())
    time.sleep(pause)
    at, moment = int(time.time()), time.monotonic()
    head = {
        "server": options.name,
        "agent": AGENT,
        "sent_at": round(time.time(), 3),
        "host": facts_of(machine, options),
    }
    return _ENCODE({**head, "processes": machine.processes(moment), "samples": [{"at": at, **machine.sample(moment)}]})


def send_event(kind: str, title: str, options: Any, hub: Optional[Hub]) -> str:
    """Hand a marker to the agent that runs here, else to the hub itself. Says which; OSError when neither took it."""
    item = event_item(time.time(), kind, title)
    if os.path.exists(os.path.join(options.data, "spool.db")):
        try:
            Spool(options.data).close()  # nobody runs
        except InUse:
            spool = Spool(options.data, lock=False)
            spool.add([item])
            if not spool.failing():
                return "handed to the running agent, which posts it at its next turn"
        except OSError:
            pass  # not ours to read: a user marks a deploy with a key of their own
    if hub is None:
        raise OSError("no agent runs here, and no hub and key are given to send it to")
    head = {"server": options.name, "agent": AGENT, "sent_at": round(time.time(), 3)}
    reply = hub.post(_ENCODE(head)[:-1] + ',"events":[%s]}' % item[2])
    if not 200 <= reply.status < 300:
        raise OSError("%s: %s" % (hub.url, reply.reason))
    return "sent"


# --- Settings and the command line ------------------------------------------------------------------------------------


class BadSetting(Exception):
    """A setting that is missing or wrong, in words for the person who started the agent."""


ONE, MANY = ("hub", "key", "key_file", "name", "group", "data", "journal"), ("tag", "log")


def read_config(text: str) -> Dict[str, Any]:
    found: Dict[str, Any] = {name: [] for name in MANY}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals or name not in ONE + MANY:
            raise BadSetting('line %d of the configuration: "%s" is none of %s' % (number, name, ", ".join(ONE + MANY)))
        if name in MANY:
            found[name].append(value)
        else:
            found[name] = value
    return found


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="agent.py",
        description="The OpenManager Vibe agent. Without --once or --event it runs until it is stopped.",
    )
    made.add_argument("--hub", metavar="URL", help="where the product is (or OPENMANAGER_URL)")
    made.add_argument(
        "--key",
        help="the agent key; others on this machine can see it here, so rather use --key-file or OPENMANAGER_KEY",
    )
    made.add_argument("--key-file", metavar="FILE", help="a file that holds the agent key; it is read at every post")
    made.add_argument("--name", help="the server's name (default: the host name)")
    made.add_argument("--group", help="the group it belongs to")
    made.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE", help="may be given several times")
    made.add_argument(
        "--data", metavar="FOLDER", help="where the spool is (default: /var/lib/openmanager-agent for root)"
    )
    made.add_argument(
        "--log",
        action="append",
        default=[],
        metavar="FILE",
        help="report the errors in this log; may be given several times",
    )
    made.add_argument("--journal", action="store_true", help="report the errors in systemd's journal")
    made.add_argument(
        "--config", metavar="FILE", help="a file of `name = value` lines (default: /etc/openmanager-agent.conf)"
    )
    made.add_argument("--once", action="store_true", help="print what would be posted, and end")
    made.add_argument(
        "--event", nargs=2, metavar=("KIND", "TITLE"), help='mark an event, like --event deploy "api v2.4.1"'
    )
    made.add_argument("--version", action="version", version=VERSION)
    return made


def settle(given: argparse.Namespace, environment: Any) -> argparse.Namespace:
    """The command line before the environment before the configuration before what is usual."""
    usual = "/etc/openmanager-agent.conf"
    try:
        config = read_config(read(given.config or usual))
    except OSError as error:
        if given.config or not isinstance(error, FileNotFoundError):
            say("the configuration is not read: %s" % error)
        if given.config:
            raise BadSetting(str(error)) from None
        config = read_config("")
    given.hub = given.hub or environment.get("OPENMANAGER_URL") or config.get("hub") or ""
    given.key = given.key or ("" if given.key_file else environment.get("OPENMANAGER_KEY") or config.get("key") or "")
    given.key_file = given.key_file or ("" if given.key else config.get("key_file") or "")
    given.name = given.name or config.get("name") or socket.gethostname()
    given.group = given.group or config.get("group") or ""
    given.log = given.log or config["log"]
    given.journal = given.journal or config.get("journal", "no").lower() in ("yes", "true", "1", "on")
    if given.hub and not re.match(r"https?://[^/]", given.hub):
        raise BadSetting('the hub is given as https://..., not "%s"' % given.hub)
    tags = [tag.partition("=") for tag in given.tag or config["tag"]]
    if not all(name.strip() and value.strip() for name, _, value in tags):
        raise BadSetting("a tag is given as name=value")
    given.tags = {name.strip(): value.strip() for name, _, value in tags}
    home = environment.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    given.data = (
        given.data
        or config.get("data")
        or ("/var/lib/openmanager-agent" if os.geteuid() == 0 else os.path.join(home, "openmanager-agent"))
    )
    return given


def hub_of(options: argparse.Namespace) -> Hub:
    def key() -> str:
        text = options.key or read(options.key_file).strip()
        if not re.fullmatch(r"[!-~]+", text):
            raise ValueError("the agent key is empty or holds characters that no key has")
        return text

    if not options.hub:
        raise BadSetting("say where the hub is: --hub https://..., or OPENMANAGER_URL")
    if not options.key and not options.key_file:
        raise BadSetting("an agent key is needed: --key-file FILE, OPENMANAGER_KEY, or --key")
    try:
        key()
    except (OSError, ValueError) as error:
        raise BadSetting(str(error)) from None
    if re.match(r"http://(?!127\.|localhost|\[::1\])", options.hub):
        say("%s is not encrypted: the key can be read on the way" % options.hub)
    return Hub(options.hub, key)


def main(arguments: Optional[List[str]] = None) -> int:
    try:
        options = settle(parser().parse_args(arguments), os.environ)
        machine: Any = Mac() if sys.platform == "darwin" else Linux()
        if options.once:
            print(once(machine, options))
            return 0
        os.umask(0o077)
        if options.event:
            reachable = options.hub and (options.key or options.key_file)
            print(send_event(options.event[0], options.event[1], options, hub_of(options) if reachable else None))
            return 0
        hub = hub_of(options)
        agent = Agent(machine, Spool(options.data), hub, options)
    except (BadSetting, InUse, OSError) as error:
        say(str(error))
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, agent.stop)
    say("%s reports to %s as %s, spool in %s" % (VERSION, options.hub, options.name, options.data))
    agent.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
