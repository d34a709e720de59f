"""Rules of the kind `forecast`, held against what the roll-up foresaw: will it cross within so many hours?"""

from __future__ import annotations

from lib.domain.alerting import Rule
from lib.monitoring.alerts.presence import attend
from lib.monitoring.alerts.prospect_words import detail_of
from lib.monitoring.alerts.threshold import RULES, Moved, Rules, is_meant
from lib.monitoring.analyzers.prospects import ForecastOptions, Prospect, Prospects
from lib.monitoring.state import ServerState


def foreseen(state: ServerState, rules: Rules, prospects: Prospects, now: float) -> list[Moved]:
    """What moves because of the forecasts at hand; nothing where they are too old to say anything. Changes the state's
    memory."""
    wanted = rules.of_kind("forecast")
    if not wanted or not prospects.is_fresh(now):
        return []
    told: list[Moved] = []
    for rule in wanted:
        if not rule.applies(state.name, state.group, state.tags):
            continue
        try:
            options = ForecastOptions.read(rule.options)
        except (ValueError, TypeError):
            continue  # written by a later version, or by hand
        found = {one.series: one for one in _found(state, rule, options, prospects, now)}
        open_now = {key.partition("|")[2] for key in state.memory.get(RULES) or {} if key.startswith(f"{rule.id}|")}
        for subject in sorted({*found, *open_now}):
            one = found.get(subject)
            words = detail_of(one, state.value(subject), now) if one else ""
            told += attend(state.memory, [rule], subject, now, now, is_so=one is not None, detail=words)
    return told


def _found(
    state: ServerState, rule: Rule, options: ForecastOptions, prospects: Prospects, now: float
) -> list[Prospect]:
    if state.name not in prospects.by_server:
        return []
    with_subjects = {name.partition(":")[0] for name in state.series if ":" in name}
    meant = [name for name in state.series if is_meant(rule.metric, name, with_subjects)]
    found = prospects.judge(state.name, meant, rule.above, options, now)
    return [one for one in found if _is_far_enough(state.value(one.series), rule, options)]


def _is_far_enough(value: float | None, rule: Rule, options: ForecastOptions) -> bool:
    if value is None:
        return False
    if options.at_least is None:
        return True
    return value >= options.at_least if rule.above else value <= options.at_least
