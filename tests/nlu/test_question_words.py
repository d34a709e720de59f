"""Words are found where they stand, in either language, and slips and unknown names are met with the nearest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.mcp.core.patterns import SHORT, Lexicon, blank
from lib.mcp.npu.nearest import distance, jamo, nearest
from lib.mcp.npu.text import MAX_READ, read
from lib.mcp.npu.typos import mended, within_one

WORDS = Lexicon(
    {"cpu": "cpu|씨피유", "latency": "response times?|응답 시간", "ram": "램|ram", "one": "~한"}, mask="프로그램"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cpu가 높아", ["cpu"]), ("web1cpu", ["cpu"]), ("acpu", []), ("cpus", []), ("씨피유는", ["cpu"]),
        ("응답시간", ["latency"]), ("응답   시간이", ["latency"]), ("response_time", ["latency"]), ("response-times", ["latency"]),
        ("램이랑 cpu", ["ram", "cpu"]), ("프로그램", []), ("program", []), ("한 대", ["one"]), ("위한 것", []), ("", []),
    ],
)  # fmt: skip
def test_a_word_is_found_where_it_stands(text: str, found: list[str]) -> None:
    assert WORDS.values(text) == found


def test_a_match_knows_its_place_and_emptying_keeps_all_others() -> None:
    text = "그 cpu가"
    match = WORDS.find(text)[0]
    assert text[slice(*match.span)] == "cpu"
    assert blank(text, [match.span]) == "그    가"


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("memroy", "memory"), ("latancy", "latency"), ("disk", "disk"), ("yesteday", "yesterday"), ("trafic", "traffic"), ("temprature", "temperature"),
        ("weeks", "weeks"), ("member", "member"), ("sever", "sever"), ("web-memry", "web-memry"), ("broad", "broad"), ("acknowlege", "acknowledge"),
    ],
)  # fmt: skip
def test_a_slip_is_mended_and_a_word_is_left(slip: str, meant: str) -> None:
    assert mended(slip) == meant


def test_one_slip_is_a_letter_lost_put_in_changed_or_swapped() -> None:
    assert all(within_one("abcd", other) for other in ("abcd", "abd", "abxcd", "abxd", "abdc"))
    assert not any(within_one("abcd", other) for other in ("ab", "abxxd", "dcba", "badc"))


def test_the_nearest_names_come_by_letters_and_by_parts_of_syllables() -> None:
    assert jamo("결제A") == "ㄱㅕㄹㅈㅔa"
    assert nearest("결재-01", ["검색-01", "결제-01", "게임-77"])[0] == "결제-01"
    assert nearest("wbe-01", ["db-01", "web-01", "web-02"])[0] == "web-01"
    assert nearest("zzz", ["web-01"]) == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_distance_is_even_handed_and_bounded(left: str, right: str) -> None:
    assert distance(left, right, 5) == distance(right, left, 5) <= 6
    assert (distance(left, right, 5) == 0) == (left == right)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_a_text_is_read_the_same_twice_and_letter_for_letter(raw: str) -> None:
    text = read(raw)
    assert len(text.shown) == len(text.folded) <= 2 * MAX_READ
    assert mended(text.folded) == mended(mended(text.folded))


# A sign nobody sees has a text read letter for letter; most texts need not be.
@given(st.text(st.characters(codec="ascii") | st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=60))
@settings(max_examples=150, deadline=None)
def test_what_is_plain_is_read_as_if_looked_at_letter_for_letter(raw: str) -> None:
    assert read(raw) == read(f"\u200b{raw}")


@given(st.lists(st.sampled_from(("메모리", "램", "프로그램", "mem", "memo", "가", " ", "m", "7")), max_size=40))
@settings(max_examples=150, deadline=None)
def test_words_of_a_long_text_are_found_as_those_of_a_short_one(pieces: list[str]) -> None:
    words: Lexicon[str] = Lexicon({"memory": "메모리|~램|mem", "seven": "7"}, mask="프로그램")
    text = "".join(pieces)
    assert words.find(text + "." * (SHORT + 1 - len(text))) == words.find(text)


def test_of_a_very_long_text_both_ends_are_read() -> None:
    text = read("web-01 " + "가" * 50_000 + " cpu").folded
    assert text.startswith("web-01 ")
    assert text.endswith(" cpu")


def test_a_name_is_near_to_one_with_a_prefix() -> None:
    known = ["demo-web-01", "demo-web-05", "demo-db-01", "cache-01"]
    assert nearest("web-55", known)[0] == "demo-web-05"
    assert nearest("web-55", ["web-05", "demo-web-05"])[0] == "web-05"
    assert nearest("quite-other-9", known) == []
