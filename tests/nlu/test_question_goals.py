"""The reading of questions holds its goals on sentences it was not made from, and its models are those of the corpus.

The test set is read once for all goals: a thousand sentences take some seconds, and each goal is one figure of it. So
does saying the corpus again, once, to see that what is shipped was learned from it.
"""

from __future__ import annotations

from typing import Any

import pytest

from lib.mcp.core.processor import parse
from lib.mcp.npu.intent import model
from tests.nlu.renaming import renamed
from tests.nlu.score import DATA, Outcome, measure, percent, read_fleet, read_records, run
from training.turns import fingerprint

FLEET = read_fleet(DATA / "fleet.json")
RECORDS = read_records(DATA / "test_set.jsonl")


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return run(parse, RECORDS, FLEET)


@pytest.fixture(scope="module")
def figures(outcomes: list[Outcome]) -> dict[str, Any]:
    return measure(outcomes)


@pytest.mark.parametrize(
    ("bucket", "figure", "least"),
    [
        ("in_scope", "intent", 93), ("in_scope:ko", "intent", 90), ("in_scope:en", "intent", 90), ("in_scope:mx", "intent", 90),
        ("in_scope", "frame", 80), ("followup", "intent", 92), ("followup", "frame", 80),
    ],
)  # fmt: skip
def test_what_is_asked_is_read(figures: dict[str, Any], bucket: str, figure: str, least: float) -> None:
    assert figures["buckets"][bucket][figure] >= least


def test_what_is_said_is_found(figures: dict[str, Any]) -> None:
    assert figures["entity"]["f1"] >= 94


def test_what_lies_outside_is_turned_away_and_little_else(figures: dict[str, Any]) -> None:
    assert figures["oos_recall"] >= 92
    assert figures["false_refusals"] <= 4


def test_nothing_outside_is_ever_taken_for_an_action(figures: dict[str, Any]) -> None:
    assert figures["actions_on_oos"] == 0


def test_no_sentence_breaks_the_reader(figures: dict[str, Any]) -> None:
    assert figures["crashes"] == 0


def test_confidence_tells_how_often_it_is_right(figures: dict[str, Any]) -> None:
    assert figures["calibration_error"] <= 0.06


def test_other_names_of_servers_change_next_to_nothing(outcomes: list[Outcome]) -> None:
    records, fleet = renamed(RECORDS, FLEET)
    ids = {one["id"] for one in records}
    before = percent(sum(one.whole for one in outcomes if one.record["id"] in ids), len(ids))
    after = percent(sum(one.whole for one in run(parse, records, fleet)), len(ids))
    assert len(ids) > 200
    assert after >= before - 1.5


def test_what_is_shipped_was_learned_from_the_corpus() -> None:
    """After a change in training/: make train."""
    assert {model("intent").corpus, model("turn").corpus} == {fingerprint()}
