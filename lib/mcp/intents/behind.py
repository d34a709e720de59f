"""What may be behind a moment, in two lines, for questions that ask for it beside something else: what moved with it most
likely, and which process was busiest then. `root_cause` answers it whole."""

from __future__ import annotations

from lib.mcp.core.hypotheses import titled
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import server_url
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

NEAR_SECONDS = 900
_KINDS = {
    "deploy": ("배포", "a deploy"), "reboot": ("재부팅", "a reboot"), "config": ("설정 변경", "a change of settings"),
    "error": ("오류", "an error"), "incident": ("알림", "an alert"),
}  # fmt: skip


def tell_cause(name: str, of: Measure, at: float, sources: Sources, say: Say) -> None:
    found = sources.house.why.of_server(name, of.series[0], int(at), sources.sight)
    best = next(iter(found["hypotheses"]), None)
    if best is None:
        say.line(
            "그 무렵 함께 변한 지표나 사건은 찾지 못했습니다.",
            "Nothing was found that moved or happened with it.",
        )
    else:
        what = say.name(best["what"])
        if best["kind"] == "metric":
            what = say.name(measure(best["what"]).called(say.locale))
        elif best["kind"] in _KINDS:
            what = f"{say.either(*_KINDS[best['kind']])} {titled(best, say)}"
        when, score = say.moment(best["at_epoch"]), say.number(best["score"], "", metric="confidence", decimals=2)
        say.line(
            f"가장 유력한 원인(가설, 신뢰도 {score}): {say.name(best['server'])} {what}, {when}.",
            f"Most likely behind it (a hypothesis, {score}): {what} on {say.name(best['server'])} at {when}.",
        )
        if best["id"]:
            say.evidence("event", str(best["id"]), server_url(best["server"]), (best["at_epoch"], best["at_epoch"]))
    if of.name in {"cpu", "memory"}:
        _busiest(name, of, at, sources, say)
    say.suggest(
        f"{name} {of.called('ko')} 원인 분석해줘", f"Why did {of.called('en')} of {name} change? Analyse the cause"
    )


def _busiest(name: str, of: Measure, at: float, sources: Sources, say: Say) -> None:
    """The process that used most, by the list nearest before."""
    told = sources.house.queries.processes(name, int(at) + 60, sources.sight)
    rows = [one for one in told["processes"] if one.get(of.name) is not None]
    if told["at_epoch"] is None or not rows or abs(told["at_epoch"] - at) > NEAR_SECONDS:
        say.line(
            "그때의 프로세스 목록은 없습니다(수집되지 않음).",
            "There is no process list of that time (not collected).",
        )
        return
    top = max(rows, key=lambda one: float(one[of.name]))
    value = say.number(top[of.name], "%", server=name, metric=f"process_{of.name}", at=told["at_epoch"])
    when = say.moment(told["at_epoch"], seconds=True)
    say.line(
        f"그때 가장 많이 쓴 프로세스: {say.name(top['name'])} {value} ({when}).",
        f"The busiest process then: {say.name(top['name'])} at {value} ({when}).",
    )
