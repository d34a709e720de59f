"""What answers are made of: facts that are checked, particles, measures, a conversation that is kept."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.auth.confirmations import LAST_SECONDS, Confirmations
from lib.domain.errors import Forbidden
from lib.mcp.core.assistant import language_of
from lib.mcp.core.facts import unfounded
from lib.mcp.core.korean import with_particle
from lib.mcp.core.measures import Locale, measure, value_in
from lib.mcp.core.responder import Say

NOW = 1_795_600_000.0  # 2026-11-25 18:46:40 KST


def said(locale: str = "ko") -> Say:
    return Say("ko" if locale == "ko" else "en", ZoneInfo("Asia/Seoul"), NOW)


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("web-01", "은/는", "web-01은"), ("web-02", "은/는", "web-02는"), ("web-03", "이/가", "web-03이"),
        ("결제", "을/를", "결제를"), ("서울", "으로/로", "서울로"), ("web-01", "으로/로", "web-01로"),
        ("db-06", "으로/로", "db-06으로"), ("mail", "은/는", "mail은"), ("api", "은/는", "api는"), ("", "은/는", "는"),
    ],
)  # fmt: skip
def test_particles_follow_the_last_sound(word: str, pair: str, expected: str) -> None:
    assert with_particle(word, pair) == expected


def test_a_number_that_no_fact_states_is_found() -> None:
    say = said()
    text = f"CPU {say.number(93.24, '%')}, {say.moment(NOW, seconds=True)}, {say.duration(18 * 60)}"
    facts = say.finish(None).facts
    assert unfounded(text, facts) == []
    assert unfounded(text + " 그리고 94%", facts) == ["94"]
    assert unfounded(text + " 19:00 기준", facts) == ["19:00"]
    assert unfounded("`42` [x](/#/servers/7) web-42, p95", facts, ["web-42"]) == []
    assert unfounded("web-42", facts) == ["42"]


def test_rounding_is_no_lie_and_another_figure_is() -> None:
    facts = (say := said()) and [say.number(87.14, "%"), *say.finish(None).facts][1:]
    assert unfounded("87.1%와 87%", facts) == []
    assert unfounded("87.2%", facts) == ["87.2"]
    assert unfounded("88%", facts) == ["88"]


@given(st.floats(-1e15, 1e15, allow_nan=False), st.sampled_from(["%", "B", "B/s", "ms", "", "°C", "/s"]))
def test_whatever_is_said_is_founded(value: float, unit: str) -> None:
    say = said()
    say.line(say.number(value, unit), "")
    reply = say.finish(None)
    assert unfounded(reply.answer, reply.facts) == []


@given(st.floats(0, 4e9), st.floats(0, 1e9))
def test_whatever_time_is_said_is_founded(at: float, length: float) -> None:
    say = said("en")
    say.line("", f"{say.span(at, at + length)} {say.duration(length)} {say.date(at)} {say.moment(at, day=True)}")
    reply = say.finish(None)
    assert unfounded(reply.answer, reply.facts) == []


def test_names_are_data() -> None:
    say = said()
    say.line(f"{say.name('**a**|[x](y)<b>' + chr(0x202E))} {say.code('`rm` ' + chr(10) + '# x')}", "")
    answer = say.finish(None).answer
    assert answer == "\\*\\*a\\*\\*\\|\\[x\\](y)\\<b\\> `'rm'  # x`"


def test_measures_are_read_from_their_series() -> None:
    assert value_in(measure("disk_io"), {"disk_read": 1.0, "disk_write": 2.0}) == 3.0
    assert value_in(measure("disk_io"), {"disk_read": 1.0}) is None
    assert value_in(measure("memory_free"), {"memory": 75.0}, 8.0) == 2.0
    assert measure("disk:/data").series == ("disk:/data",)
    assert measure("app.queue").unit == ""


def test_a_confirmation_is_for_one_person_and_ten_minutes() -> None:
    clock = [NOW]
    sealed = Confirmations("secret", lambda: clock[0])
    token = sealed.sign("ada", "alert_ack", {"alerts": ["결제"]})
    assert sealed.read(token, "ada") == ("alert_ack", {"alerts": ["결제"]})
    for wrong, who in [
        (token, "bob"),
        (token[:-2], "ada"),
        ("a.b", "ada"),
        (token.replace(".", "x."), "ada"),
        ("é", "ada"),
    ]:
        with pytest.raises(Forbidden):
            sealed.read(wrong, who)
    with pytest.raises(Forbidden):
        Confirmations("other", lambda: clock[0]).read(token, "ada")
    clock[0] += LAST_SECONDS
    with pytest.raises(Forbidden, match="ten minutes"):
        sealed.read(token, "ada")


@pytest.mark.parametrize(
    ("message", "locale", "expected"),
    [
        ("cpu of 결제-77 over the last hour", "ko", "en"), ("결제-77 cpu", None, "en"), ("결제-77 상태", "en", "ko"),
        ("web-01 cpu", "ko", "ko"), ("web-01 cpu", None, "en"), ("show cpu", "ko", "en"),
        ("ㅎㅇ", "en", "ko"), ("", "ko", "ko"),
    ],
)  # fmt: skip
def test_the_answer_is_in_the_language_of_the_question(message: str, locale: Locale | None, expected: str) -> None:
    assert language_of(message, locale, ["결제-77", "결제"]) == expected
