"""One spelling of everything: how a sentence is written (composed or not, wide or not, with invisible signs) must not matter."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_READ = 4_000
_HEAD = 3_000
# NFKC turns a letter that stands alone (ㅋ) into a part of a syllable; here it stays the letter people type.
_LETTERS = str.maketrans(
    dict(zip(map(chr, range(0x1100, 0x1113)), "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", strict=True))
    | dict(zip(map(chr, range(0x1161, 0x1176)), "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ", strict=True))
    | dict(zip(map(chr, range(0x11A8, 0x11C3)), "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ", strict=True))
)
_PLAIN = re.compile(r"[ -~가-힣]*")  # what most people type: nothing of it is left out or changes its length
_SPACES = re.compile(r"\s+")
_SIGNS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "「": '"', "」": '"', "–": "-", "—": "-", "−": "-", "∼": "~", "〜": "~", "ㆍ": "·", "⁎": "*", "∗": "*"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """`shown` keeps the case, `folded` has none; letter for letter they stand at the same places."""

    shown: str
    folded: str


def read(raw: str) -> Text:
    """Of a very long text the beginning and the end are read: the question stands in one of the two."""
    cut = raw if len(raw) <= MAX_READ else raw[:_HEAD] + " " + raw[len(raw) - (MAX_READ - _HEAD) :]
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFC", cut))
    if _PLAIN.fullmatch(composed):
        shown = _SPACES.sub(" ", composed).strip()
        return Text(shown, shown.lower())
    kept = []
    for letter in composed:
        category = unicodedata.category(letter)
        if category in ("Cc", "Zl", "Zp", "Zs"):
            kept.append(" ")
        elif category not in ("Cf", "Cs", "Co", "Cn", "Mn"):
            kept.append(letter)
    shown = _SPACES.sub(" ", "".join(kept).translate(_SIGNS).translate(_LETTERS)).strip()[: 2 * MAX_READ]
    return Text(shown, "".join(low if len(low := letter.lower()) == 1 else letter for letter in shown))
