"""Components: what foreign agents tell piece by piece and our metrics are worked out from, such as the idle seconds of
all CPUs or the bytes of one mount. Pure; which component a foreign name is says its collector.

A component is `name` or `name:subject` (a mount, a disk). Counters are totals since some start; rates come of two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RATE_GAP = 600  # seconds: over a longer silence a rate would be a mean that hides everything
FORGET = 300  # after so long fewer devices than before are no incomplete report but fewer devices

# Totals, added up over CPUs, disks or network devices.
COUNTERS = frozenset({
    "cpu.idle", "cpu.iowait", "cpu.steal", "cpu.busy",  # seconds; `busy` is every other mode
    "net.in", "net.out", "io.read", "io.write",  # bytes
    "io.busy",  # seconds, one component a disk
    "dist.count", "dist.sum", "dist.le",  # a distribution's; `dist.le:<series>|<bound>` counts one bucket
})  # fmt: skip
# Values of now, added up where several are told.
GAUGES = frozenset({
    "mem.total", "mem.available", "mem.used", "mem.free", "mem.cached", "mem.buffered", "mem.slab",
    "swap.total", "swap.free", "swap.used", "fs.size", "fs.free", "fs.available", "fs.used",
    "fs.files", "fs.files_free", "fs.files_used", "boot", "up",
})  # fmt: skip
# Changes per second that the sender worked out itself, added up like their counters: bytes, and percent of the time.
RATES = frozenset({
    "rate.net.in", "rate.net.out", "rate.io.read", "rate.io.write", "rate.io.busy",
    "rate.cpu.idle", "rate.cpu.iowait", "rate.cpu.steal", "rate.cpu.busy",
})  # fmt: skip
# Values of now of which the highest counts.
HIGHEST = frozenset({"temperature", "gpu"})


@dataclass(frozen=True, slots=True)
class Told:
    """A component at one moment: the sum (or the highest), and of how many."""

    value: float
    count: int


@dataclass(frozen=True, slots=True)
class Earlier:
    at: float
    value: float
    count: int


type Pot = Mapping[str, Told]
type Counts = dict[str, Earlier]


def base_of(component: str) -> str:
    return component.partition(":")[0]


_METRICS = {
    "cpu": "cpu", "mem": "memory", "swap": "swap", "fs": "disk", "net.in": "net_in", "net.out": "net_out",
    "io.read": "disk_read", "io.write": "disk_write", "io.busy": "disk_busy", "boot": "uptime", "up": "uptime",
    "fs.files": "inode", "fs.files_free": "inode", "fs.files_used": "inode", "temperature": "temperature",
}  # fmt: skip


def metric_of(component: str) -> str:
    """The metric that a component goes into; of a distribution its own name."""
    base, _, subject = component.partition(":")
    base = base.removeprefix("rate.")
    if base.startswith("dist."):
        return subject.partition("|")[0]
    return _METRICS.get(base) or _METRICS.get(base.partition(".")[0], base)


def work_out(at: float, pot: Pot, before: Counts) -> tuple[dict[str, float], dict[str, list[int]]]:
    """({series: value}, {mount: [size, free bytes]}) of one moment. `before` has the counters of earlier ones and is
    moved on; a drop, a gap over ten minutes, a late moment and an incomplete report give no rate."""
    deltas = {name: change for name, told in pot.items() if (change := _delta(name, told, at, before)) is not None}
    values: dict[str, float] = {}
    values.update(_cpu(deltas) or _cpu(_shares_of_cpu(pot)))
    for metric, name in (
        ("net_in", "net.in"),
        ("net_out", "net.out"),
        ("disk_read", "io.read"),
        ("disk_write", "io.write"),
    ):
        if name in deltas:
            values[metric] = deltas[name][0] / deltas[name][1]
        elif _is_whole(f"rate.{name}", pot, at, before):
            values[metric] = max(0.0, pot[f"rate.{name}"].value)
    busy = [100 * change / seconds for name, (change, seconds) in deltas.items() if base_of(name) == "io.busy"]
    busy += [told.value for name, told in pot.items() if base_of(name) == "rate.io.busy"]
    if busy:
        values["disk_busy"] = min(100.0, max(0.0, *busy))
    values.update(_distributions(pot, deltas, before))
    values.update(_memory(pot, at, before))
    mounts = _mounts(pot, values)
    booted_at = boot_of(at, pot)
    if booted_at is not None:
        values["uptime"] = max(0.0, at - booted_at)
    values.update({name: pot[name].value for name in HIGHEST if name in pot})
    return {name: round(value, 4) for name, value in values.items()}, mounts


def boot_of(at: float, pot: Pot) -> float | None:
    """When the machine was booted; the mean, where several say."""
    if "boot" in pot:
        return pot["boot"].value / pot["boot"].count
    return at - pot["up"].value / pot["up"].count if "up" in pot else None


def _delta(name: str, told: Told, at: float, before: Counts) -> tuple[float, float] | None:
    """(change, seconds) of a counter since the earlier moment, which this one replaces."""
    if base_of(name) not in COUNTERS:
        return None
    earlier = before.get(name)
    if earlier is None:
        before[name] = Earlier(at, told.value, told.count)
        return None
    seconds = at - earlier.at
    if seconds <= 0 or (told.count < earlier.count and seconds < FORGET):
        return None
    before[name] = Earlier(at, told.value, told.count)
    if seconds > RATE_GAP or told.count != earlier.count or told.value < earlier.value:
        return None
    return told.value - earlier.value, seconds


def _cpu(deltas: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """As node_exporter's mixin counts: neither idle, nor waiting for a disk, nor taken by a neighbour."""
    if "cpu.idle" not in deltas or "cpu.busy" not in deltas:
        return {}
    idle, busy, iowait, steal = (
        deltas.get(f"cpu.{name}", (0.0, 1.0))[0] for name in ("idle", "busy", "iowait", "steal")
    )
    total = idle + busy + iowait + steal
    if total <= 0:
        return {}
    found = {"cpu": 100 * busy / total}
    if "cpu.iowait" in deltas:
        found["iowait"] = 100 * iowait / total
    if "cpu.steal" in deltas:
        found["steal"] = 100 * steal / total
    return found


