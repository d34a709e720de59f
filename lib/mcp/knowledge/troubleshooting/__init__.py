"""Runbooks for what goes wrong with servers: one for each topic of the troubleshooting questions, in both languages."""

from __future__ import annotations

from lib.domain.metrics import DERIVED, METRICS, metric_of
from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting import access, database, disk, memory, network, processor, reach, service
from lib.mcp.knowledge.troubleshooting.asking import QUESTIONS
from lib.mcp.knowledge.troubleshooting.finding import Index
from lib.mcp.knowledge.troubleshooting.form import Command, Runbook, Step
from lib.mcp.knowledge.troubleshooting.rendering import FAMILIES, MOST_LETTERS, family_of, markdown

__all__ = [
    "FAMILIES",
    "MOST_LETTERS",
    "Command",
    "Runbook",
    "Step",
    "family_of",
    "for_metric",
    "markdown",
    "question",
    "runbook",
    "search",
    "topics",
]

_RUNBOOKS: dict[str, Runbook] = {
    one.topic: one
    for one in (
        *processor.RUNBOOKS,
        *memory.RUNBOOKS,
        *disk.RUNBOOKS,
        *network.RUNBOOKS,
        *service.RUNBOOKS,
        *database.RUNBOOKS,
        *access.RUNBOOKS,
        *reach.RUNBOOKS,
    )
}
_INDEX = Index(_RUNBOOKS.values())

# The runbook that a metric beyond its level calls for: names of the catalogue and those only the chat uses.
_OF_METRIC: dict[str, str] = {
    "cpu": "high_cpu",
    "steal": "high_cpu",
    "temperature": "high_cpu",
    "gpu": "high_cpu",
    "load": "high_load",
    "load1": "high_load",
    "load5": "high_load",
    "load15": "high_load",
    "requests": "high_load",
    "memory": "high_memory",
    "memory_free": "high_memory",
    "swap": "swap",
    "disk": "disk_full",
    "disk_free": "disk_full",
    "inode": "inode_full",
    "iowait": "disk_io",
    "disk_io": "disk_io",
    "disk_read": "disk_io",
    "disk_write": "disk_io",
    "disk_busy": "disk_io",
    "network": "network_latency",
    "net_in": "network_latency",
    "net_out": "network_latency",
    "latency": "network_latency",
    "connections": "db_connections",
    "error_rate": "http_5xx",
    "uptime": "server_unreachable",
}
METRICS_COVERED = frozenset(_OF_METRIC) & (METRICS.keys() | DERIVED.keys())


def topics() -> tuple[str, ...]:
    """All topics, those of one family together."""
    return tuple(_RUNBOOKS)


def runbook(topic: str) -> Runbook:
    """KeyError for what is no topic; `topics()` has them all."""
    return _RUNBOOKS[topic]


def question(topic: str) -> Text:
    """How it is asked for, in words that lead to it. KeyError for what is no topic."""
    return QUESTIONS[topic]


def for_metric(metric: str) -> str | None:
    """The topic for a metric or series ("disk:/data") that is too high; None for a metric of somebody's own."""
    known = metric_of(metric)
    return _OF_METRIC.get(known.name if known else metric)


def search(words: str, locale: str | None = None) -> list[str]:
    """Topics that words speak of, best first, at most eight; none where nothing fits. `locale` breaks ties only: words
    of both languages are looked for, as people mix them."""
    return _INDEX.search(words, locale)
