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
from lib.mcp.npu.frames import entities_for
from lib.mcp.npu.intent import ACTIONS, OUT_OF_SCOPE, Reading, permitted
from lib.mcp.npu.topics import topic_of

Entities = dict[str, Any]

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
_MARKER = re.compile(
    r"^(?:그럼|그러면|그리고|근데|그런데|아니|아니면|또|이번엔|이번에는|거기서|그중|그 중|저기서|and|what about|how about|then|ok|okay|now|but|also|same|instead|or)(?![a-z])"
    r"|(?:은|는|도|만)\s*[?요]*\s*$|은요|는요|은\?|는\?|말고|대신|추가|같은|(?<![a-z])(?:instead|too|as well|also|then|same|those|them|it|its|that|there|ones?)(?![a-z])"
)
_PRONOUN = re.compile(
    r"그거|그것|그\s?(?:서버|놈|장비|중|때|날)|저거|이거|거기|걔|둘\s*(?:다|이|중)?|(?<![a-z])(?:it|its|that|this|those|them|these|they|there|both|ones?)(?![a-z])"
)
_WHOLE = re.compile(r"전체|모든|전부|모두|(?<![a-z])(?:all|every|everything|whole|fleet|overall|any)(?![a-z])")
_FILLER = re.compile(
    r"그럼|그러면|그리고|근데|그런데|아니면|아니|또|이번엔|이번에는|혹시|음|아|오케이|그래|네|말고|대신|기준으로|기준|만|도|은|는|이|가|을|를|의|에|로|으로|요|서버|쪽|껀|꺼|거|것|건|좀|다시|더|해줘|해주세요|해봐|보여줘|보여주세요|알려줘|알려주세요|봐줘|봐|줘|주세요|확인|체크|부탁해?|ㄱㄱ|어때|어떤데|어떤가요|어땠어|얼마야|얼마|몇|어떻게 돼|어떻게|추가|같이|함께|포함|비교|보자|볼래|랑|이랑|와|과|하고|에서|에는|에서는|까지|부터|동안|사용률|사용량|값|인가요|야|이야|임|냐|인데|뭐|대로|순|그중에|그중|중에|중"
    r"|(?<![a-z])(?:and|what|about|how|for|on|of|the|then|ok|okay|now|in|at|is|are|was|were|to|me|show|give|tell|also|too|as|well|same|instead|only|just|please|pls|but|or|with|server|servers|it|that|those|them|usage|this|a|an|add|include|make|change|try|do|over|during|by|from|hmm|so|one|ones|there)(?![a-z])"
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
            return Turn(intent, dict(entities) if isinstance(entities, Mapping) else {})
    return None


def is_reset(found: Extraction) -> bool:
    return _RESET.search(found.rest.strip()) is not None


def residue_of(skeleton: str) -> str:
    """What is left of a sentence without names, metrics, times, numbers and words that only bind."""
    bare = re.sub(r"[A-Z]|[^\w\s]", " ", skeleton)
    return "".join(_FILLER.sub(" ", bare).split())


def resolve(found: Extraction, reading: Reading, before: Turn) -> Resolved | None:
    """The frame of a sentence in its conversation, or None where it stands for itself."""
    said = {one.value for one in reading.features.cues}
    skeleton = reading.features.skeleton
    residue = residue_of(skeleton)
    named = found.targets
    has_target = bool(named.servers or named.groups or named.tags or named.globs or named.unknown)
    bare = len(residue) <= 1
    marked = bool(_MARKER.search(found.rest.strip())) or bool(_PRONOUN.search(found.rest))
    short = len(skeleton.split()) <= 5 or len(skeleton) <= 14
    own = reading.intent
    if (
        own in ("smalltalk", OUT_OF_SCOPE)
        and reading.confidence > 0.5
        and not (bare and (has_target or found.measured.names or found.whens))
    ):
        return None
    complete = has_target and (bool(found.measured.names) or own not in _NEEDS_METRIC) and not bare
    if not marked and complete and reading.confidence > 0.5:
        return None
    if not marked and not short and reading.confidence > 0.6 and own not in _NEVER:
        return None
    if (
        _WHOLE.search(found.rest)
        and own in ("fleet_summary", "server_list", "product_help")
        and reading.confidence > 0.6
    ):
        return None
    intent = _next_intent(found, reading, before, said, bare)
    if intent is None:
        return None
    return _merged(intent, found, before, reading)


_NEEDS_METRIC = frozenset({"metric_current", "metric_history", "top_n", "forecast", "compare_servers", "compare_periods", "threshold_filter", "threshold_set", "clarify", "root_cause"})  # fmt: skip


def _next_intent(found: Extraction, reading: Reading, before: Turn, said: set[str], bare: bool) -> str | None:
    """What the sentence asks in the light of the question before it."""
    past = any(one.range[0] < found.now and one.range[1] <= found.now for one in found.whens)
    future = any(one.range[1] > found.now for one in found.whens)
    named = found.targets
    if "if_over" in said and ("notify" in said or "alert" in said) and found.levels:
        return "threshold_set"
    if bare:
        return _kept(found, before, past, future)
    own = reading.intent
    changes = (
        ("why", "root_cause"), ("howto", "troubleshoot"), ("forecast", "forecast"), ("chart", "metric_history"),
    )  # fmt: skip
    for cue, intent in changes:
        if cue in said and (
            own in (intent, "clarify", OUT_OF_SCOPE, "metric_current", "server_status")
            or reading.likelihood(intent) > 0.1
        ):
            return intent
    if "compare" in said and own not in ("compare_servers", "compare_periods", "top_n"):
        if past and not named.servers and not named.groups:
            return "compare_periods"
        return "compare_servers" if (named.servers or named.groups) else before.intent
    if own in _NEVER or reading.confidence < 0.4:
        return _kept(found, before, past, future)
    if own in ACTIONS and not permitted(own, found, reading.features):
        return _kept(found, before, past, future)
    if own in ("metric_current", "server_status", "metric_history") and not said & {"status", "chart", "now"}:
        return _kept(found, before, past, future)
    return own


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
    if intent == "fleet_summary" and (named.servers or named.groups):
        return "server_status"
    if intent == "top_n" and named.servers and not count:
        return "metric_current"
    return intent


def _merged(intent: str, found: Extraction, before: Turn, reading: Reading) -> Resolved:
    fresh = entities_for(intent, found)
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
    return Resolved(
        intent,
        merged,
        carried,
        max(reading.confidence, 0.75) if intent == before.intent else max(reading.confidence, 0.6),
    )


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
    if slot == "time":
        return intent not in ("compare_periods",) or intent == before.intent
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
