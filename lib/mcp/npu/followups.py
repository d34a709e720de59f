"""A question asked within a conversation: what it leaves out is what was spoken of before.

The previous frame is carried: what is named anew takes the place of the same slot, "also" adds to it, "only" narrows it,
a bare metric, server or time keeps the question, a word such as "why" changes it. A complete new question carries nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lib.mcp.npu import ranking
from lib.mcp.npu.extractor import Extraction
from lib.mcp.npu.features import features_of
from lib.mcp.npu.frames import entities_for
from lib.mcp.npu.intent import ACTIONS, OUT_OF_SCOPE, Reading, model, permitted
from lib.mcp.npu.inventory import Inventory, key_of
from lib.mcp.npu.topics import topic_of

Entities = dict[str, Any]
NEW, KEEP = "(new)", "keep"

TARGETS = ("servers", "globs", "groups", "tags", "unknown_servers")
_NEVER = frozenset({OUT_OF_SCOPE, "clarify", "smalltalk"})
# Which slots a question knows; the targets it always knows.
SLOTS: dict[str, tuple[str, ...]] = {
    "metric_current": ("metrics", "agg"),
    "metric_history": ("metrics", "agg", "time"),
    "top_n": ("metrics", "top_n", "order", "time"),
    "compare_servers": ("metrics", "time"),
    "compare_periods": ("metrics", "time", "time2"),
    "threshold_filter": ("metrics", "conditions", "time"),
    "alert_list": ("metrics", "severity", "alert_state", "time"),
    "root_cause": ("metrics", "time"),
    "anomaly_list": ("metrics", "time"),
    "forecast": ("metrics", "conditions", "time"),
    "log_query": ("level", "keyword", "time", "process", "top_n"),
    "troubleshoot": ("topic", "metrics"),
    "change_correlation": ("metrics", "time"),
    "uptime_sla": ("time", "conditions"),
    "report": ("time",),
    "process_query": ("metrics", "top_n", "port", "process"),
    "alert_ack": ("metrics", "severity"),
    "alert_silence": ("metrics", "severity", "duration_s", "time"),
    "threshold_set": ("metrics", "conditions", "severity", "duration_s"),
    "server_list": ("statuses",),
    "concept_explain": ("metrics",),
}
_RESET = re.compile(
    r"^(?:아니\s*)?(?:됐고|됐어|그건\s*됐고|다른\s*(?:얘기|거|질문)|새(?:로운)?\s*질문|이제\s*됐고|그만하고|잊어|주제\s*바꿔|화제\s*바꿔|아무튼\s*됐고)|(?<![a-z])(?:forget (?:that|it|about (?:that|it))|never ?mind(?: that)?|new question|different (?:question|topic|subject)|change of (?:topic|subject)|scrap that|moving on|something else|unrelated)(?![a-z])"
)
_ADD = re.compile(
    r"추가|도\s*(?:같이|함께|추가|보여|알려|포함|비교|넣|봐|해)|(?:까지|도)\s*(?:$|[?.!요])|(?<![a-z])(?:also|add|include|as well|too|plus|and also|along with|in addition)(?![a-z])"
)
_ONLY = re.compile(r"만(?=\s|$|[?.!,요])|만\s*(?:보여|봐|추려|골라|빼)|(?<![a-z])(?:only|just)(?![a-z])")
_PRONOUN = re.compile(
    r"그거|그것|그\s?(?:서버|놈|장비|중|때|날)|저거|이거|거기|걔|둘\s*(?:다|이|중)?|(?<![a-z])(?:it|its|that|this|those|them|these|they|there|both|ones?)(?![a-z])"
)
_POINTS_BACK = re.compile(
    r"그\s?중|이\s?중에|저\s?중에|거기서|(?<![a-z])(?:of (?:them|those|these)|among (?:them|those)|them|those)(?![a-z])"
)
_NUMBERED = re.compile(
    r"(?:(?<!\d)|(?<=number )|(?<=#))(\d{1,4})(?:\s*번(?!\s*(?:째|포트|이나|정도))|(?<=number \d)|(?<=#\d))"
)
_WHOLE = re.compile(
    r"다른\s?(?:서버|섭|장비|데)|전체|모든|전부|모두|(?<![a-z])(?:all|every|everything|whole|fleet|overall|any|other (?:servers|hosts|ones)|the others|elsewhere)(?![a-z])"
)


@dataclass(frozen=True)
class Turn:
    """The frame of the last answer that was about the fleet."""

    intent: str
    entities: Entities


@dataclass(frozen=True)
class Resolved:
    """The whole frame; `carried` names the slots that came from before."""

    intent: str
    entities: Entities
    carried: list[str]
    confidence: float


def last_turn(history: Sequence[Mapping[str, Any]]) -> Turn | None:
    """The newest answer with a frame that can be carried; smalltalk and refusals in between are passed over."""
    for turn in reversed(history):
        intent, entities = turn.get("intent"), turn.get("entities")
        if turn.get("role") == "assistant" and isinstance(intent, str) and intent not in _NEVER:
            return Turn(intent, _clean(entities) if isinstance(entities, Mapping) else {})
    return None


def _clean(entities: Mapping[str, Any]) -> Entities:
    """What of a frame out of a history has the form of one; the rest is left out."""
    kept: Entities = {}
    for slot, value in entities.items():
        if slot in ("time", "time2"):
            fits = isinstance(value, Mapping) and {"start", "end"} <= set(value)
        elif slot == "conditions":
            fits = isinstance(value, list) and all(
                isinstance(one, Mapping) and {"metric", "op", "value"} <= set(one) for one in value
            )
        elif slot in ("top_n", "port", "duration_s"):
            fits = isinstance(value, int | float)
        elif slot in ("agg", "order", "alert_state", "level", "keyword", "process", "topic"):
            fits = isinstance(value, str)
        else:
            fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if fits and value:
            kept[slot] = value
    return kept


def is_reset(found: Extraction) -> bool:
    return _RESET.search(found.rest.strip()) is not None


def resolve(found: Extraction, reading: Reading, before: Turn, fleet: Inventory) -> Resolved | None:
    """The frame of a sentence in its conversation, or None where it stands for itself."""
    shares = dict(model("turn").shares(features_of(found, model().known, before.intent)))
    # A sentence stands for itself only as surely as it says something by itself, and never when it points back.
    shares[NEW] *= 0.0 if _POINTS_BACK.search(found.rest) else reading.confidence
    said = {one.value for one in reading.features.cues}
    for label, share in sorted(shares.items(), key=lambda one: (-one[1], one[0])):
        if label in ACTIONS and label != before.intent and not permitted(label, found, reading.features, carried=True):
            continue
        if label == NEW:
            return None
        if label in (OUT_OF_SCOPE, "smalltalk"):
            return Resolved(label, {}, [], share)
        past = any(one.range[1] <= found.now for one in found.whens)
        future = any(one.range[1] > found.now for one in found.whens) and "now" not in said
        intent = _kept(found, before, past, future) if label == KEEP else label
        return _merged(intent, found, before, share, fleet)
    return None


def _kept(found: Extraction, before: Turn, past: bool, future: bool) -> str:
    """The question that is kept when only names, metrics, times or numbers are given."""
    intent, named = before.intent, found.targets
    metrics, count = bool(found.measured.names), ranking.count_of(found.bare)[0]
    if intent == "metric_current" and past:
        return "metric_history"
    if intent in ("metric_current", "metric_history") and future:
        return "forecast"
    if intent in ("fleet_summary", "server_status", "server_list") and metrics:
        return "metric_history" if past else "metric_current"
    if intent in ("concept_explain", "product_help", "agent_help") and (named.servers or named.groups):
        return "metric_current" if metrics or before.entities.get("metrics") else "server_status"
    if intent == "fleet_summary" and (named.servers or named.groups):
        return "server_status"
    if intent == "top_n" and named.servers and not count:
        return "metric_current"
    return intent


def _merged(intent: str, found: Extraction, before: Turn, confidence: float, fleet: Inventory) -> Resolved:
    fresh = entities_for(intent, found)
    if neighbour := _neighbour(found, before, fleet):
        fresh["servers"] = neighbour
    merged: Entities = {}
    carried: list[str] = []
    _merge_targets(found, fresh, before.entities, merged, carried)
    for slot in SLOTS.get(intent, ()):
        if fresh.get(slot) not in (None, [], ""):
            merged[slot] = fresh[slot]
        elif _may_carry(slot, intent, found, before) and before.entities.get(slot) not in (None, [], ""):
            merged[slot] = before.entities[slot]
            carried.append(slot)
    _mend(intent, found, fresh, before, merged, carried)
    return Resolved(intent, merged, carried, confidence)


def _neighbour(found: Extraction, before: Turn, fleet: Inventory) -> list[str]:
    """ "And number 2?" after web-03 is web-02."""
    number, servers = _NUMBERED.search(found.rest), before.entities.get("servers") or []
    ending = re.fullmatch(r"(.*?)[\s_.-]*0*\d+", str(servers[0]).lower()) if len(servers) == 1 else None
    if number is None or ending is None or found.targets.entities():
        return []
    return list(fleet.stems.get((key_of(ending[1]), int(number[1])), ()))


def _merge_targets(found: Extraction, fresh: Entities, old: Entities, merged: Entities, carried: list[str]) -> None:
    own = {slot: fresh[slot] for slot in TARGETS if fresh.get(slot)}
    kept = {slot: old[slot] for slot in TARGETS if old.get(slot)}
    if not own:
        if _WHOLE.search(found.rest) and not _PRONOUN.search(found.rest):
            return
        merged.update(kept)
        carried += list(kept)
    elif _ADD.search(found.rest) and kept and not own.get("tags"):
        for slot in TARGETS:
            both = [*kept.get(slot, []), *[one for one in own.get(slot, []) if one not in kept.get(slot, [])]]
            if both:
                merged[slot] = both
        carried += list(kept)
    elif set(own) == {"tags"} and (kept.get("groups") or kept.get("tags")) and not kept.get("servers"):
        keys = {tag.split(":", 1)[0] for tag in own["tags"]}
        merged.update(kept)
        merged["tags"] = [*[tag for tag in kept.get("tags", []) if tag.split(":", 1)[0] not in keys], *own["tags"]]
        carried += [slot for slot in kept if slot != "tags"]
    else:
        merged.update(own)


def _may_carry(slot: str, intent: str, found: Extraction, before: Turn) -> bool:
    if slot in (
        "agg",
        "order",
        "top_n",
        "level",
        "keyword",
        "process",
        "port",
        "duration_s",
        "conditions",
        "alert_state",
        "statuses",
        "time2",
        "topic",
    ):
        return intent == before.intent
    if slot == "time":  # what was looked at is past, what is silenced is to come
        return intent not in ("compare_periods", "alert_silence") or intent == before.intent
    if slot == "severity":
        return intent == before.intent or {intent, before.intent} <= {"alert_list", "alert_ack", "alert_silence"}
    return True


def _mend(intent: str, found: Extraction, fresh: Entities, before: Turn, merged: Entities, carried: list[str]) -> None:
    """What depends on more than one slot: conditions of another metric, topics from a metric, unions of metrics."""
    old = before.entities
    if fresh.get("metrics") and old.get("metrics") and _ADD.search(found.rest) and intent == before.intent:
        merged["metrics"] = list(dict.fromkeys([*old["metrics"], *fresh["metrics"]]))
    metrics = merged.get("metrics") or []
    if intent == "troubleshoot":
        topic = topic_of(found.rest, found.measured.names or metrics)
        if topic:
            merged["topic"] = topic
    levels = found.levels
    if intent in ("threshold_filter", "threshold_set", "forecast") and levels and not fresh.get("conditions"):
        earlier = next(iter(old.get("conditions") or []), None)
        metric = next(iter(metrics), None) or (earlier or {}).get("metric")
        if metric:
            default = (earlier or {}).get("op") or ("gte" if intent == "forecast" else "gt")
            merged["conditions"] = [levels[-1].condition(metric, default)]
            carried[:] = [slot for slot in carried if slot != "conditions"]
    elif intent == "threshold_filter" and "conditions" in carried and fresh.get("metrics"):
        merged["conditions"] = [{**one, "metric": fresh["metrics"][0]} for one in old["conditions"][:1]]
    if intent in ("threshold_filter", "threshold_set") and merged.get("conditions"):
        merged["metrics"] = list(dict.fromkeys(one["metric"] for one in merged["conditions"]))
    if intent == "top_n" and "order" in merged and before.intent == "top_n" and not ranking_said(found):
        merged["order"] = old.get("order", merged["order"])
    if (
        intent == "compare_servers"
        and before.intent != "compare_servers"
        and fresh.get("servers")
        and old.get("servers")
    ):
        merged["servers"] = list(dict.fromkeys([*old["servers"], *fresh["servers"]]))


def ranking_said(found: Extraction) -> bool:
    return ranking.order_of(found.bare) == "asc" or bool(re.search(r"높|많|상위|high|most|desc|top", found.bare))


def now_of(text: str) -> datetime | None:
    """The moment of an ISO text, or None where it is none."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
