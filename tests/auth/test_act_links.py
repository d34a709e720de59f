"""Links that act: for one incident, one act and a week, and nothing else opens them."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.auth.act_links import LAST_SECONDS, Act, ActLinks
from lib.domain.errors import Forbidden

SECRET = secrets.token_hex(32)
NOW = 1_763_900_000.0
LINKS = ActLinks(SECRET, lambda: NOW)


@pytest.mark.parametrize("act", ["acknowledge", "silence"])
def test_what_was_signed_is_read(act: str) -> None:
    token = LINKS.sign("i1", act, "c1")
    assert LINKS.read(token) == Act("i1", act, "c1", int(NOW) + LAST_SECONDS)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_it_ends_after_a_week() -> None:
    token = LINKS.sign("i1", "acknowledge", "c1")
    assert ActLinks(SECRET, lambda: NOW + LAST_SECONDS - 1).read(token).act == "acknowledge"
    with pytest.raises(Forbidden, match="older than a week"):
        ActLinks(SECRET, lambda: NOW + LAST_SECONDS).read(token)


def test_another_secret_another_act_and_other_words_open_nothing() -> None:
    token = LINKS.sign("i1", "acknowledge", "c1")
    body, _, signature = token.partition(".")
    other = LINKS.sign("i2", "acknowledge", "c1")
    for wrong in (
        "", ".", body, f"{body}.", f"{other.partition('.')[0]}.{signature}", token[:-2], token + "A" * 2_000,
        token.replace(".", ".é"), LINKS.sign("i1", "resolve", "c1"),
        ActLinks(SECRET + "x", lambda: NOW).sign("i1", "acknowledge", "c"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            LINKS.read(wrong)


@given(st.text(max_size=200))
def test_whatever_is_sent_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(Forbidden):
        LINKS.read(text)
