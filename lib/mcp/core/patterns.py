"""The matching mechanism: word lists in both languages become scanners that know where words of each begin and end.

Korean glues particles to words ("cpu가", "메모리는"), so `\\b` is of no use: a Latin word ends where no Latin letter
follows, a Korean word may be followed by anything. Words that merely contain another ("프로그램" has "램" in it) are
listed with the value None: they take the place in the text and yield nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Span = tuple[int, int]

SHORT = 300  # letters; a pattern is not worth its making for less

_HANGUL = "가-힣"
_GAP = r"[\s_-]*"


@dataclass(frozen=True, slots=True)
class Match[T]:
    """`value` was said at text[start:end]."""

    start: int
    end: int
    value: T

    @property
    def span(self) -> Span:
        return self.start, self.end


def phrase(written: str) -> str:
    """A regular expression for one phrase of a word list.

    A space may be there or not, or be a dash. `~` in front: no Korean letter before it; `$` at the end: none after it.
    Everything else is a regular expression without alternatives.
    """
    body = written.strip()
    starts, ends = body.startswith("~"), body.endswith("$")
    body = body.removeprefix("~").removesuffix("$")
    before = f"(?<![{_HANGUL}])" if starts else ""
    after = f"(?![{_HANGUL}])" if ends else ""
    if body[:1].isascii() and body[:1].isalpha():
        before += "(?<![a-z])"
    elif body[:1].isdigit():
        before += r"(?<!\d)"
    last = body.rstrip("?")[-1:]
    if last.isascii() and last.isalpha():
        after += "(?![a-z])"
    elif last.isdigit():
        after += r"(?!\d)"
    return before + body.replace(" ", _GAP) + after


type _Table[T] = tuple[Callable[[str, int], re.Match[str] | None], list[T | None]]


class Lexicon[T]:
    """A word list. `rows` maps a value to its phrases, separated by `|`; the longest phrase at a place wins."""

    def __init__(self, rows: Mapping[T, str] | Iterable[tuple[T | None, str]], mask: str = "") -> None:
        pairs: list[tuple[T | None, str]] = list(rows.items()) if isinstance(rows, Mapping) else list(rows)
        if mask:
            pairs.append((None, mask))
        self._entries: dict[str, list[tuple[str, T | None]]] = {}
        for value, phrases in pairs:
            for written in phrases.split("|"):
                one = written.strip()
                if one and one.lstrip("~")[:1] not in ("", "\\"):
                    self._entries.setdefault(one.lstrip("~")[0], []).append((one, value))
        self._tables: dict[str, _Table[T]] = {}
        self._firsts: re.Pattern[str] | None = None

    def _table(self, first: str) -> _Table[T]:
        """Made when a text first has the letter: a sentence has few of them, and a cold start pays for each."""
        entries = sorted(self._entries[first], key=lambda entry: -len(entry[0].strip("~$")))
        joined = "|".join(f"({phrase(one)})" for one, _ in entries)
        made = self._tables[first] = re.compile(joined).match, [value for _, value in entries]
        return made

    def _begun(self, text: str) -> Iterable[tuple[int, str]]:
        """Where a word may begin. A long text is looked through for their first letters at once."""
        if len(text) <= SHORT:
            return enumerate(text)
        if self._firsts is None:
            self._firsts = re.compile(f"[{''.join(map(re.escape, self._entries))}]")
        return ((hit.start(), hit[0]) for hit in self._firsts.finditer(text))

    def find(self, text: str) -> list[Match[T]]:
        """All words said, left to right, none inside another."""
        found: list[Match[T]] = []
        reached, entries, tables = 0, self._entries, self._tables
        for start, letter in self._begun(text):
            if start < reached or letter not in entries:
                continue
            match, values = tables.get(letter) or self._table(letter)
            hit = match(text, start)
            if hit is None or hit.lastindex is None:
                continue
            reached = hit.end()
            value = values[hit.lastindex - 1]
            if value is not None:
                found.append(Match(start, reached, value))
        return found

    def values(self, text: str) -> list[T]:
        """What was said, each once, in the order of first mention."""
        return list(dict.fromkeys(match.value for match in self.find(text)))

    def first(self, text: str) -> T | None:
        return next((match.value for match in self.find(text)), None)


def blank(text: str, spans: Iterable[Span]) -> str:
    """The text with these places emptied, length and all other places kept."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return "".join(letters)