def _shares_of_cpu(pot: Pot) -> dict[str, tuple[float, float]]:
    """The shares of time by mode as a sender told them, each in percent of one CPU; none where modes are missing: what
    is there then does not add up to whole CPUs."""
    shares = {
        name.removeprefix("rate."): (told.value, 1.0) for name, told in pot.items() if name.startswith("rate.cpu.")
    }
    whole = sum(value for value, _ in shares.values())
    cpus = round(whole / 100)
    return shares if cpus and abs(whole - 100 * cpus) <= 3 * cpus else {}


def _is_whole(name: str, pot: Pot, at: float, before: Counts, those: str = "") -> bool:
    """Whether as many pieces of this sum were told as the last time: half of them would pass for all. `those` is what
    the names of the pieces begin with, where the sum has several."""
    count = sum(told.count for one, told in pot.items() if (one.startswith(those) if those else one == name))
    earlier = before.get(name)
    if not count or (earlier and count < earlier.count and at - earlier.at < FORGET):
        return False
    if earlier is None or at > earlier.at:
        before[name] = Earlier(at, 0.0, count)
    return True


def _distributions(pot: Pot, deltas: Mapping[str, tuple[float, float]], before: Counts) -> dict[str, float]:
    """How many a second, their mean, and an estimate of the 95th percentile where buckets are told, since before."""
    found: dict[str, float] = {}
    buckets: dict[str, dict[float, float]] = {}
    for name, told in pot.items():
        if name.startswith("dist.le:"):
            series, _, bound = name.partition(":")[2].rpartition("|")
            # A bucket is told from its first entry on: one that is new was empty before.
            buckets.setdefault(series, {})[float(bound)] = deltas[name][0] if name in deltas else told.value
    for series in _subjects(pot, "dist.count:"):
        change = deltas.get(f"dist.count:{series}")
        if change is None:
            for name in [name for name in before if name.startswith(f"dist.le:{series}|") and name not in pot]:
                del before[name]
            continue
        found |= spread_of(
            series, change[0], deltas.get(f"dist.sum:{series}", (None, 0))[0], change[1], buckets.get(series, {})
        )
    return found


