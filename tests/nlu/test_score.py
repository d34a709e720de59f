"""The scorer itself, on frames made by hand whose figures can be counted on one's fingers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.nlu.renaming import NEW_NAMES, renamed
from tests.nlu.score import (
    CRASH,
    Frame,
    Outcome,
    Record,
    atoms,
    condition_key,
    entity_scores,
    judge,
    main,
    measure,
    mistakes,
    read_records,
    run,
    same_range,
    targets_of,
    told,
)

FLEET: list[dict[str, Any]] = [
    {"id": "shop-1", "group": "web", "tags": {"env": "prod", "os": "debian"}},
    {"id": "shop-2", "group": "web", "tags": {"env": "staging", "os": "debian"}},
    {"id": "장부-1", "group": "db", "tags": {"env": "prod", "os": "rhel"}},
]
NOW = "2026-09-18T14:10:00+09:00"
TODAY = {"start": "2026-09-18T00:00:00+09:00", "end": NOW}


def record(intent: str, entities: Frame | None = None, **more: Any) -> Record:
    made = {"id": "x1", "lang": "ko", "text": "shop-1 상태", "now": NOW, "behaviour": "answer"}
    return {**made, "intent": intent, "entities": entities or {}, **more}


def frame(intent: str, entities: Frame | None = None, confidence: float = 1.0) -> Frame:
    return {"intent": intent, "confidence": confidence, "entities": entities or {}}


def verdict(wanted: Record, got: Frame) -> tuple[bool, bool]:
    outcome = judge(wanted, got, FLEET)
    return outcome.right, outcome.whole


@pytest.mark.parametrize(
    ("entities", "ids"),
    [
        ({}, set()),
        ({"servers": ["shop-1"]}, {"shop-1"}),
        ({"globs": ["shop-*"]}, {"shop-1", "shop-2"}),
        ({"groups": ["web"], "servers": ["장부-1"]}, {"shop-1", "shop-2", "장부-1"}),
        ({"groups": ["web"], "tags": ["env:prod"]}, {"shop-1"}),
        ({"groups": ["web"], "tags": {"env": "prod"}}, {"shop-1"}),
        ({"tags": ["env:prod"]}, {"shop-1", "장부-1"}),
        ({"tags": ["env:prod", "os:rhel"]}, {"장부-1"}),
        ({"groups": ["mail"], "tags": ["env:prod"]}, set()),
        ({"targets": "shop-2"}, {"shop-2"}),
    ],
)
def test_targets_written_in_different_ways_are_the_same_servers(entities: Frame, ids: set[str]) -> None:
    assert targets_of(entities, FLEET) == ids


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"metric": "disk", "op": "gt", "value": 90, "unit": "%"}, {"metric": "disk", "op": ">", "value": 90.0}),
        (
            {"metric": "disk", "op": "gt", "value": 90, "unit": "%"},
            {"metric": "disk_free", "op": "lt", "value": 10, "unit": "%"},
        ),
        (
            {"metric": "latency", "op": "gte", "value": 1.5, "unit": "s"},
            {"metric": "latency", "op": "ge", "value": 1500},
        ),
        (
            {"metric": "memory_free", "op": "lt", "value": 2000, "unit": "MB"},
            {"metric": "memory_free", "op": "<", "value": 2, "unit": "GB"},
        ),
        (
            {"metric": "temperature", "op": "gt", "value": 80, "unit": "C"},
            {"metric": "temperature", "op": "gt", "value": 80, "unit": "℃"},
        ),
    ],
)
def test_a_condition_written_in_different_ways_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert condition_key(one) == condition_key(other)


@pytest.mark.parametrize(
    "other",
    [
        {"metric": "cpu", "op": "gte", "value": 80, "unit": "%"},
        {"metric": "cpu", "op": "gt", "value": 81, "unit": "%"},
        {"metric": "memory", "op": "gt", "value": 80, "unit": "%"},
        {"metric": "cpu", "op": "gt", "value": 80, "value2": 90, "unit": "%"},
        {"metric": "cpu", "op": "gt", "value": 80, "unit": "GB"},
    ],
)
def test_conditions_that_mean_different_things_stay_apart(other: dict[str, Any]) -> None:
    assert condition_key({"metric": "cpu", "op": "gt", "value": 80, "unit": "%"}) != condition_key(other)


def test_a_range_may_be_off_by_two_minutes_or_one_per_cent() -> None:
    hour = {"start": "2026-09-18T13:10:00+09:00", "end": NOW}
    assert same_range(hour, {"start": "2026-09-18T04:11:30Z", "end": "2026-09-18T05:10:00+00:00"})
    assert not same_range(hour, {"start": "2026-09-18T13:13:00+09:00", "end": NOW})
    month = {"start": "2026-08-01T00:00:00+09:00", "end": "2026-09-01T00:00:00+09:00"}
    assert same_range(month, {**month, "start": "2026-08-01T07:00:00+09:00"})
    assert not same_range(month, {**month, "start": "2026-08-01T08:00:00+09:00"})


@pytest.mark.parametrize("broken", [None, "today", {}, {"start": "soon", "end": NOW}, {"start": NOW}])
def test_a_range_that_is_none_is_another_range_and_no_crash(broken: Any) -> None:
    assert not same_range(TODAY, broken)


def test_slots_are_compared_by_what_they_mean() -> None:
    assert atoms({"metrics": ["memory_free", "cpu"]}, "metrics", FLEET) == {("metrics", "memory"), ("metrics", "cpu")}
    assert atoms({"top_n": 3.0}, "top_n", FLEET) == atoms({"top_n": 3}, "top_n", FLEET)
    assert atoms({"keyword": "OOM"}, "keyword", FLEET) == {("keyword", "oom")}
    assert atoms({"severity": []}, "severity", FLEET) == set()
    assert atoms({"time": {**TODAY, "default": True}}, "time", FLEET) == set()


def test_a_frame_is_whole_only_with_the_right_intent_and_every_slot() -> None:
    wanted = record("metric_history", {"servers": ["shop-1"], "metrics": ["cpu"], "time": TODAY})
    good = {"servers": ["shop-1"], "metrics": ["cpu"], "time": TODAY}
    assert verdict(wanted, frame("metric_history", good)) == (True, True)
    assert verdict(wanted, frame("metric_current", good)) == (False, False)
    assert verdict(wanted, frame("metric_history", {**good, "metrics": ["disk"]})) == (True, False)
    assert verdict(wanted, frame("metric_history", {**good, "agg": "max"})) == (True, False)
    assert verdict(wanted, frame("metric_history", {**good, "order": "desc"})) == (True, True)
    yesterday = {"start": "2026-09-17T00:00:00+09:00", "end": "2026-09-18T00:00:00+09:00"}
    assert verdict(wanted, frame("metric_history", {**good, "time": yesterday})) == (True, False)


def test_optional_slots_and_accepted_intents_are_given_leave() -> None:
    wanted = record("root_cause", {"time": TODAY}, optional=["time"], accept=["root_cause", "anomaly_list"])
    assert verdict(wanted, frame("root_cause")) == (True, True)
    assert verdict(wanted, frame("anomaly_list", {"time": TODAY})) == (True, True)
    assert verdict(wanted, frame("anomaly_list", {"metrics": ["cpu"]})) == (True, False)
    assert verdict(wanted, frame("report")) == (False, False)


def test_noise_may_be_refused_either_way_but_a_vague_question_must_be_asked_back() -> None:
    assert verdict(record("clarify", behaviour="empty"), frame("out_of_scope")) == (True, True)
    assert verdict(record("clarify", behaviour="clarify"), frame("out_of_scope")) == (False, False)
    assert verdict(record("out_of_scope", behaviour="refuse"), frame("clarify")) == (False, False)


def test_entities_are_counted_over_all_slots() -> None:
    wanted = record("top_n", {"metrics": ["cpu"], "top_n": 3, "order": "desc"})
    outcome = judge(wanted, frame("top_n", {"metrics": ["disk"], "top_n": 3, "order": "desc"}), FLEET)
    scores = entity_scores([outcome])  # two of three found, and one that was not asked for
    assert scores["precision"] == pytest.approx(200 / 3)
    assert scores["recall"] == pytest.approx(200 / 3)
    assert scores["f1"] == pytest.approx(200 / 3)
    assert scores["slots"] == {"metrics": 0.0, "order": 100.0, "top_n": 100.0}


def test_entities_of_a_wrong_intent_still_count() -> None:
    outcome = judge(record("report", {"groups": ["web"]}), frame("out_of_scope", {"groups": ["web"]}), FLEET)
    assert entity_scores([outcome])["f1"] == pytest.approx(100)


def answered(wanted: Record, got: Frame, ms: float = 1.0) -> Outcome:
    return judge(wanted, got, FLEET, ms)


def test_the_figures_of_a_run() -> None:
    history = [{"role": "user", "text": "cpu"}, {"role": "assistant", "text": "", "intent": "top_n", "entities": {}}]
    outcomes = [
        answered(record("smalltalk"), frame("smalltalk")),
        answered(record("smalltalk", lang="en"), frame("clarify")),  # a false refusal
        answered(record("report", {"groups": ["web"]}), frame("report")),  # the intent only
        answered(record("top_n", {"order": "asc"}, history=history), frame("top_n", {"order": "asc"})),
        answered(record("out_of_scope", behaviour="refuse"), frame("out_of_scope")),
        answered(record("out_of_scope", behaviour="refuse"), frame("alert_silence")),  # what must never be
        answered(record("out_of_scope", behaviour="oos"), frame("clarify")),  # turned away, if by the other name
        answered(record("clarify", behaviour="clarify"), frame("clarify"), ms=9.0),
    ]
    figures = measure(outcomes)
    buckets = figures["buckets"]
    assert buckets["all"] == {"n": 8, "intent": 62.5, "frame": 50.0}
    assert buckets["in_scope"] == {"n": 4, "intent": 75.0, "frame": 50.0}
    assert buckets["in_scope:en"] == {"n": 1, "intent": 0.0, "frame": 0.0}
    assert buckets["followup"] == {"n": 1, "intent": 100.0, "frame": 100.0}
    assert buckets["in_scope_single"]["n"] == 3
    assert figures["macro_intent"] == pytest.approx((50 + 100 + 100 + 100 / 3 + 100) / 5)
    assert figures["oos_recall"] == 75.0
    assert figures["oos_precision"] == 75.0
    assert figures["false_refusals"] == 25.0
    assert figures["actions_on_oos"] == 1
    assert figures["crashes"] == 0
    assert (figures["p50_ms"], figures["p99_ms"]) == (1.0, 9.0)
    assert figures["confusions"][0][1] == 1
    assert any("actions 1" in line for line in told(figures))


def test_an_accepted_fallback_is_no_false_refusal() -> None:
    wanted = record("smalltalk", accept=["smalltalk", "out_of_scope"])
    figures = measure([answered(wanted, frame("out_of_scope"))])
    assert (figures["false_refusals"], figures["oos_precision"]) == (0.0, 100.0)
    assert math.isnan(figures["oos_recall"])


def test_confidence_is_held_against_what_was_right() -> None:
    sure = [answered(record("smalltalk"), frame("smalltalk", confidence=0.9)) for _ in range(3)]
    wrong = [answered(record("smalltalk"), frame("report", confidence=0.9))]
    assert measure(sure + wrong)["calibration_error"] == pytest.approx(0.15)  # says 90 %, is right in 75 %


def test_an_engine_that_throws_is_counted_and_the_run_goes_on() -> None:
    def moody(text: str, now: str, servers: list[dict[str, Any]], history: list[dict[str, Any]]) -> Frame:
        if "!" in text:
            raise RuntimeError("no")
        assert (now, servers, history) == (NOW, FLEET, [])
        return frame("smalltalk")

    outcomes = run(moody, [record("smalltalk", text="!"), record("smalltalk")], FLEET)
    assert [one.intent for one in outcomes] == [CRASH, "smalltalk"]
    assert measure(outcomes)["crashes"] == 1
    assert [one["error"] for one in mistakes(outcomes)] == ["RuntimeError('no')"]


def test_an_engine_that_answers_nothing_is_wrong_and_no_crash() -> None:
    outcomes = run(lambda *_: {}, [record("report"), record("clarify", behaviour="empty")], FLEET)
    assert [one.right for one in outcomes] == [False, False]
    assert measure(outcomes)["crashes"] == 0


def test_renaming_changes_sentence_frame_and_history_alike() -> None:
    turn = {"role": "user", "text": "장부-1은?"}
    reply = {"role": "assistant", "text": "", "intent": "server_status", "entities": {"servers": ["장부-1"]}}
    kept, fleet = renamed(
        [
            record("server_status", {"servers": ["shop-1", "장부-1"]}, text="shop-1도", history=[turn, reply]),
            record("server_status", {"servers": ["shop-2"]}, text="shop 2번"),
            record("server_status", {"globs": ["shop-*"]}, text="shop-*"),
            record("server_status", {"unknown_servers": ["shop-19"]}, text="shop-19"),
            record("fleet_summary", text="전체 상태"),
        ],
        FLEET,
    )
    first, _, third = NEW_NAMES[:3]
    assert [server["id"] for server in fleet] == list(NEW_NAMES[:3])
    assert [server["group"] for server in fleet] == ["web", "web", "db"]
    (only,) = kept
    assert only["text"] == f"{first}도"
    assert only["entities"] == {"servers": [first, third]}
    assert only["history"] == [
        {"role": "user", "text": f"{third}은?"},
        {"role": "assistant", "text": "", "intent": "server_status", "entities": {"servers": [third]}},
    ]


def test_there_is_a_new_name_for_every_server_or_none_at_all() -> None:
    with pytest.raises(ValueError, match="new names"):
        renamed([], [FLEET[0]] * (len(NEW_NAMES) + 1))


def test_the_command_writes_figures_and_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, fleet = tmp_path / "data.jsonl", tmp_path / "fleet.json"
    data.write_text(json.dumps(record("smalltalk", text="안녕")) + "\n", encoding="utf-8")
    fleet.write_text(json.dumps({"servers": FLEET}), encoding="utf-8")
    told_to = [
        "--data",
        str(data),
        "--fleet",
        str(fleet),
        "--wrong",
        str(tmp_path / "w"),
        "--json",
        str(tmp_path / "j"),
    ]
    main(["tests.nlu.test_score:shrug", *told_to])
    assert json.loads((tmp_path / "j").read_text(encoding="utf-8"))["buckets"]["all"]["n"] == 1
    assert [one["got"] for one in read_records(tmp_path / "w")] == ["clarify"]
    assert "false refusals 100.0 %" in capsys.readouterr().out


def shrug(text: str, now: str, servers: list[dict[str, Any]], history: list[dict[str, Any]]) -> Frame:
    """An engine that understands nothing, for the command's own test."""
    return frame("clarify", confidence=0.0)
