"""The samples of a native post, from their objects to rows of numbers.

Samples of one agent mostly have the same members in the same order, so where a value stands is found out once, from the
first: the others are read by place, and held to their bounds a column at a time. What is otherwise is read member by
member.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeGuard

from lib.domain.errors import BadInput
from lib.domain.metrics import MAX_SERIES_PER_SERVER, bounds_of
from lib.domain.telemetry import AHEAD_SECONDS, PAST_SECONDS, untimely

MAX_SAMPLES = 20_000
MOST_MOUNT = 80  # characters of a mount's path whose size is kept
_NUMBERS = frozenset({int, float})  # and not bool
_JSON_NAMES = {bool: "true or false", str: "text", list: "a list", dict: "an object"}
_NOT_METRICS = frozenset({"at", "mounts", "metrics"})
_OF_MOUNTS = ("disk", "inode")

type Reject = Callable[[str, str, int], None]  # where (JSON pointer), why, which sample
type Row = tuple[int, list[float | None]]  # second, values


@dataclass(slots=True)
class Samples:
    """What was read: `rows` have a value, or None, for each of the `series`. `mounts` are the newest sizes that were
    told: path -> [bytes, bytes free]. `off` is by how many seconds the last one refused for its time was off."""

    series: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    mounts: dict[str, list[int]] = field(default_factory=dict)
    off: float | None = None


@dataclass(slots=True)
class _Plan:
    """Where the values of samples with the same metrics go, and what they may be; and those that came, each with the
    number of its sample and its second."""

    names: tuple[str, ...]
    columns: list[int]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    came: list[tuple[int, int, list[Any]]] = field(default_factory=list)


def is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**53


def is_number(value: object) -> TypeGuard[float]:
    return type(value) is float or type(value) is int


def read_samples(samples: object, clock: float, reject: Reject) -> Samples:
    """Raises BadInput when they cannot be read at all; one that breaks a rule is rejected by itself. `clock` is what
    the sender's clock should show."""
    if not isinstance(samples, list):
        raise BadInput("samples must be a list", pointer="/samples")
    if len(samples) > MAX_SAMPLES:
        raise BadInput(f"at most {MAX_SAMPLES} samples a post", pointer="/samples")
    found = Samples()
    oldest, newest = clock - PAST_SECONDS, clock + AHEAD_SECONDS
    columns: dict[str, int] = {}
    plans: dict[tuple[str, ...], _Plan] = {}
    layouts: dict[tuple[str, ...], _Layout] = {}
    for index, sample in enumerate(samples):
        members = tuple(sample) if type(sample) is dict else ()
        layout = layouts.get(members)
        if layout is not None and layout.took(index, sample, oldest, newest):
            continue
        problem = _problem(sample, oldest, newest)
        if problem:
            reject(f"/samples/{index}{problem[0]}", problem[1], index)
            if type(sample) is dict and is_number(sample.get("at")):
                found.off = sample["at"] - clock
            continue
        flat = _flatten(sample)
        names = tuple(flat)
        plan = plans.get(names)
        if plan is None:
            made = _plan(names, columns)
            if isinstance(made, tuple):
                reject(f"/samples/{index}/{_pointer(made[0])}", made[1], index)
                continue
            plan = plans[names] = made
        plan.came.append((index, int(sample["at"]), [*flat.values()]))
        made_layout = _Layout.of(sample, plan)
        if made_layout is not None:
            layouts[members] = made_layout
    found.series = list(columns)
    kept: list[tuple[int, int, list[float | None]]] = []
    for plan in plans.values():
        within = plan.came if _are_all_within(plan) else _those_within(plan, reject)
        kept += _spread(within, plan.columns, len(columns))
    if len(plans) > 1:
        kept.sort(key=operator.itemgetter(0))
    found.rows = [(at, values) for _, at, values in kept]
    found.mounts = _sizes(samples[index] for index, _, _ in reversed(kept))
    return found


