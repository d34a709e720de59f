"""The native wire format (docs/openapi.yaml, POST /api/ingest): one server's samples and what else it tells.

A sample that breaks a rule is refused by itself, with its index, the place and the reason; its neighbours are kept.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.domain.errors import BadInput
from lib.domain.telemetry import NAMES, SKEW_SECONDS, Post, ServerSamples, clean_name
from lib.monitoring.collectors.error_tracker import read_errors, read_events, read_text
from lib.monitoring.collectors.samples import is_count, is_number, read_samples

MAX_PROCESSES = 50
MAX_TAGS = 20
MAX_REJECTS_TOLD = 100


@dataclass(slots=True)
class Batch:
    """What one request brought: shares to keep, how many samples they hold, and what was refused and why."""

    shares: list[ServerSamples] = field(default_factory=list)
    accepted: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0  # how many were, also beyond those that are told of one by one
    off: float | None = (
        None  # seconds by which the last sample that was refused for its time was off; ahead is positive
    )
    unmapped: list[str] = field(default_factory=list)  # where nothing of a server could be: what it told

    def reject(self, pointer: str, reason: str, index: int | None = None) -> None:
        self.refused += 1
        if len(self.rejected) < MAX_REJECTS_TOLD:
            self.rejected.append({"pointer": pointer, "reason": reason} | ({} if index is None else {"index": index}))


def decode(document: object, now: float) -> Batch:
    """Read one native post. Raises BadInput when the post as a whole cannot be taken."""
    if not isinstance(document, dict):
        raise BadInput("the body must be a JSON object", pointer="")
    server = clean_name(document.get("server"))
    if server is None:
        raise BadInput(f"give the server's name: {NAMES}", pointer="/server")
    share = ServerSamples(server, [], [], _post(document.get("post")), _sent_at(document.get("sent_at")))
    batch = Batch([share])
    # Our own agents say what their clock shows: a wrong clock is put right before samples are judged too old or new.
    skew = now - share.sent_at if share.sent_at is not None and share.post else 0.0
    clock = now - (skew if abs(skew) > SKEW_SECONDS else 0.0)
    samples = read_samples(document.get("samples", []), clock, batch.reject)
    batch.rejected.sort(key=operator.itemgetter("index"))
    share.series, share.rows = samples.series, samples.rows
    share.extra["mounts"] = samples.mounts
    batch.accepted, batch.off = len(samples.rows), samples.off
    _read_extra(document, share, batch, clock)
    late = sum(one["pointer"].endswith("/at") for one in batch.rejected)
    if late and batch.accepted and share.post is None:  # of the rest its server's page tells; of nothing the answer
        newest = max((sample["at"] for sample in document["samples"] if _is_dated(sample)), default=0)
        share.extra["source"] = {"name": "push", "refused": late, "newest": int(newest)}
    return batch


def _is_dated(sample: object) -> bool:
    return isinstance(sample, dict) and is_number(sample.get("at")) and 0 < sample["at"] < 4e9


def _post(given: object) -> Post | None:
    if given is None:
        return None
    if isinstance(given, dict):
        epoch, n, floor = given.get("epoch"), given.get("n"), given.get("floor", 1)
        epoch = str(epoch) if is_count(epoch) else epoch
        if not isinstance(epoch, str) or not 1 <= len(epoch) <= 40 or not epoch.isprintable():
            raise BadInput("a post's epoch is a text of 1 to 40 characters", pointer="/post/epoch")
        if is_count(n) and is_count(floor) and 1 <= floor <= n:
            return Post(epoch, n, floor)
    raise BadInput("a post's number is {epoch: text, n: 1.., floor: 1..n}", pointer="/post")


def _sent_at(given: object) -> float | None:
    if given is None:
        return None
    if is_number(given) and 0 < given < 4e9:
        return float(given)
    raise BadInput("sent_at is the sender's clock in seconds since 1970", pointer="/sent_at")


def _read_extra(document: dict[str, Any], share: ServerSamples, batch: Batch, clock: float) -> None:
    host = document.get("host")
    if host is not None:
        if not isinstance(host, dict):
            raise BadInput("host must be an object", pointer="/host")
        share.extra["host"] = clean_host(host)
    share.extra["agent"] = read_text(document.get("agent"), 60)
    if "processes" in document:
        share.extra["processes"] = _processes(document["processes"], batch)
    if "errors" in document:
        share.extra["errors"] = read_errors(document["errors"], clock, batch.reject)
    if "events" in document:
        share.extra["events"] = read_events(document["events"], clock, batch.reject)
    share.extra = {name: value for name, value in share.extra.items() if value}


def clean_host(host: Mapping[str, Any]) -> dict[str, Any]:
    """Facts we know, in the form we keep; an unknown or ill-formed fact is left out, for facts are not measurements."""
    facts: dict[str, Any] = {}
    for name in ("os", "kernel", "timezone", "group", "arch", "model"):
        text = read_text(host.get(name), 100)
        if text:
            facts[name] = text
    for name in ("cores", "memory_bytes", "boot_at"):
        if is_count(host.get(name)):
            facts[name] = host[name]
    tags = host.get("tags")
    if isinstance(tags, dict):
        pairs = ((read_text(key, 50), read_text(value, 100)) for key, value in list(tags.items())[:MAX_TAGS])
        facts["tags"] = {key: value for key, value in pairs if key and value}
    return facts


def _processes(given: object, batch: Batch) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        batch.reject("/processes", "processes must be a list")
        return []
    kept = []
    for index, row in enumerate(given[:MAX_PROCESSES]):
        name = read_text(row.get("name"), 100) if isinstance(row, dict) else None
        if not name:
            batch.reject(f"/processes/{index}/name", "a process has a name")
            continue
        ports = row.get("ports") if isinstance(row.get("ports"), list) else []
        kept.append(
            {
                "name": name,
                "pid": row.get("pid") if is_count(row.get("pid")) else None,
                "user": read_text(row.get("user"), 64),
                "cpu": _number(row.get("cpu")),
                "memory": _number(row.get("memory")),
                "ports": [port for port in ports if type(port) is int and 0 < port < 65_536][:50],
            }
        )
    return kept


def _number(value: object) -> float | None:
    return (
        round(float(value), 2)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
        else None
    )
