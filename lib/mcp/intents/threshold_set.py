"""Set the level at which an alert opens: which rule would say it, the old value and the new. Done only once it is
confirmed; a rule that also holds for other servers is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.metrics import bounds_of
from lib.mcp.core.alerts import rule_called
from lib.mcp.core.levels import level_of
from lib.mcp.core.measures import Measure, figure, measure, scaled, with_unit
from lib.mcp.core.phrases import capital, now_of, severity_word, warn_of_unknown
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.reach import Reach, close, propose, reach_of, tell_nobody, tell_too_wide, words_of
from lib.mcp.core.responder import Say
from lib.mcp.core.rule_plans import PARTS, Plan, plan
from lib.mcp.core.sources import Sources

DAY = 86_400
MOST_NAME = 100
ABOVE, BELOW = {"gt", "gte"}, {"lt", "lte"}
RULES = "/api/rules"


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    reach = reach_of(asked, sources)
    if not reach.meant.servers:
        tell_nobody(asked, say)
        return
    if reach.is_too_wide:
        tell_too_wide(say)
        return
    wanted = _wanted(asked, say)
    if not wanted:
        return
    offered = [_propose(asked, sources, reach, of, above, levels, say) for (of, above), levels in wanted]
    warn_of_unknown(asked, say)
    if any(offered):
        close(asked, say, ("적용 후 '되돌리기'로 복원합니다.", "Afterwards it can be undone."))
    of = wanted[0][0][0]
    say.suggest(f"{of.called('ko')} 높은 서버 5대", f"Top 5 servers by {of.called('en')}")
    say.suggest("열린 알림 목록", "List open alerts")


type Levels = dict[str, float]


def _wanted(asked: Asked, say: Say) -> list[tuple[tuple[Measure, bool], Levels]]:
    """[((measure, above), {warning or critical: level})]; what cannot be a rule is said."""
    severities = [one for one in asked.words("severity") if one in {"warning", "critical"}]
    conditions = asked.conditions
    if not conditions:
        named = [of for of in map(measure, asked.metrics) if of.unit == "%" and not of.free_of]
        of = named[0] if named else measure("memory")
        ko, en = of.called("ko"), of.called("en")
        example = say.code(say.either(f"{ko} 85% 넘으면 알려줘", f"alert me when {en} exceeds 85%"))
        if named:
            say.line(
                f"{say.name(ko)} 기준을 얼마로 할까요? 예: {example}",
                f"Which level of {say.name(en)}? For example: {example}",
            )
        else:
            say.line(
                f"어느 지표가 얼마를 넘으면 알릴까요? 예: {example}",
                f"Which metric, beyond which value? For example: {example}",
            )
        say.suggest(f"{ko} 85% 넘으면 알려줘", f"Alert me when {en} exceeds 85%")
        return []
    found: dict[tuple[str, bool], Levels] = {}
    for place, condition in enumerate(conditions):
        of = measure(str(condition["metric"]))
        if _refused(of, condition, say):
            continue
        one_each = len(severities) == len(conditions)
        severity = severities[place] if one_each else (severities or ["warning"])[0]
        found.setdefault((of.name, condition["op"] in ABOVE), {})[severity] = level_of(condition, "value", of)
    return [((measure(name), above), levels) for (name, above), levels in found.items()]


def _refused(of: Measure, condition: Mapping[str, Any], say: Say) -> bool:
    called = say.name(of.called(say.locale))
    if condition["op"] not in ABOVE | BELOW:
        say.line(
            f"{called}: 규칙은 어떤 값을 넘거나 밑도는 때만 알릴 수 있습니다. 이상 또는 이하로 말씀해 주세요.",
            f"{capital(called)}: a rule watches what lies above or below one value. Say at least, or at most.",
        )
        return True
    if of.name == "memory_free" or len(of.series) > 1:
        parts = ", ".join(say.name(measure(one).called(say.locale)) for one in (*of.series,))
        say.line(
            f"{called}: 규칙은 지표 하나를 봅니다. {parts} 중에서 말씀해 주세요.",
            f"{capital(called)}: a rule watches one series. Say which: {parts}.",
        )
        return True
    series = "disk" if of.free_of else of.series[0]
    bounds, value = bounds_of(series), level_of(condition, "value", of)
    if bounds is not None and not of.free_of and not bounds[0] <= value <= bounds[1]:
        low, high = (say.number(one, of.unit, metric="bound") for one in bounds)
        say.line(
            f"{called} 값은 {low}에서 {high} 사이입니다. 그 밖의 기준은 아무것도 알리지 못합니다.",
            f"{capital(called)} lies between {low} and {high}: another level would never tell anything.",
        )
        return True
    return False


def _propose(asked: Asked, sources: Sources, reach: Reach, of: Measure, above: bool, levels: Levels, say: Say) -> bool:
    hold = asked.whole("duration_s")
    series = "disk_free" if of.free_of == "disk" else of.series[0]
    made = plan(sources.rules, reach.scope, reach.meant.servers, series, above=above, levels=levels,
                hold=None if hold is None else min(hold, DAY))  # fmt: skip
    where, called = words_of(asked, reach, say), say.name(of.called(say.locale))
    changes = ", ".join(_change(made, severity, of, say) for severity in levels)
    way = say.either("이상" if above else "이하", "or more" if above else "or less")
    default = "" if asked.words("severity") else say.either(" (기본 심각도: 경고)", " (default severity: warning)")
    length = made.after["hold_seconds"]
    lasting = say.duration(length) if length else say.either("즉시", "at once")
    if made.rule is not None:
        named = rule_called(made.rule["id"], made.rule["name"], say)
        say.line(
            f"규칙 {named}: {where} {called} {changes} {way}, 지속 {lasting}{default}.",
            f"Rule {named}: {called} of {where}, {changes} {way}, lasting {lasting}{default}.",
        )
    else:
        say.line(
            f"새 규칙: {where} {called} {changes} {way}, 지속 {lasting}{default}.",
            f"New rule: {called} of {where}, {changes} {way}, lasting {lasting}{default}.",
        )
    if made.fault:
        say.line(
            "경고 기준이 위험 기준을 넘게 되어 그대로는 바꿀 수 없습니다. 두 기준을 함께 말씀해 주세요.",
            "The warning level would lie beyond the critical one: say both levels together.",
        )
        return False
    _beside(made, of, say)
    _now(reach, sources, of, above, made, say)
    params = _params(made, reach, of)
    label = ("기준 변경", "Change the level") if made.rule is not None else ("규칙 추가", "Add the rule")
    return propose(asked, say, "threshold_set", params, label)


def _change(made: Plan, severity: str, of: Measure, say: Say) -> str:
    """ "경고 90% → **85%**"."""
    new = say.number(made.set[severity], of.unit, metric=f"{of.name}_{severity}", source=RULES)
    old = made.was.get(severity)
    before = say.either("없음", "none")
    if old is not None:
        before = say.number(old, of.unit, metric=f"{of.name}_{severity}", source=RULES)
    return f"{severity_word(severity, say)} {before} → **{new}**"


def _beside(made: Plan, of: Measure, say: Say) -> None:
    """What moves along, and which rules hold as before."""
    recovery = made.set.get("recovery")
    if recovery is not None and made.rule is not None:
        new, old = (
            say.number(one, of.unit, metric=f"{of.name}_recovery", source=RULES)
            for one in (recovery, made.was["recovery"])
        )
        say.line(f"회복 기준도 함께 바뀝니다: {old} → {new}.", f"The recovery level moves along: {old} → {new}.")
    if made.set.get("enabled"):
        say.line("꺼져 있던 규칙을 다시 켭니다.", "The rule was off, and is on again.")
    if made.others and made.rule is None:
        named = ", ".join(
            f"{rule_called(one['id'], one['name'], say)}{_levels(one, of, say)}" for one in made.others[:3]
        )
        say.line(
            f"다른 서버에도 적용되는 기존 규칙은 그대로이며 이 서버에도 계속 적용됩니다: {named}.",
            f"Rules that also hold for other servers stay as they are, and still hold here: {named}.",
        )
    if made.foreign:
        named = ", ".join(rule_called(one["id"], one["name"], say) for one in made.foreign[:3])
        say.line(
            f"코어당 값이나 반대 방향을 보는 규칙은 그대로입니다: {named}.",
            f"Rules that judge per core, or the other way, stay as they are: {named}.",
        )


def _levels(rule: Mapping[str, Any], of: Measure, say: Say) -> str:
    told = [
        f"{severity_word(one, say)} {say.number(rule[one], of.unit, metric=f'{of.name}_{one}', source=RULES)}"
        for one in ("warning", "critical")
        if rule[one] is not None
    ]
    return f" ({', '.join(told)})" if told else ""


def _now(reach: Reach, sources: Sources, of: Measure, above: bool, made: Plan, say: Say) -> None:
    """How many are beyond the new level at this moment: what would open."""
    if of.free_of:
        return
    here = [one for one in reach.meant.servers if one.is_there]
    newest = sources.latest(here, [of])
    first = (min if above else max)(made.set[one] for one in ("warning", "critical") if one in made.set)
    beyond = [
        (one.id, found[0])
        for one in here
        if (found := now_of(one, of, newest.get(one.id, {}))) and (found[0] >= first if above else found[0] <= first)
    ]
    beyond.sort(key=lambda one: -one[1] if above else one[1])
    number = say.count(len(beyond), "beyond", source="/api/servers")
    told = ", ".join(
        f"{say.name(name)} {say.number(value, of.unit, server=name, metric=of.name)}" for name, value in beyond[:3]
    )
    say.line(
        f"지금 이 기준에 해당하는 서버: {number}대{f' ({told})' if told else ''}.",
        f"Beyond that level now: {number}{f' ({told})' if told else ''}.",
    )


def _params(made: Plan, reach: Reach, of: Measure) -> dict[str, Any]:
    if made.rule is not None:
        return {"rule": made.rule["id"], "version": made.rule["version"], "set": made.set}
    return {
        "wanted": {
            "name": _name(reach.scope, of, made.set),
            "metric": made.series,
            "above": made.above,
            "scope": {part: list(names) for part, names in reach.scope.items()},
            **made.like,
            **made.set,
        }
    }


def _name(scope: Mapping[str, Sequence[str]], of: Measure, levels: Mapping[str, Any]) -> str:
    """ "Memory db-01 85%": English, as rules are named that come with the product."""
    where = ", ".join(name for part in PARTS for name in scope.get(part, ()))
    level = next(levels[one] for one in ("warning", "critical") if one in levels)
    told = with_unit(figure(*scaled(level, of.unit)[:1]), scaled(level, of.unit)[1])
    return " ".join(part for part in (capital(of.en), where, told) if part)[:MOST_NAME]


QUESTION = Question("threshold_set", answer, tool="set_threshold")
