"""Names nobody has: which known ones they are nearest to, by letters, and by the parts of Korean syllables."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SEPARATOR = re.compile(r"([-_.])")


def jamo(text: str) -> str:
    """Korean syllables taken apart ("결" -> "ㄱㅕㄹ"), everything else as it is in lower case."""
    parts = []
    for letter in text.lower():
        place = ord(letter) - 0xAC00
        if 0 <= place < 11172:
            parts.append(_LEADS[place // 588] + _VOWELS[place % 588 // 28] + _TAILS[place % 28].strip())
        else:
            parts.append(letter)
    return "".join(parts)


def distance(left: str, right: str, most: int) -> int:
    """Letters to put in, take out, change or swap with a neighbour; more than `most` is told as most + 1."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        earlier, before, row = before, row, [i, *([0] * len(right))]
        for j, b in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """At most `count` known names like this one, the nearest first; those too different are left out."""
    wanted = jamo(name[:100])
    most = max(2, len(wanted) // 3)
    scored = []
    for one in known:
        rank = min((*_apart(wanted, other, most), place) for place, other in enumerate(_readings(one[:100])))
        if rank[0] <= most:
            scored.append((rank[2] > 0, rank, one))  # a whole name before one whose beginning was left out
    return [one for _, _, one in sorted(scored)[:count]]


def _readings(name: str) -> list[str]:
    """A name, and what is left without its first parts: whoever has no other web-01 calls demo-web-01 so."""
    parts = _SEPARATOR.split(jamo(name))
    return ["".join(parts[first:]) for first in range(0, max(1, len(parts) - 2), 2)]


def _apart(wanted: str, other: str, most: int) -> tuple[int, int]:
    """(distance, minus how many letters they begin with alike): the less the nearer."""
    same = next((i for i, (a, b) in enumerate(zip(wanted, other, strict=False)) if a != b), len(wanted))
    return distance(wanted, other, most), -same
