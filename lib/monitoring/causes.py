"""Why something changed, on request: which series and events to look at, in bounds, and what the analyzer found.

Looked at are four hours in minutes: three before the time and one after; every series of the server itself, and six of
up to twelve others, first those of its group. Older than the raw history it is five minutes a bin, and twenty hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import bounds_of, metric_of
from lib.domain.moments import told
from lib.domain.rule_names import Locale, called
from lib.monitoring.alerts.series_words import listed
from lib.monitoring.analysis import METRICS, _rounded, machines, read_stretch, unit_of
from lib.monitoring.analyzers.correlation import Causes, Happening, Key, causes
from lib.monitoring.analyzers.tracks import Machine, Track
from lib.monitoring.collectors.error_tracker import LEVELS
from lib.monitoring.outside import name_of
from lib.monitoring.queries import Queries
from lib.storage.port import Storage

BEFORE, AFTER, STEP = 3 * 3_600, 3_600, 60
COARSE = 5  # times as long where bins are five minutes
HISTORY = 86_400  # of events: how often such a thing happens anyway
MOST_OTHERS = 12
MOST_SERIES = 100
OTHERS_METRICS = ("cpu", "memory", "iowait", "disk_busy", "net_in", "latency")
OWN_METRICS = (*METRICS, "load1", "temperature", "gpu")


class Why:
    """Thread-safe; a server out of sight is none, and is not named as a cause either."""

    def __init__(self, storage: Storage, queries: Queries, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._queries = queries
        self._clock = clock

    def of_server(self, name: str, series: str, at: int, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Raises NotFound, and BadInput for a series that can be none."""
        if bounds_of(series) is None:
            raise BadInput("`metric` is a metric, or one of a mount such as disk:/data")
        known = machines(self._queries, sight)
        if name not in known:
            raise NotFound(f'there is no server "{name}"')
        return self._told(name, series, at, known, sight)

    def of_alert(self, alert_id: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Of the series the alert is about, when it opened; of one that is about none (a silent server, a check) only
        events and what else changed. Raises NotFound, also where its server is gone."""
        found = self._storage.incidents.incident(alert_id, sight)
        if found is None:
            raise NotFound("there is no such alert")
        alert = found["alert"]
        known = machines(self._queries, sight)
        if alert["server"] not in known:
            raise NotFound("the alert is about no server that is there")
        series = alert.get("metric") or alert["subject"] or ""
        if alert["subject"] and bounds_of(alert["subject"]) is not None:
            series = alert["subject"]
        opened = int(alert.get("since") or alert["opened_at"])
        told_ = self._told(alert["server"], series if bounds_of(series) else "", opened, known, sight, alert_id)
        return {"alert": alert_id, **told_}

    def _told(
        self, name: str, series: str, at: int, known: Mapping[str, Machine], sight: Sight, alert: str = ""
    ) -> dict[str, Any]:
        others = sorted(known, key=lambda one: (known[one].group != known[name].group, known[one].group or "", one))
        servers = [name, *[one for one in others if one != name][:MOST_OTHERS]]
        tracks, step, span = self._tracks(servers, series, at, sight)
        happened = self._storage.analysis.analysis_happenings(servers, at - HISTORY, at + AFTER, sight)
        happenings = [one for one in _happenings(happened) if one.id != alert or not alert]
        groups = {one: known[one].group for one in servers}
        found = causes((name, series), float(at), tracks, step, happenings, groups, float(HISTORY + AFTER))
        return {
            "server": name,
            "series": series or None,
            **told("as_of", round(self._clock(), 1)),
            **told("at", at),
            **told("from", at - span[0]),
            **told("to", at + span[1]),
            "step": step,
            "looked_at": {"servers": len(servers), "series": found.looked_at},
            **_shown(found, _texts(happened)),
        }

    def _tracks(
        self, servers: list[str], series: str, at: int, sight: Sight
    ) -> tuple[dict[Key, Track], int, tuple[int, int]]:
        name, *rest = servers
        now = int(self._clock())
        scale = 1
        found: dict[Key, Track] = {}
        step = STEP
        while True:
            start, end = (at - scale * BEFORE) // STEP * STEP, min(at + scale * AFTER, now + STEP)
            own_names = [*OWN_METRICS, *([series] if series else [])]
            own = self._storage.analysis.analysis_series(
                [(name, start, end)], own_names, step, _tier(step), custom=True, sight=sight
            )
            if own and own[0] is not None and own[0]["step"] > step and scale == 1:
                scale, step = COARSE, own[0]["step"]  # the raw history does not reach so far back
                continue
            break
        others = (
            self._storage.analysis.analysis_series(
                [(one, start, end) for one in rest], OTHERS_METRICS, step, _tier(step), sight=sight
            )
            if rest
            else []
        )
        for server, answer in zip(servers, [*own, *others], strict=False):
            if answer is not None:
                step = max(step, int(answer["step"]))
                for one, line in sorted(
                    read_stretch(answer, start, end).tracks.items(), key=lambda it: it[0] != series
                ):
                    if len(found) < MOST_SERIES and one != "uptime":
                        found[server, one] = line
        return found, step, (scale * BEFORE, scale * AFTER)


def _tier(step: int) -> str:
    return "raw" if step < 300 else "5m" if step < 3_600 else "1h"


def _happenings(found: Mapping[str, Any]) -> list[Happening]:
    """Errors of the level `error` and worse; those that say the same are one kind of thing."""
    told_ = [Happening(float(at), server, kind, title, id) for at, server, kind, title, id in found["events"]]
    first: dict[str, str] = {}
    for at, server, fingerprint, level, source, message, id in found["errors"]:
        if LEVELS.index(level) >= LEVELS.index("error"):
            what = first.setdefault(f"{server} {fingerprint or message}", f"{source}: {message}" if source else message)
            told_.append(Happening(float(at), server, "error", what, id))
    told_ += [
        Happening(float(at), server, "incident", _opened(rule, subject), id)
        for at, server, rule, subject, id in found["incidents"]
    ]
    return told_


def _opened(rule: str | None, subject: str | None) -> str:
    return f"{rule or ''} {name_of(subject or '')}".strip()


def _texts(found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What opened, as people call it: `{what: {en, ko}}`."""
    languages: tuple[Locale, ...] = ("en", "ko")
    return {
        _opened(rule, subject): {one: _alert_called(rule or "", subject or "", one) for one in languages}
        for _, _, rule, subject, _ in found["incidents"]
    }


def _alert_called(rule: str, subject: str, locale: Locale) -> str:
    """By its rule, and by its subject where the rule's own name does not tell: of a metric alone it does."""
    name = called(None, rule, locale)
    is_told = metric_of(subject) is not None and ":" not in subject
    about = "" if is_told else listed(name_of(subject), locale)
    return about if about.startswith(name) else f"{name} {about}".strip()


def _shown(found: Causes, texts: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """`text` is of an incident alone."""
    change = found.changed
    return {
        **told("moment", found.moment),
        "changed": None if change is None else {k: v for k, v in _rounded(asdict(change)).items() if k != "at"},
        "hypotheses": [
            {
                **_rounded(asdict(one)),
                **told("at", one.at),
                "unit": unit_of(one.what) if one.kind == "metric" else None,
                "text": texts.get(one.what) if one.kind == "incident" else None,
            }
            for one in found.hypotheses
        ],
        "ruled_out": [{**_rounded(asdict(one)), "text": texts.get(one.what)} for one in found.ruled_out],
        "peers": {"measured": found.peers[0], "changed": found.peers[1]},
    }
