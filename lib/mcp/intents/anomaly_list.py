"""What was unlike itself: when, what was seen and what was expected, how sure; or that nothing was, and what was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core.measures import Measure, measure, scaled
from lib.mcp.core.phrases import counted, range_words, scope, server_source, server_url, warn_of_unknown
from lib.mcp.core.question import DAY, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.monitoring.anomalies import LONGEST_SECONDS, MOST

MOST_IN_SENTENCE = 3
MOST_ROWS = 50
_KINDS = {
    "value": ("본 적 없는 값", "a value never seen"),
    "mean": ("평균이 달라짐", "its mean moved"),
    "jitter": ("흔들림이 달라짐", "its jitter changed"),
    "hour": ("이 시간대에 없던 값", "unusual for the hour"),
    "frozen": ("오래 멈춤", "it stands still"),
    "deviation": ("드문 값", "a rare value"),
}
_SHAPES = {
    "spike": ("급등", "a spike"),
    "dip": ("급락", "a dip"),
    "shift": ("수준이 바뀜", "another level"),
    "drift": ("서서히 벗어남", "drifting away"),
    "noisy": ("오르내림이 심함", "up and down"),
}
_WAYS = {"up": ("높음", "high"), "down": ("낮음", "low")}


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    time = _within(asked.range(sources.now, DAY), sources.now)
    measures = [measure(name) for name in asked.metrics]
    found = _found(asked, time, set(meant.ids), measures, sources)
    shown = [one for one in found if one["expected_by"] is None]
    what, when = scope(asked, meant, say), range_words(time, say)
    called = ", ".join(say.name(of.called(say.locale)) for of in measures)
    of_what = say.either(f"{called} ", f" of {called}") if called else ""
    number = say.count(len(shown), "anomalies", source="/api/anomalies")
    if not shown:
        say.line(
            f"{of_what}이상이 감지되지 않았습니다({number}건): {when}.",
            f"No anomaly{of_what} was detected ({number}): {when}.",
        )
        _checked(what, called, asked, meant.ids, sources, say)
    else:
        lasting = say.count(sum(one["until"] is None for one in shown), "lasting")
        on = len({one["server"] for one in shown})
        servers = say.count(on, "servers_unlike")
        say.line(
            f"{of_what}이상 **{number}건**이 감지되었습니다 – 서버 {servers}대, 진행 중 {lasting}건 ({when}). 범위: {what}.",
            f"**{number} {counted(len(shown), 'anomaly', 'anomalies')}**{of_what} on {servers} {counted(on, 'server')}, {lasting} still going on ({when}). Looked at: {what}.",
        )
        if len(found) >= MOST:
            most = say.count(MOST, "most")
            say.line(f"최근 {most}건만 보았습니다.", f"Only the newest {most} were looked at.")
        if len(shown) <= MOST_IN_SENTENCE:
            for one in shown:
                _one(one, say)
        else:
            _many(shown, say)
    taught = len(found) - len(shown)
    if taught:
        told = say.count(taught, "expected", source="/api/anomalies")
        say.line(f"예상된 일로 표시된 {told}건은 뺐습니다.", f"{told} that somebody marked as expected are left out.")
    warn_of_unknown(asked, say)
    _beside(shown, meant.ids, time, say)


def _within(time: Range, now: float) -> Range:
    """Anomalies are kept and read for ninety days."""
    return Range(max(time.start, now - LONGEST_SECONDS + 60), time.end, time.is_default)


def _found(
    asked: Asked, time: Range, names: set[str], measures: Sequence[Measure], sources: Sources
) -> list[dict[str, Any]]:
    start, end = int(time.start), int(time.end) + 1
    book = sources.house.anomalies
    if len(names) == 1:
        found = book.of_server(next(iter(names)), start, end, most=MOST, sight=sources.sight)["anomalies"]
    else:
        found = book.of_fleet(start, end, MOST, sight=sources.sight)["anomalies"]
    series = {name for of in measures for name in of.series}
    return [
        one
        for one in found
        if one["server"] in names
        and (not series or one["series"] in series or one["series"].partition(":")[0] in series)
    ]


def _checked(what: str, called: str, asked: Asked, names: Sequence[str], sources: Sources, say: Say) -> None:
    """What was looked at, so that nothing found means something."""
    if len(names) == 1 and not called:
        number = say.count(len(sources.server(names[0])["series"]), "series", server=names[0])
        looked = say.either(f"모든 지표 {number}개", f"all its {number} series")
    else:
        looked = called or say.either("수집하는 모든 지표", "every series that is collected")
    say.line(
        f"확인한 것: {what}, {looked}. 지표마다 평소 범위를 배운 감지기가 봅니다. 배우는 중인 새 지표는 아직 감지하지 않습니다.",
        f"Checked: {what}, {looked}. Each series has a detector that has learnt what is usual; one that is new is still being learnt.",
    )


def _figures(one: Mapping[str, Any], say: Say) -> tuple[str, str, str]:
    """(observed, expected with its range, score)"""
    of = measure(one["series"])
    source = server_source(one["server"], "/anomalies")

    decimals = _decimals(one, of.unit)

    def told(value: float, what: str) -> str:
        name, at = f"{of.name}{what}", one["peak_at_epoch"]
        return say.number(value, of.unit, server=one["server"], metric=name, at=at, source=source, decimals=decimals)

    observed = told(one["value"], "")
    expected = "–" if one["expected"] is None else told(one["expected"], "_expected")
    if one["low"] is not None and one["high"] is not None:
        expected += f" ({told(one['low'], '_low')} – {told(one['high'], '_high')})"
    return observed, expected, say.number(one["score"], "", server=one["server"], metric="score", decimals=2, source=source)  # fmt: skip


def _decimals(one: Mapping[str, Any], unit: str) -> int:
    """So many that what was seen and what was expected can be told apart; one where nothing sets them apart."""
    edges = [one[name] for name in ("low", "high") if one[name] is not None]
    for decimals in (1, 2, 3):
        seen, *others = (
            (round(left, decimals), of) for left, of in (scaled(it, unit) for it in (one["value"], *edges))
        )
        if seen not in others:
            return decimals
    return 1


def _kind(one: Mapping[str, Any], say: Say) -> str:
    if one["kind"] not in _KINDS:
        return "–"
    kind = say.either(*_KINDS[one["kind"]])
    if one["shape"] in _SHAPES:
        kind = f"{say.either(*_SHAPES[one['shape']])}, {kind}"
    if one["direction"] not in _WAYS:
        return kind
    return say.either(f"{kind}({_WAYS[one['direction']][0]})", f"{kind} ({_WAYS[one['direction']][1]})")


def _when(one: Mapping[str, Any], say: Say) -> str:
    if one["until_epoch"] is None:
        since = say.moment(one["since_epoch"], zone=False)
        return say.either(f"{since}부터 진행 중", f"since {since}, going on")
    return say.span(one["since_epoch"], one["until_epoch"])


def _one(one: Mapping[str, Any], say: Say) -> None:
    observed, expected, score = _figures(one, say)
    with_ = f"{say.name(one['server'])} {say.name(measure(one['series']).called(say.locale))}"
    others = [measure(name).called(say.locale) for name in one["with"]]
    together = ", ".join(say.name(name) for name in others[:4])
    beside = say.either(f" 함께 달라진 지표: {together}.", f" Together with {together}.") if others else ""
    say.line(
        f"{with_}: {_when(one, say)}, 관측 **{observed}**, 예상 {expected}, {_kind(one, say)}, 점수 {score}.{beside}",
        f"{with_}: {_when(one, say)}, observed **{observed}**, expected {expected}, {_kind(one, say)}, score {score}.{beside}",
    )


def _many(shown: Sequence[Mapping[str, Any]], say: Say) -> None:
    by_server = Counter(one["server"] for one in shown)
    most = ", ".join(f"{say.name(name)} {say.count(count, 'anomalies', server=name)}" for name, count in by_server.most_common(3))  # fmt: skip
    say.line(f"많은 서버: {most}. 점수가 높은 순:", f"Most on {most}. By score:")
    headers = (
        ("서버", "server"), ("지표", "series"), ("언제", "when"), ("관측", "observed"), ("예상", "expected"),
        ("종류", "kind"), ("점수", "score"),
    )  # fmt: skip
    rows = []
    for one in sorted(shown, key=lambda it: (-it["score"], -it["since_epoch"]))[:MOST_ROWS]:
        observed, expected, score = _figures(one, say)
        rows.append([
            say.name(one["server"]), say.name(measure(one["series"]).called(say.locale)), _when(one, say), observed,
            expected, _kind(one, say), score,
        ])  # fmt: skip
    say.table([say.either(*one) for one in headers], rows)


def _beside(shown: Sequence[Mapping[str, Any]], names: Sequence[str], time: Range, say: Say) -> None:
    top = sorted(shown, key=lambda one: -one["score"])
    for one in top[:5]:
        end = one["until_epoch"] or time.end
        say.evidence("metric", f"{one['server']}/{one['series']}", server_url(one["server"]), (one["since_epoch"], end))
    if top:
        first = top[0]
        called = measure(first["series"]).called(say.locale)
        say.chart("line", [{"server": one["server"], "metric": one["series"]} for one in top[:4]], time.start, time.end)
        say.suggest(f"{first['server']} {called} 왜 이래?", f"Why is {called} of {first['server']} like this?")
        say.suggest(f"{first['server']} {called} 최근 24시간 추이", f"{called} of {first['server']} over the last 24 hours")  # fmt: skip
    elif names:
        say.suggest(f"{names[0]} 상태", f"Status of {names[0]}")
    say.suggest("지금 열린 알림 보여줘", "Show the open alerts")


QUESTION = Question(
    "anomaly_list",
    answer,
    tool="find_anomalies",
    examples=(("오늘 이상 징후 있어?", "Any anomalies today?"), ("최근 7일 이상 탐지", "Anomalies of the last 7 days")),
)
