"""What Telegraf's and Glances' measurements are in our metrics. Other measurements are kept under their own names.

Names as in Telegraf's input plugins (cpu, mem, swap, disk, diskio, net, system, temp, sensors, kernel, processes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from lib.domain.metrics import MAX_NAME
from lib.monitoring.collectors.gathering import Gathered, Plan, plan_of

SKIPPED_FILE_SYSTEMS = frozenset({
    "tmpfs", "devtmpfs", "overlay", "squashfs", "iso9660", "aufs", "ramfs", "devfs", "nsfs", "fuse.lxcfs", "autofs",
    "proc", "sysfs", "cgroup", "cgroup2",
})  # fmt: skip
SKIPPED_MOUNTS = re.compile(r"/(?:boot/efi|dev|proc|sys|run|snap)(?:/|$)|/var/lib/(?:docker|containers|kubelet)/")
SKIPPED_NETS = re.compile(r"lo\d*$|all$|veth|docker|br-|virbr|cni|flannel|cali|tun|tap|dummy|ifb|kube|vnet")
SKIPPED_DISKS = re.compile(r"loop|ram|zram|sr\d|fd\d|dm-|md\d")
PARTITION = re.compile(r"(?:[shv]d[a-z]+|xvd[a-z]+)\d+$|(?:nvme\d+n\d+|mmcblk\d+)p\d+$")
_SYSTEM = dict.fromkeys(("load1", "load5", "load15", "uptime"))
_NAME = re.compile(r"[^A-Za-z0-9_]+")
MOST_PIECE = 40  # characters of a custom metric's name


def is_disk(name: str) -> bool:
    """A whole disk, and neither a part of one nor something laid over it: else its traffic would count twice."""
    return not SKIPPED_DISKS.match(name) and not PARTITION.match(name)


def is_network(name: str) -> bool:
    return not SKIPPED_NETS.match(name)


def is_mount(path: str, file_system: str = "") -> bool:
    return file_system not in SKIPPED_FILE_SYSTEMS and not SKIPPED_MOUNTS.match(path)


class Point(NamedTuple):
    """The values of a measurement at one moment. `identity` is the measurement and its tags, as they were written."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    at: float
    identity: bytes


type Keeper = Callable[[Gathered, str, Point], bool]  # whether it knew what the point is


class Row(NamedTuple):
    """Fields that come together: their names, the plan of them as custom metrics (or as metrics), and who is asked
    first."""

    names: tuple[str, ...]
    plan: Plan
    keeper: Keeper | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement with its tags: whose it is, and what becomes of its fields."""

    measurement: str
    tags: dict[str, str]
    identity: bytes
    server: str
    keeper: Keeper | None

    @classmethod
    def of(cls, measurement: str, tags: dict[str, str], identity: bytes) -> Measured:
        server = next((tags[name] for name in ("host", "hostname", "server", "instance") if tags.get(name)), "")
        return cls(measurement, tags, identity, server, _KEEPERS.get(measurement))

    def row(self, names: tuple[str, ...]) -> Row:
        """What becomes of fields that come together."""
        if self.keeper is _system and set(names) <= _SYSTEM.keys():
            return Row(names, plan_of(names), None)
        return Row(names, plan_of(tuple(map(self._series, names))), self.keeper)

    def _series(self, field: str) -> str:
        """The custom metric that a field is: `measurement.field`, and behind it what tags besides the host say."""
        base = clean(self.measurement)
        if not base[:1].isalpha():
            base = f"m_{base}"
        rest = (clean(self.tags[name]) for name in sorted(self.tags) if name not in {"host", "hostname", "server"})
        return series_of(f"{base}.{clean(field)}", rest)

    def keep(self, gathered: Gathered, at: float, row: Row, values: list[float]) -> None:
        """The values of a row's fields at one moment."""
        server = gathered.server(self.server)
        if server is None:
            return
        if row.keeper is not None:
            point = Point(self.measurement, self.tags, dict(zip(row.names, values, strict=True)), at, self.identity)
            if row.keeper(gathered, server, point):
                return
        gathered.values(server, at, row.plan, values)


def _cpu(gathered: Gathered, server: str, point: Point) -> bool:
    fields, which = point.fields, point.tags.get("cpu", "cpu-total")
    if which != "cpu-total":
        return "usage_idle" in fields or "time_idle" in fields  # the sum says it all
    if "usage_idle" in fields:
        waiting, stolen = fields.get("usage_iowait", 0.0), fields.get("usage_steal", 0.0)
        gathered.value(server, point.at, "cpu", _share(100 - fields["usage_idle"] - waiting - stolen))
        for metric, field in (("iowait", "usage_iowait"), ("steal", "usage_steal")):
            if field in fields:
                gathered.value(server, point.at, metric, _share(fields[field]))
        return True
    return False


def _memory(gathered: Gathered, server: str, point: Point) -> bool:
    fields = point.fields
    if fields.get("total") and "available" in fields:
        gathered.value(server, point.at, "memory", _share(100 * (1 - fields["available"] / fields["total"])))
    elif "used_percent" in fields:
        gathered.value(server, point.at, "memory", _share(fields["used_percent"]))
    elif "percent" in fields:  # Glances
        gathered.value(server, point.at, "memory", _share(fields["percent"]))
    else:
        return False
    if fields.get("total"):
        gathered.host(server, memory_bytes=int(fields["total"]))
    return True


