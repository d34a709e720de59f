"""Errors of a time, counted exactly; and of two times against each other: how many lines, which pattern gained most."""

from __future__ import annotations

import re
from typing import Any

from lib.mcp.core.phrases import scope
from lib.mcp.core.question import Asked, Range
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import MOST_READS, Meant, Sources

_ERRORS = re.compile(r"에러|오류|예외|(?<![a-z])(?:errors?|exceptions?|failures?)(?![a-z])", re.IGNORECASE)
LEVELS = ["error", "critical"]
MOST_PATTERNS = 10  # that are told of a time, those with most lines


def are_asked(asked: Asked) -> bool:
    """Whether errors are compared, and no metric (an error rate is one)."""
    return not asked.metrics and _ERRORS.search(asked.text) is not None


def compare(asked: Asked, meant: Meant, recent: Range, baseline: Range, sources: Sources, say: Say) -> None:
    after, before = (of_time(meant, one, sources) for one in (recent, baseline))
    now, then = after["count"], before["count"]
    told_now, told_then = (
        say.count(count, f"errors_{which}", source="/api/errors")
        for count, which in ((now, "recent"), (then, "before"))
    )
    if now == then:
        verdict = say.either("변화가 없습니다", "no change")
    else:
        verdict = say.either("늘었습니다", "up") if now > then else say.either("줄었습니다", "down")
    change = say.number(now - then, "", metric="errors_change", signed=True)
    what = scope(asked, meant, say)
    spans = " ↔ ".join(say.span(one.start, one.end) for one in (recent, baseline))
    say.line(
        f"{what} 오류: {told_then}건 → **{told_now}건**, {verdict} ({change}건). 최근 ↔ 기준: {spans}.",
        f"Errors of {what}: {told_then} → **{told_now}**, {verdict} ({change}). Recent ↔ baseline: {spans}.",
    )
    risen = gained(after, before)
    if risen is not None:
        pattern, more = risen
        number = say.number(more, "", metric="pattern_change", signed=True)
        said = say.code(pattern)
        say.line(f"가장 많이 늘어난 것: {said} ({number}건).", f"What gained most: {said} ({number}).")
    say.suggest("최근 24시간 에러 로그", "Error logs of the last 24 hours")


def of_time(meant: Meant, time: Range, sources: Sources) -> dict[str, Any]:
    """As storage/supabase/queries_analysis.py has it: {count, servers, groups, ...}."""
    filters = {"from": int(time.start), "to": int(time.end), "levels": LEVELS, "words": None, "source": None, "most": 1}
    return sources.log_search(meant.ids[:MOST_READS], filters)


def gained(after: dict[str, Any], before: dict[str, Any]) -> tuple[str, int] | None:
    """The pattern with most more lines. One that is not told of before had none, unless not all of them are told."""
    old = {one[0]: one[4] for one in before["groups"]}
    are_all = len(before["groups"]) < MOST_PATTERNS
    known = [one for one in after["groups"] if are_all or one[0] in old]
    risen = [(one[4] - old.get(one[0], 0), f"{one[2]}: {one[3]}") for one in known]
    more, pattern = max(risen, default=(0, ""))
    return (pattern, more) if more > 0 else None