def _problem(sample: object, oldest: float, newest: float) -> tuple[str, str] | None:
    if type(sample) is not dict:
        return "", "a sample is an object"
    at = sample.get("at")
    if not is_number(at):
        return "/at", "at is the time in seconds since 1970"
    if not oldest <= at <= newest:
        return "/at", untimely(at, oldest + PAST_SECONDS)
    return None


@dataclass(frozen=True, slots=True)
class _Layout:
    """How to take the values of a sample by place: what its members hold, in the order of its plan's names."""

    plan: _Plan
    plain: Callable[[dict[str, Any]], Iterable[Any]]
    mounts: tuple[str, ...] | None  # their paths
    states: list[tuple[str, ...]]  # the members of each mount, which are the same; none where all that count are there
    measured: Callable[[dict[str, Any]], Iterable[Any]]  # those of them that are metrics
    metrics: tuple[str, ...] | None

    @classmethod
    def of(cls, sample: dict[str, Any], plan: _Plan) -> _Layout | None:
        """None where a sample cannot be read so: its mounts are not alike, or a name stands in two places."""
        plain = tuple(name for name in sample if name not in _NOT_METRICS)
        mounts, metrics = sample.get("mounts", {}), sample.get("metrics", {})
        if not isinstance(mounts, dict) or not isinstance(metrics, dict):
            return None
        states = {tuple(state) if isinstance(state, dict) else None for state in mounts.values()}
        state = states.pop() if states else ()
        if states or state is None:
            return None
        measured = tuple(name for name in _OF_MOUNTS if name in state)
        if mounts and not measured:
            return None
        layout = cls(
            plan, _taker(plain), tuple(mounts) if "mounts" in sample else None,
            [state] * len(mounts) if measured != _OF_MOUNTS else [], _taker(measured),
            tuple(metrics) if "metrics" in sample else None,
        )  # fmt: skip
        return layout if len(layout.values(sample) or ()) == len(plan.names) else None

    def took(self, index: int, sample: dict[str, Any], oldest: float, newest: float) -> bool:
        """Whether a sample with the same members could be read so, and is among those that came."""
        at = sample["at"]
        values = self.values(sample) if type(at) in _NUMBERS and oldest <= at <= newest else None
        if values is None:
            return False
        self.plan.came.append((index, int(at), values))
        return True

    def values(self, sample: dict[str, Any]) -> list[Any] | None:
        """Of a sample with the same members; None where what is within them differs."""
        values = [*self.plain(sample)]
        if self.mounts is not None:
            mounts = sample["mounts"]
            if type(mounts) is not dict or tuple(mounts) != self.mounts:
                return None
            states = mounts.values()
            try:
                if self.states and [*map(tuple, states)] != self.states:
                    return None
                for state in states:
                    values += self.measured(state)
            except (KeyError, TypeError):
                return None
        if self.metrics is not None:
            metrics = sample["metrics"]
            if type(metrics) is not dict or tuple(metrics) != self.metrics:
                return None
            values += metrics.values()
        return values


