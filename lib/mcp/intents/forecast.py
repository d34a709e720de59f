"""What will be: when something is full, what a metric will be tomorrow, which of the fleet comes first.

A date is told with its range and what it rests on; where nothing grows, or too little is known, there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lib.mcp.core.differences import unit_of_change
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import counted, scope, server_url, warn_of_age, warn_of_unknown
from lib.mcp.core.prospects import REFUSALS, Prospect, prospects_of, wanted_of
from lib.mcp.core.question import DAY, HOUR, Asked, Question, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Meant, Sources

MOST_SINGLE = 2  # series that are told in sentences
MOST_ROWS = 50
NEARLY = 90.0


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    meant = sources.meant(asked)
    wanted = wanted_of(asked)
    ahead = asked.ahead(sources.now) if asked.entities.get("time") else None
    found, left = prospects_of(meant, wanted, sources)
    warn_of_age(meant.servers if len(meant.servers) <= MOST_SINGLE else [], sources, say)
    called = say.name(wanted.of.called(say.locale))
    if not found:
        what = scope(asked, meant, say)
        say.line(
            f"{what}의 {called} 기록이 없어 예측할 수 없습니다(수집되지 않음).",
            f"There is no history of {called} for {what}, so nothing can be foreseen (not collected).",
        )
    elif not wanted.is_level_asked:
        _values(found, ahead or Range(sources.now, sources.now + DAY, True), sources, say)
        if len(found) == 1 and found[0].crossing is not None:
            _date(found[0], None, sources, say)
    elif len(found) > MOST_SINGLE:
        _first_of_many(found, ahead, asked, meant, sources, say)
    else:
        for one in found:
            _date(one, ahead, sources, say)
        if ahead is not None:
            _values(found, ahead, sources, say)
        elif len(found) == 1 and not wanted.has_own_level:
            _before_that(found[0], sources, say)
    if left:
        number = say.count(left, "left_out")
        say.line(
            f"더 멀리 있는 {number}개는 계산하지 않았습니다.", f"{number} that lie farther from it were not worked out."
        )
    warn_of_unknown(asked, say)
    _beside(found, sources, say)


# When a level is reached


def _date(one: Prospect, ahead: Range | None, sources: Sources, say: Say) -> None:
    """Of one series: the date, or why there is none; what it rests on."""
    crossing = one.crossing
    what = one.title(say)
    level, now = one.level_told(say), one.now_told(sources, say)
    if one.is_there:
        say.line(f"{what}: 이미 {level}에 도달했습니다. 지금 {now}.", f"{what} is at {level} already: now {now}.")
    elif crossing is None or crossing["code"]:
        code = (crossing or {}).get("code") or "too_little_data"
        ko, _, en = REFUSALS[code]
        slope = one.slope_told(say) if crossing else ""
        rate = say.either(f" (기울기 {slope})", f" (slope {slope})") if slope else ""
        say.line(
            f"{what}: {ko}{level} 도달 시점을 계산하지 않습니다{rate}. 지금 {now}.",
            f"{what}: no date for reaching {level} – {en}{rate}. Now {now}.",
        )
    else:
        at = crossing["at_epoch"]
        date, between = one.date_told(say), one.range_told(say)
        if ahead is not None:
            end = say.moment(ahead.end, day=True)
            yes = at <= ahead.end
            head = say.either(
                f"{end}까지 {level}에 {'도달할 것으로 보입니다' if yes else '도달하지 않을 것으로 보입니다'}: ",
                f"By {end} it is {'likely' if yes else 'not likely'} to reach {level}: ",
            )
        else:
            head = ""
        say.line(
            f"{head}{what}: 이 추세면 **{date} 전후**({between})에 {level}에 도달합니다. 지금 {now}.",
            f"{head}{what} will reach {level} **around {date}** ({between}) at this pace. Now {now}.",
        )
    _rests_on(one, say)


def _before_that(one: Prospect, sources: Sources, say: Say) -> None:
    """When it will be nearly full, where it will be full."""
    if one.at is None or one.is_there or one.now is None or one.now >= NEARLY:
        return
    told = sources.house.forecasts.one(one.server, one.series, 1, NEARLY, sources.sight)
    nearly = replace(one, told=told, level=NEARLY)
    if nearly.at is not None and not nearly.is_there:
        level, when = nearly.level_told(say), nearly.when_told(say)
        say.line(f"{level} 도달은 {when}입니다.", f"{level} is reached {when}.")


def _rests_on(one: Prospect, say: Say) -> None:
    """History, growth, method and how far off it was when it was tried."""
    told = one.told
    hours = say.duration(told["history_hours"] * HOUR, server=one.server, metric="history")
    parts = [say.either(f"기록 {hours}", f"{hours} of history")]
    slope = one.slope_told(say)
    if slope and not (one.crossing or {}).get("code"):
        parts.append(say.either(f"증가 {slope}", f"growth {slope}"))
    parts.append(one.method_told(say))
    trial, unit = told["trial"], unit_of_change(measure(one.series), say)
    if trial["error"] is not None and trial["trials"]:
        error, naive = (
            say.number(trial[name], unit, server=one.server, metric=f"{one.series}_{name}", decimals=2)
            for name in ("error", "naive_error")
        )
        number = say.count(trial["trials"], "trials", server=one.server)
        parts.append(
            say.either(
                f"지난 기록 {number}곳에서 시험한 24시간 예측의 평균 오차 {error} (지금 값 그대로라고 보면 {naive})",
                f"tried at {number} points of its past the mean error over 24 h was {error} ({naive} for “stays as it is”)",
            )
        )
    text = ", ".join(parts)
    say.count(24, "trial_hours")
    say.line(f"근거: {text}.", f"It rests on {text}.")


def _first_of_many(
    found: Sequence[Prospect], ahead: Range | None, asked: Asked, meant: Meant, sources: Sources, say: Say
) -> None:
    dated = sorted((one for one in found if one.at is not None), key=lambda one: (one.at or 0.0, one.server))
    soon = [one for one in dated if ahead is None or (one.at or 0.0) <= ahead.end]
    what, level = scope(asked, meant, say), found[0].level_told(say)
    called = say.name(measure(found[0].series.partition(":")[0]).called(say.locale))
    by = (
        say.either(f"{say.moment(ahead.end, day=True)}까지 ", f" by {say.moment(ahead.end, day=True)}") if ahead else ""
    )
    number = say.count(len(soon), "dated")
    if not soon:
        say.line(
            f"{by}{called} {level}에 도달할 것으로 보이는 곳은 {number}곳입니다. 범위: {what}.",
            f"{number} {counted(len(soon), 'is', 'are')} likely to reach {called} {level}{by}. Looked at: {what}.",
        )
        if dated:
            first = dated[0]
            say.line(
                f"가장 이른 것은 {first.title(say)}, {first.when_told(say)}입니다.",
                f"The earliest is {first.title(say)}, {first.when_told(say)}.",
            )
    else:
        first = soon[0]
        say.line(
            f"{by}{called} {level}에 가장 먼저 도달하는 곳은 **{first.title(say)}**, {first.when_told(say)}입니다. {number}곳에 날짜가 있습니다. 범위: {what}.",
            f"First to reach {called} {level}{by}: **{first.title(say)}**, {first.when_told(say)}. {number} {counted(len(soon), 'has', 'have')} a date. Looked at: {what}.",
        )
    _without_date(found, say)
    if soon:
        headers = (("대상", "what"), ("지금", "now"), ("도달", "reached"), ("범위", "range"), ("하루", "a day"))
        rows = [
            [one.title(say), one.now_told(sources, say), one.date_told(say), one.range_told(say), one.slope_told(say) or "–"]
            for one in soon[:MOST_ROWS]
        ]  # fmt: skip
        say.table([say.either(*one) for one in headers], rows)


def _without_date(found: Sequence[Prospect], say: Say) -> None:
    codes = Counter((one.crossing or {}).get("code") or "too_little_data" for one in found if one.at is None)
    if codes:
        parts = "; ".join(
            say.either(f"{REFUSALS[code][1]} {say.count(number, 'no_date')}곳", f"{say.count(number, 'no_date')}: {REFUSALS[code][2]}")
            for code, number in codes.most_common()
        )  # fmt: skip
        say.line(f"날짜가 없는 곳: {parts}.", f"Without a date – {parts}.")


# What it will be


def _values(found: Sequence[Prospect], asked_for: Range, sources: Sources, say: Say) -> None:
    with_path = [one for one in found if one.told.get("mid")]
    span = say.span(asked_for.start, asked_for.end)
    called = say.name(measure(found[0].series.partition(":")[0]).called(say.locale))
    if not with_path:
        say.line(
            f"{called} 기록이 모자라 {span} 값을 예측하지 않습니다.",
            f"There is too little history of {called} to foresee {span}.",
        )
        return
    usual = say.either(", 기본 기간", ", the usual time") if asked_for.is_default else ""
    if len(with_path) <= MOST_SINGLE:
        for one in with_path:
            _value(one, asked_for, f"{span}{usual}", sources, say)
        if not any(one.window(asked_for) for one in with_path):
            return
        share = say.count(90, "range_holds")
        say.line(
            f"범위는 지난 오차로 보아 {share}%가 그 안에 드는 폭입니다.",
            f"By past errors the range holds {share}% of what comes.",
        )
        return
    windows = [(one, window) for one in with_path if (window := one.window(asked_for)) is not None]
    if not windows:
        _too_far(with_path[0], asked_for, say)
        return
    ordered = sorted(windows, key=lambda it: -it[1].peak)
    top, first = ordered[0]
    mean = sum(window.mean for _, window in windows) / len(windows)
    mean_told = say.number(mean, top.unit, metric=f"{top.series}_foreseen_avg")
    peak, at = top.number(first.peak, say, "foreseen_peak"), say.moment(first.peak_at, day=True)
    say.line(
        f"{called} {span}{usual} 예측: 평균 **{mean_told}**, 가장 높은 곳은 {top.title(say)} {peak} ({at}).",
        f"{called} foreseen for {span}{usual}: **{mean_told}** on average, highest {top.title(say)} with {peak} ({at}).",
    )
    headers = (("대상", "what"), ("평균", "average"), ("최고", "peak"), ("범위", "range"))
    rows = [
        [one.title(say), one.number(window.mean, say, "foreseen"), one.number(window.peak, say, "foreseen_peak"), one.band(window, say)]
        for one, window in ordered
    ]  # fmt: skip
    say.table([say.either(*one) for one in headers], rows)


def _value(one: Prospect, asked_for: Range, span: str, sources: Sources, say: Say) -> None:
    window = one.window(asked_for)
    if window is None:
        _too_far(one, asked_for, say)
        return
    mean, peak = one.number(window.mean, say, "foreseen"), one.number(window.peak, say, "foreseen_peak")
    at, band, now = say.moment(window.peak_at, day=True), one.band(window, say), one.now_told(sources, say)
    say.line(
        f"{one.title(say)} {span} 예측: 평균 **{mean}**, 최고 {peak} ({at}), 범위 {band}. 지금 {now}.",
        f"{one.title(say)}, foreseen for {span}: **{mean}** on average, peak {peak} ({at}), range {band}. Now {now}.",
    )
    if window.is_cut:
        _too_far(one, asked_for, say)
    if one.crossing is None:
        _rests_on(one, say)


def _too_far(one: Prospect, asked_for: Range, say: Say) -> None:
    """Hours are foreseen for three days; beyond, what fills is counted on by its growth."""
    end, last = say.moment(asked_for.end, day=True), say.duration(one.reach, metric="horizon")
    value = one.grown(asked_for.end)
    if value is None:
        known = one.window(Range(say.now, say.now + one.reach))
        mean = one.number(known.mean, say, "foreseen") if known else "–"
        say.line(
            f"{one.title(say)} 예측은 {last} 앞까지만 합니다: 그때까지 평균 {mean}이고, {end}까지는 말하지 않습니다.",
            f"{one.title(say)} is foreseen for {last} only, {mean} on average; nothing is said of as far as {end}.",
        )
    else:
        told = one.number(value, say, "foreseen_by_growth")
        say.line(
            f"시간별 예측은 {last} 앞까지입니다. 지금의 증가 속도가 이어지면 {end}에 {told}입니다.",
            f"Hours are foreseen for {last}; if it goes on growing as it does, it is {told} at {end}.",
        )


def _beside(found: Sequence[Prospect], sources: Sources, say: Say) -> None:
    if not found:
        return
    first = min(found, key=lambda one: (one.at is None, one.at or 0.0))
    last = min(first.at or sources.now + 3 * DAY, sources.now + 60 * DAY)
    start = sources.now - max(DAY, first.told["history_hours"] * HOUR)
    level = first.crossing["level"] if first.crossing else None
    say.chart(
        "line", [{"server": first.server, "metric": first.series}], start, max(last, sources.now + DAY), HOUR, level
    )
    for one in found[:5]:
        say.evidence("metric", f"{one.server}/{one.series}", server_url(one.server), (start, sources.now))
    called = measure(first.series.partition(":")[0]).called(say.locale)
    say.suggest(f"{first.server} {called} 최근 7일 추이", f"{called} of {first.server} over the last 7 days")
    say.suggest(f"{first.server} 프로세스 보여줘", f"Processes on {first.server}")
    say.suggest("디스크 언제 꽉 차?", "When will the disks be full?")


QUESTION = Question(
    "forecast",
    answer,
    tool="forecast",
    examples=(("디스크 언제 꽉 차?", "When will the disks be full?"), ("내일 CPU 예측", "Forecast CPU for tomorrow")),
)
