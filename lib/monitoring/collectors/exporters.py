"""What node_exporter, windows_exporter and Vector call things, in our metrics: the names of Prometheus' world.

Names and units: github.com/prometheus/node_exporter, github.com/prometheus-community/windows_exporter, and Vector's
source host_metrics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

from lib.monitoring.collectors.gathering import Gathered, stirred
from lib.monitoring.collectors.telegraf import clean, is_disk, is_mount, is_network, series_of

# Labels that say where a series is from, not what it is of.
ORIGIN = frozenset({
    "__name__", "job", "instance", "host", "hostname", "env", "environment", "region", "cluster", "replica",
    "prometheus", "prometheus_replica", "datacenter", "dc", "zone", "group", "team",
})  # fmt: skip
TAGS = ("env", "environment", "region", "cluster", "team", "datacenter", "zone")
_PORT = re.compile(r":\d+$")
# What exporters tell of themselves and of the kernel, hundreds a host: no metric here, and no custom one either.
_OWN = re.compile(r"(?:node|windows|host|go|process|promhttp|python|net_conntrack|prometheus|alloy|agent)_")
# What Prometheus says of its own asking, also of a host that does not answer.
_SCRAPE = re.compile(r"up$|scrape_")

_GAUGES = {
    "node_memory_MemTotal_bytes": "mem.total", "node_memory_MemAvailable_bytes": "mem.available",
    "node_memory_SwapTotal_bytes": "swap.total", "node_memory_SwapFree_bytes": "swap.free",
    "node_boot_time_seconds": "boot", "node_hwmon_temp_celsius": "temperature", "node_thermal_zone_temp": "temperature",
    "windows_memory_available_bytes": "mem.available", "windows_memory_physical_total_bytes": "mem.total",
    "windows_cs_physical_memory_bytes": "mem.total", "windows_system_boot_time_timestamp": "boot",
    "windows_system_boot_time_timestamp_seconds": "boot",
    "host_memory_total_bytes": "mem.total", "host_memory_available_bytes": "mem.available", "host_boot_time": "boot",
    "host_temperature_celsius": "temperature",
    "host_memory_swap_total_bytes": "swap.total", "host_memory_swap_free_bytes": "swap.free",
}  # fmt: skip
_VALUES = {
    "node_load1": "load1", "node_load5": "load5", "node_load15": "load15", "host_load1": "load1", "host_load5": "load5",
    "host_load15": "load15", "node_netstat_Tcp_CurrEstab": "connections", "host_uptime": "uptime",
}  # fmt: skip
_MOUNTS = {
    "node_filesystem_size_bytes": "size", "node_filesystem_free_bytes": "free",
    "node_filesystem_avail_bytes": "available",
    "node_filesystem_files": "files", "node_filesystem_files_free": "files_free",
    "windows_logical_disk_size_bytes": "size", "windows_logical_disk_free_bytes": "free",
    "host_filesystem_total_bytes": "size", "host_filesystem_free_bytes": "available",
    "host_filesystem_used_bytes": "used",
}  # fmt: skip
_NETS = {
    "node_network_receive_bytes_total": "net.in", "node_network_transmit_bytes_total": "net.out",
    "windows_net_bytes_received_total": "net.in", "windows_net_bytes_sent_total": "net.out",
    "host_network_receive_bytes_total": "net.in", "host_network_transmit_bytes_total": "net.out",
}  # fmt: skip
_DISKS = {
    "node_disk_read_bytes_total": "io.read", "node_disk_written_bytes_total": "io.write",
    "host_disk_read_bytes_total": "io.read", "host_disk_written_bytes_total": "io.write",
    "windows_physical_disk_read_bytes_total": "io.read", "windows_physical_disk_write_bytes_total": "io.write",
}  # fmt: skip
_CPUS = frozenset({"node_cpu_seconds_total", "windows_cpu_time_total", "host_cpu_seconds_total"})
# Series that tell of their machine by labels: {name: {fact: label}}.
_FACTS = {
    "node_uname_info": {"kernel": "release", "arch": "machine"}, "node_os_info": {"os": "pretty_name"},
    "windows_os_info": {"os": "product"},
    "host_host_info": {"os": "os_name", "kernel": "kernel_version", "arch": "arch"},
}  # fmt: skip
_MOST_FACT = 401  # characters: one more than a name may be given with, and what texts are cut to before they are read
_INSIDE = frozenset({"guest", "guest_nice"})  # counted in user and nice already


@dataclass(frozen=True, slots=True)
class Target:
    """Where the values of one series go: `component` or `series`; neither for what is no metric here, and no `name`
    either for what is left out on purpose."""

    server: str
    component: str = ""
    pid: int = 0
    series: str = ""
    counter: bool = False
    name: str = ""


def server_of(labels: Mapping[str, str]) -> str:
    """The machine a series is of: what it is said to be, else the address it was scraped at, without its port."""
    for label in ("host", "hostname", "exported_instance", "instance"):
        if labels.get(label):
            return _bare(labels[label])
    return ""


def _bare(address: str) -> str:
    """Without its port; of several colons, as IPv6 has, none stands before one unless there are brackets."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return _PORT.sub("", address) if address.count(":") == 1 else address


