"""OpenTelemetry's names in our metrics: what the Collector's hostmetrics receiver and the SDKs call things, before and
after the semantic conventions renamed attributes.

Names: opentelemetry.io/docs/specs/semconv/system, and the receiver's metadata.yaml files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from lib.monitoring.collectors.exporters import Target
from lib.monitoring.collectors.gathering import MOST_SUBJECT, stirred
from lib.monitoring.collectors.telegraf import clean, is_disk, is_mount, is_network, series_of

IDENTITY = ("host.name", "k8s.node.name", "host.id", "service.instance.id", "service.name")
_TAGS = {
    "deployment.environment": "env", "deployment.environment.name": "env", "cloud.region": "region",
    "cloud.provider": "provider", "cloud.availability_zone": "zone", "k8s.cluster.name": "cluster",
    "service.name": "service", "service.namespace": "namespace",
}  # fmt: skip
_GAUGES = {
    "system.memory.limit": "mem.total", "system.memory.linux.available": "mem.available",
    "system.linux.memory.available": "mem.available", "hw.temperature": "temperature",
}  # fmt: skip
_VALUES = {
    "system.cpu.load_average.1m": "load1", "system.cpu.load_average.5m": "load5",
    "system.cpu.load_average.15m": "load15", "system.uptime": "uptime",
}  # fmt: skip
_CPU = {"idle": "cpu.idle", "wait": "cpu.iowait", "iowait": "cpu.iowait", "steal": "cpu.steal"}
_INSIDE = frozenset({"guest", "guest_nice"})  # counted in user and nice already
# The slabs are in `cached` and `used` already: used, free, cached and buffered are all there is.
_MEMORY = {
    "used": "mem.used", "free": "mem.free", "cached": "mem.cached", "buffered": "mem.buffered",
    "buffers": "mem.buffered",
}  # fmt: skip
_FILES = {
    ("system.filesystem.usage", "used"): "fs.used", ("system.filesystem.usage", "free"): "fs.available",
    ("system.filesystem.inodes.usage", "used"): "fs.files_used",
    ("system.filesystem.inodes.usage", "free"): "fs.files_free",
}  # fmt: skip
_TRAFFIC = {
    ("system.disk.io", "read"): "io.read", ("system.disk.io", "write"): "io.write",
    ("system.network.io", "receive"): "net.in", ("system.network.io", "transmit"): "net.out",
}  # fmt: skip
# Of a machine and of the SDK's own process: no metric here, and no custom one either.
_OWN = ("system.", "process.", "hw.", "otelcol_", "scrape_", "otel.sdk.")


@dataclass(frozen=True, slots=True)
class Aim:
    """What becomes of the values of one series. `target` says where they go as they are; with `piece` they are put
    together within the request first (see otlp_pieces.py): a name, and what tells its parts apart."""

    target: Target
    piece: str = ""
    part: str = ""


def server_of(resource: Mapping[str, str]) -> str:
    """What the resource says it is on; last its service, for what says nothing else would be lost. The number that an
    SDK gives itself anew at each start is no name: each start would make a server."""
    for name in IDENTITY:
        value = resource.get(name, "")
        if value and not (name == "service.instance.id" and resource.get("service.name") and _is_made_up(value)):
            return value
    return ""


def _is_made_up(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def tags_of(resource: Mapping[str, str]) -> dict[str, str]:
    found = {tag: resource[name] for name, tag in _TAGS.items() if resource.get(name)}
    if found.get("service", "").startswith("unknown_service"):
        del found["service"]
    return found


def facts_of(resource: Mapping[str, str]) -> dict[str, str | None]:
    named = " ".join(filter(None, (resource.get("os.name"), resource.get("os.version"))))
    is_linux = resource.get("os.type") == "linux"
    return {
        "os": resource.get("os.description") or (named if resource.get("os.name") else "") or resource.get("os.type"),
        "kernel": resource.get("os.version") if is_linux and not resource.get("os.name") else None,
        "arch": resource.get("host.arch"),
        "model": resource.get("host.type"),
    }


def aim_at(server: str, service: str, name: str, attributes: Mapping[str, str], *, is_counter: bool) -> Aim:
    """Decides once for a series. `service` tells apart what several services of a machine call the same."""
    found = _piece(server, name, attributes)
    if found is not None:
        return found
    component = _component(name, attributes)
    if component == "":
        return Aim(Target(server))
    if component is not None and len(component.partition(":")[2]) <= MOST_SUBJECT:
        return Aim(Target(server, component, _checksum(name, attributes), name=name))
    if name in _VALUES:
        return Aim(Target(server, series=_VALUES[name], name=name))
    if not name or name.startswith(_OWN):
        return Aim(Target(server, name=name))
    series = custom(name, service, attributes)
    return Aim(Target(server, series=series, counter=is_counter, name=name))


def custom(name: str, service: str, attributes: Mapping[str, str], longest: int = 100) -> str:
    """`otel.<name>` and what its labels say; one that is too long ends in its checksum instead of meeting another."""
    base = ".".join(filter(None, ["otel", *(clean(piece) for piece in name.split("."))]))
    rest = (clean(text) for _, text in sorted(attributes.items()))
    return series_of(base, (clean(service), *rest), longest)


def _checksum(name: str, attributes: Mapping[str, str]) -> int:
    return stirred(crc32("\0".join([name, *(f"{key}={attributes[key]}" for key in sorted(attributes))]).encode()))


def _one_of(attributes: Mapping[str, str], *names: str) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")


def _device(attributes: Mapping[str, str]) -> str:
    return _one_of(attributes, "device", "system.device", "network.interface.name", "interface")


def _state(attributes: Mapping[str, str]) -> str:
    return _one_of(
        attributes, "state", "cpu.mode", "system.cpu.state", "system.memory.state", "system.paging.state",
        "system.filesystem.state", "system.network.state", "network.connection.state",
    ).lower()  # fmt: skip


def _component(name: str, attributes: Mapping[str, str]) -> str | None:
    """The component; "" for a piece that is left out on purpose; None for what is none."""
    if name in _GAUGES:
        return _GAUGES[name]
    state = _state(attributes)
    if name == "system.cpu.time":
        return "" if state in _INSIDE or not state else _CPU.get(state, "cpu.busy")
    if name == "system.memory.usage":
        return _MEMORY.get(state, "")
    if name in {"system.paging.usage", "system.swap.usage"}:
        return {"used": "swap.used", "free": "swap.free"}.get(state, "")
    if name.startswith("system.filesystem."):
        component = _FILES.get((name, state), "")
        mount = _mount(attributes)
        return f"{component}:{mount}" if component and mount else ""
    direction = _one_of(attributes, "direction", "disk.io.direction", "network.io.direction")
    traffic = _TRAFFIC.get((name, direction))
    if traffic is not None:
        is_one = is_network if traffic.startswith("net") else is_disk
        return traffic if is_one(_device(attributes)) else ""
    if name == "system.disk.io_time":
        return f"io.busy:{_device(attributes)}" if is_disk(_device(attributes)) else ""
    return None


def _mount(attributes: Mapping[str, str]) -> str:
    """The mount a series is of; empty where it is none that counts."""
    mount = _one_of(attributes, "mountpoint", "system.filesystem.mountpoint")
    kind = _one_of(attributes, "type", "system.filesystem.type")
    mode = _one_of(attributes, "mode", "system.filesystem.mode")
    return mount if mount and is_mount(mount, kind) and mode != "ro" else ""


def _piece(server: str, name: str, attributes: Mapping[str, str]) -> Aim | None:
    state = _state(attributes)
    target = Target(server, name=name)
    if name == "system.cpu.utilization":
        cpu = _one_of(attributes, "cpu", "cpu.logical_number", "system.cpu.logical_number")
        return Aim(target, name, f"{state}\0{cpu}")
    if name in {"system.memory.utilization", "system.paging.utilization", "system.swap.utilization"}:
        return Aim(target, name, "used") if state == "used" else Aim(Target(server))
    if name == "system.filesystem.utilization":
        mount = _mount(attributes)
        return Aim(target, name, mount) if mount else Aim(Target(server))
    if name in {"system.network.connections", "system.network.connection.count"}:
        protocol = _one_of(attributes, "protocol", "network.transport")
        is_one = state == "established" and protocol.startswith("tcp")
        return Aim(target, "connections", repr(sorted(attributes.items()))) if is_one else Aim(Target(server))
    if name in {"system.cpu.logical.count", "hw.gpu.utilization"}:
        return Aim(target, name, "")
    return None
