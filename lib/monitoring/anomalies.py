"""What was unlike itself, and what was expected, as people and the assistant read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import bounds_of
from lib.domain.moments import told
from lib.storage.port import AnomalyLog

MOST = 500
LONGEST_SECONDS = 90 * 86_400


class Anomalies:
    def __init__(self, log: AnomalyLog) -> None:
        self._log = log

    def of_server(
        self, server: str, start: int, end: int, metrics: Sequence[str] = (), most: int = 200, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{anomalies, bands}` of a server, the newest first; of all its series or of `metrics`. A band is
        `{series: {t, low, high}}`: what was expected of each hour before it began. Raises NotFound, BadInput."""
        wanted = set(metrics)
        found = self._log.anomalies(_filters(start, end, MOST if wanted else most), server, sight)
        if found is None:
            raise NotFound(f'there is no server "{server}"')
        # What else was so is told of each, also where it is not asked for itself.
        shown = [one for one in _shown(found["anomalies"]) if not wanted or one["series"] in wanted]
        return {"anomalies": shown[:most], "bands": _bands(found["series"], found["bands"], wanted)}

    def of_fleet(
        self, start: int, end: int, most: int = 200, *, lasting: bool = False, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{anomalies}` of all servers in sight; `lasting` are those that are not over."""
        found = self._log.anomalies({**_filters(start, end, most), "open": lasting}, None, sight)
        return {"anomalies": _shown(found["anomalies"] if found else [])}

    def expected(self, server: str, series: str, since: int, by: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Somebody says that it was to be expected: its detector is taught so by the next sweep. Raises NotFound."""
        found = self._log.expected(server, series, since, by, sight)
        if found is None:
            raise NotFound("there is no such anomaly")
        return _one(found, [])


def _filters(start: int, end: int, most: int) -> dict[str, object]:
    if not start < end <= start + LONGEST_SECONDS:
        raise BadInput("`from` lies before `to`, at most 90 days")
    return {"from": start, "to": end, "most": min(most, MOST)}


def _shown(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    by_server: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        by_server.setdefault(one["server"], []).append(one)
    return [_one(one, by_server[one["server"]]) for one in found]


def _one(found: Mapping[str, Any], beside: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`with` are the other series of the server that were unlike themselves at the same time."""
    why = found["body"] or {}
    return {
        "server": found["server"], "series": found["series"], **told("since", found["since"]),
        **told("until", found["until"]), **told("peak_at", found["peak_at"]), "score": round(found["score"], 3),
        "value": found["value"], "kind": why.get("kind"), "shape": why.get("shape"), "direction": why.get("direction"),
        **{name: _possible(found["series"], why.get(name)) for name in ("expected", "low", "high")},
        **told("learnt_since", why.get("since")),
        "with": sorted({one["series"] for one in beside if one is not found and _meet(one, found)}),
        "expected_by": found["expected_by"], **told("expected_at", found["expected_at"]),
    }  # fmt: skip


def _possible(series: str, value: float | None) -> float | None:
    """What is expected lies as far below as above what is usual; what a metric cannot be is expected of none."""
    bounds = bounds_of(series)
    return value if value is None or bounds is None else min(max(value, bounds[0]), bounds[1])


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    forever = 1e12
    return bool(
        one["series"] != other["series"]
        and one["since"] <= (other["until"] or forever)
        and other["since"] <= (one["until"] or forever)
    )


def _bands(series: Sequence[str], rows: Sequence[Sequence[Any]], wanted: set[str]) -> dict[str, dict[str, list[Any]]]:
    bands: dict[str, dict[str, list[Any]]] = {}
    for column, name in enumerate(series):
        if wanted and name not in wanted:
            continue
        known = [(hour, low[column], high[column]) for hour, low, high in rows if column < len(low)]
        kept = [one for one in known if one[1] is not None]
        if kept:
            bands[name] = {
                "t": [at for at, _, _ in kept],
                "low": [_possible(name, x) for _, x, _ in kept],
                "high": [_possible(name, x) for _, _, x in kept],
            }
    return bands
