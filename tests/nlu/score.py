"""Scores a question engine on sentences with known frames; the same measures, counted the same way, wherever it is run.

    python -m tests.nlu.score lib.mcp.core.processor:parse [--rename] [--data F] [--fleet F] [--wrong F] [--json F]

`parse(text, now, servers, history)` returns `{"intent", "confidence", "entities"}`. README.md beside this file tells
the form of the sentences; nothing here knows a sentence, a server or an engine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.nlu.renaming import renamed

Record = dict[str, Any]
Server = dict[str, Any]
Frame = dict[str, Any]
Parse = Callable[[str, str, list[Server], list[dict[str, Any]]], Frame]
Atom = tuple[str, str]

DATA = Path(__file__).parent / "data"
CRASH = "(crash)"

# What is compared of a frame, by the intent it should have. Anything else an engine returns is neither good nor bad.
SLOTS: dict[str, tuple[str, ...]] = {
    "fleet_summary": ("targets",),
    "server_list": ("targets", "statuses"),
    "server_status": ("targets", "unknown_servers"),
    "metric_current": ("targets", "unknown_servers", "metrics", "agg"),
    "metric_history": ("targets", "metrics", "agg", "time"),
    "top_n": ("targets", "metrics", "top_n", "order", "time"),
    "compare_servers": ("targets", "metrics", "time"),
    "compare_periods": ("targets", "metrics", "time", "time2"),
    "threshold_filter": ("targets", "conditions", "time"),
    "alert_list": ("targets", "metrics", "severity", "alert_state", "time"),
    "root_cause": ("targets", "metrics", "time"),
    "anomaly_list": ("targets", "metrics", "time"),
    "forecast": ("targets", "metrics", "conditions", "time"),
    "log_query": ("targets", "level", "keyword", "time", "process", "top_n"),
    "troubleshoot": ("topic",),
    "change_correlation": ("targets", "metrics", "time"),
    "uptime_sla": ("targets", "time", "conditions"),
    "report": ("targets", "time"),
    "process_query": ("targets", "metrics", "top_n", "port", "process"),
    "alert_ack": ("targets", "metrics", "severity"),
    "alert_silence": ("targets", "metrics", "severity", "duration_s", "time"),
    "threshold_set": ("targets", "conditions", "severity", "duration_s"),
    "agent_help": (),
    "product_help": (),
    "concept_explain": (),
    "smalltalk": (),
    "out_of_scope": (),
    "clarify": (),
}
FALLBACKS = frozenset({"out_of_scope", "clarify"})
ACTIONS = frozenset({"alert_ack", "alert_silence", "threshold_set"})

_OPERATORS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "ge": "gte", "le": "lte"}
_MIRRORED = {"gt": "lt", "gte": "lte", "lt": "gt", "lte": "gte"}
_PERCENTAGES = frozenset({"cpu", "memory", "disk", "inode", "swap", "iowait", "gpu", "error_rate", "uptime"})


def listed(entities: Frame, key: str) -> list[str]:
    value = entities.get(key) or []
    return [value] if isinstance(value, str) else list(value)


def targets_of(entities: Frame, fleet: Sequence[Server]) -> frozenset[str]:
    """Ids meant: (servers or globs or groups) and tags; only tags: all that carry them; none: the whole fleet."""
    named = set(listed(entities, "targets")) | set(listed(entities, "servers"))
    globs, groups = listed(entities, "globs"), listed(entities, "groups")
    for server in fleet:
        if server["group"] in groups or any(fnmatch(server["id"], glob) for glob in globs):
            named.add(server["id"])
    tags = entities.get("tags")
    pairs = list(tags.items()) if isinstance(tags, dict) else [tag.split(":", 1) for tag in listed(entities, "tags")]
    if not pairs:
        return frozenset(named)
    tagged = {server["id"] for server in fleet if all(server["tags"].get(pair[0]) == pair[-1] for pair in pairs)}
    narrowed = bool(globs or groups or listed(entities, "targets") or listed(entities, "servers"))
    return frozenset(named & tagged if narrowed else tagged)


def condition_key(condition: dict[str, Any]) -> str:
    """One text for all ways to write a condition: 10 % free is 90 % used, 1 s is 1000 ms, no unit the natural one."""
    metric, unit = condition.get("metric") or "", condition.get("unit") or ""
    value = float(condition.get("value") or 0)
    operator = condition.get("op") or ""
    operator = _OPERATORS.get(operator, operator)
    if unit == "s":
        value, unit = value * 1000, "ms"
    if unit == "MB" and value >= 1000:
        value, unit = value / 1000, "GB"
    if unit in ("C", "℃"):
        unit = "°C"
    if metric.endswith("_free") and unit == "%" and operator in _MIRRORED:
        metric, operator, value = metric.removesuffix("_free"), _MIRRORED[operator], 100 - value
    if not unit:
        unit = "%" if metric in _PERCENTAGES else "ms" if metric == "latency" else ""
    return f"{metric}|{operator}|{round(value, 4):g}|{condition.get('value2') or ''}|{unit}"


def same_range(one: Any, other: Any) -> bool:
    """Equal to within two minutes or one per cent of the range asked for, whichever is more."""
    try:
        wanted, found = [[datetime.fromisoformat(r[k]).timestamp() for k in ("start", "end")] for r in (one, other)]
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    slack = max(120.0, 0.01 * abs(wanted[1] - wanted[0]))
    return all(abs(a - b) <= slack for a, b in zip(wanted, found, strict=True))


def atoms(entities: Frame, slot: str, fleet: Sequence[Server]) -> set[Atom]:
    """The comparable parts of one slot. A range the engine chose itself (`default`) counts as none."""
    if slot == "targets":
        targets = targets_of(entities, fleet)
        return {(slot, ",".join(sorted(targets)))} if targets else set()
    value = entities.get(slot)
    if value in (None, "", [], {}):
        return set()
    if slot in ("time", "time2"):
        return set() if isinstance(value, dict) and value.get("default") else {(slot, "as asked")}
    if slot == "conditions":
        return {(slot, condition_key(one)) for one in value}
    if slot == "metrics":
        return {(slot, one.removesuffix("_free")) for one in listed(entities, slot)}
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return {(slot, str(one).lower()) for one in (value if isinstance(value, list | tuple) else [value])}


@dataclass(frozen=True)
class Outcome:
    """What came of one sentence. `wanted` and `found` hold the atoms of its slots, empty for the two fallbacks."""

    record: Record
    intent: str
    confidence: float
    right: bool
    whole: bool  # intent and every slot
    wanted: frozenset[Atom] = field(default_factory=frozenset)
    found: frozenset[Atom] = field(default_factory=frozenset)
    ms: float = 0.0
    error: str | None = None

    @property
    def in_scope(self) -> bool:
        return self.record["intent"] not in FALLBACKS

    @property
    def accepted(self) -> frozenset[str]:
        return frozenset(self.record.get("accept", [self.record["intent"]]))

    @property
    def turned_away(self) -> bool:
        return self.intent in FALLBACKS


def judge(record: Record, frame: Frame, fleet: Sequence[Server], ms: float = 0.0, error: str | None = None) -> Outcome:
    intent, entities = str(frame.get("intent")), frame.get("entities") or {}
    confidence = float(frame.get("confidence") or 0)
    right = intent in record.get("accept", [record["intent"]])
    if record["intent"] in FALLBACKS:
        if record["intent"] == "clarify" and record["behaviour"] == "empty":
            right = right or intent in FALLBACKS
        return Outcome(record, intent, confidence, right, right, ms=ms, error=error)
    wanted: set[Atom] = set()
    found: set[Atom] = set()
    for slot in SLOTS[record["intent"]]:
        if slot in record.get("optional", []):
            continue
        gold, got = atoms(record["entities"], slot, fleet), atoms(entities, slot, fleet)
        if slot in ("time", "time2") and gold and got and not same_range(record["entities"][slot], entities[slot]):
            got = {(slot, "another range")}
        wanted |= gold
        found |= got
    whole = right and wanted == found
    return Outcome(record, intent, confidence, right, whole, frozenset(wanted), frozenset(found), ms, error)


def run(parse: Parse, records: Iterable[Record], fleet: list[Server]) -> list[Outcome]:
    """One call a sentence. An exception is an outcome (`CRASH`), never the end of the run."""
    outcomes = []
    for record in records:
        error = None
        begun = time.perf_counter()
        try:
            frame = parse(record["text"], record["now"], fleet, record.get("history", [])) or {}
        except Exception as broken:  # noqa: BLE001 - whatever an engine throws is what is being counted
            frame, error = {"intent": CRASH, "entities": {}}, repr(broken)
        outcomes.append(judge(record, frame, fleet, (time.perf_counter() - begun) * 1000, error))
    return outcomes


def percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else float("nan")


def buckets_of(outcome: Outcome) -> list[str]:
    record = outcome.record
    names = ["all", f"lang:{record['lang']}", f"intent:{record['intent']}"]
    if record.get("history"):
        names.append("followup")
    if outcome.in_scope:
        names += ["in_scope", f"in_scope:{record['lang']}"]
        names += [] if record.get("history") else ["in_scope_single"]
    return names


def entity_scores(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Micro precision, recall and F1 over all slots, and F1 by slot, in per cent."""
    hit: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for one in outcomes:
        hit.update(slot for slot, _ in one.found & one.wanted)
        extra.update(slot for slot, _ in one.found - one.wanted)
        missed.update(slot for slot, _ in one.wanted - one.found)
    good, wrong, lost = hit.total(), extra.total(), missed.total()
    precision, recall = good / max(1, good + wrong), good / max(1, good + lost)
    slots = {s: 200 * hit[s] / (2 * hit[s] + extra[s] + missed[s]) for s in sorted(hit | extra | missed)}
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {"precision": 100 * precision, "recall": 100 * recall, "f1": 100 * f1, "slots": slots}