def spread_of(
    series: str, count: float, total: float | None, seconds: float, buckets: Mapping[float, float]
) -> dict[str, float]:
    """{series: value} of so many in so many seconds. `buckets` counts those up to each bound and above the one before;
    the bound of the last may be infinite."""
    base, colon, rest = series.partition(":")
    found = {f"{base}.rate{colon}{rest}": count / seconds}
    if count > 0 and total is not None:
        found[f"{base}.mean{colon}{rest}"] = total / count
    percentile = _percentile(buckets, 0.95)
    if percentile is not None:
        found[f"{base}.p95{colon}{rest}"] = percentile
    return found


def _percentile(buckets: Mapping[float, float], share: float) -> float | None:
    """As Prometheus' histogram_quantile: evenly within a bucket; above the last bound only the bound is known."""
    whole = sum(buckets.values())
    if whole <= 0:
        return None
    wanted, low, passed = share * whole, 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if passed + count >= wanted:
            if math.isinf(bound):
                return low if passed else None
            return bound if bound <= 0 else low + (bound - low) * (wanted - passed) / count
        passed += count
        low = bound
    return low


def _memory(pot: Pot, at: float, before: Counts) -> dict[str, float]:
    """A total that has to be summed up is one only of all its parts."""
    found: dict[str, float] = {}
    if "mem.total" not in pot and not _is_whole("mem", pot, at, before, those="mem."):
        pot = {name: told for name, told in pot.items() if not name.startswith("mem.")}
    value = {name: told.value for name, told in pot.items() if name.startswith(("mem.", "swap."))}
    total = value.get("mem.total") or sum(
        value.get(f"mem.{name}", 0.0) for name in ("used", "free", "cached", "buffered", "slab")
    )
    if total > 0 and "mem.available" in value:
        found["memory"] = _percent(total - value["mem.available"], total)
    elif total > 0 and "mem.used" in value:
        found["memory"] = _percent(value["mem.used"], total)
    elif total > 0 and "mem.free" in value and "mem.total" in value:
        kept = sum(value.get(f"mem.{name}", 0.0) for name in ("free", "cached", "buffered", "slab"))
        found["memory"] = _percent(total - kept, total)
    swap = value.get("swap.total") or value.get("swap.used", 0.0) + value.get("swap.free", 0.0)
    if swap > 0 and ("swap.free" in value or "swap.used" in value):
        used = value["swap.used"] if "swap.used" in value else swap - value["swap.free"]
        found["swap"] = _percent(used, swap)
    return found


def _mounts(pot: Pot, values: dict[str, float]) -> dict[str, list[int]]:
    """Fills in `disk` and `inode`, of each mount and of the fullest, as `df` counts: what is root's alone is used."""
    sizes: dict[str, list[int]] = {}
    for mount in _subjects(pot, "fs."):
        size, free, available, used = (
            pot[f"fs.{name}:{mount}"].value if f"fs.{name}:{mount}" in pot else None
            for name in ("size", "free", "available", "used")
        )
        if used is None and size is not None and (free is not None or available is not None):
            used = size - (free if free is not None else available or 0.0)
        left = available if available is not None else free
        if left is None and size is not None and used is not None:
            left = size - used
        if used is not None and left is not None and used + left > 0:
            values[f"disk:{mount}"] = _percent(used, used + left)
            sizes[mount] = [int(size if size is not None else used + left), int(left)]
        files, spare, taken = (
            pot[f"fs.{name}:{mount}"].value if f"fs.{name}:{mount}" in pot else None
            for name in ("files", "files_free", "files_used")
        )
        if taken is None and files is not None and spare is not None:
            taken = files - spare
        whole = files if files is not None else (taken or 0.0) + (spare or 0.0)
        if taken is not None and whole > 0:
            values[f"inode:{mount}"] = _percent(taken, whole)
    for metric in ("disk", "inode"):
        those = [value for name, value in values.items() if name.startswith(f"{metric}:")]
        if those:
            values[metric] = max(those)
    return sizes


def _subjects(pot: Pot, prefix: str) -> Iterator[str]:
    yield from sorted({name.partition(":")[2] for name in pot if name.startswith(prefix) and ":" in name})


def _percent(part: float, whole: float) -> float:
    return min(100.0, max(0.0, 100 * part / whole))
