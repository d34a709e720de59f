"""From a sentence to its frame: what is asked, of which servers, metrics and times, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lib.mcp.knowledge import clients, product, terms
from lib.mcp.npu import followups, guard, happened, idleness, leader, rule_lists, since_deploy, spoken
from lib.mcp.npu.extractor import Extraction, extract_from, suggestions
from lib.mcp.npu.frames import entities_for
from lib.mcp.npu.intent import OUT_OF_SCOPE, Reading, classify
from lib.mcp.npu.inventory import inventory_of
from lib.mcp.npu.spoken import DOUBTFUL
from lib.mcp.npu.text import read
from lib.mcp.npu.topics import topic_of

Frame = dict[str, Any]
CLARIFY = "clarify"
_CERTAIN = 0.97
_WHICH = re.compile(
    r"(?:무엇이|뭐가|어떤 것이) 있|어떻게 (?:만들|추가|설정|바꾸|받)|(?<![a-z])(?:which|what) [a-z ]+ (?:are|is) there"
)
# What a question how an agent of another maker is connected is taken for.
_ABOUT = frozenset({"product_help", "concept_explain", CLARIFY, "troubleshoot"})
# What a question for servers that have nothing to do is taken for.
_ABOUT_SERVERS = frozenset({
    "server_list", "fleet_summary", "server_status", "anomaly_list", "uptime_sla", "agent_help", *_ABOUT,
})  # fmt: skip
# What a question what happened in a time is taken for.
_ABOUT_TIMES = frozenset({
    "fleet_summary", "server_status", "alert_list", "anomaly_list", "change_correlation", "product_help", "report",
    CLARIFY,
})  # fmt: skip
# What stays what it is, though it names rules.
_KEPT = frozenset({"alert_ack", "alert_silence", "threshold_set", OUT_OF_SCOPE})
_ERRORS = re.compile(r"(?:에러|오류).*(?:몇|얼마나|많)|(?<![a-z])(?:how many|any|count of) errors?(?![a-z])")
_WHY = re.compile(r"\s*(?:왜|어째서|why)(?![a-z])")
_KNOWN = 0.6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(
    text: str,
    now: str | datetime,
    servers: Sequence[Mapping[str, Any]],
    history: Sequence[Mapping[str, Any]] = (),
) -> Frame:
    """The frame of one question, in JSON's types; never raises, whatever the text and the history.

    {"intent", "confidence" 0..1, "entities", "alternatives": [[intent, share], ...], "explain": {...}} and, for
    out_of_scope, "reason": "unrelated", "control", "injection", "secrets" or "language". `now` carries the fleet's
    offset; `history` is the conversation, oldest first, the assistant's turns with "intent" and "entities".
    """
    moment = now if isinstance(now, datetime) else (followups.now_of(now) or _EPOCH)
    fleet = inventory_of(servers)
    found = extract_from(read(text), moment, fleet)
    before = followups.last_turn(history)
    first = leader.of(history)
    if first and before:
        meant = leader.named(found, text, first, before.entities)
        found = found if meant is None else extract_from(read(meant), moment, fleet)
    if not before and guard.is_noise(found):
        return _frame(CLARIFY, _CERTAIN, {}, [], {"rule": "nothing that means something"})
    reason = guard.refusal_of(found)
    if reason:
        return {**_frame(OUT_OF_SCOPE, _CERTAIN, {}, [], {"rule": reason}), "reason": reason}
    reading = known(classify(found), found)
    if before and not followups.is_reset(found) and not _asks_a_term(found):
        resolved = followups.resolve(found, reading, before, fleet)
        if resolved:
            explain = {
                **_explained(found, reading, resolved.intent),
                "carried": resolved.carried,
                "before": before.intent,
            }
            return _frame(resolved.intent, resolved.confidence, resolved.entities, reading.ranked, explain)
    if not before and guard.lacks_subject(found):
        return _frame(CLARIFY, 0.9, {}, reading.ranked, {"rule": "a word that points at nothing"})
    entities = entities_for(reading.intent, found)
    frame = _frame(
        reading.intent, reading.confidence, entities, reading.ranked, _explained(found, reading, reading.intent)
    )
    if reading.intent == OUT_OF_SCOPE:
        frame["entities"] = {}
        frame["reason"] = reading.reason
    elif found.targets.unknown:
        frame["explain"]["nearest"] = suggestions(found, fleet)
    return frame


def _asks_a_term(found: Extraction) -> bool:
    """What a word means is a question of its own, whatever was spoken of before."""
    return terms.is_asked(found.text.folded) and not (found.targets.servers or found.whens)


def known(reading: Reading, found: Extraction) -> Reading:
    """What begins with why asks for a cause, of an alert too. What the knowledge has a word for is not outside of it: a
    term that is asked for, a trouble to be mended; only where the classifier took it for nothing of ours, or hardly for
    a question about the product. Refusals stand."""
    if reading.intent == "alert_list" and _WHY.match(found.text.folded):
        return _read_as("root_cause", reading)
    is_unrelated = reading.intent == OUT_OF_SCOPE and reading.reason == "unrelated"
    intent = _of_a_time(reading, found, is_unrelated=is_unrelated) or spoken.intent_of(
        found, reading.intent, reading.confidence, is_unrelated=is_unrelated
    )
    if intent:
        return reading if intent == reading.intent and reading.confidence >= _KNOWN else _read_as(intent, reading)
    if is_unrelated and terms.is_asked(found.text.folded):
        return _read_as("concept_explain", reading)
    if (is_unrelated or reading.intent not in _KEPT) and rule_lists.is_asked(found.text.folded):
        return _read_as("product_help", reading)
    if (is_unrelated or reading.intent in _ABOUT_SERVERS) and _asks_for_idle(found):
        return _read_as("server_list", reading)
    asks_how = any(one.value == "howto" for one in reading.features.cues)
    is_open = is_unrelated or reading.intent in _ABOUT or 0 < reading.confidence < DOUBTFUL
    if is_open and not found.targets.servers and clients.is_asked(found.text.folded):
        return _read_as("agent_help", reading)
    if is_unrelated and (asks_how or _WHICH.search(found.text.folded)) and product.is_named(found.text.folded):
        return _read_as("product_help", reading)
    if is_unrelated and reading.confidence < DOUBTFUL and _ERRORS.search(found.text.folded):
        return _read_as("log_query", reading)
    topic = topic_of(found.text.folded)
    is_helped = reading.intent == "product_help" or (reading.intent, topic) == ("agent_help", "agent_not_reporting")
    if reading.confidence < DOUBTFUL and (is_unrelated or is_helped) and asks_how and topic is not None:
        return _read_as("troubleshoot", reading)
    return reading


def _of_a_time(reading: Reading, found: Extraction, *, is_unrelated: bool) -> str | None:
    """What happened in a time, or since the last deploy."""
    if since := since_deploy.intent_of(found, reading.intent):
        return since
    if (is_unrelated or reading.intent in _ABOUT_TIMES) and _asks_what_happened(found):
        return "root_cause"
    return "alert_list" if is_unrelated and happened.asks_for_alerts(found.text.folded) else None


def _asks_for_idle(found: Extraction) -> bool:
    return idleness.is_asked(found.text.folded, names_a_server=bool(found.targets.servers))


def _asks_what_happened(found: Extraction) -> bool:
    if found.measured.names:
        return False
    past = [one for one in found.whens if one.range[0] < found.now]
    is_over = any(one.range[1] < found.now for one in past)
    return happened.is_asked(found.text.folded, names_a_time=bool(past), is_over=is_over)


def _read_as(intent: str, reading: Reading) -> Reading:
    others = [(name, share) for name, share in reading.ranked if name != intent]
    return replace(reading, ranked=[(intent, _KNOWN), *others], reason="", fired=["knowledge"])


def _frame(
    intent: str, confidence: float, entities: Frame, ranked: Sequence[tuple[str, float]], explain: Frame
) -> Frame:
    others = [[name, round(share, 3)] for name, share in ranked[:4] if name != intent and share >= 0.01]
    return {
        "intent": intent,
        "confidence": round(min(1.0, max(0.0, confidence)), 3),
        "entities": entities,
        "alternatives": others[:3],
        "explain": explain,
    }


def _explained(found: Extraction, reading: Reading, intent: str) -> Frame:
    said = found.rest
    explain: Frame = {"intent": [f"{said[one.start : one.end]}→{one.value}" for one in reading.features.cues[:6]]}
    if found.whens and len(found.text.folded) == len(said):
        explain["time"] = found.text.folded[found.whens[0].start : found.whens[0].end]
    explain["read_as"] = reading.features.skeleton
    explain["asked"] = intent
    return explain