def calibration_error(outcomes: Sequence[Outcome]) -> float:
    """Mean distance between how sure the engine was and how often it was right, over ten bands of confidence."""
    bands: dict[int, list[Outcome]] = {}
    for one in outcomes:
        bands.setdefault(min(9, max(0, int(one.confidence * 10))), []).append(one)
    return sum(abs(sum(o.confidence - o.right for o in band)) for band in bands.values()) / max(1, len(outcomes))


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures of a run. Rates in per cent, times in milliseconds; a rate of nothing is NaN."""
    count: Counter[str] = Counter()
    right: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for one in outcomes:
        for name in buckets_of(one):
            count[name] += 1
            right[name] += one.right
            whole[name] += one.whole
    buckets = {
        name: {
            "n": count[name],
            "intent": percent(right[name], count[name]),
            "frame": percent(whole[name], count[name]),
        }
        for name in sorted(count)
    }
    outside = [one for one in outcomes if not one.in_scope]
    inside = [one for one in outcomes if one.in_scope]
    turned = [one for one in outcomes if one.turned_away]
    refused = sum(one.turned_away and one.intent not in one.accepted for one in inside)
    times = sorted(one.ms for one in outcomes)
    each = [bucket["intent"] for name, bucket in buckets.items() if name.startswith("intent:")]
    return {
        "buckets": buckets,
        "macro_intent": sum(each) / max(1, len(each)),
        "entity": entity_scores(inside),
        "oos_recall": percent(sum(one.turned_away or one.right for one in outside), len(outside)),
        "oos_precision": percent(sum(not o.in_scope or o.intent in o.accepted for o in turned), len(turned)),
        "false_refusals": percent(refused, len(inside)),
        "actions_on_oos": sum(one.intent in ACTIONS for one in outside),
        "crashes": sum(one.intent == CRASH for one in outcomes),
        "p50_ms": times[len(times) // 2] if times else 0.0,
        "p99_ms": times[min(len(times) - 1, int(0.99 * len(times)))] if times else 0.0,
        "calibration_error": calibration_error(outcomes),
        "confusions": Counter((o.record["intent"], o.intent) for o in outcomes if not o.right).most_common(12),
    }


def mistakes(outcomes: Iterable[Outcome]) -> Iterable[dict[str, Any]]:
    for one in outcomes:
        if not one.whole:
            yield {
                "id": one.record["id"],
                "text": one.record["text"][:200],
                "wanted": one.record["intent"],
                "got": one.intent,
                "confidence": one.confidence,
                "missing": sorted(map(list, one.wanted - one.found)),
                "extra": sorted(map(list, one.found - one.wanted)),
                "error": one.error,
            }


def told(figures: dict[str, Any]) -> list[str]:
    """The figures as lines for a terminal."""
    lines = [
        f"{name:22} n={b['n']:4}  intent {b['intent']:5.1f} %  frame {b['frame']:5.1f} %"
        for name, b in figures["buckets"].items()
    ]
    entity = figures["entity"]
    lines.append(f"intent, mean of intents {figures['macro_intent']:.1f} %")
    lines.append(f"entities  P {entity['precision']:.1f}  R {entity['recall']:.1f}  F1 {entity['f1']:.1f}")
    lines.append("   " + "  ".join(f"{slot} {f1:.1f}" for slot, f1 in entity["slots"].items()))
    lines.append(
        f"out of scope: recall {figures['oos_recall']:.1f} %, precision {figures['oos_precision']:.1f} %, "
        f"false refusals {figures['false_refusals']:.1f} %, actions {figures['actions_on_oos']}"
    )
    lines.append(
        f"crashes {figures['crashes']}  p50 {figures['p50_ms']:.2f} ms  p99 {figures['p99_ms']:.2f} ms  "
        f"calibration error {figures['calibration_error']:.3f}"
    )
    lines += [f"   {wanted} -> {got}: {n}" for (wanted, got), n in figures["confusions"]]
    return lines


def read_records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_fleet(path: Path) -> list[Server]:
    servers: list[Server] = json.loads(path.read_text(encoding="utf-8"))["servers"]
    return servers


def main(argv: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description="Score a question engine on sentences with known frames.")
    asked.add_argument("parse", help="module:function")
    asked.add_argument("--data", type=Path, default=DATA / "test_set.jsonl")
    asked.add_argument("--fleet", type=Path, default=DATA / "fleet.json")
    asked.add_argument("--rename", action="store_true", help="give every server another name first")
    asked.add_argument("--wrong", type=Path, help="write what was wrong here, one JSON object a line")
    asked.add_argument("--json", type=Path, help="write the figures here")
    given = asked.parse_args(argv)
    module, _, name = given.parse.partition(":")
    records, fleet = read_records(given.data), read_fleet(given.fleet)
    if given.rename:
        records, fleet = renamed(records, fleet)
    outcomes = run(getattr(importlib.import_module(module), name), records, fleet)
    figures = measure(outcomes)
    print("\n".join(told(figures)))
    if given.wrong:
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in mistakes(outcomes))
        given.wrong.write_text("".join(lines), encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
