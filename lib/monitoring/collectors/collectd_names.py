"""What collectd's plugins call things, in our metrics. Names and units: collectd's types.db."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.telegraf import clean, is_disk, is_mount, is_network, series_of

if TYPE_CHECKING:
    from lib.monitoring.collectors.collectd import Reading

_LOADS = {"shortterm": "load1", "midterm": "load5", "longterm": "load15"}
_MODES = {"idle": "idle", "wait": "iowait", "steal": "steal"}
_MEMORY = {
    "used": "used", "free": "free", "cached": "cached", "buffered": "buffered", "slab": "slab", "slab_recl": "slab",
    "slab_unrecl": "slab",
}  # fmt: skip
_PIECES = {
    ("df_complex", "used"): "used", ("df_complex", "free"): "available", ("df_inodes", "used"): "files_used",
    ("df_inodes", "free"): "files_free",
}  # fmt: skip
_PERCENTS = {"percent_bytes": "disk", "percent_inodes": "inode"}
_SKIPPED = frozenset({"guest", "guest_nice"})  # counted in user and nice already


class Keeper:
    """Keeps the readings of one request. `rates`: what counts was made rates of by the sender."""

    def __init__(self, gathered: Gathered, *, rates: bool) -> None:
        self._gathered = gathered
        self._rates = rates
        # One round of a plugin reads its values a few milliseconds apart, which must not part them at a second's turn.
        self._rounds: dict[tuple[str, str], float] = {}
        self._sized: set[tuple[str, str, str]] = set()  # (server, mount, kind) told in bytes or files
        self._percents: dict[tuple[str, float, str, str], dict[str, float]] = {}

    def keep(self, one: Reading) -> None:
        server = self._gathered.server(one.host)
        if server is None or one.value is None or one.value != one.value:
            return
        begun = self._rounds.get((server, one.plugin))
        at = begun if begun is not None and abs(one.at - begun) < 1 else one.at
        self._rounds[server, one.plugin] = at
        keep = _KEEPERS.get(one.plugin)
        if keep is None:
            self._custom(server, at, one, one.value)
        elif not keep(self, server, at, one, one.value):
            self._gathered.unmapped(server, f"{one.plugin}.{one.type}")

    def finish(self) -> None:
        """Mounts that are told in percent alone."""
        fullest: dict[tuple[str, float, str], float] = {}
        for (server, at, mount, metric), told in self._percents.items():
            if (server, mount, metric) in self._sized or not {"used", "free"} <= told.keys():
                continue
            whole = told["used"] + told["free"]
            if whole > 0:
                value = min(100.0, max(0.0, 100 * told["used"] / whole))
                self._gathered.value(server, at, f"{metric}:{mount}", value)
                fullest[server, at, metric] = max(value, fullest.get((server, at, metric), 0.0))
        for (server, at, metric), value in fullest.items():
            self._gathered.value(server, at, metric, value)

    def _piece(self, server: str, at: float, name: str, value: float, one: Reading) -> None:
        identity = "\0".join((one.plugin, one.plugin_instance, one.type, one.type_instance, one.source))
        self._gathered.component(server, at, name, value, identity.encode())

    def _cpu(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type_instance in _SKIPPED or (one.type == "percent" and one.type_instance == "active"):
            if one.type_instance == "active" and not one.plugin_instance:
                self._gathered.value(server, at, "cpu", min(100.0, max(0.0, value)))
            return True
        if one.type not in {"cpu", "percent"}:
            return False
        mode = f"cpu.{_MODES.get(one.type_instance, 'busy')}"
        counted = one.type == "cpu" and not self._rates
        self._piece(server, at, mode if counted else f"rate.{mode}", value / 100 if counted else value, one)
        return True

    def _memory(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type == "memory" and one.type_instance in _MEMORY:
            self._piece(server, at, f"mem.{_MEMORY[one.type_instance]}", value, one)
        elif one.type == "percent" and one.type_instance == "used":
            self._gathered.value(server, at, "memory", min(100.0, max(0.0, value)))
        else:
            return one.type == "percent"
        return True

    def _swap(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type == "swap" and one.type_instance in {"used", "free"}:
            self._piece(server, at, f"swap.{one.type_instance}", value, one)
        elif one.type == "percent" and one.type_instance == "used":
            self._gathered.value(server, at, "swap", min(100.0, max(0.0, value)))
        return one.type in {"swap", "percent"}

    def _load(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type != "load" or one.source not in _LOADS:
            return False
        self._gathered.value(server, at, _LOADS[one.source], value)
        return True

    def _uptime(self, server: str, at: float, one: Reading, value: float) -> bool:
        self._gathered.value(server, at, "uptime", value)
        return True

    def _temperature(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type == "temperature":
            self._piece(server, at, "temperature", value, one)
        return one.type == "temperature"

    def _df(self, server: str, at: float, one: Reading, value: float) -> bool:
        mount = mount_of(one.plugin_instance)
        metric = _PERCENTS.get(one.type)
        if not is_mount(mount):
            return True
        if metric is not None:
            self._percents.setdefault((server, at, mount, metric), {})[one.type_instance] = value
            return True
        piece = _PIECES.get((one.type, one.type_instance))
        if piece is not None:
            self._sized.add((server, mount, "inode" if one.type == "df_inodes" else "disk"))
            self._piece(server, at, f"fs.{piece}:{mount}", value, one)
        return one.type in {"df_complex", "df_inodes"}

    def _interface(self, server: str, at: float, one: Reading, value: float) -> bool:
        if one.type != "if_octets":
            return False
        if is_network(one.plugin_instance):
            self._flow(server, at, "net.in" if one.source == "rx" else "net.out", value, one)
        return True

    def _disk(self, server: str, at: float, one: Reading, value: float) -> bool:
        device = one.plugin_instance
        if one.type == "disk_octets":
            if is_disk(device):
                self._flow(server, at, "io.read" if one.source == "read" else "io.write", value, one)
            return True
        if one.type == "disk_io_time":  # milliseconds
            if one.source == "io_time" and is_disk(device):
                self._flow(server, at, f"io.busy:{device}", value * (0.1 if self._rates else 0.001), one)
            return True
        return False

    def _flow(self, server: str, at: float, name: str, value: float, one: Reading) -> None:
        self._piece(server, at, f"rate.{name}" if self._rates else name, value, one)

    def _custom(self, server: str, at: float, one: Reading, value: float) -> None:
        """`plugin.type`, and behind it the instances and which value of several it is."""
        plugin = clean(one.plugin)
        base = ".".join(filter(None, (plugin if plugin[:1].isalpha() else f"m_{plugin}", clean(one.type) or "value")))
        source = "" if one.source == "value" else clean(one.source)
        series = series_of(base, (clean(one.plugin_instance), clean(one.type_instance), source))
        self._gathered.value(server, at, series, value, counter=one.counts and not self._rates)


def mount_of(instance: str) -> str:
    """The mount behind an instance of collectd's plugin df, which writes each slash as a dash."""
    return "/" if instance in {"", "root"} else "/" + instance.replace("-", "/")


_KEEPERS = {
    "cpu": Keeper._cpu, "memory": Keeper._memory, "swap": Keeper._swap, "load": Keeper._load, "uptime": Keeper._uptime,
    "sensors": Keeper._temperature, "thermal": Keeper._temperature, "df": Keeper._df, "interface": Keeper._interface,
    "disk": Keeper._disk,
}  # fmt: skip
