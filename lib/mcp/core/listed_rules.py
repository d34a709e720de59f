"""Which alert rules there are, with their levels, as the page lists them."""

from __future__ import annotations

from lib.domain.metrics import metric_of
from lib.mcp.core.alerts import rule_called
from lib.mcp.core.phrases import severity_word
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

SOURCE = "/api/rules"
PLACE = "/#/settings?part=rules"


def answer(sources: Sources, say: Say) -> None:
    rules = sorted(sources.rules, key=lambda one: not one["enabled"])  # those that are off come last
    if not rules:
        say.line(
            "알림 규칙이 하나도 없습니다. 아무것도 알리지 않습니다.", "There is no alert rule: nothing would be told."
        )
    else:
        there = say.count(len(rules), "rules", source=SOURCE)
        are_on = say.count(sum(one["enabled"] for one in rules), "rules_on", source=SOURCE)
        say.line(
            f"알림 규칙은 **{there}개**이고 그중 {are_on}개가 켜져 있습니다.",
            f"Alert rules: **{there}**, {are_on} of them on.",
        )
        headers = [say.either("규칙", "rule"), say.either("지표", "metric")]
        headers += [severity_word("warning", say), severity_word("critical", say), say.either("상태", "state")]
        say.table(headers, [_row(one, say) for one in rules])
    say.line("설정의 '규칙'에서 보고 바꿉니다.", "They are seen and changed under Settings, Rules.")
    say.evidence("kb", "help/rules", PLACE)
    say.suggest("규칙은 어떻게 만들어?", "How do I make a rule?")
    say.suggest("열린 알림 목록", "List the open alerts")


def _row(one: dict[str, object], say: Say) -> list[str]:
    metric = str(one["metric"] or "–")
    known = metric_of(metric)
    unit = known.unit if known is not None else ""
    levels = []
    for severity in ("warning", "critical"):
        level = one[severity]
        if one["kind"] == "threshold" and isinstance(level, (int, float)):
            levels.append(say.number(level, unit, metric=f"{one['id']}_{severity}", source=SOURCE))
        else:
            levels.append("–")
    state = say.either("켜짐", "on") if one["enabled"] else say.either("꺼짐", "off")
    return [rule_called(str(one["id"]), str(one["name"]), say), say.name(metric), *levels, state]
