"""What people call a measurement, and the series it is read from: "network" is what comes in and what goes out.

The names are those of the extractor; the series those of lib/domain/metrics.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lib.domain.metrics import METRICS, metric_of

type Locale = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Measure:
    """`series` are added up. `free_of` names the percentage whose rest it is, of a size the server tells."""

    name: str
    ko: str
    en: str
    unit: str
    series: tuple[str, ...]
    free_of: str = ""

    def called(self, locale: Locale) -> str:
        return self.ko if locale == "ko" else self.en

    @property
    def is_plain(self) -> bool:
        """One series as it is stored, so that its minimum and maximum are known exactly."""
        return len(self.series) == 1 and not self.free_of

    @property
    def is_filling(self) -> bool:
        """A percentage of something that can be used up."""
        return self.series[0] in {"memory", "swap", "disk", "inode"} and not self.free_of


_SPECIAL = {
    one.name: one
    for one in (
        Measure("load", "부하", "load", "", ("load1",)),
        Measure("disk_io", "디스크 입출력", "disk I/O", "B/s", ("disk_read", "disk_write")),
        Measure("network", "네트워크", "network", "B/s", ("net_in", "net_out")),
        Measure("memory_free", "남은 메모리", "free memory", "B", ("memory",), free_of="memory"),
        Measure("disk_free", "남은 디스크 공간", "free disk space", "B", ("disk",), free_of="disk"),
        Measure("cpu", "CPU", "CPU", "%", ("cpu",)),
        Measure("memory", "메모리", "memory", "%", ("memory",)),
        Measure("disk", "디스크", "disk", "%", ("disk",)),
        Measure("swap", "스왑", "swap", "%", ("swap",)),
        Measure("inode", "아이노드", "inodes", "%", ("inode",)),
        Measure("gpu", "GPU", "GPU", "%", ("gpu",)),
    )
}


def measure(name: str) -> Measure:
    """Of a name as the extractor gives it, a catalogue metric, one of a mount, or a custom metric."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    row = metric_of(name)
    _, _, mount = name.partition(":")
    if row is None:
        return Measure(name, name, name, "", (name,))
    more = f" {mount}" if mount else ""
    lowered = row.en if row.en.isupper() or row.en[:2].isupper() else row.en[0].lower() + row.en[1:]
    return Measure(name, row.ko + more, lowered + more, row.unit, (name,))


def is_known(name: str) -> bool:
    return name in _SPECIAL or name.partition(":")[0] in METRICS or "." in name


def value_in(one: Measure, values: Mapping[str, float | None], memory_bytes: float | None = None) -> float | None:
    """The measure among a server's newest values; None where one of its series is not told."""
    known = [values.get(series) for series in one.series]
    there = [value for value in known if value is not None]
    if len(there) < len(known):
        return None
    if one.free_of == "memory":
        return memory_bytes * (1 - there[0] / 100) if memory_bytes else None
    return sum(there) if not one.free_of else None


def scaled(value: float, unit: str) -> tuple[float, str]:
    """(value, unit) as people read it: bytes in binary units, as the page counts them, rates in decimal ones."""
    if unit in {"B", "B/s"}:
        base, names = (1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB")) if unit == "B" else (1000, RATES)
        step, left = 0, float(value)
        while abs(left) >= 999.95 and step < len(names) - 1:
            left /= base
            step += 1
        return left, names[step]
    return float(value), unit


RATES = ("B/s", "kB/s", "MB/s", "GB/s", "TB/s")


def figure(value: float, decimals: int = 1) -> str:
    """At most so many decimals, none that are zero: 94.2, 40, 0.3."""
    text = f"{value:.{decimals}f}"
    if "." in text and decimals != 3:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", "-0.0"} else text


def with_unit(text: str, unit: str) -> str:
    return f"{text}{unit}" if unit in {"%", "%p", ""} else f"{text} {unit}"
