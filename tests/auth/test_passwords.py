"""Passwords: the parameters, the forms of one password, and the price of an unknown name."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest
from argon2 import Type, extract_parameters

from lib.auth import passwords
from lib.domain.errors import BadInput, Throttled


def test_argon2id_with_19_mib_two_passes_one_lane() -> None:
    found = extract_parameters(passwords.hash_of("ten letters at least"))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19 * 1024, 2, 1)


def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    assert extract_parameters(passwords.NOBODY) == extract_parameters(passwords.hash_of("ten letters at least"))


def test_the_right_password_matches_and_a_wrong_one_does_not() -> None:
    stored = passwords.hash_of("correct horse")
    assert passwords.matches("correct horse", stored)
    assert not passwords.matches("correct horsf", stored)
    assert not passwords.matches("", stored)


def test_two_hashes_of_one_password_differ() -> None:
    assert passwords.hash_of("correct horse") != passwords.hash_of("correct horse")


@pytest.mark.parametrize("typed", ["ｃｏｒｒｅｃｔ　horse", "correct horse"])
def test_width_does_not_matter(typed: str) -> None:
    assert passwords.matches(typed, passwords.hash_of("correct horse"))


def test_composition_does_not_matter() -> None:
    composed = "비밀번호는 열 글자 이상"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.matches(decomposed, passwords.hash_of(composed))


@pytest.mark.parametrize("password", ["", "nine char", "x" * 201, "\ufdfa" * 12])
def test_too_short_and_too_long_passwords_cannot_be_chosen(password: str) -> None:
    with pytest.raises(BadInput, match="10 to 200"):
        passwords.hash_of(password)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=1"])
def test_without_a_usable_hash_nothing_matches(stored: str | None) -> None:
    assert not passwords.matches("correct horse", stored)


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    stored = passwords.hash_of("correct horse")

    def fastest(of: str | None) -> float:
        taken = []
        for _ in range(5):
            began = time.thread_time()  # of the processor: how busy it is makes no difference
            passwords.matches("wrong horse", of)
            taken.append(time.thread_time() - began)
        return min(taken)

    # Far apart on purpose: without the dummy verification the ratio is in the thousands.
    assert 0.3 < fastest(None) / fastest(stored) < 3


def test_only_a_few_are_checked_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.01)
    with passwords._slots, pytest.raises(Throttled):
        passwords.matches("correct horse", None)
    assert not passwords.matches("correct horse", None)


def test_generated_passwords_are_long_distinct_and_can_be_chosen() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    assert {len(one) for one in made} == {23}
    assert passwords.matches(next(iter(made)), passwords.hash_of(next(iter(made))))
