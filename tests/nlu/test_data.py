"""The test set keeps its own form: whole frames, servers that exist, ranges that parse, no sentence twice."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from lib.domain import metrics
from tests.nlu.renaming import renamed
from tests.nlu.score import ACTIONS, DATA, FALLBACKS, SLOTS, Record, read_fleet, read_records, targets_of

RECORDS = read_records(DATA / "test_set.jsonl")
FLEET = read_fleet(DATA / "fleet.json")
SINGLE = [one for one in RECORDS if one["intent"] not in FALLBACKS and not one.get("history")]
FOLLOW_UPS = [one for one in RECORDS if one.get("history")]
OUTSIDE = [one for one in RECORDS if one["intent"] == "out_of_scope"]

MUST = {"id", "lang", "text", "now", "intent", "entities", "behaviour"}
MAY = {"history", "accept", "optional"}
LANGUAGES = {"ko", "en", "mx", "xx"}  # xx: another language, or none
BEHAVIOURS = {"out_of_scope": {"oos", "refuse"}, "clarify": {"clarify", "empty"}}

METRICS = {
    *("cpu", "iowait", "load", "memory", "memory_free", "swap", "disk", "disk_free", "inode", "disk_io", "network"),
    *("net_in", "net_out", "latency", "error_rate", "requests", "connections", "temperature", "gpu", "uptime"),
}
CUSTOM = {name for server in FLEET for name in server.get("metrics", [])}
TOPICS = {
    *("high_cpu", "high_memory", "oom", "memory_leak", "swap", "disk_full", "inode_full", "disk_io", "high_load"),
    *("network_latency", "packet_loss", "connection_refused", "port_conflict", "http_5xx", "slow_query"),
    *("db_connections", "replication_lag", "zombie_process", "service_down", "ssl_expiry", "ssh_failure"),
    *("time_drift", "log_rotation", "dns", "file_descriptors", "server_unreachable", "agent_not_reporting"),
}
WORDS: dict[str, set[Any]] = {
    "agg": {"avg", "max", "min", "sum", "p50", "p95", "p99", "count"},
    "order": {"asc", "desc"},
    "severity": {"critical", "warning", "info"},
    "statuses": {"ok", "warning", "critical", "stale", "offline"},
    "alert_state": {"active", "acked", "unacked", "resolved", "silenced"},
    "level": {"error", "warn", "info"},
    "topic": TOPICS,
    "groups": {server["group"] for server in FLEET},
    "servers": {server["id"] for server in FLEET},
    "tags": {f"{key}:{value}" for server in FLEET for key, value in server["tags"].items()},
    "metrics": METRICS | CUSTOM,
}
NUMBERS = {"top_n", "port", "duration_s"}
OTHER = {"globs", "unknown_servers", "conditions", "time", "time2", "keyword", "process"}
OPERATORS = {"gt", "gte", "lt", "lte", "eq", "between"}
UNITS = {"%", "ms", "s", "GB", "MB", "°C", ""}


def by_intent(records: list[Record]) -> Any:
    """One test for each intent, over all its records: a test for each record would cost seconds."""
    groups = [pytest.param([r for r in records if r["intent"] == intent], id=intent) for intent in SLOTS]
    return pytest.mark.parametrize("records", [group for group in groups if group.values[0]])


def frames_of(record: Record) -> list[tuple[str, dict[str, Any]]]:
    """(intent, entities) of the record and of every turn before it."""
    before = [turn for turn in record.get("history", []) if turn["role"] == "assistant"]
    return [(record["intent"], record["entities"]), *((turn["intent"], turn["entities"]) for turn in before)]


def prose_of(record: Record) -> str:
    turns = [turn["text"] for turn in record.get("history", [])]
    return unicodedata.normalize("NFKC", " ".join([*turns, record["text"]]))


def folded(text: str) -> str:
    """What two spellings of one sentence have in common: no case, width, spaces, punctuation or invisible signs."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def problems(entities: dict[str, Any], now: datetime) -> list[str]:
    found = []
    for key, value in entities.items():
        values = value if isinstance(value, list) else [value]
        if key in WORDS:
            found += [f"{key}: {one}" for one in values if one not in WORDS[key]]
        elif key in NUMBERS:
            found += [] if isinstance(value, int) and value > 0 else [f"{key}: {value}"]
        elif key in ("time", "time2"):
            start, end = (datetime.fromisoformat(value[edge]) for edge in ("start", "end"))
            if not start < end or {start.utcoffset(), end.utcoffset()} != {now.utcoffset()} or len(value) != 2:
                found.append(f"{key}: {value}")
        elif key == "conditions":
            found += [f"condition: {one}" for one in values if not sound(one, entities)]
        elif key not in OTHER:
            found.append(f"unknown entity {key}")
        if value in ("", [], None):
            found.append(f"{key} is empty")
    return found


def sound(condition: dict[str, Any], entities: dict[str, Any]) -> bool:
    between = condition["op"] == "between"
    return (
        condition["metric"] in METRICS
        and condition["metric"] in entities["metrics"]
        and condition["op"] in OPERATORS
        and condition["unit"] in UNITS
        and isinstance(condition["value"], float)
        and between == ("value2" in condition)
        and (not between or condition["value"] < condition["value2"])
    )


