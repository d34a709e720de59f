"""Series as people call them, in their language."""

from __future__ import annotations

from lib.domain.metrics import metric_of


def listed(series: str, locale: str) -> str:
    """`cpu, disk:/data` as `CPU, Disk /data`; what is in no catalogue stays as it is."""
    return ", ".join(_called(one, locale) for one in series.split(", "))


def _called(series: str, locale: str) -> str:
    metric = metric_of(series)
    if metric is None:
        return series
    name = metric.ko if locale == "ko" else metric.en
    return f"{name} {series.partition(':')[2]}".strip()