def target_of(labels: Mapping[str, str], server: str) -> Target:
    """Decides once for a series of this server what becomes of its values."""
    name = labels.get("__name__", "")
    component = _component(name, labels)
    if component == "" or name in _FACTS or _SCRAPE.match(name):
        return Target(server)
    if component is not None:
        identity = "\0".join(f"{key}={labels[key]}" for key in sorted(labels)).encode()
        return Target(server, component, stirred(crc32(identity)), name=name)
    if name in _VALUES:
        return Target(server, series=_VALUES[name], name=name)
    if name == "host_tcp_connections_total" and labels.get("state") == "established":  # Vector: a gauge all the same
        return Target(server, series="connections", name=name)
    if _OWN.match(name) or name.endswith("_bucket") or not name:
        return Target(server, name=name)
    rest = (clean(labels[key]) for key in sorted(labels) if key not in ORIGIN)
    series = series_of(f"prom.{clean(name)}", rest)
    counter = name.endswith(("_total", "_count", "_sum"))
    return Target(server, series=series, counter=counter, name=name)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a series is from: its server as it was given, and what its labels say of that besides the value."""

    server: str
    facts: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def origin_of(labels: Mapping[str, str]) -> Origin:
    """The same object for all series that say the same."""
    name = labels.get("__name__", "")
    told = {fact: labels.get(label) for fact, label in _FACTS.get(name, {}).items()} | {"group": labels.get("group")}
    facts = tuple((fact, text[:_MOST_FACT]) for fact, text in told.items() if text)
    tags = tuple((key, labels[key][:_MOST_FACT]) for key in TAGS if labels.get(key))
    return _origin(server_of(labels)[:_MOST_FACT], facts, tags)


_origin = lru_cache(maxsize=4_096)(Origin)


def note(origin: Origin, server: str, gathered: Gathered) -> None:
    gathered.labelled(server, dict(origin.facts), dict(origin.tags))


def _component(name: str, labels: Mapping[str, str]) -> str | None:
    """The component; "" for a piece that is left out on purpose; None for what is none."""
    if name in _GAUGES:
        return _GAUGES[name]
    if name in _CPUS:
        mode = labels.get("mode", "")
        if mode in _INSIDE:
            return ""
        mode = {"io_wait": "iowait"}.get(mode, mode)
        return f"cpu.{mode}" if mode in {"idle", "iowait", "steal"} else "cpu.busy"
    if name in _MOUNTS:
        mount = labels.get("mountpoint") or labels.get("volume") or ""
        kind = labels.get("fstype") or labels.get("filesystem") or ""
        is_one = bool(mount) and is_mount(mount, kind) and not mount.startswith("HarddiskVolume")
        return f"fs.{_MOUNTS[name]}:{mount}" if is_one else ""
    if name in _NETS:
        return _NETS[name] if is_network(labels.get("device") or labels.get("nic") or "") else ""
    device = labels.get("device") or labels.get("disk") or ""
    if name in _DISKS:
        return _DISKS[name] if is_disk(device) else ""
    if name == "node_disk_io_time_seconds_total":
        return f"io.busy:{device}" if is_disk(device) else ""
    return None
