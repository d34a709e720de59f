"""Answers from what the assistant knows: whole, in both languages, with the fleet's values of now beside them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lib import wiring
from lib.domain.access import Sight
from lib.mcp.core.processor import parse
from lib.mcp.knowledge import agents, clients, product
from lib.mcp.knowledge import troubleshooting as kb
from lib.mcp.knowledge.terms import differences, term, terms
from tests.assistant.known_fleet import FLEET, Hub, facts
from tests.test_architecture import ROOT

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
HANGUL = re.compile(r"[가-힣]")
THERE = [name for name, one in FLEET.items() if not one.silent]
NOW = "2026-11-18T14:30:00+09:00"
SERVERS = [{"id": name, "group": one.group, "tags": one.tags} for name, one in FLEET.items()]


def highest(hub: Hub, metric: str) -> tuple[str, float]:
    return max(((name, hub.newest(name)[metric]) for name in THERE), key=lambda one: one[1])


@BOTH
@pytest.mark.parametrize("topic", kb.topics())
def test_every_topic_is_answered_with_its_runbook(hub: Hub, topic: str, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, text="어떻게 해결해?", topic=topic)
    assert kb.runbook(topic).title.of(locale) in reply.answer.splitlines()[0]
    assert kb.markdown(kb.runbook(topic), locale).partition("\n\n")[2] in reply.answer
    assert {"kind": "kb", "id": f"runbook/{topic}", "window": None, "url": ""} in reply.evidence
    assert len(reply.suggestions) == 3
    own = kb.question(topic)
    assert not {own.ko, own.en} & set(reply.suggestions)


@BOTH
def test_a_runbook_for_a_server_has_its_values_and_its_commands(hub: Hub, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic="high_memory", servers=["db-01"])
    assert facts(reply, "memory", "db-01") == [97.2]
    assert "97.2%" in reply.answer.splitlines()[1]
    assert "KST" in reply.answer.splitlines()[1]
    assert "Debian" in reply.answer or "Linux" in reply.answer
    assert "RHEL" not in reply.answer
    assert "Windows" not in reply.answer


@BOTH
def test_a_full_disk_is_that_of_the_fullest_mount(hub: Hub, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic="disk_full", servers=["log-01"])
    assert facts(reply, "disk", "log-01") == [round(hub.newest("log-01")["disk"], 1)]
    assert "log-01" in reply.answer.splitlines()[1]
    assert "(/)" in reply.answer.splitlines()[1]
    assert "df -h /\n" in reply.answer


@BOTH
def test_without_a_server_the_highest_is_named(hub: Hub, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic="high_cpu")
    name, value = highest(hub, "cpu")
    assert facts(reply, "cpu", name) == [value]
    assert name in reply.answer


@BOTH
def test_of_a_group_it_is_about_the_worst(hub: Hub, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic="high_memory", groups=["web"])
    assert "web-03" in reply.answer.splitlines()[1]
    assert facts(reply, "memory", "web-03") == [round(hub.newest("web-03")["memory"], 1)]


@BOTH
@pytest.mark.parametrize("topic", ["server_unreachable", "agent_not_reporting"])
def test_of_a_silent_server_it_is_told_how_long(hub: Hub, topic: str, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic=topic, servers=["legacy-01"])
    (age,) = facts(reply, "age", "legacy-01")
    assert 1.9 <= age <= 130
    assert "legacy-01" in reply.answer.splitlines()[1]


@BOTH
def test_a_server_out_of_sight_is_not_named(hub: Hub, locale: str) -> None:
    reply = hub.ask("troubleshoot", locale, topic="high_memory", sight=Sight(("region:tokyo",)))
    assert "db-01" not in reply.answer
    assert "web-03" in reply.answer


@BOTH
def test_a_topic_is_found_by_words_or_by_its_metric(hub: Hub, locale: str) -> None:
    assert kb.runbook("time_drift").title.of(locale) in hub.ask("troubleshoot", locale, text="chrony 동기화").answer
    by_metric = hub.ask("troubleshoot", locale, text="이거 어떻게 해", metrics=["inode"])
    assert kb.runbook("inode_full").title.of(locale) in by_metric.answer
    process = hub.ask("troubleshoot", locale, text="tomcat 문제", process="tomcat")
    assert "systemctl status tomcat" in process.answer
    unknown = hub.ask("troubleshoot", locale, text="음")
    assert len(unknown.suggestions) == 3
    assert unknown.facts == []


@BOTH
@pytest.mark.parametrize("key", terms())
def test_every_term_is_explained_in_eight_lines(hub: Hub, key: str, locale: str) -> None:
    name = term(key).name.of(locale)
    reply = hub.ask("concept_explain", locale, text=f"{name} 뜻이 뭐야?" if locale == "ko" else f"what is {name}?")
    assert reply.answer.startswith(f"**{name}**")
    assert term(key).what.of(locale) in reply.answer
    if locale == "en":
        assert not HANGUL.search(reply.answer.replace("결제-01", ""))


@BOTH
def test_a_metric_is_explained_with_its_value_now(hub: Hub, locale: str) -> None:
    reply = hub.ask("concept_explain", locale, text="무슨 뜻이야", metrics=["memory"])
    name, value = highest(hub, "memory")
    assert facts(reply, "memory", name) == [round(value, 1)]
    one = hub.ask("concept_explain", locale, text="무슨 뜻이야", metrics=["memory"], servers=["web-01"])
    assert facts(one, "memory", "web-01") == [round(hub.newest("web-01")["memory"], 1)]


@BOTH
def test_a_difference_is_told_and_both_terms_can_be_asked_for(hub: Hub, locale: str) -> None:
    for one in differences():
        a, b = (re.sub(r"\(.*?\)", "", term(key).name.of(locale)) for key in sorted(one.keys))
        text = f"{a}, {b} 차이가 뭐야?" if locale == "ko" else f"what is the difference between {a} and {b}?"
        reply = hub.ask("concept_explain", locale, text=text)
        assert one.what.of(locale) in reply.answer, text
        assert len(reply.suggestions) == 2


@BOTH
def test_two_terms_nobody_takes_for_each_other_are_both_told(hub: Hub, locale: str) -> None:
    text = "스왑과 SLA의 차이는?" if locale == "ko" else "how is swap different from an SLA?"
    reply = hub.ask("concept_explain", locale, text=text)
    assert term("swap").what.of(locale) in reply.answer
    assert term("sla").what.of(locale) in reply.answer


@BOTH
def test_a_term_nobody_knows_is_said_to_be_unknown(hub: Hub, locale: str) -> None:
    reply = hub.ask("concept_explain", locale, text="김치찌개가 뭐야?")
    assert reply.facts == []
    assert len(reply.suggestions) == 3


@BOTH
@pytest.mark.parametrize("key", product.topics())
def test_every_answer_about_the_product_keeps_the_contract(hub: Hub, key: str, locale: str) -> None:
    name = product.topic(key).words.split("|")[0].rstrip("?")
    reply = hub.ask("product_help", locale, text=name)
    assert reply.answer.splitlines()[0] == product.product_help(name).lines[0].of(locale)
    assert len(reply.suggestions) == 3
    assert ("HUB" in reply.answer) == any("HUB" in line.ko for line in product.product_help(name).lines)


@BOTH
@pytest.mark.parametrize("key", agents.topics())
def test_every_answer_about_the_agent_keeps_the_contract(hub: Hub, key: str, locale: str) -> None:
    name = agents.topic(key).words.split("|")[0].rstrip("?")
    reply = hub.ask("agent_help", locale, text=name)
    assert reply.answer.splitlines()[0] == agents.agent_help(name).lines[0].of(locale)


@BOTH
def test_commands_have_this_hub_s_address_where_it_is_known(hub: Hub, locale: str) -> None:
    at_home = hub.ask("agent_help", locale, text="설치")
    assert ("https://HUB" in at_home.answer) == (hub.services.base_url is None)
    settings = replace(hub.services.settings, base_url="https://hub.example.org")
    elsewhere = Hub(wiring.Services(settings, hub.services.storage, hub.services.clock), hub.pair, hub.now)
    told = elsewhere.ask("agent_help", locale, text="설치").answer
    assert "\ncurl -fsSL https://hub.example.org/install.sh | sudo sh -s -- --hub https://hub.example.org --key" in told
    assert "HUB" not in told


@BOTH
@pytest.mark.parametrize("key", clients.topics())
def test_how_another_agent_is_connected_is_told_with_its_configuration_for_this_hub(
    hub: Hub, key: str, locale: str
) -> None:
    settings = replace(hub.services.settings, base_url="https://hub.example.org")
    elsewhere = Hub(wiring.Services(settings, hub.services.storage, hub.services.clock), hub.pair, hub.now)
    told = elsewhere.ask("agent_help", locale, text=clients.topic(key).words.split("|")[0]).answer
    assert told.splitlines()[0] == clients.topic(key).lines[0].of(locale)
    assert "HUB" not in told
    assert ("\n```sh\n" in told) == (key != "statsd")
    assert ("hub.example.org" in told) == (key not in {"statsd", "clouds"})


@BOTH
def test_a_tag_for_the_system_and_a_silent_server_are_minded(hub: Hub, locale: str) -> None:
    windows = hub.ask("agent_help", locale, text="에이전트 설치", tags=["os:windows"])
    assert windows.answer.splitlines()[0] == agents.topic("windows").lines[0].of(locale)
    silent = hub.ask("agent_help", locale, text="legacy-01 에이전트가 보고 안 해", servers=["legacy-01"])
    assert facts(silent, "age", "legacy-01")
    assert "legacy-01" in silent.answer


@pytest.mark.parametrize(
    "one",
    [
        *map(product.topic, product.topics()),
        *map(agents.topic, agents.topics()),
        *map(clients.topic, clients.topics()),
    ],
    ids=lambda one: one.key,
)
def test_questions_that_are_offered_can_be_asked(one: product.Help) -> None:
    for text in (text for pair in one.examples for text in pair):
        frame = parse(text, NOW, SERVERS)
        assert frame["intent"] not in {"out_of_scope", "clarify", "smalltalk"}, (text, frame)


@pytest.mark.parametrize("topic", kb.topics())
def test_a_runbook_that_is_suggested_is_found(topic: str) -> None:
    asked = kb.question(topic)
    for text in (asked.ko, asked.en):
        frame = parse(text, NOW, SERVERS)
        assert frame["intent"] == "troubleshoot", (text, frame)
        assert frame["entities"].get("topic") == topic, (text, frame)
        assert kb.search(text)[:1] == [topic]


@pytest.mark.parametrize("key", ["warning", "stale", "offline"])
def test_a_state_is_called_what_the_page_calls_it(key: str) -> None:
    words = (ROOT / "public/js/messages/ko.js").read_text(encoding="utf-8")
    called = re.search(rf"'status\.{key}': '([^']+)'", words)
    assert called is not None
    assert f"'{called[1]}'" in term(key).what.ko