def _swap(gathered: Gathered, server: str, point: Point) -> bool:
    fields = point.fields
    if fields.get("total") == 0 or ("in" in fields and "used_percent" not in fields):
        return True  # there is none; what is moved is no share
    for field in ("used_percent", "percent"):
        if field in fields:
            gathered.value(server, point.at, "swap", _share(fields[field]))
            return True
    return False


def _disk(gathered: Gathered, server: str, point: Point) -> bool:
    fields, tags = point.fields, point.tags
    mount = tags.get("path") or tags.get("mnt_point") or ""
    if not mount or not ({"used", "used_percent"} & fields.keys()):
        return False
    if not is_mount(mount, tags.get("fstype", "")):
        return True
    if "used" in fields and "free" in fields:
        pieces = {"used": fields["used"], "available": fields["free"], "size": fields.get("total")}
        if "inodes_total" in fields and "inodes_free" in fields:
            pieces |= {"files": fields["inodes_total"], "files_free": fields["inodes_free"]}
        for name, value in pieces.items():
            if value is not None:
                gathered.component(server, point.at, f"fs.{name}:{mount}", value, point.identity)
    elif "used_percent" in fields:
        gathered.value(server, point.at, f"disk:{mount}", _share(fields["used_percent"]))
    else:
        return False
    return True


def _diskio(gathered: Gathered, server: str, point: Point) -> bool:
    fields, name = point.fields, point.tags.get("name", "")
    if not {"read_bytes", "write_bytes", "io_time"} & fields.keys():
        return False
    if not is_disk(name):
        return True
    for component, field, scale in (
        ("io.read", "read_bytes", 1.0), ("io.write", "write_bytes", 1.0), (f"io.busy:{name}", "io_time", 0.001),
    ):  # fmt: skip
        if field in fields:
            gathered.component(server, point.at, component, fields[field] * scale, point.identity)
    return True


def _net(gathered: Gathered, server: str, point: Point) -> bool:
    fields = point.fields
    if "bytes_recv" not in fields and "bytes_sent" not in fields:
        return "interface" in point.tags and point.tags["interface"] == "all"
    if not is_network(point.tags.get("interface", "")):
        return True
    for component, field in (("net.in", "bytes_recv"), ("net.out", "bytes_sent")):
        if field in fields:
            gathered.component(server, point.at, component, fields[field], point.identity)
    return True


_plan_of = lru_cache(maxsize=16)(plan_of)


def _system(gathered: Gathered, server: str, point: Point) -> bool:
    fields = point.fields
    found = tuple([metric for metric in _SYSTEM if metric in fields])
    if found:
        gathered.values(server, point.at, _plan_of(found), [fields[metric] for metric in found])
    if fields.get("n_cpus"):
        gathered.host(server, cores=int(fields["n_cpus"]))
    return bool(found) or "n_cpus" in fields or "uptime_format" in fields or "n_users" in fields


def _temperature(gathered: Gathered, server: str, point: Point) -> bool:
    found = [value for name in ("temp", "temp_input") if (value := point.fields.get(name)) is not None]
    for value in found:
        gathered.component(server, point.at, "temperature", value, point.identity)
    return bool(found)


def _gpu(gathered: Gathered, server: str, point: Point) -> bool:
    if "utilization_gpu" not in point.fields:
        return False
    gathered.component(server, point.at, "gpu", _share(point.fields["utilization_gpu"]), point.identity)
    return True


def _connections(gathered: Gathered, server: str, point: Point) -> bool:
    if "tcp_established" in point.fields:
        gathered.value(server, point.at, "connections", point.fields["tcp_established"])
    return False  # the other states are kept under their own names


_KEEPERS = {
    "cpu": _cpu, "mem": _memory, "swap": _swap, "memswap": _swap, "disk": _disk, "diskio": _diskio, "net": _net,
    "system": _system, "temp": _temperature, "sensors": _temperature, "nvidia_smi": _gpu,
    "netstat": _connections,
}  # fmt: skip


def clean(text: str) -> str:
    """A piece of a custom metric's name. Where letters are lost, its checksum tells it from others cut alike."""
    piece = _NAME.sub("_", text).strip("_")
    if len(piece) <= MOST_PIECE and text.isascii():
        return piece
    mark = f"{crc32(text.encode('utf-8', 'surrogatepass')):08x}"
    return f"{piece[: MOST_PIECE - 9]}_{mark}" if piece else mark


def series_of(base: str, rest: Iterable[str], longest: int = MAX_NAME) -> str:
    """`base:piece:piece`, without empty ones; one that is too long ends in its checksum instead of meeting another."""
    series = ":".join([base, *filter(None, rest)])
    return series if len(series) <= longest else f"{series[: longest - 9]}:{crc32(series.encode()):08x}"


def _share(value: float) -> float:
    return min(100.0, max(0.0, value))
