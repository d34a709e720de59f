"""Forecasts of the fleet: made by the roll-up, server after server, kept with what came of yesterday's; and of one
series on demand, for whoever looks. The methods are analyzers/forecast.py and analyzers/crossing.py."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, tzinfo
from fnmatch import fnmatchcase
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import bounds_of, metric_of
from lib.domain.moments import told
from lib.monitoring.analyzers.crossing import crossing
from lib.monitoring.analyzers.forecast import FARTHEST, HISTORY, Forecast, foresee
from lib.monitoring.analyzers.prospects import ForecastOptions
from lib.monitoring.clock_hours import ClockHours
from lib.monitoring.queries import Queries
from lib.storage.port import Storage

HOUR = 3_600
DAY = 24
SERVERS_A_STEP = 10
RUN_SECONDS = 50.0  # with the roll-up before it: a function has sixty
FRESH_SECONDS = 2 * HOUR + 600
ALWAYS = ("cpu", "memory", "disk", "inode")  # what is foreseen of every server, and whatever rules ask for
FILLING = ("disk", "inode")  # what only grows, and is cleaned up
FULL, HIGH = 100.0, 95.0  # the level of percentages that fill, and of the others
MOST_LEVELS = 8


def forecast_fleet(
    storage: Storage, end: float, monotonic: Callable[[], float] = time.monotonic, zone: tzinfo = UTC
) -> dict[str, Any]:
    """Foresee server after server until none is left of this hour or `end` (monotonic) is near; those whose turn is
    longest ago come first, so whoever was left out is next. `zone` is the fleet's. Gives `{servers, series, more}`."""
    rules = _asked(storage.rules.rule_list())
    patterns = [*_patterns(ALWAYS), *(pattern for one in rules for pattern in _patterns([one[0]]))]
    done = {"servers": 0, "series": 0, "more": True}
    while done["more"] and monotonic() < end:
        due = storage.forecasts.forecasts_due(SERVERS_A_STEP, HISTORY, patterns)
        if due["servers"]:
            clock = _clock_hours(zone, due["hour"])
            made = {name: server_forecasts(one, due["hour"], rules, clock) for name, one in due["servers"].items()}
            storage.forecasts.forecasts_store(due["hour"], made)
            done["servers"] += len(made)
            done["series"] += sum(map(len, made.values()))
        done["more"] = bool(due["more"])
    if done["servers"]:
        storage.forecasts.forecasts_tell()
    return done


type Asked = tuple[str, float, bool]  # metric as a rule names it, level, above


