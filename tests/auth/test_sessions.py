"""Refresh tokens: their form, and that each has exactly one successor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.auth.sessions import RefreshTokens, read

SECRET = "a-secret-of-more-than-thirty-two-characters"


def test_a_token_is_read_back() -> None:
    token = RefreshTokens(SECRET).first()
    assert read(token.text) == token


def test_the_next_token_follows_from_the_one_before() -> None:
    first = RefreshTokens(SECRET).first()
    one, other = RefreshTokens(SECRET).following(first), RefreshTokens(SECRET).following(first)
    assert one == other
    assert one.session == first.session
    assert one.text != first.text
    assert read(one.text) == one


def test_without_the_secret_the_next_token_cannot_be_known() -> None:
    first = RefreshTokens(SECRET).first()
    assert RefreshTokens(SECRET).following(first) != RefreshTokens(SECRET + "x").following(first)


def test_families_share_nothing() -> None:
    tokens = RefreshTokens(SECRET)
    assert len({tokens.first().session for _ in range(100)}) == 100
    assert len({tokens.first().text[-43:] for _ in range(100)}) == 100


def test_neither_the_text_nor_its_end_is_shown_in_a_log() -> None:
    token = RefreshTokens(SECRET).first()
    assert token.text[-20:] not in repr(token)


@pytest.mark.parametrize("text", ["", "omvr_", "omvr_" + "0" * 32, "omvr_" + "0" * 32 + "_" + "a" * 42])
def test_what_has_another_form_is_no_token(text: str) -> None:
    assert read(text) is None


def test_a_line_end_is_no_part_of_a_token() -> None:
    assert read(RefreshTokens(SECRET).first().text + "\n") is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read(text) is None
