"""What alerts of other monitors have in common: labels, annotations, times, and what of them we show. Everything is cut
to size here, for labels may hold anything."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from lib import strict_json
from lib.domain.errors import BadInput
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.error_tracker import read_text
from lib.monitoring.collectors.protocols import Incoming
from lib.monitoring.outside import (
    MOST_NAME,
    MOST_NOTE,
    MOST_SERVERS,
    MOST_SOURCE,
    MOST_STORY,
    MOST_TAG,
    MOST_TAG_KEY,
    MOST_TAGS,
    MOST_TAGS_CHARACTERS,
    MOST_TEXT,
    MOST_TITLE,
    MOST_URL,
    Alerts,
    Word,
    subject_of,
)

MOST_ALERTS = 1_000  # of one request
MOST_STORY_TEXT = 2_000
LEAST_TIMEOUT, MOST_TIMEOUT = 60.0, 30 * 86_400.0
# What is told once holds so long: Alertmanager and Grafana tell again every few hours, at the latest once a day.
LONG = 26 * 3_600.0
# Labels that may name a server, the surest first: `instance` is often that of an exporter that speaks of others.
SERVER_LABELS = (
    "host", "hostname", "host_name", "host.name", "nodename", "node", "server", "server_name", "exported_instance",
    "instance",
)  # fmt: skip
_SEVERITY_LABELS = ("severity", "priority", "level", "sev", "urgency")
_SEVERITIES: Mapping[str, Literal["info", "warning", "critical"]] = {
    **dict.fromkeys(
        ("critical", "crit", "page", "pager", "fatal", "emergency", "emerg", "disaster", "alert", "p0", "p1", "sev0",
         "sev1"), "critical",
    ),
    **dict.fromkeys(
        ("info", "information", "informational", "notice", "none", "debug", "ok", "low", "p4", "p5", "sev4", "sev5"),
        "info",
    ),
}  # fmt: skip
_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d|w)?")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MARKUP = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "*": "%2A"})
_PORT = re.compile(r":[0-9]{1,5}$")


def severity_of(text: object) -> Literal["info", "warning", "critical"]:
    """Ours for any of theirs; what we do not know is a warning."""
    return _SEVERITIES.get(str(text).strip().lower(), "warning")


def time_of(given: object) -> float | None:
    """Epoch seconds of an RFC 3339 time, or of a number of seconds, milliseconds or more; None where nothing is said
    (Go's zero time is nothing). Raises ValueError for what is no time."""
    if given is None or given == "":
        return None
    if isinstance(given, str) and not given.replace(".", "", 1).isdigit():
        at = datetime.fromisoformat(given)
        if at.year < 1970:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError("no time")
    number = float(given)
    if not math.isfinite(number):  # digits without end
        raise ValueError("no time")
    while number > 1e11:
        number /= 1_000
    return number or None


def link_of(given: object) -> str:
    """An address that people may be led to; "" for any other than http and https, for one that is too long or holds a
    password."""
    text = given.strip() if isinstance(given, str) else ""
    if not text or len(text) > MOST_URL or any(one <= " " or one in '"<>\\^`{|}\x7f' for one in text):
        return ""
    try:
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return ""
    except ValueError:
        return ""
    after = text.index(parts.netloc) + len(parts.netloc)
    return text[:after] + text[after:].translate(_MARKUP)  # brackets end a link in what chat services make of it


def labels_of(given: object) -> dict[str, str]:
    """Names and values as text; what is neither text nor a number is left out, and so is what is empty. Raises
    ValueError where it is no object."""
    if not isinstance(given, dict):
        raise ValueError("must be an object of texts")
    found = {}
    for name, value in given.items():
        if isinstance(value, str | int | float) and value != "":
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


def tags_of(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels by which people route and silence: so many, cut, and no more than so much together."""
    tags: dict[str, str] = {}
    room = MOST_TAGS_CHARACTERS
    for name, value in labels.items():
        key, text = read_text(name, MOST_TAG_KEY), read_text(value, MOST_TAG)
        if key and text and len(tags) < MOST_TAGS and len(key) + len(text) <= room:
            tags[key] = text
            room -= len(key) + len(text)
    return tags


def servers_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Names of servers that these labels may mean, the likeliest first."""
    lowered = {name.lower(): value for name, value in labels.items()}
    found: dict[str, None] = {}
    for label in SERVER_LABELS:
        if label in lowered:
            found |= dict.fromkeys(_named(lowered[label]))
    return tuple(found)[:MOST_SERVERS]


def _named(given: str) -> Iterable[str]:
    text = given.strip()[:400]
    if "://" in text:
        try:
            text = urlsplit(text).hostname or ""
        except ValueError:
            return
    bare = _PORT.sub("", text).strip("[]") if text.count(":") == 1 or text.startswith("[") else text
    for one in (text, bare):
        name = clean_name(one)
        if name is not None:
            yield name


def story_of(**told: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """All that was told, cut: kept with the incident for whoever looks closer."""
    story: dict[str, dict[str, str]] = {}
    room = MOST_STORY
    for kind, pairs in told.items():
        for name, value in pairs.items():
            key, text = read_text(name, MOST_TAG_KEY), read_text(value, min(MOST_STORY_TEXT, max(room, 1)))
            if key and text and room > 0:
                story.setdefault(kind, {})[key] = text
                room -= len(key) + len(text)
    return story


def source_of(request: Incoming, usual: str) -> str:
    """Who tells it: as `?source=` names them."""
    return read_text(request.query.get("source"), MOST_SOURCE) or usual


def timeout_of(given: object, usual: float) -> float:
    """Seconds of `90`, `"30m"`, `"2d"`, kept to a minute at least and 30 days. Raises ValueError for what is none."""
    if given is None or given == "":
        return usual
    found = _DURATION.fullmatch(str(given).strip().lower())
    if found is None:
        raise ValueError("`timeout` is seconds, or a number with s, m, h, d or w, as 30m")
    return min(max(float(int(found[1]) * _UNITS[found[2] or ""]), LEAST_TIMEOUT), MOST_TIMEOUT)


def patience_of(request: Incoming, usual: float) -> float:
    """How long a word holds, as `?timeout=` has it."""
    try:
        return timeout_of(request.query.get("timeout"), usual)
    except ValueError as error:
        raise BadInput(str(error)) from None


def labelled(
    alert: Mapping[str, Any],
    source: str,
    kind: str,
    timeout: float,
    *,
    over: bool | None,
    urls: Sequence[object] = (),
    text: object = None,
) -> Word:
    """The word of an alert in Prometheus' form: {labels, annotations, startsAt, endsAt, generatorURL, fingerprint}.
    Raises ValueError saying what is wrong with it."""
    labels = labels_of(alert.get("labels"))
    if not labels:
        raise ValueError("an alert needs labels")
    annotations = labels_of(alert.get("annotations") or {})
    lowered = {name.lower(): value for name, value in annotations.items()}
    name = read_text(labels.get("alertname"), MOST_TITLE) or "alert"
    summary = read_text(lowered.get("summary") or lowered.get("title"), MOST_TITLE) or ""
    title = summary or name
    if summary and name not in (summary, "alert") and name not in summary:
        title = f"{name}: {summary}"
    told = lowered.get("description") or lowered.get("message") or text
    starts, ends = _times(alert)
    graded = next((labels[one] for one in _SEVERITY_LABELS if one in labels), "")
    given = alert.get("fingerprint")
    identity = (
        [given[:400]] if isinstance(given, str) and given else [text for one in sorted(labels.items()) for text in one]
    )
    links = (link_of(one) for one in (*urls, alert.get("generatorURL")))
    return Word(
        subject=subject_of(name[:MOST_NAME], kind, source, *identity),
        source=source, title=title[:MOST_TITLE], severity=severity_of(graded), over=over,
        starts=starts, ends=ends, timeout=timeout, servers=servers_of(labels), tags=tags_of(labels),
        text=read_text(told, MOST_TEXT) or "", url=next(filter(None, links), ""),
        note=(read_text(lowered.get("runbook_url") or lowered.get("runbook"), MOST_NOTE) or ""),
        story=story_of(labels=labels, annotations=annotations),
    )  # fmt: skip


def _times(alert: Mapping[str, Any]) -> tuple[float | None, float | None]:
    found = []
    for name in ("startsAt", "endsAt"):
        try:
            found.append(time_of(alert.get(name)))
        except (ValueError, OverflowError):
            raise ValueError(f"`{name}` is no time") from None
    return found[0], found[1]


def listed(given: object, pointer: str, read: Callable[[Mapping[str, Any]], Word]) -> Alerts:
    """Each of the list, or why it could not be taken. Raises BadInput where it is no list or none could be."""
    if not isinstance(given, list):
        raise BadInput("a list of alerts is expected", pointer=pointer or None)
    found = Alerts()
    for index, alert in enumerate(given[:MOST_ALERTS]):
        try:
            if not isinstance(alert, dict):
                raise ValueError("must be an object")
            found.words.append(read(alert))
        except ValueError as error:
            found.rejected.append({"pointer": f"{pointer}/{index}", "reason": str(error)})
    if len(given) > MOST_ALERTS:
        found.rejected.append({"pointer": pointer, "reason": f"only the first {MOST_ALERTS} were taken"})
    if found.rejected and not found.words:
        told = [{"pointer": one["pointer"], "detail": one["reason"]} for one in found.rejected[:20]]
        raise BadInput("none of these alerts could be taken", errors=told)
    return found


def webhook(request: Incoming, usual: str, kind: str, told: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Alerts:
    """The webhook of Alertmanager, version 4, and those that are as it: {status, externalURL, alerts: [...]}. `told`
    gives what else of an alert is to be heeded: `urls`, `text`."""
    document = strict_json.parse(request.body)
    if not isinstance(document, dict) or "alerts" not in document:
        raise BadInput("this is no webhook of Alertmanager: an object with `alerts` is expected")
    source = source_of(request, usual)
    timeout = patience_of(request, LONG)

    def read(alert: Mapping[str, Any]) -> Word:
        over = str(alert.get("status") or document.get("status") or "firing").lower() == "resolved"
        # While it fires its end is unknown: an early one would be the last thing that was heard of it.
        bare = alert if over else {**alert, "endsAt": None}
        more = told(alert)
        urls = [*more.pop("urls", ()), alert.get("generatorURL"), document.get("externalURL")]
        return labelled(bare, source, kind, timeout, over=over, urls=urls, **more)

    found = listed(document["alerts"], "/alerts", read)
    cut = document.get("truncatedAlerts")
    if type(cut) is int and cut > 0:
        why = f"{cut} more were cut off by the sender, so that nobody hears of them: set its `max_alerts` to 0"
        found.rejected.append({"pointer": "/truncatedAlerts", "reason": why})
    return found
