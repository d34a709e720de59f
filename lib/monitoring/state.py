"""What the sweep remembers of a server between two batches, and how it is kept.

It is JSON in Postgres, committed together with the samples it was folded from and cut into rows so small that updating
one stays on its page (HOT).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from typing import Any

from lib.domain.posts import PostMarks

STATE_VERSION = 1
MOST_BEYOND = 40  # names of series beyond the limit that are remembered
SPARK_STEP = 300
SPARK_POINTS = 36  # three hours
MEMORY_PART = 100  # the rows from here on are the analyzers' memory, those below it everything else
DETECTION_PART = 200  # and from here on the detectors' states
PIECE = 1_700  # bytes: rows of 5 kB bloat a table 240-fold in 200 sweeps

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode  # ASCII, so that characters are bytes


@dataclass(slots=True)
class ServerState:
    """One server as the sweep knows it.

    `values[i]` is the newest value of `series[i]`, taken at `folded_at`, or at `behind[i]` where that series was not in
    the newest sample. `memory` belongs to the analyzers, one entry each.
    """

    name: str
    series: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    first_seen: float = 0.0
    folded_at: int = 0
    values: list[float | None] = field(default_factory=list)
    behind: dict[int, int] = field(default_factory=dict)
    heard_at: float = 0.0
    gap: float = 0.0  # seconds between the last two posts
    expected: float = 0.0  # seconds between two posts, as this sender keeps them
    folded: int = 0  # samples folded, ever: the crash test holds it against the rows stored
    mounts: dict[str, list[int]] = field(default_factory=dict)
    clock_offset: int = 0  # seconds to add to the server's clock
    skewed: bool = False  # its clock is off and it does not number its posts: its samples are kept but judge nothing
    counters: dict[int, list[float | None]] = field(default_factory=dict)  # column -> [at, count, counting since]
    slots: dict[int, dict[int, float]] = field(default_factory=dict)  # slot -> {column: value}, not folded yet
    spark: list[float | None] = field(default_factory=list)
    spark_at: int = 0
    spark_sum: list[float] = field(default_factory=lambda: [0.0, 0])
    status: str = "ok"
    reason: dict[str, Any] | None = None
    since: float = 0.0
    dropped: int = 0  # series beyond the limit
    agent: str = ""
    pots: dict[int, dict[str, dict[int, list[float]]]] = field(default_factory=dict)  # see composing.py
    counts: dict[str, list[float]] = field(default_factory=dict)  # component -> [at, total, of how many]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)  # which protocols feed it, and what was no metric
    spoke_at: float = 0.0  # when something on the machine itself was heard (polling.py)
    stopped: str = ""  # what a cloud says of a machine that does not run: "stopped", "terminated"
    beyond: dict[str, int] = field(default_factory=dict)  # series beyond the limit -> when they were told last
    signs: dict[str, list[list[Any]]] = field(default_factory=dict)  # what machines have of their own (twins.py)
    twins: dict[str, Any] = field(default_factory=dict)  # several machines under this name
    memory: dict[str, Any] = field(default_factory=dict)
    detection: str = ""  # the detectors of its series, packed (detection.py)
    posts: dict[str, PostMarks] = field(default_factory=dict)  # the epoch heard last stands last
    line: str = ""  # the server's line in the snapshot, kept until the state changes

    def copy(self) -> ServerState:
        """A state that may be folded into while this one stays what was committed. Containers are copied one level
        deep: what is inside them is replaced, never changed in place."""
        return replace(
            self,
            series=list(self.series), facts=dict(self.facts), values=list(self.values), behind=dict(self.behind),
            mounts=dict(self.mounts), counters=dict(self.counters), slots=dict(self.slots), spark=list(self.spark),
            spark_sum=list(self.spark_sum), memory=dict(self.memory),
            pots={at: {name: dict(pieces) for name, pieces in pot.items()} for at, pot in self.pots.items()},
            counts=dict(self.counts), sources=dict(self.sources),
            posts={epoch: replace(marks) for epoch, marks in self.posts.items()},
        )  # fmt: skip

    @property
    def group(self) -> str | None:
        """What people decided wins over what the agent tells."""
        group: str | None = self.settings.get("group") or self.facts.get("group")
        return group

    @property
    def tags(self) -> dict[str, str]:
        return {**(self.facts.get("tags") or {}), **(self.settings.get("tags") or {})}

    def position(self, name: str, most: int) -> int | None:
        """The column of a series, made when it is new; None when the server has all it may have."""
        try:
            return self.series.index(name)
        except ValueError:
            if len(self.series) >= most:
                self.dropped += 1
                others = {one: at for one, at in self.beyond.items() if one != name}
                self.beyond = dict([*others.items(), (name, round(self.heard_at))][-MOST_BEYOND:])
                return None
            self.series.append(name)
            return len(self.series) - 1

    def value(self, name: str) -> float | None:
        try:
            return self.values[self.series.index(name)]
        except (ValueError, IndexError):
            return None

    def folded_until(self, column: int) -> int:
        """The time of the newest folded value of a column; 0 when it never had one."""
        if column >= len(self.values) or self.values[column] is None:
            return self.behind.get(column, 0)
        return self.behind.get(column, self.folded_at)

    def to_rows(self, before: ServerState | None) -> dict[str, str]:
        """The rows that keep this state, {part: text}; the analyzers' memory only where it is not as it was before."""
        rows = _cut(_ENCODE([STATE_VERSION, *(getattr(self, name) for name in _KEPT)]), 0)
        if self.memory != (before.memory if before else {}):
            rows |= _cut(_ENCODE(self.memory), MEMORY_PART)
        if self.detection and self.detection != (before.detection if before else ""):
            rows |= _cut(self.detection, DETECTION_PART)
        return rows


