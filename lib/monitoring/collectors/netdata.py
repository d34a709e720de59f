"""What Netdata's charts are in our metrics, as its exporters write them by default (`data source = average`): json,
opentsdb and graphite through opentsdb.py, its remote_write here.

Charts, dimensions and units: learn.netdata.cloud, the collectors proc, diskspace and uptime.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lib.domain.errors import TooLarge
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protobuf_wire import fields
from lib.monitoring.collectors.telegraf import clean, is_disk, is_mount, series_of

HOST_TAGS = ("host", "hostname", "fqdn", "server", "instance")
MIB, GIB, KIB, KILOBIT = 1_048_576.0, 1_073_741_824.0, 1_024.0, 125.0
# Netdata's own view of the system, thousands of dimensions: what of it is no metric here is left out.
_FAMILIES = frozenset({
    "system", "mem", "cpu", "cpufreq", "disk", "disk_space", "disk_inodes", "disk_util", "disk_ops", "disk_mops",
    "disk_iotime", "disk_await", "disk_svctm", "disk_qops", "disk_busy", "disk_backlog", "disk_avgsz", "disk_ext",
    "net", "net_packets", "net_errors", "net_drops", "net_speed", "net_duplex", "net_operstate", "net_carrier",
    "net_mtu", "net_events", "net_fifo", "ip", "ipv4", "ipv6", "netfilter", "netdata", "apps", "app", "users", "user",
    "groups", "usergroup", "services", "sensors", "numa", "softirqs", "interrupts", "md", "mount", "powersupply",
})  # fmt: skip
_VALUES = {
    ("system.load", "load1"): ("load1", 1.0), ("system.load", "load5"): ("load5", 1.0),
    ("system.load", "load15"): ("load15", 1.0), ("system.uptime", "uptime"): ("uptime", 1.0),
    ("system.net", "received"): ("net_in", KILOBIT), ("system.net", "InOctets"): ("net_in", KILOBIT),
    ("system.net", "sent"): ("net_out", KILOBIT), ("system.net", "OutOctets"): ("net_out", KILOBIT),
    ("system.io", "in"): ("disk_read", KIB), ("system.io", "out"): ("disk_write", KIB),
    ("system.io", "reads"): ("disk_read", KIB), ("system.io", "writes"): ("disk_write", KIB),
    ("ipv4.tcpsock", "connections"): ("connections", 1.0), ("ip.tcpsock", "connections"): ("connections", 1.0),
}  # fmt: skip
_PIECES = {
    **{("system.ram", name): (f"mem.{to}", MIB) for name, to in
       (("free", "free"), ("used", "used"), ("cached", "cached"), ("buffers", "buffered"))},
    ("mem.available", "avail"): ("mem.available", MIB), ("mem.available", "MemAvailable"): ("mem.available", MIB),
    **{(chart, name): (f"swap.{name}", MIB) for chart in ("system.swap", "mem.swap") for name in ("free", "used")},
}  # fmt: skip
_MOUNTS = {
    ("disk_space", "avail"): ("available", GIB), ("disk_space", "used"): ("used", GIB),
    ("disk_inodes", "avail"): ("files_free", 1.0), ("disk_inodes", "used"): ("files_used", 1.0),
}  # fmt: skip
_BUSY = frozenset({"user", "system", "nice", "irq", "softirq", "guest", "guest_nice"})
_TEMPERATURE = re.compile(r"temp", re.IGNORECASE)

REMOTE_WRITE = b"netdata_info"  # the series that each of its requests of remote_write begins with
MOST_SERIES = 20_000
_LABELS = frozenset({"chart", "dimension", "family", "instance"})


class Charts:
    """Keeps the values of one request by their charts."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._cpu: dict[tuple[str, float], dict[str, float]] = {}

    def of_path(self, path: Sequence[str], *, with_server: bool) -> tuple[str, str, str] | None:
        """(server, chart, dimension) of `netdata.<family>.<chart>.<dimension>`, where Graphite's has the server, with
        dots in it or not, behind the first piece; None for what is not Netdata's."""
        if len(path) < 4 + with_server or path[0] != "netdata":
            return None
        start = 1
        if with_server:
            known = (place for place, piece in enumerate(path[2:-2], 2) if piece in _FAMILIES)
            start = next(known, len(path) - 3)
        return ".".join(path[1:start]), ".".join(path[start:-1]), path[-1]

    def told(self, one: Mapping[str, object], at: float, value: float) -> None:
        """One object of the exporter `json`."""

        def word(name: str) -> str:
            given = one.get(name)
            return given if isinstance(given, str) else ""

        labels = one.get("labels")
        mount = labels.get("mount_point") if isinstance(labels, dict) else None
        if not isinstance(mount, str):
            mount = word("chart_family") if word("chart_family").startswith("/") else ""
        self.keep(word("hostname"), word("chart_id"), word("name") or word("id"), at, value, mount)

    def keep(self, host: str, chart: str, dimension: str, at: float, value: float, mount: str = "") -> None:
        server = self._gathered.server(host)
        if server is None:
            return
        self._gathered.source = "netdata"
        family, _, which = chart.partition(".")
        identity = f"{chart}\0{dimension}".encode()
        if chart == "system.cpu":
            self._cpu.setdefault((server, at), {})[dimension] = value
        elif (chart, dimension) in _VALUES:
            series, scale = _VALUES[chart, dimension]
            self._gathered.value(server, at, series, abs(value) * scale)  # what goes out is drawn below the line
        elif (chart, dimension) in _PIECES:
            piece, scale = _PIECES[chart, dimension]
            self._gathered.component(server, at, piece, value * scale, identity)
        elif family in {"disk_space", "disk_inodes"}:
            if (family, dimension) not in _MOUNTS:  # what is root's alone: `df` leaves it out of the share too
                return
            mount = mount or which.replace("_", "/")
            piece, scale = _MOUNTS[family, dimension]
            mount = mount if mount.startswith("/") else f"/{mount}"
            if is_mount(mount):
                self._gathered.component(server, at, f"fs.{piece}:{mount}", value * scale, identity)
        elif family == "disk_util" and dimension == "utilization":
            if is_disk(which):
                self._gathered.component(server, at, f"rate.io.busy:{which}", value, identity)
        elif family == "sensors" and _TEMPERATURE.search(which):
            self._gathered.component(server, at, "temperature", value, identity)
        elif family in _FAMILIES or not family:
            self._gathered.unmapped(server, chart)
        else:
            name = ".".join(filter(None, (clean(family), clean(which) or "value")))
            self._gathered.value(server, at, series_of(name, [clean(dimension)]), value)

    def finish(self) -> None:
        """CPU is the sum of its modes: told where all that are always there came."""
        for (server, at), modes in self._cpu.items():
            if not {"user", "system", "iowait"} <= modes.keys():
                continue
            values = {
                "cpu": sum(value for name, value in modes.items() if name in _BUSY),
                "iowait": modes["iowait"],
                **({"steal": modes["steal"]} if "steal" in modes else {}),
            }
            for series, value in values.items():
                self._gathered.value(server, at, series, min(100.0, max(0.0, value)))


