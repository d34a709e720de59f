"""What answers about alerts, causes and reports suggest next is understood, as it would be typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.domain.access import EVERYTHING
from lib.mcp.core.processor import parse
from lib.mcp.core.sources import Sources
from lib.mcp.intents import question
from lib.mcp.npu.spoken import UNSURE
from tests.assistant.known_fleet import ZONE, Hub

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
LEVEL = {"metric": "memory", "op": "gt", "value": 85, "unit": "%"}
FRAMES: list[tuple[str, dict[str, Any]]] = [
    ("alert_list", {}), ("alert_list", {"alert_state": "resolved"}), ("alert_list", {"servers": ["web-02"]}),
    ("root_cause", {}), ("root_cause", {"servers": ["web-02"]}),
    ("root_cause", {"servers": ["web-02"], "metrics": ["cpu"]}), ("change_correlation", {}),
    ("change_correlation", {"metrics": ["cpu"]}), ("change_correlation", {"metrics": ["cpu", "memory"]}),
    ("report", {}), ("alert_ack", {}), ("alert_ack", {"servers": ["db-01"]}), ("alert_silence", {}),
    ("alert_silence", {"servers": ["db-01"]}), ("threshold_set", {}), ("threshold_set", {"conditions": [LEVEL]}),
]  # fmt: skip
ASKS_BACK = {"clarify", "out_of_scope", "smalltalk"}


def read(hub: Hub, text: str) -> dict[str, Any]:
    now = datetime.fromtimestamp(int(hub.now), ZoneInfo(ZONE)).isoformat()
    return parse(text, now, Sources(hub.services, EVERYTHING, ZoneInfo(ZONE)).inventory())


@BOTH
def test_what_is_suggested_is_understood(troubled: Hub, locale: str) -> None:
    wrong = []
    for intent, frame in FRAMES:
        for text in troubled.ask(intent, locale, **frame).suggestions:
            found = read(troubled, text)
            if found["intent"] in ASKS_BACK or found["confidence"] < UNSURE:
                wrong.append((intent, text, found["intent"], found["confidence"]))
    assert wrong == []


def test_examples_are_read_as_what_they_are(troubled: Hub) -> None:
    wrong = []
    for intent in ("alert_list", "root_cause", "change_correlation", "report"):
        for pair in question(intent).examples:
            wrong += [(text, found) for text in pair if (found := read(troubled, text)["intent"]) != intent]
    assert wrong == []


@BOTH
def test_acts_that_are_suggested_act(troubled: Hub, locale: str) -> None:
    expected = {"alert_ack", "alert_silence"}
    texts = troubled.ask("alert_list", locale).suggestions
    assert expected <= {read(troubled, text)["intent"] for text in texts}
    for text in troubled.ask("alert_ack", locale).suggestions:
        assert read(troubled, text)["intent"] == "alert_ack"
    for text in troubled.ask("alert_silence", locale).suggestions:
        assert read(troubled, text)["intent"] == "alert_silence"
