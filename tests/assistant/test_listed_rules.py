"""Asked which rules there are, the assistant lists them with their levels: no alerts, and no servers."""

from __future__ import annotations

import pytest

from lib.domain.rule_names import NAMES
from lib.mcp.npu.rule_lists import is_asked
from tests.assistant.known_fleet import Hub, facts

ASKED = {"ko": "규칙 뭐뭐 있어?", "en": "list the alert rules"}


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_the_rules_are_those_of_the_page(hub: Hub, locale: str) -> None:
    rules = hub.services.rulebook.everything()["rules"]
    reply = hub.ask("product_help", locale, text=ASKED[locale])
    assert facts(reply, "rules") == [len(rules)]
    assert facts(reply, "rules_on") == [sum(one["enabled"] for one in rules)]
    assert reply.table is not None
    assert len(reply.table["rows"]) == len(rules)
    called = {one["name"]: NAMES[one["id"]][1] if locale == "ko" else one["name"] for one in rules}
    assert {row[0] for row in reply.table["rows"]} == set(called.values())
    cpu = next(row for row in reply.table["rows"] if row[0] == "CPU")
    stored = next(one for one in rules if one["id"] == "cpu")
    levels = [f"{stored[severity]:g}%" for severity in ("warning", "critical")]
    assert cpu[2:] == [*levels, "켜짐" if locale == "ko" else "on"]


@pytest.mark.parametrize(
    "text",
    [
        "알림 규칙 목록 보여줘",
        "규칙 몇 개야",
        "어떤 규칙이 켜져 있어",
        "what rules are there",
        "show me all rules",
        "which rules do we have",
    ],
)
def test_a_list_of_rules_is_asked_for(text: str) -> None:
    assert is_asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "규칙은 어떻게 만들어",
        "규칙 꺼줘",
        "방화벽 규칙 보여줘",
        "which rules fired today",
        "show me how to make rules",
        "서버 목록 보여줘",
    ],
)
def test_what_else_is_said_of_rules_is_not(text: str) -> None:
    assert not is_asked(text)
