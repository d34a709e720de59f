"""Numbers as people write them: digits, Korean counting words of both kinds, English words."""

from __future__ import annotations

import re

_NATIVE = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "여덜": 8, "아홉": 9, "열": 10, "열한": 11, "열두": 12, "열둘": 12, "열세": 13, "열네": 14,
    "열다섯": 15, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50, "육십": 60, "구십": 90, "백": 100,
    "십": 10, "십이": 12, "십오": 15, "이십": 20, "이십사": 24, "삼십": 30, "사십": 40, "사십오": 45, "오십": 50,
    "칠십": 70, "칠십이": 72, "팔십": 80,
}  # fmt: skip
_ENGLISH = {
    "a couple of": 2, "couple of": 2, "a few": 3, "a dozen": 12, "dozen": 12, "one": 1, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
}  # fmt: skip


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


KOREAN = rf"(?<![가-힣])(?:{_either(_NATIVE)})"
ENGLISH = rf"(?<![a-z])(?:{_either(_ENGLISH)})(?![a-z])"
DIGITS = r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?(?![\d])|(?<![\d.])\d{1,12}(?:\.\d{1,6})?(?!\d)"
NUMBER = rf"(?:{DIGITS}|{KOREAN}|{ENGLISH})"
_DIGIT = re.compile(r"[\d,.]+")


def value_of(written: str) -> float:
    """What a text matched by NUMBER is worth; "a" and "an" are one."""
    word = " ".join(written.split())
    if _DIGIT.fullmatch(word):
        return float(word.replace(",", ""))
    return float(_NATIVE.get(word) or _ENGLISH.get(word) or 1)
