"""The native wire format (docs/openapi.yaml, POST /api/ingest): one server's samples and what else it tells.

A sample that breaks a rule is refused by itself, with its index, the place and the reason; its neighbours are kept.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from lib.domain.errors import BadInput
from lib.domain.metrics import MAX_SERIES_PER_SERVER, bounds_of
from lib.domain.telemetry import AHEAD_SECONDS, PAST_SECONDS, SKEW_SECONDS, Post, ServerSamples, clean_name
from lib.monitoring.collectors.error_tracker import read_errors, read_events, read_text

MAX_SAMPLES = 20_000
MAX_PROCESSES = 50
MAX_TAGS = 20
MAX_REJECTS_TOLD = 100
_NUMBERS = frozenset({int, float})  # and not bool
_JSON_NAMES = {bool: "true or false", str: "text", list: "a list", dict: "an object"}


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
        raise BadInput("give the server's name: 1-100 letters, digits or . _ - : @ +", pointer="/server")
    share = ServerSamples(server, [], [], _post(document.get("post")), _sent_at(document.get("sent_at")))
    batch = Batch([share])
    # Our own agents say what their clock shows: a wrong clock is put right before samples are judged too old or new.
    skew = now - share.sent_at if share.sent_at is not None and share.post else 0.0
    clock = now - (skew if abs(skew) > SKEW_SECONDS else 0.0)
    _read_samples(document.get("samples", []), share, batch, clock)
    _read_extra(document, share, batch, clock)
    late = sum(one["pointer"].endswith("/at") for one in batch.rejected)
    if late and batch.accepted and share.post is None:  # of the rest its server's page tells; of nothing the answer
        newest = max((sample["at"] for sample in document["samples"] if _is_dated(sample)), default=0)
        share.extra["source"] = {"name": "push", "refused": late, "newest": int(newest)}
    return batch


def _is_dated(sample: object) -> bool:
    return isinstance(sample, dict) and _is_number(sample.get("at")) and 0 < sample["at"] < 4e9


def _post(given: object) -> Post | None:
    if given is None:
        return None
    if isinstance(given, dict):
        epoch, n, floor = given.get("epoch"), given.get("n"), given.get("floor", 1)
        epoch = str(epoch) if _is_count(epoch) else epoch
        if not isinstance(epoch, str) or not 1 <= len(epoch) <= 40 or not epoch.isprintable():
            raise BadInput("a post's epoch is a text of 1 to 40 characters", pointer="/post/epoch")
        if _is_count(n) and _is_count(floor) and 1 <= floor <= n:
            return Post(epoch, n, floor)
    raise BadInput("a post's number is {epoch: text, n: 1.., floor: 1..n}", pointer="/post")


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: object) -> TypeGuard[float]:
    return type(value) is float or type(value) is int


def _sent_at(given: object) -> float | None:
    if given is None:
        return None
    if _is_number(given) and 0 < given < 4e9:
        return float(given)
    raise BadInput("sent_at is the sender's clock in seconds since 1970", pointer="/sent_at")


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the values of samples with the same metrics go, and what they may be."""

    columns: list[int]
    lows: list[float]
    highs: list[float]
    in_order: bool  # columns are 0, 1, 2, ...


def _read_samples(samples: object, share: ServerSamples, batch: Batch, clock: float) -> None:
    """Samples of equal shape share one plan; one with other metrics widens the share's series."""
    if not isinstance(samples, list):
        raise BadInput("samples must be a list", pointer="/samples")
    if len(samples) > MAX_SAMPLES:
        raise BadInput(f"at most {MAX_SAMPLES} samples a post", pointer="/samples")
    oldest, newest = clock - PAST_SECONDS, clock + AHEAD_SECONDS
    columns: dict[str, int] = {}
    plans: dict[tuple[str, ...], _Plan] = {}
    rows: list[tuple[int, list[float | None]]] = []
    for index, sample in enumerate(samples):
        problem = _sample_problem(sample, oldest, newest)
        if problem:
            batch.reject(f"/samples/{index}{problem[0]}", problem[1], index)
            if type(sample) is dict and _is_number(sample.get("at")):
                batch.off = sample["at"] - clock
            continue
        flat = _flatten(sample, share.extra)
        names = tuple(flat)
        values: list[Any] = [*flat.values()]
        plan = plans.get(names)
        if plan is None:
            made = _plan(names, columns)
            if isinstance(made, tuple):
                batch.reject(f"/samples/{index}/{_pointer(made[0])}", made[1], index)
                continue
            plan = plans[names] = made
        if not _all_within(values, plan):
            wrong = _first_wrong(names, values, plan)
            if wrong:
                batch.reject(f"/samples/{index}/{_pointer(wrong[0])}", wrong[1], index)
                continue
        rows.append((int(sample["at"]), values if plan.in_order else _spread(values, plan.columns, len(columns))))
    width = len(columns)
    share.series = list(columns)
    share.rows = [
        (at, values if len(values) == width else values + [None] * (width - len(values))) for at, values in rows
    ]
    batch.accepted = len(rows)