def _taker(names: tuple[str, ...]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    if len(names) > 1:
        return operator.itemgetter(*names)
    return lambda members: [members[name] for name in names]


def _flatten(sample: dict[str, Any]) -> dict[str, Any]:
    """{"cpu": 1, "mounts": {"/": {"disk": 2}}, "metrics": {"app.x": 3}} -> {"cpu": 1, "disk:/": 2, "app.x": 3}."""
    flat = sample.copy()
    del flat["at"]
    mounts = flat.pop("mounts", None)
    if isinstance(mounts, dict):
        for mount, state in mounts.items():
            if isinstance(state, dict):
                for name in _OF_MOUNTS:
                    if name in state:
                        flat[f"{name}:{mount}"] = state[name]
            else:
                flat[f"disk:{mount}"] = state
    elif mounts is not None:
        flat["mounts"] = mounts
    metrics = flat.pop("metrics", None)
    if isinstance(metrics, dict):
        flat.update(metrics)
    elif metrics is not None:
        flat["metrics"] = metrics
    return flat


def _sizes(newest_first: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    for sample in newest_first:
        mounts = sample.get("mounts")
        sizes = {
            mount: [state["size_bytes"], state["free_bytes"]]
            for mount, state in (mounts.items() if isinstance(mounts, dict) else ())
            if isinstance(state, dict) and "size_bytes" in state and len(mount) <= MOST_MOUNT
            if is_count(state["size_bytes"]) and is_count(state.get("free_bytes"))
        }
        if sizes:
            return sizes
    return {}


def _plan(names: tuple[str, ...], columns: dict[str, int]) -> _Plan | tuple[str, str]:
    """The plan, or (name, reason) of the first name that may not exist."""
    if len(columns.keys() | set(names)) > MAX_SERIES_PER_SERVER:
        return "", f"more than {MAX_SERIES_PER_SERVER} metrics on one server"
    try:
        lows, highs = _limits(names)
    except KeyError as unknown:
        name = unknown.args[0]
        return name, f'there is no metric "{name[:100]}"; names of your own contain a dot, like "app.queue_depth"'
    places = [columns.setdefault(name, len(columns)) for name in names]
    return _Plan(names, places, lows, highs)


@lru_cache(maxsize=100)  # of 200 names with 100 characters at most: 4 MB
def _limits(names: tuple[str, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The lowest and the highest each may be. Raises KeyError with the first name that may not exist."""
    bounds = []
    for name in names:
        found = bounds_of(name)
        if found is None:
            raise KeyError(name)
        bounds.append(found)
    return tuple(low for low, _ in bounds), tuple(high for _, high in bounds)


def _are_all_within(plan: _Plan) -> bool:
    """Numbers all, and each within its bounds; False too where one is null. In C, for it is done for every value: what
    is no number cannot be compared with one, but for true and false, which are 1 and 0 then."""
    low_ones: list[Any] = []
    try:
        columns = zip(*[values for _, _, values in plan.came], strict=True)
        for column, low, high in zip(columns, plan.lows, plan.highs, strict=True):
            least = min(column)
            if not low <= least or not max(column) <= high:
                return False
            if least <= 1:
                low_ones += column
    except TypeError:
        return False
    return bool(plan.names) and _NUMBERS.issuperset({*map(type, low_ones)})


def _those_within(plan: _Plan, reject: Reject) -> list[tuple[int, int, list[Any]]]:
    kept = []
    for index, at, values in plan.came:
        wrong = _first_wrong(plan, values)
        if wrong:
            reject(f"/samples/{index}/{_pointer(wrong[0])}", wrong[1], index)
        else:
            kept.append((index, at, values))
    return kept


def _first_wrong(plan: _Plan, values: list[Any]) -> tuple[str, str] | None:
    for name, value, low, high in zip(plan.names, values, plan.lows, plan.highs, strict=True):
        if value is None:
            continue
        if not is_number(value):
            return name, f"must be a number, not {_JSON_NAMES.get(type(value), 'that')}"
        if not low <= value <= high:
            return name, f"{value} is outside {low:g} to {high:g}"
    return ("", "a sample holds at least one value") if values.count(None) == len(values) else None


def _spread(
    came: list[tuple[int, int, list[Any]]], columns: list[int], width: int
) -> list[tuple[int, int, list[float | None]]]:
    """Each value in its column, None where there is none."""
    if columns == [*range(len(columns))]:
        rest: list[None] = [None] * (width - len(columns))
        return [(index, at, values + rest) for index, at, values in came] if rest else came
    spread = []
    for index, at, values in came:
        row: list[float | None] = [None] * width
        for column, value in zip(columns, values, strict=True):
            row[column] = value
        spread.append((index, at, row))
    return spread


def _pointer(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")[:200]
