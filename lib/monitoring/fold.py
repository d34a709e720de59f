"""One server's share of a batch: which posts are new, what their rows become in history, what they say of now.

Rows go two ways. Into history goes everything, however late. Into the state go only values newer than what the state
has seen of that series, so that each is folded once and in the order of time. Posts are folded one after the other:
how a stream is cut into batches changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from lib.domain.metrics import MAX_SERIES_PER_SERVER
from lib.domain.posts import PostMarks
from lib.domain.telemetry import SKEW_SECONDS, Part, Post
from lib.monitoring import composing, polling, sources, twins
from lib.monitoring.alerts.threshold import Moved
from lib.monitoring.analyzers import Window
from lib.monitoring.detection import Found
from lib.monitoring.parts import row_texts, values_of
from lib.monitoring.state import SPARK_POINTS, SPARK_STEP, ServerState

SLOT_SECONDS = 10
SLOT_SETTLES = 15
RATE_GAP = 600
EPOCHS_KEPT = 8
OTLP, SERVICE_TAGS = ("otlp", "otlp_logs"), ("service", "namespace")
LONGEST_GAP = 900  # a longer silence was an outage and says nothing about how often this sender posts

type Row = Sequence[float | None]
type Rows = list[tuple[int, Row]]
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_AT = itemgetter(0)


@dataclass(slots=True)
class Outcome:
    """What a server's share adds to the commit. `rows` is {at: real[] literal}."""

    rows: dict[int, str] = field(default_factory=dict)
    processes: dict[int, Any] = field(default_factory=dict)
    errors: list[list[Any]] = field(default_factory=list)
    events: list[list[Any]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    epochs: set[str] = field(default_factory=set)  # whose marks have changed or are no longer kept
    samples: int = 0
    heard: bool = False

    def absorb(self, later: Outcome) -> None:
        for at, literal in later.rows.items():
            self.rows[at] = _merged(self.rows[at], json.loads(f"[{literal[1:-1]}]")) if at in self.rows else literal
        self.processes |= later.processes
        self.errors += later.errors
        self.events += later.events
        self.windows += later.windows
        self.moved += later.moved
        self.found.absorb(later.found)
        self.epochs |= later.epochs
        self.samples += later.samples
        self.heard = self.heard or later.heard


def fold_parts(state: ServerState, heard: Sequence[tuple[float, list[Part]]], now: float) -> Outcome:
    """Fold what was heard of one server, oldest first, each with the parts of one post. Changes `state`.

    A post that is known already, by its number, changes nothing but the time the server was last heard.
    """
    outcome = Outcome()
    for heard_at, told in heard:
        parts, alive = polling.heed(state, told, heard_at)
        outcome.heard = outcome.heard or alive
        if "polled" not in parts[0].extra:
            _note_heard(state, heard_at)
            post = parts[0].post
            if post is not None and not _is_new(state, post, now, outcome):
                continue
            sources.note(state, parts, heard_at)
            _read_clock(state, parts[0], heard_at)
            _see_signs(state, parts[0], heard_at)
        else:
            sources.note(state, parts, heard_at)
        rows: Rows = []
        for part in parts:
            _read_extra(state, part, heard_at, outcome)
            rows += _read_rows(state, part, outcome)
        _fold_rows(state, rows, outcome)
    composed = _composed(state, now, outcome)
    _fold_rows(state, [*_settled(state, now, composing.held_from(state, now)), *composed], outcome)
    return outcome


def _note_heard(state: ServerState, heard_at: float) -> None:
    """Two gaps in a row, the shorter of them, tell how often a sender posts; raised at once and lowered slowly."""
    gap = heard_at - state.heard_at
    if gap <= 0:
        return
    if state.heard_at and gap < LONGEST_GAP:
        steady = min(gap, state.gap) if state.gap else 0.0
        state.expected = round(steady if steady > state.expected else 0.9 * state.expected + 0.1 * steady, 1)
        state.gap = round(gap, 1)
    state.heard_at = round(heard_at, 3)


def _is_new(state: ServerState, post: Post, now: float, outcome: Outcome) -> bool:
    """Note the post as stored; False when it was before. Forgets the epochs that were not heard for longest: the
    floor of their next post says what they had stored."""
    marks = state.posts.pop(post.epoch, None) or PostMarks()
    state.posts[post.epoch] = marks
    outcome.epochs.add(post.epoch)
    for epoch in list(state.posts)[:-EPOCHS_KEPT]:
        del state.posts[epoch]
        outcome.epochs.add(epoch)
    is_new = not marks.has(post.n)
    marks.add(post.n, post.floor, now)
    return is_new


def _read_clock(state: ServerState, part: Part, heard_at: float) -> None:
    """Numbered posts are put right by what their sender's clock shows; others are flagged when it is off."""
    sent_at = part.sent_at
    if part.post is None:
        behind = heard_at - sent_at if sent_at is not None else 0.0
        state.skewed = behind > SKEW_SECONDS or sources.is_ahead(state)
        return
    state.skewed = False
    if sent_at is None:
        return
    off = heard_at - sent_at
    # One correction holds until the clock has clearly moved: near the limit it must not come and go with each post.
    if abs(off) <= SKEW_SECONDS / 2:
        state.clock_offset = 0
    elif abs(off - state.clock_offset) > SKEW_SECONDS:
        state.clock_offset = round(off)


def _see_signs(state: ServerState, part: Part, heard_at: float) -> None:
    """What the sender has of its own. When foreign ones were booted shows when their pieces are put together."""
    if part.post is not None:
        twins.see(state, "epoch", part.post.epoch, heard_at)
    for host_id in part.extra.get("source", {}).get("ids", ()):
        twins.see(state, "host_id", host_id, heard_at)
    booted_at = part.extra.get("host", {}).get("boot_at")
    if booted_at and part.rows:
        twins.see_boot(state, part.rows[-1][0] + _offset(state, part), booted_at, heard_at)
    elif part.slotted and "uptime" in part.series:
        column = part.series.index("uptime")
        for (at, _), row in zip(part.rows, values_of(part.rows), strict=True):
            if up := row[column]:
                twins.see_boot(state, at, at - up, heard_at)


def _offset(state: ServerState, part: Part) -> int:
    return state.clock_offset if part.post else 0


def _of_first_service(state: ServerState, extra: dict[str, Any]) -> dict[str, Any] | None:
    """What is told of the host. OTLP comes from each service of a machine by itself: the tags that name one stay those
    of the first, or they would change with every request, and with them who may see the server."""
    host: dict[str, Any] | None = extra.get("host")
    known = {name: tag for name, tag in (state.facts.get("tags") or {}).items() if name in SERVICE_TAGS}
    if not host or not host.get("tags") or "service" not in known or extra.get("source", {}).get("name") not in OTLP:
        return host
    others = {name: tag for name, tag in host["tags"].items() if name not in SERVICE_TAGS}
    return {**host, "tags": {**others, **known}}


def _read_extra(state: ServerState, part: Part, heard_at: float, outcome: Outcome) -> None:
    extra = part.extra
    if not extra:
        return
    host = _of_first_service(state, extra)
    if host and any(state.facts.get(name) != value for name, value in host.items()):
        state.facts = {**state.facts, **host}
    if "mounts" in extra:
        state.mounts = extra["mounts"]
    if "agent" in extra:
        state.agent = extra["agent"]
    if "pots" in extra:
        composing.keep(state, extra["pots"], heard_at)
    if "processes" in extra:
        outcome.processes[int(heard_at)] = extra["processes"]
    offset = _offset(state, part)
    outcome.errors += [[id_, at + offset, *rest] for id_, at, *rest in extra.get("errors", ())]
    outcome.events += [[id_, at + offset, *rest] for id_, at, *rest in extra.get("events", ())]


def _read_rows(state: ServerState, part: Part, outcome: Outcome) -> Rows:
    """The part's rows in the columns of the state, as history takes them. Gives those to be folded now."""
    if not part.rows:
        return []
    offset = _offset(state, part)
    times = [at + offset for at, _ in part.rows]
    rows: list[Row] = [*values_of(part.rows)]
    texts: list[str] | None = [text for _, text in part.rows]
    if part.series != state.series[: len(part.series)]:
        columns = [state.position(name, MAX_SERIES_PER_SERVER) for name in part.series]
        # A sender's own order is the state's once it has posted: then its text is the database's literal as it is.
        if columns != list(range(len(columns))):
            rows, texts = _in_columns(rows, columns), None
    if "counters" in part.extra:
        exact: dict[int, float] = dict(part.extra.get("counted", ()))
        moments = [exact.get(at, at) for at, _ in part.rows]
        rows, texts = _rates(state, part.extra["counters"], moments, rows), None
    if part.slotted:
        times = [at - at % SLOT_SECONDS for at in times]
    if texts is None:
        texts = row_texts(rows)
    outcome.samples += len(rows)
    stored = outcome.rows
    for at, text, row in zip(times, texts, rows, strict=True):
        stored[at] = "{" + text + "}" if at not in stored else _merged(stored[at], row)
    if not part.slotted:
        return list(zip(times, rows, strict=True))
    for at, row in zip(times, rows, strict=True):
        slot = {column: value for column, value in enumerate(row) if value is not None}
        if slot:
            state.slots[at] = {**state.slots.get(at, {}), **slot}
    return []


def _in_columns(rows: Sequence[Row], columns: Sequence[int | None]) -> list[Row]:
    """Each row's values moved to their columns; those of a series beyond the limit fall away."""
    source = {column: index for index, column in enumerate(columns) if column is not None}
    if not source:
        return [() for _ in rows]
    nothing = len(columns)  # each row gets a null behind its end
    pick = itemgetter(*(source.get(column, nothing) for column in range(max(source) + 1)), nothing)
    return [pick((*row, None))[:-1] for row in rows]


def _merged(literal: str, row: Row) -> str:
    """Two rows of one instant in one batch: an INSERT may touch a row once only, so they become one here."""
    return "{" + _ENCODE(_over(json.loads(f"[{literal[1:-1]}]"), row))[1:-1] + "}"


def _over(old: Row, new: Row) -> list[float | None]:
    both = [*old, *[None] * (len(new) - len(old))]
    for column, value in enumerate(new):
        if value is not None:
            both[column] = value
    return both


def _rates(
    state: ServerState, started: dict[str, float | None], times: Sequence[float], rows: Sequence[Row]
) -> list[Row]:
    """Counts become rates per second. `started` is {series: when its counting began, or None}. A drop, a new start, a
    gap over ten minutes and a late point give no value."""
    turned = [list(row) for row in rows]
    for name, start in started.items():
        if name not in state.series:
            continue
        column = state.series.index(name)
        for at, row in zip(times, turned, strict=True):
            count = row[column] if column < len(row) else None
            if count is None:
                continue
            row[column] = None
            then, before, before_start = state.counters.get(column) or (None, None, None)
            if then is not None and before is not None:
                if at <= then:
                    continue
                if at - then <= RATE_GAP and count >= before and start == before_start:
                    row[column] = round((count - before) / (at - then), 6)
            state.counters[column] = [at, count, start]
    return [*turned]


def _settled(state: ServerState, now: float, held_from: float) -> Rows:
    """Take out the slots that nothing more will come for, as rows to be folded. Those of moments of which pieces wait,
    wait with them: a server's series must not be far apart, or some would seem to have ended."""
    rows: Rows = []
    for at in sorted(at for at in state.slots if at + SLOT_SETTLES <= now and at + SLOT_SECONDS <= held_from):
        slot = state.slots.pop(at)
        rows.append((at, [slot.get(column) for column in range(len(state.series))]))
    return rows


def _composed(state: ServerState, now: float, outcome: Outcome) -> Rows:
    """What foreign agents told in pieces, as rows for history and to be folded."""
    rows: Rows = []
    for at, values in composing.settled(state, now):
        columns = {state.position(name, MAX_SERIES_PER_SERVER): value for name, value in values.items()}
        columns.pop(None, None)
        row: Row = [columns.get(column) for column in range(len(state.series))]
        literal = "{" + row_texts([row])[0] + "}"
        outcome.rows[at] = _merged(outcome.rows[at], row) if at in outcome.rows else literal
        outcome.samples += 1
        rows.append((at, row))
    return rows


def _fold_rows(state: ServerState, rows: Rows, outcome: Outcome) -> None:
    if not rows:
        return
    if len(dict(rows)) < len(rows):
        rows = _one_an_instant(rows)
    rows.sort(key=_AT)
    state.values += [None] * (len(state.series) - len(state.values))
    late = sum(at <= state.folded_at for at, _ in rows)
    if late:
        _fold_late(state, rows[:late], outcome)
    if late < len(rows):
        _fold_fresh(state, rows[late:], outcome)


def _one_an_instant(rows: Rows) -> Rows:
    merged: dict[int, Row] = {}
    for at, row in rows:
        merged[at] = _over(merged[at], row) if at in merged else row
    return [*merged.items()]


def _fold_late(state: ServerState, rows: Rows, outcome: Outcome) -> None:
    """Not newer than the server's newest sample; but a series that was not in that one may still be."""
    until = [state.folded_until(column) for column in range(len(state.series))]
    nothing_before = min(until, default=0)
    taken: Rows = []
    for at, row in rows:
        if at <= nothing_before:
            continue
        news: list[float | None] = [
            value if value is not None and at > last else None for value, last in zip(row, until, strict=False)
        ]
        if news.count(None) == len(news):
            continue
        for column, value in enumerate(news):
            if value is None:
                continue
            until[column] = at
            state.values[column] = value
            if at < state.folded_at:
                state.behind[column] = at
            else:
                state.behind.pop(column, None)
        taken.append((at, news))
    _note(state, taken, outcome)


def _fold_fresh(state: ServerState, rows: Rows, outcome: Outcome) -> None:
    """The common way: rows newer than all that was seen before."""
    before = state.folded_at
    last_at, last = rows[-1]
    if len(last) == len(state.values) and None not in last:
        state.values = [*last]
        state.behind = {}
    else:
        for column in range(len(state.values)):
            at, value = _newest(rows, column)
            if value is not None:
                state.values[column] = value
                if at == last_at:
                    state.behind.pop(column, None)
                else:
                    state.behind[column] = at
            elif state.values[column] is not None:
                state.behind.setdefault(column, before)
    state.folded_at = last_at
    _note(state, rows, outcome)


def _newest(rows: Rows, column: int) -> tuple[int, float | None]:
    for at, row in reversed(rows):
        if column < len(row) and row[column] is not None:
            return at, row[column]
    return 0, None


def _note(state: ServerState, rows: Rows, outcome: Outcome) -> None:
    if not rows:
        return
    state.folded += len(rows)
    window = Window(state.name, state.series, [at for at, _ in rows], [row for _, row in rows], state.facts)
    outcome.windows.append(window)
    if "cpu" in state.series:
        for at, value in zip(window.at, window.column(state.series.index("cpu")), strict=True):
            if value is not None:
                _spark(state, at, value)


def _spark(state: ServerState, at: int, value: float) -> None:
    step = at - at % SPARK_STEP
    if step > state.spark_at:
        total, count = state.spark_sum
        if state.spark_at:
            missed = min((step - state.spark_at) // SPARK_STEP - 1, SPARK_POINTS)
            mean = round(total / count, 1) if count else None
            state.spark = [*state.spark, mean, *[None] * missed][-SPARK_POINTS:]
        state.spark_at, state.spark_sum = step, [value, 1]
    elif step == state.spark_at:
        state.spark_sum = [state.spark_sum[0] + value, state.spark_sum[1] + 1]
