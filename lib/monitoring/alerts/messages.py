"""What people are told, in words: a notice becomes a message in Korean or English. Pure; channels only dress it up.

Names and notes come from servers and people: control and direction-turning characters are taken out here, once. What
means something in a service's own markup is that channel's to escape.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from lib.domain.metrics import Metric, metric_of
from lib.domain.rule_names import called
from lib.monitoring.alerts import outside_words
from lib.monitoring.alerts.prospect_words import foretold
from lib.monitoring.alerts.series_words import listed

type Locale = Literal["ko", "en"]
type Item = Mapping[str, Any]
type Sign = Callable[[str, str, str], str]  # (incident, act, channel) -> token

MOST_ITEMS = 10
MOST_TITLE = 200
MOST_TEXT = 500

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_WORDS: dict[str, dict[Locale, str]] = {
    "critical": {"en": "critical", "ko": "위험"},
    "warning": {"en": "warning", "ko": "경고"},
    "info": {"en": "info", "ko": "정보"},
    "resolved": {"en": "resolved", "ko": "해결"},
    "acknowledged": {"en": "acknowledged", "ko": "확인"},
    "escalated": {"en": "escalated to critical", "ko": "위험으로 격상"},
    "reminder": {"en": "still open", "ko": "지속 중"},
    "digest": {"en": "digest", "ko": "모아보기"},
    "test": {"en": "test", "ko": "시험"},
    "server": {"en": "Server", "ko": "서버"},
    "group": {"en": "Group", "ko": "그룹"},
    "rule": {"en": "Rule", "ko": "규칙"},
    "source": {"en": "Told by", "ko": "출처"},
    "severity": {"en": "Severity", "ko": "심각도"},
    "value": {"en": "Value", "ko": "값"},
    "level": {"en": "Level", "ko": "기준"},
    "peak": {"en": "Peak", "ko": "최고"},
    "since": {"en": "Since", "ko": "시작"},
    "until": {"en": "Until", "ko": "종료"},
    "lasted": {"en": "Lasted", "ko": "지속 시간"},
    "acked_by": {"en": "Acknowledged by", "ko": "확인한 사람"},
    "note": {"en": "What to do", "ko": "조치"},
}
_KINDS: dict[str, dict[Locale, str]] = {
    "heartbeat": {"en": "nothing is heard of it", "ko": "소식이 없습니다"},
    "skew": {"en": "its clock is off", "ko": "시계가 맞지 않습니다"},
    "deaf": {
        "en": "many servers fell silent together: the monitor may not hear",
        "ko": "여러 서버가 동시에 조용합니다. 모니터가 듣지 못하는 것일 수 있습니다",
    },
    "check": {"en": "a job did not run as it should", "ko": "작업이 제대로 실행되지 않았습니다"},
    "anomaly": {"en": "it is unlike itself", "ko": "평소와 다른 상태입니다"},
    "errors": {"en": "errors that are new or come in numbers", "ko": "새로운 오류 또는 오류 급증"},
}
_TEST: dict[Locale, tuple[str, str]] = {
    "en": (
        "A test message from OpenManager Vibe",
        "If you can read this, alerts reach you here. Nothing is wrong.",
    ),
    "ko": (
        "OpenManager Vibe 시험 메시지",
        "이 글이 보이면 알림이 여기로 도착합니다. 문제가 생긴 것은 아닙니다.",
    ),
}


@dataclass(frozen=True, slots=True)
class Message:
    """`id` stays the same over retries. Links are None where the hub does not know its own address."""

    id: str
    kind: str
    severity: str
    locale: Locale
    title: str
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    link: str | None
    ack_link: str | None
    silence_link: str | None
    at: float
    source_link: tuple[str, str] | None = None  # (whose, where): where another monitor shows its alert

    @property
    def text(self) -> str:
        """The lines and the facts as plain text, without the title."""
        return "\n".join([*self.lines, *(f"{label}: {value}" for label, value in self.facts)])

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """(label, address) of what there is to press."""
        ko = self.locale == "ko"
        found = (
            ("자세히 보기" if ko else "Open", self.link),
            ("확인" if ko else "Acknowledge", self.ack_link),
            ("알림 끄기" if ko else "Silence", self.silence_link),
        )
        links = [(label, address) for label, address in found if address]
        if self.source_link is not None:
            whose, address = self.source_link
            links.append((f"{whose}에서 보기" if ko else f"Open in {whose}", address))
        return tuple(links)


def write(
    notice: Mapping[str, Any],
    channel: Mapping[str, Any],
    base_url: str | None,
    sign: Sign | None,
    *,
    timezone: str = "UTC",
) -> Message:
    """`notice` is `{id, kind, severity, at, items, suppressed}`, `channel` has `id` and `locale`."""
    locale: Locale = "ko" if channel.get("locale") == "ko" else "en"
    zone = _zone(timezone)
    items: Sequence[Item] = [_cleaned(item) for item in notice.get("items") or ()]
    one = items[0] if len(items) == 1 else None
    kind, severity = str(notice["kind"]), str(notice["severity"])
    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    if kind == "test":
        title, lines = f"[{_word('test', locale)}] {_TEST[locale][0]}", (_TEST[locale][1],)
    elif one is not None:
        title = f"[{_badge(kind, one, severity, locale)}] {headline(one, locale, _at(notice))}"
        lines, facts = _told(one, locale), _facts(one, kind, locale, zone)
    else:
        title, lines = _group_title(kind, severity, items, notice, locale), _group_lines(items, notice, locale)
    page, ack, silence = _links(one, kind, str(channel.get("id", "")), base_url, sign)
    return Message(
        str(notice["id"]), kind, severity, locale, clean(title, MOST_TITLE), tuple(lines), facts, tuple(items),
        page, ack, silence, _at(notice) or 0.0, _source_link(one),
    )  # fmt: skip


def _at(notice: Mapping[str, Any]) -> float | None:
    """When it is told."""
    return float(notice.get("at") or 0) or None


def headline(item: Item, locale: Locale, now: float | None = None) -> str:
    """What is the matter, in some words: `web-01 CPU at 97.3 % (level 95 %)`. `now` is when it is told."""
    server = clean(item.get("server") or "", 100)
    if item.get("transition") == "resolved" or item.get("resolved_at"):
        over = _lasted(item, locale)
        usual = {"en": f"is back to normal after {over}", "ko": f"정상으로 돌아왔습니다 ({over} 만에)"}
        tail = (outside_words.ending(item, over) or usual)[locale]
        return " ".join(filter(None, (server, _subject(item, locale), tail)))
    value, level = item.get("value"), item.get("level")
    if item.get("kind") == "threshold" and value is not None:
        metric = metric_of(str(item.get("subject") or ""))
        reading, limit = figure(value, metric, locale), None if level is None else figure(level, metric, locale)
        said = f"at {reading}" if locale == "en" else reading
        mark = "" if limit is None else f" (level {limit})" if locale == "en" else f" (기준 {limit})"
        return " ".join(filter(None, (server, _subject(item, locale), said))) + mark
    if item.get("kind") == "forecast":
        said = foretold(str(item.get("subject") or ""), str(item.get("detail") or ""), now)[locale]
        return clean(f"{server}: {said}" if server else said, MOST_TITLE)
    if item.get("kind") == "outside":
        said = clean(outside_words.sentence(item)[locale], MOST_TITLE)
        return f"{server}: {said}" if server else said
    words = _KINDS.get(str(item.get("kind")), {}).get(locale, "")
    named = _subject(item, locale)
    about = f"{named}: {words}" if named and words else named or words or clean(_rule(item, locale), 100)
    return f"{server}: {about}" if server else about


def figure(value: float, metric: Metric | None, locale: Locale) -> str:
    """`97.3 %` (Korean: `97.3%`), `12.5 GB/s`, `4.2`."""
    unit = metric.unit if metric else ""
    if unit.startswith("B"):
        for prefix in ("", "k", "M", "G", "T", "P"):
            unit = f"{prefix}{metric.unit if metric else ''}"
            if abs(value) < 1_000 or prefix == "P":
                break
            value /= 1_000
    text = f"{value:.1f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.3g}"
    if unit == "%" and locale == "ko":
        return text + unit
    return f"{text} {unit}".strip()


def duration(seconds: float, locale: Locale) -> str:
    """`2 h 5 min`, `2시간 5분`: the two largest parts."""
    left = max(int(seconds), 0)
    names = {"en": (" d", " h", " min", " s"), "ko": ("일", "시간", "분", "초")}[locale]
    parts: list[str] = []
    for size, name in zip((86_400, 3_600, 60, 1), names, strict=True):
        if left >= size or (size == 1 and not parts):
            parts.append(f"{left // size}{name}")
            left %= size
    return " ".join(parts[:2])


def moment(at: float, zone: tzinfo) -> str:
    """`2026-11-25 18:03:11 +09:00`."""
    text = datetime.fromtimestamp(int(at), zone).isoformat(sep=" ")
    return f"{text[:19]} {text[19:]}"


def clean(text: object, most: int) -> str:
    """One line without control characters and without what turns text around, at most `most` characters."""
    short = unicodedata.normalize("NFC", str(text)[: most * 4])
    line = "".join(" " if unicodedata.category(one) in _HIDDEN else one for one in short)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _cleaned(item: Item) -> Item:
    """Some channels send the items themselves on."""
    return {name: clean(value, MOST_TEXT) if isinstance(value, str) else value for name, value in item.items()}


def _badge(kind: str, item: Item, severity: str, locale: Locale) -> str:
    if kind == "resolved" or item.get("transition") == "resolved":
        return _word("resolved", locale)
    word = _word(severity, locale)
    extra = {"reminder": "reminder", "acknowledged": "acknowledged", "digest": "digest"}.get(kind)
    return f"{word}, {_word(extra, locale)}" if extra else word


def _subject(item: Item, locale: Locale) -> str:
    if item.get("kind") == "outside":
        return clean(outside_words.title_of(item), 120)
    if item.get("kind") == "anomaly":
        return clean(listed(str(item.get("detail") or ""), locale), 120)
    if item.get("kind") not in ("threshold", "forecast"):
        return clean(item.get("detail") or item.get("subject") or "", 120)
    series = str(item.get("subject") or "")
    metric = metric_of(series)
    named = (metric.ko if locale == "ko" else metric.en) if metric else series.partition(":")[0]
    return clean(f"{named} {series.partition(':')[2]}", 120)


def _told(item: Item, locale: Locale) -> tuple[str, ...]:
    lines = []
    if item.get("description"):
        lines.append(clean(item["description"], MOST_TEXT))
    if item.get("note"):
        lines.append(f"{_word('note', locale)}: {clean(item['note'], MOST_TEXT)}")
    flaps = int(item.get("flaps") or 0)
    if flaps:
        lines.append(f"{flaps} times back and forth" if locale == "en" else f"{flaps}번 반복됨")
    return tuple(lines)


def _facts(item: Item, kind: str, locale: Locale, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    metric = metric_of(str(item.get("subject") or "")) if item.get("kind") == "threshold" else None
    found: list[tuple[str, str | None]] = [
        ("server", item.get("server")),
        ("group", item.get("group")),
        ("source", item.get("source")) if item.get("source") else ("rule", _rule(item, locale)),
        ("severity", _word(str(item.get("severity") or "warning"), locale)),
        ("value", _read(item.get("value"), metric, locale)),
        ("level", _read(item.get("level"), metric, locale)),
        ("peak", _read(item.get("peak"), metric, locale)),
        ("since", None if item.get("opened_at") is None else moment(item["opened_at"], zone)),
        ("acked_by", item.get("acked_by")),
    ]
    if item.get("resolved_at") is not None:
        found += [("until", moment(item["resolved_at"], zone)), ("lasted", _lasted(item, locale))]
    return tuple((_word(name, locale), clean(value, MOST_TITLE)) for name, value in found if value)


def _rule(item: Item, locale: Locale) -> str:
    return called(item.get("rule_id"), str(item.get("rule") or ""), locale)


def _read(value: float | None, metric: Metric | None, locale: Locale) -> str | None:
    return None if value is None else figure(value, metric, locale)


def _lasted(item: Item, locale: Locale) -> str:
    opened = float(item.get("opened_at") or 0)
    over = item.get("resolved_at") or item.get("at") or opened
    return duration(float(over) - opened, locale)


def _group_title(kind: str, severity: str, items: Sequence[Item], notice: Mapping[str, Any], locale: Locale) -> str:
    count = len(items) + _untold(notice)
    servers = sorted({clean(item["server"], 60) for item in items if item.get("server")})
    where = ", ".join(servers[:3]) + ("…" if len(servers) > 3 else "")
    over = bool(items) and all(item.get("transition") == "resolved" for item in items)
    badge = _word("resolved" if over else severity, locale)
    if kind in ("digest", "reminder"):
        badge += f", {_word(kind, locale)}"
    said = f"{count} alerts" if locale == "en" else f"알림 {count}건"
    return f"[{badge}] {said}" + (f": {where}" if where else "")


def _group_lines(items: Sequence[Item], notice: Mapping[str, Any], locale: Locale) -> tuple[str, ...]:
    lines = []
    for item in items[:MOST_ITEMS]:
        over = item.get("transition") == "resolved"
        badge = _word("resolved" if over else str(item.get("severity") or "warning"), locale)
        lines.append(f"• [{badge}] {headline(item, locale, _at(notice))}")
    more = max(len(items) - MOST_ITEMS, 0) + _untold(notice)
    if more > 0:
        lines.append(f"and {more} more" if locale == "en" else f"외 {more}건")
    return tuple(lines)


def _untold(notice: Mapping[str, Any]) -> int:
    """How many more there are than it has room for, or that stand behind what it tells of."""
    return len(notice.get("others") or ()) + int(notice.get("suppressed") or 0)


def _links(
    one: Item | None, kind: str, channel: str, base_url: str | None, sign: Sign | None
) -> tuple[str | None, str | None, str | None]:
    """Opening the links that act only shows what they would do: mail scanners open everything."""
    if not base_url:
        return None, None, None
    if one is None:
        return f"{base_url}/#/alerts", None, None
    incident = str(one["incident"])
    page = f"{base_url}/#/alerts/{quote(incident, safe='')}"
    over = kind == "resolved" or one.get("transition") == "resolved"
    if sign is None or over or one.get("acked_by"):
        return page, None, None
    # Behind the `#`: what stands there is sent to no server and is in no log.
    acknowledge, silence = (f"{base_url}/act.html#{sign(incident, act, channel)}" for act in ("acknowledge", "silence"))
    return page, acknowledge, silence


def _source_link(one: Item | None) -> tuple[str, str] | None:
    """Only http and https got so far (collectors/alert_forms.py); the label is plain letters, whatever service dresses
    it up."""
    if one is None or not one.get("url"):
        return None
    plain = "".join(letter if letter.isalnum() or letter in " .-" else " " for letter in str(one.get("source") or ""))
    return clean(plain, 60), str(one["url"])


def _word(name: str, locale: Locale) -> str:
    return _WORDS[name][locale] if name in _WORDS else name


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):
        return UTC