def _asked(rules: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """What rules of the kind `forecast` want to know."""
    found = []
    for rule in rules:
        if rule.get("kind") == "forecast" and rule.get("enabled", True):
            try:
                level = ForecastOptions.read(rule.get("options") or {}).level
            except (ValueError, TypeError):
                continue  # written by a later version, or by hand
            found.append((str(rule["metric"]), level, bool(rule.get("above", True))))
    return found


def _patterns(metrics: Iterable[str]) -> list[str]:
    """As LIKE takes them: the metric itself and each of its mounts."""
    found = []
    for metric in metrics:
        plain = metric.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        found += [plain] if ":" in metric else [plain, f"{plain}:%"]
    return found


def _clock_hours(zone: tzinfo, end: int) -> ClockHours:
    return ClockHours(zone, end, HISTORY, FARTHEST)


def server_forecasts(
    due: Mapping[str, Any], hour: int, rules: Sequence[Asked], clock: ClockHours
) -> dict[str, dict[str, Any]]:
    """`{series: {body, before, tested, dates}}` of one server, of `omv_forecasts_due`. Pure. A headline whose mounts
    speak for themselves, and what was silent for a day, is left out."""
    names = set(due["series"])
    found = {}
    for series in sorted(names):
        if any(name.startswith(f"{series}:") for name in names):
            continue
        history = _hours(due["series"][series])
        if all(value is None for value in history[-DAY:]):
            continue
        known = due["known"].get(series) or {}
        found[series] = _series_forecast(series, history, hour, rules, known, clock)
    return found


def _hours(rows: Sequence[Sequence[float]]) -> list[float | None]:
    history: list[float | None] = [None] * HISTORY
    for n, mean in rows:
        if 0 <= n < HISTORY:
            history[int(n)] = mean
    return history


def _series_forecast(
    series: str,
    history: list[float | None],
    hour: int,
    rules: Sequence[Asked],
    known: Mapping[str, Any],
    clock: ClockHours,
) -> dict[str, Any]:
    levels = levels_of(series, rules)
    outlook = outlook_of(series, history, levels, FARTHEST, clock)
    tested, before = _tested(known.get("before"), history, hour) or known.get("tested"), known.get("before")
    body = outlook.body()
    if before is None or before["at"] + DAY * HOUR <= hour:
        last = next((value for value in reversed(history) if value is not None), None)
        before = {"at": hour, "last": last, **{name: body[name][:DAY] for name in ("mid", "low", "high")}}
    dates = [
        [one["level"], one["above"], one["hours"], one["earliest"], one["latest"]]
        for one in body["crossings"]
        if one["hours"]
    ]
    return {"body": body, "before": before, "tested": tested, "dates": dates}


def levels_of(series: str, rules: Sequence[Asked] = ()) -> list[tuple[float, bool]]:
    """(level, above): the usual one of a percentage, and those that rules ask for."""
    metric = metric_of(series)
    usual = []
    if metric is not None and metric.unit == "%":
        usual = [(FULL if metric.name in FILLING else HIGH, True)]
    asked = [(level, above) for name, level, above in rules if is_meant(name, series)]
    return list(dict.fromkeys([*usual, *asked]))[:MOST_LEVELS]


def is_meant(metric: str, series: str) -> bool:
    return fnmatchcase(series, metric) or (":" not in metric and series.partition(":")[0] == metric)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foreseen of a series. `forecast` is None where nothing is known."""

    forecast: Forecast | None
    crossings: list[dict[str, Any]]

    def body(self) -> dict[str, Any]:
        found = self.forecast
        paths: dict[str, list[float | None]] = {"mid": [], "low": [], "high": []}
        if found is None:
            return {**paths, "hours": 0, "trials": 0, "error": None, "naive_error": None, "led_by": None,
                    "crossings": self.crossings}  # fmt: skip
        for name in paths:
            paths[name] = [_short(value) for value in getattr(found, name)]
        return {
            **paths, "hours": found.hours, "trials": found.trials, "error": _short(found.error),
            "naive_error": _short(found.naive_error), "led_by": found.led_by, "crossings": self.crossings,
        }  # fmt: skip


def outlook_of(
    series: str,
    history: Sequence[float | None],
    levels: Iterable[tuple[float, bool]],
    horizon: int,
    clock: ClockHours,
) -> Outlook:
    """What is foreseen of a series after the last hour of its history, which is where `clock` ends."""
    history = clock.laid(history)
    bounds = bounds_of(series)
    metric = metric_of(series)
    found = foresee(history, max(horizon, FARTHEST), bounds if metric is not None and metric.unit == "%" else None)
    fills = metric is not None and metric.name in FILLING
    crossings = []
    for level, above in levels:
        date = crossing(history, level, above=above, fills=fills, found=found)
        until = {name: clock.hours_until(getattr(date, name)) for name in ("hours", "earliest", "latest")}
        document = {
            name: _short(one) if isinstance(one, float) else one for name, one in {**asdict(date), **until}.items()
        }
        crossings.append({"level": level, "above": above, **document})
    if found is not None and not clock.is_even:
        mid, low, high = (tuple(clock.told(path)) for path in (found.mid, found.low, found.high))
        found = replace(found, mid=mid, low=low, high=high)
    return Outlook(found, crossings)


def _tested(before: Mapping[str, Any] | None, history: Sequence[float | None], hour: int) -> dict[str, Any] | None:
    """What came of the forecast of a day ago; None while its day is not over, or nothing came."""
    if before is None or before["at"] + DAY * HOUR > hour or before["last"] is None:
        return None
    first = HISTORY - (hour - int(before["at"])) // HOUR
    rows = [
        (history[first + n], before["mid"][n], before["low"][n], before["high"][n])
        for n in range(min(DAY, len(before["mid"])))
        if 0 <= first + n < HISTORY
    ]
    came = [(truth, mid, low, high) for truth, mid, low, high in rows if truth is not None]
    if not came:
        return None
    slack = 1e-6 * max(abs(truth) for truth, *_ in came)
    return {
        "at": before["at"],
        "hours": len(came),
        "error": _short(sum(abs(truth - mid) for truth, mid, _, _ in came) / len(came)),
        "naive_error": _short(sum(abs(truth - before["last"]) for truth, *_ in came) / len(came)),
        "covered": round(sum(low - slack <= truth <= high + slack for truth, _, low, high in came) / len(came), 3),
    }


def _short(value: float | None) -> float | None:
    """Six digits: all that a sample keeps."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


class Forecasts:
    """Forecasts as people and clients ask for them."""

    def __init__(
        self, storage: Storage, queries: Queries, clock: Callable[[], float] = time.time, timezone: str = "UTC"
    ) -> None:
        self._storage = storage
        self._queries = queries
        self._clock = clock
        self._zone = read_zone(timezone)

    def of_server(self, name: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{forecasts}`: what the roll-up foresaw of each series, without the paths. Raises NotFound."""
        found = self._storage.forecasts.forecasts(name, None, sight)
        if found is None:
            raise NotFound(f'there is no server "{name}"')
        return {"forecasts": [_told(one["series"], one["at"], one["body"], one["tested"]) for one in found]}

    def of_servers(
        self, names: Sequence[str], metrics: Sequence[str], sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]:
        """As `of_server`, each with its `server`, of many servers in one read; a metric stands for its mounts."""
        found = self._storage.analysis.forecast_list(names, metrics, sight) if names else []
        return [
            {"server": one["server"], **_told(one["series"], one["at"], one["body"], one["tested"])} for one in found
        ]

    def one(
        self, name: str, series: str, horizon: int = DAY, level: float | None = None, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """The forecast of a series, the stored one where it is fresh and knows the level, else made now. Raises
        BadInput, NotFound."""
        if bounds_of(series) is None:
            raise BadInput("there is no such metric; a name of your own contains a dot")
        if not 1 <= horizon <= FARTHEST:
            raise BadInput(f"`horizon` is 1 to {FARTHEST} hours")
        rows = self._storage.forecasts.forecasts(name, series, sight)
        if rows is None:
            raise NotFound(f'there is no server "{name}"')
        row = rows[0] if rows else None
        if row is not None and self._is_enough(row, level):
            return {**_told(series, row["at"], row["body"], row["tested"], horizon), "stored": True}
        end = int(self._clock()) // HOUR * HOUR
        history = self._history(name, series, end, sight)
        levels = [(level, self._is_above(history, level))] if level is not None else levels_of(series)
        body = outlook_of(series, history, levels, horizon, _clock_hours(self._zone, end)).body()
        return {**_told(series, end, body, row["tested"] if row else None, horizon), "stored": False}

    def _is_enough(self, row: Mapping[str, Any], level: float | None) -> bool:
        if self._clock() - row["at"] > FRESH_SECONDS or not row["body"]["mid"]:
            return False
        return level is None or any(one["level"] == level for one in row["body"]["crossings"])

    def _history(self, name: str, series: str, end: int, sight: Sight) -> list[float | None]:
        start = end - HISTORY * HOUR
        found = self._storage.queries.series(name, [series], start, end, HOUR, "1h", sight)
        if found is None:
            raise NotFound(f'there is no server "{name}"')
        return _hours([(row[0], row[2]) for row in found["series"].get(series, [])])

    @staticmethod
    def _is_above(history: Sequence[float | None], level: float) -> bool:
        """Whether it is reached from below, as it is now."""
        last = next((value for value in reversed(history) if value is not None), None)
        return last is None or last <= level


def _told(
    series: str, at: int, body: Mapping[str, Any], tested: Mapping[str, Any] | None, horizon: int = 0
) -> dict[str, Any]:
    """`from` is the first hour that is foreseen; dates of crossings as times."""
    crossings = [
        {
            **{name: value for name, value in one.items() if name not in {"hours", "earliest", "latest"}},
            "code": one["refusal"],
            **{
                key: value
                for name, hours in (("at", one["hours"]), ("earliest", one["earliest"]), ("latest", one["latest"]))
                for key, value in told(name, None if hours is None else at + hours * HOUR).items()
            },
        }
        for one in body["crossings"]
    ]
    for one in crossings:
        del one["refusal"]
    metric = metric_of(series)
    answer = {
        "series": series, "unit": metric.unit if metric else "", **told("from", at), "step": HOUR,
        "history_hours": body["hours"], "led_by": body["led_by"],
        "trial": {name: body[name] for name in ("trials", "error", "naive_error")},
        "yesterday": None if tested is None else {**tested, **told("at", tested["at"])},
        "crossings": crossings,
    }  # fmt: skip
    if not horizon:
        return answer
    paths = {name: body[name][:horizon] for name in ("mid", "low", "high")}
    return {**answer, "code": None if paths["mid"] else "too_little_data",
            "t": [at + n * HOUR for n in range(len(paths["mid"]))], **paths}  # fmt: skip
