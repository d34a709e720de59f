"""The report of one incident: what happened when, who did what, what may have been the cause, what to do next time."""

from __future__ import annotations

from typing import Any

from lib.domain.errors import NotFound
from lib.mcp.core import alerts as told_alerts
from lib.mcp.core import hypotheses as words
from lib.mcp.core.alerts import Alert
from lib.mcp.core.phrases import severity_word
from lib.mcp.core.report_pages import Pages
from lib.mcp.core.reporting import Material
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

MOST_STEPS = 20
_STEPS = {
    "opened": ("열림", "opened"),
    "escalated": ("더 심각해짐", "escalated"),
    "eased": ("완화됨", "eased"),
    "recovering": ("회복 중", "recovering"),
    "relapsed": ("다시 나빠짐", "relapsed"),
    "no_data": ("값이 끊김", "no data"),
    "data_back": ("값이 다시 옴", "data is back"),
    "stale": ("보고 지연", "stale"),
    "heard": ("다시 보고함", "heard again"),
    "acknowledged": ("확인됨", "acknowledged"),
    "resolved": ("해결됨", "resolved"),
}


def incident(alert: Alert, made: Material, sources: Sources, pages: Pages, say: Say) -> None:
    whole = sources.house.alerts.one(alert["id"], sources.sight)
    newest = told_alerts.current(sources, [alert])
    pages.heading(say.either("무슨 일이 있었나", "What happened"))
    pages.text(told_alerts.line_of(alert, say, newest))
    pages.heading(say.either("시간 순서", "Timeline"))
    pages.table(
        [say.either("언제", "when"), say.either("무엇", "what"), say.either("값", "value"), say.either("누가", "who")],
        [_step(one, alert, say) for one in whole["timeline"][:MOST_STEPS]],
    )
    _causes(alert, sources, pages, say)
    others = [one for one in made.alerts if one["id"] != alert["id"]]
    if others:
        pages.heading(say.either("같은 기간의 다른 알림", "Other alerts of that time"))
        pages.items([told_alerts.line_of(one, say, newest) for one in others[:10]])


def _step(step: dict[str, Any], alert: Alert, say: Say) -> list[str]:
    what = say.either(*_STEPS.get(step["kind"], (step["kind"], step["kind"])))
    severity = severity_word(step["severity"], say)
    amount = "–"
    if step["value"] is not None and alert["kind"] == "threshold":
        amount = words.value(step["value"], str(alert["server"] or ""), str(alert["subject"]), say)
    who = say.name(step["actor"]) if step["actor"] else "–"
    note = f": {say.name(step['note'])}" if step["actor"] and step["note"] else ""
    return [say.moment(step["at_epoch"], seconds=True, day=True), f"{what} ({severity})", amount, f"{who}{note}"]


def _causes(alert: Alert, sources: Sources, pages: Pages, say: Say) -> None:
    pages.heading(say.either("가능한 원인", "Possible causes"))
    try:
        found = sources.house.why.of_alert(alert["id"], sources.sight)
    except NotFound:  # it concerns no server, or its server is gone
        pages.text(
            say.either("대상 서버가 없어 원인을 찾지 않았습니다.", "Its server is not there: no cause was looked for.")
        )
        return
    if found["hypotheses"]:
        pages.items([words.told(one, say) for one in found["hypotheses"][:5]])
    else:
        servers = say.count(found["looked_at"]["servers"], "servers_looked_at")
        pages.text(
            say.either(
                f"서버 {servers}대의 지표와 이벤트에서 설명할 만한 것을 찾지 못했습니다.",
                f"Nothing that would explain it was found in series and events of {servers} servers.",
            )
        )
    excluded = words.ruled_out(found["ruled_out"], found["server"], say)
    if excluded:
        pages.text(say.either(f"제외: {excluded}.", f"Ruled out: {excluded}."))
    pages.text(say.either("상관관계는 원인이 아닙니다. 원인은 사람이 확인해야 합니다.",
                          "Correlation is not cause: people have to confirm what it was."))  # fmt: skip
    words.evidence(found, say)
