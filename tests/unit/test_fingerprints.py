"""Errors that say the same have one fingerprint, whatever differs from one time to the next."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.monitoring.collectors.fingerprints import PATTERN_CHARACTERS, fingerprint, grouped, masked
from tests.growth import LINEAR, growth


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("upstream timed out after 30.5s", "upstream timed out after #s"),
        ("user 8d9e831c-4a2f-4c8e-9c1d-aa30ebd5b0c1 not found", "user # not found"),
        ("connect to 10.0.3.17:5432 failed", "connect to # failed"),
        ("connect to [2001:db8::1]:80 failed", "connect to [#]:# failed"),
        ("segfault at 0x7ffc1a2b ip 00007f3c9d1e", "segfault at # ip #"),
        ('cannot open "/var/log/app 3.log": denied', 'cannot open "*": denied'),
        ("can't open user's file 'a b' now", "can't open user's file '*' now"),
        ("GET /orders/4711/items/9 500", "GET /orders/#/items/# #"),
        ("mail to kim@example.co.kr bounced", "mail to @ bounced"),
        ("commit deadbeef1234 failed in web-12", "commit # failed in web-#"),
        ("디스크 /dev/sda1 사용률 97%", "디스크 /dev/sda# 사용률 #%"),
        ("at 12:30:45  on\n2026-11-25", "at # on #-#-#"),
        ("12345", "#"),
        ("std::bad_alloc in Foo::bar", "std::bad_alloc in Foo::bar"),
    ],
)
def test_what_differs_each_time_is_masked(message: str, pattern: str) -> None:
    assert masked(message) == pattern


@given(st.text(max_size=600) | st.from_regex(r"""[a-f0-9:."'` @x-]{0,120}""", fullmatch=True))
@example("'a'5'")
@example("x \"a' 'b\" c' 1")
@example("a@b.c'@'1::")
@example("'1'a'")
def test_masking_is_bounded_settled_and_leaves_something(message: str) -> None:
    pattern = masked(message)
    assert pattern
    assert len(pattern) <= PATTERN_CHARACTERS
    assert masked(pattern) == pattern
    assert not any(character in "0123456789" for character in pattern)


ADDRESSES = st.ip_addresses().filter(lambda one: any(character.isdigit() for character in str(one)))


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.uuids(), st.uuids(), ADDRESSES, ADDRESSES)
def test_numbers_ids_and_addresses_make_no_difference(
    a: int, b: int, one: object, other: object, here: object, there: object
) -> None:
    assert masked(f"job {a} of {one} at {here}, lost") == masked(f"job {b} of {other} at {there}, lost")


def test_level_and_source_make_a_difference_and_numbers_in_the_source_do_not() -> None:
    pattern = masked("out of memory")
    assert (
        len(
            {
                fingerprint("error", "a", pattern),
                fingerprint("critical", "a", pattern),
                fingerprint("error", "b", pattern),
            }
        )
        == 3
    )
    assert fingerprint("error", "worker-1", pattern) == fingerprint("error", "worker-27", pattern)
    assert grouped([["x", 5, "error", "a", "out of memory"]]) == [["x", fingerprint("error", "a", pattern), pattern]]


def test_a_hostile_message_takes_no_longer_than_another() -> None:
    for character in "1a'\":@.`0x-":
        for often in (character, f"{character}a", f"{character}@1."):
            assert growth(lambda size, often=often: masked(often * (size // len(often))), 2_000) < LINEAR
