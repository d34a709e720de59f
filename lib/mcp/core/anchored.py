"""A question of the time since the last deploy: when that was, is looked up among the events of the servers meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from lib.mcp.core import happenings
from lib.mcp.core.happenings import Happened
from lib.mcp.core.phrases import scope
from lib.mcp.core.question import DAY, HOUR, Asked
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.npu import since_deploy
from lib.mcp.npu.text import read

LOOKED_BACK = 30 * DAY
ROLLOUT = HOUR  # within which the same release reaches the servers
_INTENTS = frozenset({
    "metric_history", "compare_periods", "compare_servers", "change_correlation", "root_cause", "anomaly_list",
    "log_query", "alert_list", "top_n", "uptime_sla", "threshold_filter",
})  # fmt: skip


def anchored(asked: Asked, sources: Sources, say: Say) -> Asked:
    """The question with its time, where it means that since the last deploy; else as it was. That there was no deploy
    is said, and the usual time is then taken."""
    folded = read(asked.text).folded
    if asked.intent not in _INTENTS or asked.entities.get("time") or not since_deploy.is_said(folded):
        return asked
    meant = sources.meant(asked)
    found = happenings.read(sources, meant.ids, sources.now - LOOKED_BACK, sources.now)
    deploys = [one for one in found if one.kind == "deploy"]
    if not deploys:
        what, length = scope(asked, meant, say), say.duration(LOOKED_BACK, source="default")
        say.line(
            f"{what}: 최근 {length} 동안 배포 기록이 없어 기본 기간으로 답합니다.",
            f"{what}: no deploy is on record in the last {length}, so this is of the usual time.",
        )
        return asked
    last = max(deploys, key=lambda one: one.at)
    first = min(
        (one for one in deploys if one.what == last.what and last.at - one.at <= ROLLOUT), key=lambda one: one.at
    )
    if since_deploy.asks_when(folded):
        where, at = say.name(first.server), say.moment(first.at)
        what = say.code(first.what)
        say.line(f"마지막 배포는 {what}입니다 ({where}, {at}).", f"The last deploy was {what} ({where}, {at}).")
    entities = {**asked.entities, "time": _range(first.at, sources.now, sources)}
    if asked.intent == "compare_periods":
        entities["time2"] = _range(2 * first.at - sources.now, first.at, sources)
    return replace(asked, entities=entities, options={**asked.options, "deploy": first})


def tell_deploy(asked: Asked, say: Say) -> None:
    """Which deploy the time was counted from."""
    deploy = asked.options.get("deploy")
    if isinstance(deploy, Happened) and not since_deploy.asks_when(read(asked.text).folded):
        told = happenings.told(deploy, say)
        say.line(f"기준: 마지막 {told}.", f"Counted from the last {told}.")
        happenings.evidence([deploy], say)


def _range(start: float, end: float, sources: Sources) -> Mapping[str, str]:
    moments = (datetime.fromtimestamp(int(at), sources.zone).isoformat() for at in (start, end))
    return dict(zip(("start", "end"), moments, strict=True))