def read_remote_write(body: bytes, gathered: Gathered) -> int:
    """prometheus.WriteRequest as Netdata writes it: the series' labels are chart, dimension, family and instance. How
    many samples it has. Raises IndexError, ValueError or struct.error."""
    charts, count, series = Charts(gathered), 0, 0
    for field, data in fields(body):
        if field != 1 or not isinstance(data, bytes):
            continue
        series += 1
        if series > MOST_SERIES:
            raise TooLarge("more series than one request may bring: narrow `send charts matching`")
        labels: dict[str, str] = {}
        samples: list[tuple[float, int]] = []
        for place, piece in fields(data):
            if place == 1 and isinstance(piece, bytes):
                pair = dict(fields(piece))
                name, text = pair.get(1), pair.get(2)
                if isinstance(name, bytes) and isinstance(text, bytes) and name.decode() in _LABELS:
                    labels[name.decode()] = text.decode()
            elif place == 2 and isinstance(piece, bytes):
                told = dict(fields(piece))
                number, moment = told.get(1, 0.0), told.get(2, 0)
                if isinstance(number, float) and isinstance(moment, int):
                    samples.append((number, moment))
        count += len(samples)
        if labels.get("chart") and labels.get("dimension"):
            family = labels.get("family", "")
            for value, at in samples:
                charts.keep(
                    labels.get("instance", ""), labels["chart"], labels["dimension"], at / 1_000, value,
                    family if family.startswith("/") else "",
                )  # fmt: skip
    charts.finish()
    return count