def test_there_is_enough_of_everything() -> None:
    intents = Counter(one["intent"] for one in SINGLE)
    assert set(intents) == set(SLOTS) - FALLBACKS
    assert min(intents.values()) >= 18
    assert len(SINGLE) >= 620
    assert len([one for one in FOLLOW_UPS if one["intent"] not in FALLBACKS]) >= 110
    assert len(OUTSIDE) >= 130
    assert len([one for one in OUTSIDE if one["behaviour"] == "refuse"]) >= 60
    assert len([one for one in RECORDS if one["intent"] == "clarify"]) >= 20
    assert len({one["now"] for one in RECORDS}) >= 8
    assert len({datetime.fromisoformat(one["now"]).utcoffset() for one in RECORDS}) >= 3
    assert {one["entities"].get("topic") for one in RECORDS if one["intent"] == "troubleshoot"} == TOPICS


def test_the_languages_keep_their_shares() -> None:
    shares = Counter(one["lang"] for one in SINGLE)
    assert set(shares) == {"ko", "en", "mx"}
    for language, share in (("ko", 40), ("en", 35), ("mx", 25)):
        assert abs(100 * shares[language] / len(SINGLE) - share) <= 3
        for records in (FOLLOW_UPS, OUTSIDE):
            assert len([one for one in records if one["lang"] == language]) / len(records) >= 0.2


def test_the_fleet_is_a_fleet() -> None:
    ids = [server["id"] for server in FLEET]
    assert len(ids) == len(set(ids)) >= 30
    assert sum(not one.isascii() for one in ids) >= 5
    assert len({server["group"] for server in FLEET}) >= 10
    assert all(set(server) <= {"id", "group", "tags", "mounts", "metrics"} for server in FLEET)
    assert all(metrics.metric_of(name) is None and metrics.bounds_of(name) for name in CUSTOM)


def test_no_id_and_no_sentence_stands_there_twice() -> None:
    assert max(Counter(one["id"] for one in RECORDS).values()) == 1
    noise = [one for one in RECORDS if one["behaviour"] == "empty"]
    said = Counter(
        (folded(one["text"]), json.dumps(one.get("history"), ensure_ascii=False)) for one in RECORDS if one not in noise
    )
    assert [text for text, times in said.items() if times > 1] == []
    assert max(Counter(one["text"] for one in noise).values()) == 1


@by_intent(RECORDS)
def test_a_record_has_its_form(records: list[Record]) -> None:
    for record in records:
        assert MUST <= set(record) <= MUST | MAY
        intent = record["intent"]
        assert intent in SLOTS
        assert record["lang"] in LANGUAGES - (set() if intent in FALLBACKS else {"xx"})
        assert record["behaviour"] in BEHAVIOURS.get(intent, {"answer"})
        assert folded(record["text"]) or record["behaviour"] == "empty"
        assert not record.get("accept") or intent in record["accept"]
        assert set(record.get("accept", [])) <= set(SLOTS)
        assert set(record.get("optional", [])) <= set(SLOTS[intent])
        if intent in FALLBACKS:
            assert record["entities"] == {}
        now = datetime.fromisoformat(record["now"])
        for _, entities in frames_of(record):
            assert problems(entities, now) == []


@by_intent(FOLLOW_UPS)
def test_a_follow_up_comes_after_whole_turns(records: list[Record]) -> None:
    for record in records:
        turns = record["history"]
        assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
        assert all(turn["text"] for turn in turns[::2])
        assert all(
            set(turn) == {"role", "text", "intent", "entities"} and turn["intent"] in SLOTS for turn in turns[1::2]
        )


@by_intent([one for one in RECORDS if one["entities"]])
def test_a_frame_fits_its_sentence(records: list[Record]) -> None:
    for record in records:
        entities, prose = record["entities"], folded(prose_of(record))
        ids = {folded(server["id"]) for server in FLEET}
        for unknown in entities.get("unknown_servers", []):
            assert folded(unknown) in prose
            assert folded(unknown) not in ids
        for glob in entities.get("globs", []):
            assert glob in prose_of(record)
            assert len(targets_of({"globs": [glob]}, FLEET)) >= 2
        if entities.keys() & {"servers", "globs", "groups", "tags"}:
            assert targets_of(entities, FLEET)
        if "keyword" in entities:
            assert folded(entities["keyword"]) in prose
        if "port" in entities:
            assert str(entities["port"]) in prose
        for condition in entities.get("conditions", []):
            said = {f"{number:g}" for number in (condition["value"], 100 - condition["value"])}
            assert any(number in prose_of(record) for number in said)


@by_intent([one for one in RECORDS if one["intent"] not in FALLBACKS])
def test_a_frame_says_what_its_intent_always_says(records: list[Record]) -> None:
    for record in records:
        intent, entities, now = record["intent"], record["entities"], datetime.fromisoformat(record["now"])
        always = {
            "top_n": {"metrics", "order"},
            "metric_current": {"metrics"},
            "metric_history": {"metrics"},
            "compare_periods": {"time", "time2"},
            "threshold_filter": {"conditions"},
            "threshold_set": {"conditions"},
            "troubleshoot": {"topic"},
        }
        assert always.get(intent, set()) <= set(entities)
        if intent == "server_status":
            assert entities
        if intent == "compare_servers":
            assert len(targets_of(entities, FLEET)) >= 2
        if "time" in entities:
            start, end = (datetime.fromisoformat(entities["time"][edge]) for edge in ("start", "end"))
            ahead = intent in ("forecast", "alert_silence")
            assert start >= now if ahead else end <= now
        if intent == "compare_periods":
            assert entities["time2"]["start"] < entities["time"]["start"]
        if intent not in ACTIONS:
            assert "duration_s" not in entities


def test_enough_sentences_can_be_asked_of_a_renamed_fleet() -> None:
    kept, fleet = renamed(RECORDS, FLEET)
    assert len(kept) >= 250
    assert not {server["id"] for server in fleet} & WORDS["servers"]
    for one in kept:
        assert targets_of(one["entities"], fleet) <= {server["id"] for server in fleet}
