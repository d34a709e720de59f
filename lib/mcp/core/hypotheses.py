"""Why something changed, in words: hypotheses with the numbers by which they may be doubted, and what was ruled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.core.korean import with_particle
from lib.mcp.core.measures import measure
from lib.mcp.core.phrases import server_source, server_url
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

LIKELY, POSSIBLE = 0.65, 0.4  # of a score; a judgement of the analyzer, no probability
MOST_RULED_OUT = 4
_KINDS = {
    "deploy": ("배포", "deploy"), "reboot": ("재부팅", "reboot"), "config": ("설정 변경", "config change"),
    "error": ("오류", "error"), "incident": ("알림", "alert"),
}  # fmt: skip
_REASONS = {
    "unchanged": ("변화 없음", "unchanged"),
    "later": ("나중에 변함", "changed later"),
    "usual": ("평소에도 잦음", "happens as often anyway"),
    "unmeasured": ("측정되지 않음", "not measured"),
}

type Found = Mapping[str, Any]


def called(series: str, say: Say) -> str:
    return say.name(measure(series).called(say.locale))


def value(amount: float, server: str, series: str, say: Say) -> str:
    of = measure(series)
    return say.number(amount, of.unit, server=server, metric=series, source=server_source(server, "/causes"))


def from_to(one: Found, server: str, series: str, say: Say) -> str:
    """ "180 ms → 1240 ms"."""
    return f"{value(one['before'], server, series, say)} → {value(one['after'], server, series, say)}"


def confidence(score: float, say: Say) -> str:
    """ "점수 0.7, 신뢰도 높음"."""
    number = say.number(score, "", metric="score", decimals=2, source="/causes")
    if score >= LIKELY:
        word = say.either("높음", "high")
    else:
        word = say.either("보통", "medium") if score >= POSSIBLE else say.either("낮음", "low")
    return say.either(f"점수 {number}, 신뢰도 {word}", f"score {number}, {word} confidence")


def kind_of(kind: str, say: Say) -> str:
    return say.either(*_KINDS[kind]) if kind in _KINDS else say.name(kind)


def what_of(one: Found, say: Say) -> str:
    """ "db-01 iowait 4% → 38%", "deploy `api v2.4.1` (api-02)"."""
    server = say.name(one["server"])
    if one["kind"] == "metric":
        return f"{server} {called(one['what'], say)} {from_to(one, one['server'], one['what'], say)}"
    return f"{kind_of(one['kind'], say)} {titled(one, say)} ({server})"


def titled(one: Found, say: Say) -> str:
    """What happened, as it was told; an alert as people of this language call it."""
    return say.code(one["text"][say.locale] if one.get("text") else one["what"])


def when_of(one: Found, say: Say) -> str:
    """ "02:40 KST, 9분 먼저"."""
    at, lead = say.moment(one["at_epoch"]), float(one["lead"])
    if abs(lead) < 60:
        return say.either(f"{at}, 같은 때", f"{at}, at the same time")
    length = say.duration(abs(lead), source="/causes")
    if lead > 0:
        return say.either(f"{at}, {length} 먼저", f"{at}, {length} before")
    return say.either(f"{at}, {length} 뒤", f"{at}, {length} after")


def along(one: Found, say: Say) -> str:
    """How it goes together with what is explained: ", r=0.94 (3분 앞섬)"; empty where that is not so."""
    if one.get("r") is None:
        return ""
    r = say.number(one["r"], "", metric="r", server=one["server"], decimals=2, source="/causes")
    lag = int(one["lag"] or 0)
    if abs(lag) < 1:
        return f", r={r}"
    length = say.duration(abs(lag), metric="lag", source="/causes")
    ahead = say.either(f"{length} 앞섬", f"{length} ahead")
    behind = say.either(f"{length} 늦음", f"{length} behind")
    return f", r={r} ({ahead if lag > 0 else behind})"


def told(one: Found, say: Say) -> str:
    chance = say.number(100 * one["chance"], "%", metric="chance", source="/causes")
    odds = say.either(f"우연일 확률 {chance}", f"by chance {chance}")
    return f"{what_of(one, say)} – {when_of(one, say)}{along(one, say)}, {odds} ({confidence(one['score'], say)})"


def ruled_out(those: Sequence[Found], server: str, say: Say) -> str:
    """What was looked at and does not explain it, each with its numbers."""
    parts: list[str] = []
    for one in sorted(those, key=lambda one: (one["server"] != server, one["reason"] != "later")):
        if len(parts) == MOST_RULED_OUT:
            break
        if one["reason"] == "unmeasured":
            continue
        why = say.either(*_REASONS.get(one["reason"], (one["reason"], one["reason"])))
        where = "" if one["server"] == server else f"{say.name(one['server'])} "
        if one["after"] is not None and one["reason"] == "unchanged":
            parts.append(
                f"{where}{called(one['what'], say)} {value(one['after'], one['server'], one['what'], say)} ({why})"
            )
        elif one["after"] is not None:
            parts.append(f"{where}{called(one['what'], say)} {from_to(one, one['server'], one['what'], say)} ({why})")
        else:
            parts.append(f"{where}{titled(one, say)} ({why})")
    return ", ".join(parts)


USING = {"cpu": "cpu", "load1": "cpu", "memory": "memory", "swap": "memory"}  # of a process, by what it explains


def top_process(server: str, series: str, at: int | None, sources: Sources, say: Say) -> str:
    """ "가장 많이 쓴 프로세스 `postgres` 61.5% (12:40 KST)": then, or the newest; empty where that says nothing."""
    using = USING.get(series)
    if using is None:
        return ""
    listed = sources.house.queries.processes(server, at, sources.sight)
    used = [one for one in listed["processes"] or [] if one.get(using) is not None]
    if not used:
        return ""
    top = max(used, key=lambda one: float(one[using]))
    source = server_source(server, "/processes")
    share = say.number(top[using], "%", server=server, metric=f"process_{using}", source=source)
    when = say.moment(listed["at_epoch"])
    return say.either(
        f"가장 많이 쓴 프로세스 {say.code(top['name'])} {share} ({when})",
        f"the process that used most: {say.code(top['name'])} {share} ({when})",
    )


def falsifier(one: Found, target: str, say: Say) -> tuple[str, str]:
    """What would show that this hypothesis is wrong."""
    subject = with_particle(target, "이/가")
    if one["kind"] == "metric":
        which = f"{say.name(one['server'])} {called(one['what'], say)}"
        return (
            f"{with_particle(which, '이/가')} 원래대로 돌아와도 {subject} 그대로면 이 가설은 틀린 것입니다.",
            f"wrong if {which} returns to what it was and {target} does not",
        )
    if one["kind"] in {"deploy", "config"}:
        return (
            f"되돌려도 {subject} 그대로면 이 가설은 틀린 것입니다.",
            f"wrong if {target} stays so after it is rolled back",
        )
    return (
        f"같은 일이 없는 때나 서버에서도 {subject} 그렇게 변하면 이 가설은 틀린 것입니다.",
        f"wrong if {target} does the same where and when that does not happen",
    )


def evidence(found: Found, say: Say) -> None:
    """Where each clause can be looked up."""
    window = (found["from_epoch"], found["to_epoch"])
    if found["series"]:
        say.evidence("metric", f"{found['server']}/{found['series']}", server_url(found["server"]), window)
    for one in found["hypotheses"][:4]:
        if one["kind"] == "metric":
            say.evidence("metric", f"{one['server']}/{one['what']}", server_url(one["server"]), window)
        elif one["kind"] == "incident" and one["id"]:
            say.evidence("alert", one["id"], f"/#/alerts/{one['id']}")
        else:
            kind = "log" if one["kind"] == "error" else "event"
            say.evidence(kind, one["id"] or one["what"][:60], server_url(one["server"]), (one["at_epoch"],) * 2)