def _all_within(values: list[Any], plan: _Plan) -> bool:
    """Numbers all, and each within its bounds; False too where one is null. In C, for it is done for every value."""
    return (
        bool(values)
        and _NUMBERS.issuperset(map(type, values))
        and all(map(operator.le, plan.lows, values))
        and all(map(operator.ge, plan.highs, values))
    )


def _first_wrong(names: tuple[str, ...], values: list[Any], plan: _Plan) -> tuple[str, str] | None:
    for name, value, low, high in zip(names, values, plan.lows, plan.highs, strict=True):
        if value is None:
            continue
        if not _is_number(value):
            return name, f"must be a number, not {_JSON_NAMES.get(type(value), 'that')}"
        if not low <= value <= high:
            return name, f"{value} is outside {low:g} to {high:g}"
    return ("", "a sample holds at least one value") if values.count(None) == len(values) else None


def _spread(values: list[Any], columns: list[int], width: int) -> list[float | None]:
    row: list[float | None] = [None] * width
    for column, value in zip(columns, values, strict=True):
        row[column] = value
    return row


def _pointer(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")[:200]


def _sample_problem(sample: object, oldest: float, newest: float) -> tuple[str, str] | None:
    if type(sample) is not dict:
        return "", "a sample is an object"
    at = sample.get("at")
    if not _is_number(at):
        return "/at", "at is the time in seconds since 1970"
    if at < oldest:
        return "/at", f"{(oldest - at + PAST_SECONDS) / 86_400:.1f} days old: at most 7 days back are taken"
    if at > newest:
        return "/at", f"{at - newest + AHEAD_SECONDS:.0f} s in the future: check this machine's clock"
    return None


def _flatten(sample: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """{"cpu": 1, "mounts": {"/": {"disk": 2}}, "metrics": {"app.x": 3}} -> {"cpu": 1, "disk:/": 2, "app.x": 3}."""
    flat = sample.copy()
    del flat["at"]
    mounts = flat.pop("mounts", None)
    if isinstance(mounts, dict):
        sizes: dict[str, list[Any]] = {}
        for mount, state in mounts.items():
            if isinstance(state, dict):
                for name in ("disk", "inode"):
                    if name in state:
                        flat[f"{name}:{mount}"] = state[name]
                if _is_count(state.get("size_bytes")) and _is_count(state.get("free_bytes")) and len(mount) <= 80:
                    sizes[mount] = [state["size_bytes"], state["free_bytes"]]
            else:
                flat[f"disk:{mount}"] = state
        if sizes:
            extra["mounts"] = sizes
    elif mounts is not None:
        flat["mounts"] = mounts
    metrics = flat.pop("metrics", None)
    if isinstance(metrics, dict):
        flat.update(metrics)
    elif metrics is not None:
        flat["metrics"] = metrics
    return flat


def _plan(names: tuple[str, ...], columns: dict[str, int]) -> _Plan | tuple[str, str]:
    """The plan, or (name, reason) of the first name that may not exist."""
    if len(columns.keys() | set(names)) > MAX_SERIES_PER_SERVER:
        return "", f"more than {MAX_SERIES_PER_SERVER} metrics on one server"
    bounds = []
    for name in names:
        found = bounds_of(name)
        if found is None:
            return name, f'there is no metric "{name[:100]}"; names of your own contain a dot, like "app.queue_depth"'
        bounds.append(found)
    places = [columns.setdefault(name, len(columns)) for name in names]
    return _Plan(places, [low for low, _ in bounds], [high for _, high in bounds], places == [*range(len(places))])


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
        if _is_count(host.get(name)):
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
                "pid": row.get("pid") if _is_count(row.get("pid")) else None,
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
