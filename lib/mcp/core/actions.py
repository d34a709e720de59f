"""What the assistant proposed and somebody confirmed is done here, by the same use cases as the page's own buttons:
each change with its entry in the audit log, within the sight of whoever confirms.

| kind | params |
|---|---|
| `alert_ack` | `alerts`: ids |
| `alert_silence` | `scope`, `rules`, `metric`, `incidents` as a silence has them, `ends` (`starts`) epoch seconds |
| `silence_end` | `silence`: id |
| `threshold_set` | `rule`, `version`, `set`: fields; or `wanted`: a rule that is made |
| `rule_remove` | `rule`, `version` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import BadInput, Conflict, Forbidden, NotFound
from lib.mcp.core.alerts import named, rule_called
from lib.mcp.core.measures import Locale, measure
from lib.mcp.core.phrases import capital, severity_word
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import House

COMMENT = "assistant"
MOST_SHOWN = 5
type Noted = Callable[..., AbstractContextManager[Any]]  # lib/web/noted.py, of the request


@dataclass(frozen=True, slots=True)
class By:
    """Who confirms, and when. `zone` is the fleet's, for the times that are told."""

    who: str
    sight: Sight
    now: float
    zone: tzinfo
    noted: Noted


def perform(kind: str, params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    """`{did, ko, en, undo}`: ids of what was made or changed, what to say of it, and the act that takes it back
    (`{type, params, label: {ko, en}}`) or None. Raises NotFound, Conflict, Forbidden, BadInput, Unavailable."""
    act = _ACTS.get(kind)
    if act is None:
        raise BadInput("nothing of that kind can be confirmed")
    return act(params, house, by)


def told(
    kind: str, done: Mapping[str, Any], locale: Locale, sign: Callable[[str, Mapping[str, Any]], str]
) -> dict[str, Any]:
    """`{type, answer, did, actions}`: the one action, if any, takes back what was done."""
    undo = done["undo"]
    actions = [] if undo is None else [
        {**undo, "label": undo["label"][locale], "confirm_token": sign(undo["type"], undo["params"])}
    ]  # fmt: skip
    return {"type": kind, "answer": done[locale], "did": done["did"], "actions": actions}


def _acknowledge(params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    """What is acknowledged already or over stays as it is; what is gone, or out of sight, is left out."""
    done, left = [], []
    for alert_id in params["alerts"]:
        try:
            alert = house.alerts.one(alert_id, by.sight)["alert"]
        except NotFound:
            continue
        if alert["acked_at"] is not None or alert["resolved_at"] is not None:
            left.append(alert)
            continue
        with by.noted("incident_acknowledged", "incident", alert_id):
            done.append(house.alerts.act(alert_id, "acknowledge", by.who, "", by.sight)["alert"])
    if not done and not left:
        raise NotFound("none of these alerts is there any more")

    def words(say: Say) -> str:
        shown = ", ".join(f"{say.name(one['server'] or '–')} {named(one, say)}" for one in done[:MOST_SHOWN])
        at, who = say.moment(by.now), say.name(by.who)
        told = say.either("확인 처리할 것이 남아 있지 않았습니다.", "There was nothing left to acknowledge.")
        if done:
            told = say.either(
                f"알림 {len(done)}건을 확인 처리했습니다({at}, {who}): {shown}.",
                f"Alerts acknowledged: {len(done)} ({at}, {who}): {shown}.",
            )
        if left:
            told += say.either(
                f" {len(left)}건은 이미 확인되었거나 끝났습니다.", f" {len(left)} were acknowledged or over already."
            )
        return told

    return _done({"alerts": [one["id"] for one in done], "left": [one["id"] for one in left]}, words, by)


def _silence(params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    from lib.monitoring.alerts.quietbook import SilenceChange

    if params["ends"] <= by.now:
        raise BadInput("this silence would be over already: ask again")
    times = {name: float(params[name]) for name in ("starts", "ends") if name in params}
    wanted = SilenceChange.model_validate({**params, **times, "comment": COMMENT})
    is_to_come = params.get("starts", 0) > by.now
    with by.noted("silence_added", "silence", comment=COMMENT):
        made = house.quietbook.create(wanted, by.who, by.now, by.sight)

    def words(say: Say) -> str:
        start = params["starts"] if is_to_come else by.now
        span, code = say.span(start, params["ends"]), say.code(made["id"])
        named = [name for names in params.get("scope", {}).values() for name in names]
        what = ", ".join(say.name(one) for one in named[:MOST_SHOWN])
        if params.get("incidents"):
            what = say.either(f"알림 {len(params['incidents'])}건", f"{len(params['incidents'])} alerts")
        elif not what:
            what = say.either("전체 서버의 알림", "all servers' alerts")
        ko, en = ("음소거하도록 예약했습니다", "Will be silent") if is_to_come else ("음소거했습니다", "Silenced")
        return say.either(
            f"{what}: {span} 동안 {ko}. 음소거 {code}, {say.name(by.who)}.",
            f"{en}: {what}, {span}. Silence {code}, by {say.name(by.who)}.",
        )

    undo = _undo("silence_end", {"silence": made["id"]}, "음소거 끝내기", "End the silence")
    return _done({"silence": made["id"]}, words, by, undo)


def _end_silence(params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    with by.noted("silence_ended", "silence", params["silence"]):
        house.quietbook.end(params["silence"], by.sight)

    def words(say: Say) -> str:
        code = say.code(params["silence"])
        return say.either(
            f"음소거 {code}을(를) 끝냈습니다. 지금부터 알림이 다시 전달됩니다.",
            f"Ended the silence {code}: alerts notify again from now on.",
        )

    return _done({"silence": params["silence"]}, words, by)


def _set_level(params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    from lib.monitoring.alerts.rulebook import WantedRule

    if "wanted" in params:
        wanted = WantedRule.model_validate(params["wanted"])
        _check_sight(wanted.scope.servers, house, by)
        with by.noted("rule_added", "rule", name=wanted.name):
            made = house.rulebook.create(wanted)
        undo = _undo("rule_remove", _version_of(made), "규칙 삭제", "Remove the rule")
        return _done({"rule": made["id"]}, lambda say: _rule_words(made, {}, say, by), by, undo)
    before = next((one for one in house.rulebook.everything()["rules"] if one["id"] == params["rule"]), None)
    if before is None:
        raise NotFound("this rule is not there any more")
    _check_sight(before["scope"]["servers"], house, by)
    whole = {name: before[name] for name in WantedRule.model_fields}
    wanted = WantedRule.model_validate(whole | dict(params["set"]))
    with by.noted("rule_changed", "rule", params["rule"], name=wanted.name):
        made = house.rulebook.change(params["rule"], wanted, params["version"])
    old = {name: before[name] for name in params["set"]}
    undo = _undo("threshold_set", {**_version_of(made), "set": old}, "되돌리기", "Take it back")
    return _done({"rule": made["id"]}, lambda say: _rule_words(made, old, say, by), by, undo)


def _rule_words(made: Mapping[str, Any], old: Mapping[str, Any], say: Say, by: By) -> str:
    of = measure(made["metric"])
    levels = []
    for name in ("warning", "critical"):
        if made[name] is None:
            continue
        level = say.number(made[name], of.unit)
        was = old.get(name)
        before = f"{say.number(was, of.unit)} → " if was is not None else ""
        levels.append(f"{severity_word(name, say)} {before}{level}")
    told, rule = ", ".join(levels), rule_called(made["id"], made["name"], say)
    hold = say.duration(made["hold_seconds"])
    return say.either(
        f"규칙 {rule}: {say.name(of.ko)} {told}, 지속 {hold} ({say.name(by.who)}, {say.moment(by.now)}).",
        f"Rule {rule}: {say.name(capital(of.en))} {told}, lasting {hold} ({say.name(by.who)}, {say.moment(by.now)}).",
    )


def _remove_rule(params: Mapping[str, Any], house: House, by: By) -> dict[str, Any]:
    found = house.rulebook.one(params["rule"])
    if found["version"] != params["version"]:
        raise Conflict("somebody has changed this rule meanwhile: it is not removed")
    _check_sight((found.get("scope") or {}).get("servers") or (), house, by)
    with by.noted("rule_removed", "rule", params["rule"]):
        house.rulebook.delete(params["rule"])
    return _done({"rule": params["rule"]}, lambda say: _removed_words(found, say), by)


def _removed_words(rule: Mapping[str, Any], say: Say) -> str:
    name = rule_called(rule["id"], rule["name"], say)
    return say.either(f"규칙 {name}을(를) 삭제했습니다.", f"Removed the rule {name}.")


def _check_sight(servers: Any, house: House, by: By) -> None:
    """Whoever does not see every server sets levels of servers by name, each in sight. Raises Forbidden."""
    if by.sight == EVERYTHING:
        return
    names = list(servers)
    if not names:
        raise Forbidden("this rule holds for servers that you do not see: name yours")
    for name in names:
        try:
            house.queries.server(name, by.sight)
        except NotFound:
            raise Forbidden("this rule holds for servers that you do not see: name yours") from None


def _version_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"rule": rule["id"], "version": rule["version"]}


def _undo(kind: str, params: Mapping[str, Any], ko: str, en: str) -> dict[str, Any]:
    return {"type": kind, "params": dict(params), "label": {"ko": ko, "en": en}}


def _done(
    did: Mapping[str, Any], words: Callable[[Say], str], by: By, undo: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "did": dict(did),
        "ko": words(Say("ko", by.zone, by.now)),
        "en": words(Say("en", by.zone, by.now)),
        "undo": None if undo is None else dict(undo),
    }


_ACTS: dict[str, Callable[[Mapping[str, Any], House, By], dict[str, Any]]] = {
    "alert_ack": _acknowledge,
    "alert_silence": _silence,
    "silence_end": _end_silence,
    "threshold_set": _set_level,
    "rule_remove": _remove_rule,
}