# What a state row holds, in order; the rest has columns or tables of its own, or is made anew.
_KEPT = tuple(
    one.name
    for one in fields(ServerState)
    if one.name not in {"name", "series", "facts", "settings", "first_seen", "memory", "detection", "posts", "line"}
)
LEAST_KEPT = _KEPT.index("agent") + 1
_BY_COLUMN = ("behind", "counters")


def from_row(name: str, row: dict[str, Any]) -> ServerState:
    """A server as `omv_sweep_begin` gives it. A state of a version we do not know begins anew: no history is lost."""
    state = ServerState(name, list(row["series"]), row["facts"] or {}, row["settings"] or {}, row["first_seen"] or 0.0)
    parts: dict[str, str] = row["states"] or {}
    text = _joined(parts, 0)
    if text is not None:
        version, *body = json.loads(text)
        # What later versions keep besides stands at the end: a state from before them is whole without.
        if version == STATE_VERSION and LEAST_KEPT <= len(body) <= len(_KEPT):
            for attribute, value in zip(_KEPT, body, strict=False):
                setattr(state, attribute, value)
            for attribute in _BY_COLUMN:
                setattr(state, attribute, {int(column): value for column, value in getattr(state, attribute).items()})
            state.pots = {
                int(at): {name: {int(pid): told for pid, told in pieces.items()} for name, pieces in pot.items()}
                for at, pot in state.pots.items()
            }
            state.slots = {
                int(at): {int(column): value for column, value in slot.items()} for at, slot in state.slots.items()
            }
    memory = _joined(parts, MEMORY_PART)
    if memory is not None:
        state.memory = json.loads(memory)
    state.detection = _joined(parts, DETECTION_PART) or ""
    by_use = sorted((row["posts"] or {}).items(), key=lambda one: float(one[1][2]))
    state.posts = {epoch: PostMarks.from_row(marks) for epoch, marks in by_use}
    return state


def _cut(text: str, first: int) -> dict[str, str]:
    """The text in rows from part `first` on. The first says how many they are: a longer text may have left more."""
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    pieces[0] = f"{len(pieces)}|{pieces[0]}"
    return {str(first + index): piece for index, piece in enumerate(pieces)}


def _joined(parts: dict[str, str], first: int) -> str | None:
    if str(first) not in parts:
        return None
    count, _, start = parts[str(first)].partition("|")
    return start + "".join(parts[str(first + index)] for index in range(1, int(count)))


@dataclass(slots=True)
class FleetState:
    """What the sweep remembers of the fleet as a whole."""

    listening_since: float = 0.0  # silence is counted from here: before it we may have been deaf ourselves
    deaf_since: float | None = None  # half of the fleet fell silent together
    cpu: list[list[float | None]] = field(default_factory=list)  # [median, p95] each five minutes, a day
    cpu_at: int = 0
    memory: dict[str, Any] = field(default_factory=dict)  # episodes that concern no single server

    def copy(self) -> FleetState:
        return replace(self, cpu=list(self.cpu), memory=dict(self.memory))

    def to_text(self) -> str:
        return _ENCODE([STATE_VERSION, self.listening_since, self.deaf_since, self.cpu, self.cpu_at, self.memory])

    @classmethod
    def from_text(cls, text: str | None) -> FleetState:
        body = json.loads(text) if text else [0]
        return cls(*body[1:]) if body[0] == STATE_VERSION else cls()
