"""Agent keys: form, checksum, and what is left of them at rest."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.auth import agent_keys
from lib.auth.keyring import Keyring


def test_a_key_has_its_form() -> None:
    key = agent_keys.mint()
    assert re.fullmatch(r"omv_live_[0-9A-Za-z]{38}", key.secret)
    assert agent_keys.is_well_formed(key.secret)
    assert key.secret.startswith(key.prefix)
    assert key.secret.endswith(key.last4)
    assert key.secret_hash == hashlib.sha256(key.secret.encode()).hexdigest()
    assert key.secret not in repr(key)


def test_what_is_shown_of_a_key_leaves_too_much_to_guess() -> None:
    key = agent_keys.mint()
    assert len(key.secret) - len(key.prefix) - len(key.last4) >= 30


def test_the_checksum_of_a_known_key_is_fixed_for_secret_scanners() -> None:
    assert agent_keys.is_well_formed("omv_live_" + "A" * 32 + agent_keys._checksum("A" * 32))
    assert agent_keys._checksum("A" * 32) == agent_keys._checksum("A" * 32)


@given(st.integers(0, 37), st.sampled_from(agent_keys._ALPHABET))
def test_every_single_typo_is_noticed(place: int, letter: str) -> None:
    secret = "omv_live_" + "aB3" * 10 + "xy" + agent_keys._checksum("aB3" * 10 + "xy")
    at = len(agent_keys.PREFIX) + place
    assert agent_keys.is_well_formed(secret[:at] + letter + secret[at + 1 :]) == (secret[at] == letter)


@given(st.integers(0, 36))
def test_two_letters_changing_places_are_noticed(place: int) -> None:
    secret = "omv_live_" + "0123456789abcdefghijklmnopqrstuv" + agent_keys._checksum("0123456789abcdefghijklmnopqrstuv")
    at = len(agent_keys.PREFIX) + place
    swapped = secret[:at] + secret[at + 1] + secret[at] + secret[at + 2 :]
    assert agent_keys.is_well_formed(swapped) == (swapped == secret)


@pytest.mark.parametrize(
    "change", [lambda s: s + "\n", lambda s: " " + s, lambda s: s[:-1], lambda s: s + "0", str.upper]
)
def test_nothing_else_passes(change: object) -> None:
    assert callable(change)
    assert not agent_keys.is_well_formed(change(agent_keys.mint().secret))


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    assert not agent_keys.is_well_formed(text)


def test_use_is_noted_once_an_hour_a_key() -> None:
    now = [0.0]
    keyring = Keyring(access=None, monotonic=lambda: now[0])  # type: ignore[arg-type] # nothing is asked of it
    assert [keyring.is_note_due("a"), keyring.is_note_due("a"), keyring.is_note_due("b")] == [True, False, True]
    now[0] = 3_599.0
    assert not keyring.is_note_due("a")
    now[0] = 3_600.0
    assert keyring.is_note_due("a")


def test_a_longer_text_with_a_checksum_of_its_own_is_no_key() -> None:
    body = "a" * 40
    assert not agent_keys.is_well_formed(f"{agent_keys.PREFIX}{body}{agent_keys._checksum(body)}")
    assert not agent_keys.is_well_formed(agent_keys.mint().secret + "\n")
