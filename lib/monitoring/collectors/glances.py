"""What Glances' exporter `restful` posts: one JSON object of its plugins, those of several subjects flattened to
`subject.field`. Forms of its versions 3 and 4: glances/exports/glances_restful and the plugins' fields.

It says neither a time nor, by default, who it is: the hub's clock counts, and the address says the server. The
exporters `influxdb` and `influxdb2` write the same fields as line protocol, a point for each plugin and subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib import strict_json
from lib.domain.errors import BadInput
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protocols import Incoming, Protocol
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.collectors.telegraf import Point, is_disk, is_mount, is_network

type Fields = Mapping[str, Any]
MOST_SUBJECTS = 200
# (component, names of the total, of the rate in version 4, of what was counted since the last time in version 3).
# Glances does not read anew for each export: of networks it then tells 0, so that only the totals are true; of disks
# it tells the rate of the last reading again, which is.
_FLOWS = {
    "network": (
        ("net.in", ("bytes_recv_gauge", "cumulative_rx"), "bytes_recv_rate_per_sec", "rx"),
        ("net.out", ("bytes_sent_gauge", "cumulative_tx"), "bytes_sent_rate_per_sec", "tx"),
    ),
    "diskio": (
        ("io.read", (), "read_bytes_rate_per_sec", "read_bytes"),
        ("io.write", (), "write_bytes_rate_per_sec", "write_bytes"),
    ),
}
_READ = frozenset({"cpu", "mem", "memswap", "load", "fs", "uptime", "sensors", "system", "connections", *_FLOWS})
MARK = "history_size"  # a setting that every plugin writes among its fields, and nobody else
_SUBJECTS = {"fs": "mnt_point", "network": "interface_name", "diskio": "disk_name"}  # the tag that names them


def read(request: Incoming) -> Batch:
    document = strict_json.parse(request.body)
    if not isinstance(document, dict):
        raise BadInput("one JSON object of Glances' plugins is needed")
    plugins = {name: stats for name, stats in document.items() if isinstance(stats, dict)}
    gathered = Gathered("glances", request.now)
    system = plugins.get("system", {})
    server = gathered.server(request.query.get("host") or system.get("hostname") or "")
    if server is None:
        raise BadInput("say which server this is: end the path with ?host=NAME")
    _values(gathered, server, request.now, plugins)
    _mounts(gathered, server, request.now, plugins.get("fs", {}))
    for name in _FLOWS:
        _flows(gathered, server, request.now, name, plugins.get(name, {}))
    for subject, fields in _subjects(plugins.get("sensors", {})):
        kind, value = fields.get("type"), _number(fields.get("value"))
        if kind == "temperature_core" and value is not None:
            gathered.component(server, request.now, "temperature", value, subject.encode())
    os = " ".join(word for name in ("os_name", "os_version") if isinstance(word := system.get(name), str))
    distribution = system.get("linux_distro")
    gathered.host(server, os=distribution if isinstance(distribution, str) else os)
    if system.get("os_name") == "Linux" and isinstance(system.get("os_version"), str):
        gathered.host(server, kernel=system["os_version"])
    for name in plugins.keys() - _READ:
        gathered.unmapped(server, name)
    return gathered.done()


def keep_measurement(gathered: Gathered, point: Point) -> None:
    """One point of line protocol: a plugin's numbers, of one subject where it has several. Texts are not among them, so
    that its sensors do not say which of them measure heat."""
    server = gathered.server(point.tags.get("host") or point.tags.get("hostname") or "")
    if server is None:
        return
    gathered.source = "glances"
    plugin = point.measurement.rpartition(".")[2]  # behind the prefix that a setting may add
    subject = point.tags.get(_SUBJECTS.get(plugin, ""), "")
    stats = {f"{subject}.{name}": value for name, value in point.fields.items()} if subject else point.fields
    if plugin == "fs":
        _mounts(gathered, server, point.at, stats)
    elif plugin in _FLOWS:
        _flows(gathered, server, point.at, plugin, stats)
    elif plugin in _READ and plugin != "sensors":
        _values(gathered, server, point.at, {plugin: stats})
    else:
        gathered.unmapped(server, plugin)


def _number(given: object) -> float | None:
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _values(gathered: Gathered, server: str, at: float, plugins: Mapping[str, Fields]) -> None:
    def value(series: str, plugin: str, field: str, most: float = float("inf")) -> None:
        found = _number(plugins.get(plugin, {}).get(field))
        if found is not None:
            gathered.value(server, at, series, min(most, max(0.0, found)))

    cpu = plugins.get("cpu", {})
    idle, iowait, steal = (_number(cpu.get(name)) for name in ("idle", "iowait", "steal"))
    if idle is not None:
        gathered.value(server, at, "cpu", min(100.0, max(0.0, 100 - idle - (iowait or 0.0) - (steal or 0.0))))
    else:
        value("cpu", "cpu", "total", 100.0)
    value("iowait", "cpu", "iowait", 100.0)
    value("steal", "cpu", "steal", 100.0)
    value("memory", "mem", "percent", 100.0)
    if _number(plugins.get("memswap", {}).get("total")):
        value("swap", "memswap", "percent", 100.0)
    for series, field in (("load1", "min1"), ("load5", "min5"), ("load15", "min15")):
        value(series, "load", field)
    value("uptime", "uptime", "seconds")
    value("connections", "connections", "established")
    cores, memory = _number(plugins.get("load", {}).get("cpucore")), _number(plugins.get("mem", {}).get("total"))
    gathered.host(server, cores=int(cores or 0), memory_bytes=int(memory or 0))


def _subjects(stats: Fields) -> list[tuple[str, dict[str, Any]]]:
    """[(subject, its fields)]; the last dot parts them, for mounts and sensors may have dots of their own."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in stats.items():
        subject, sign, field = key.rpartition(".")
        if sign and (subject in found or len(found) < MOST_SUBJECTS):
            found.setdefault(subject, {})[field] = value
    return list(found.items())


def _mounts(gathered: Gathered, server: str, at: float, stats: Fields) -> None:
    for subject, fields in _subjects(stats):
        mount, kind = fields.get("mnt_point", subject), fields.get("fs_type", "")
        if not isinstance(mount, str) or not isinstance(kind, str) or not mount or not is_mount(mount, kind):
            continue
        for piece, field in (("size", "size"), ("used", "used"), ("available", "free")):
            value = _number(fields.get(field))
            if value is not None:
                gathered.component(server, at, f"fs.{piece}:{mount}", value, mount.encode())


def _flows(gathered: Gathered, server: str, at: float, plugin: str, stats: Fields) -> None:
    is_one = is_network if plugin == "network" else is_disk
    for subject, fields in _subjects(stats):
        if not is_one(subject):
            continue
        seconds = _number(fields.get("time_since_update")) or 0.0
        for component, totals, new, old in _FLOWS[plugin]:
            total = next((value for name in totals if (value := _number(fields.get(name))) is not None), None)
            if total is not None:
                gathered.component(server, at, component, total, subject.encode())
                continue
            rate = _number(fields.get(new))
            if rate is None and seconds > 0:
                counted = _number(fields.get(old))
                rate = None if counted is None else counted / seconds
            if rate is not None:
                gathered.component(server, at, f"rate.{component}", rate, subject.encode())


PROTOCOL = Protocol("glances", read)
