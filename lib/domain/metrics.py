"""The catalogue of metrics: the one place that knows what each is called, measured in and may be.

A new metric is one row of `METRICS`; validation, charts, status rules and the chat's vocabulary read it from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

MAX_SERIES_PER_SERVER = 200
MAX_NAME = 100
# Far inside what a real can hold, so that sums over an hour or a fleet are too.
UNBOUNDED = 1e15


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity. `low` and `high` are inclusive; a value outside them is refused, never clipped."""

    name: str
    unit: str  # "%", "B/s", "s", "ms", "°C", "/s" or "" for plain numbers
    en: str
    ko: str
    low: float = 0.0
    high: float = UNBOUNDED
    per_subject: bool = False  # also exists once per mount: "disk:/data"
    aliases: tuple[str, ...] = field(default=())


def _percent(name: str, en: str, ko: str, *aliases: str, per_subject: bool = False) -> Metric:
    return Metric(name, "%", en, ko, high=100.0, per_subject=per_subject, aliases=aliases)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _percent("cpu", "CPU", "CPU 사용률", "processor", "씨피유", "프로세서"),
        _percent("iowait", "I/O wait", "입출력 대기", "io wait"),
        _percent("steal", "CPU steal", "CPU 스틸", "steal time"),
        Metric("load1", "", "Load, 1 min", "1분 부하", aliases=("load", "load average", "부하")),
        Metric("load5", "", "Load, 5 min", "5분 부하"),
        Metric("load15", "", "Load, 15 min", "15분 부하"),
        _percent("memory", "Memory", "메모리 사용률", "ram", "mem", "메모리", "램"),
        _percent("swap", "Swap", "스왑 사용률", "스왑"),
        _percent("disk", "Disk", "디스크 사용률", "storage", "디스크", "저장 공간", per_subject=True),
        _percent("inode", "Inodes", "아이노드 사용률", "inodes", "아이노드", per_subject=True),
        Metric("disk_read", "B/s", "Disk read", "디스크 읽기"),
        Metric("disk_write", "B/s", "Disk write", "디스크 쓰기"),
        _percent("disk_busy", "Disk busy", "디스크 사용 시간", "disk utilisation"),
        Metric("net_in", "B/s", "Network in", "네트워크 수신", aliases=("inbound", "download", "수신")),
        Metric("net_out", "B/s", "Network out", "네트워크 송신", aliases=("outbound", "upload", "송신")),
        Metric("connections", "", "Connections", "연결 수", aliases=("sockets", "커넥션")),
        Metric("temperature", "°C", "Temperature", "온도", low=-100.0, high=1000.0, aliases=("temp",)),
        _percent("gpu", "GPU", "GPU 사용률", "그래픽"),
        Metric("uptime", "s", "Uptime", "가동 시간"),
        Metric("latency", "ms", "Latency", "지연 시간", aliases=("response time", "응답 시간")),
        _percent("error_rate", "Error rate", "오류율", "에러율"),
        Metric("requests", "/s", "Requests", "요청 수", aliases=("rps", "throughput", "처리량")),
    )
}

# What rules may watch besides: computed from what is told, never told itself.
DERIVED = {"disk_free": Metric("disk_free", "B", "Free space", "남은 공간", per_subject=True)}

# What the fleet view carries per server; everything else is one click away.
HEADLINE = ("cpu", "memory", "disk", "load1", "net_in", "net_out", "uptime")

# How soon a series counts as unlike itself.
SENSITIVITIES = ("off", "low", "normal", "high")

_CUSTOM = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[.:/-][A-Za-z0-9_]+)*\.[A-Za-z0-9_./:-]+")
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]{1,80}")


def metric_of(series: str) -> Metric | None:
    """The catalogue row of a series name (`disk:/data` -> disk), or None for a custom metric."""
    name, _, subject = series.partition(":")
    metric = METRICS.get(name) or DERIVED.get(name)
    return metric if metric and (not subject or metric.per_subject) else None


def bounds_of(series: str) -> tuple[float, float] | None:
    """The range a value of this series must keep to, or None when no such series may exist.

    A custom metric contains a dot (`app.queue_depth`) and may be any finite number up to `UNBOUNDED` either way.
    """
    return _bounds(series) if len(series) <= MAX_NAME else None


@lru_cache(maxsize=10_000)
def _bounds(series: str) -> tuple[float, float] | None:
    metric = METRICS.get(series)
    if metric is None and ":" in series:
        name, _, subject = series.partition(":")
        metric = METRICS.get(name)
        if metric is not None and not (metric.per_subject and _SUBJECT.fullmatch(subject)):
            return None
    if metric is not None:
        return metric.low, metric.high
    return (-UNBOUNDED, UNBOUNDED) if _CUSTOM.fullmatch(series) else None
