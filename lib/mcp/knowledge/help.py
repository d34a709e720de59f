"""What an answer about the product is: a few lines, questions that go on from there, and where it is on the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lib.mcp.core.patterns import Lexicon
from lib.mcp.knowledge.texts import Text
from lib.mcp.npu.text import read

type Said = tuple[str, str]  # Korean, English
MOST_LINES = 7


@dataclass(frozen=True, slots=True)
class Help:
    """`lines`: the first answers; Markdown without live values. `examples` are questions that can be asked, (Korean,
    English). `words` are phrases that ask for it. `place` is an address of the page, or empty."""

    key: str
    title: Text
    words: str
    lines: tuple[Text, ...]
    examples: tuple[Said, ...]
    place: str = ""


def help_of(
    key: str, title: Said, words: str, lines: Iterable[Said], examples: Iterable[Said], place: str = ""
) -> Help:
    return Help(key, Text(*title), words, tuple(Text(*one) for one in lines), tuple(examples), place)


class Shelf:
    """Answers by key and by words. The most particular phrase a question holds decides; the first answer is the one
    given where none fits."""

    def __init__(self, answers: Iterable[Help], mask: str = "", particular: Iterable[str] = ()) -> None:
        """`particular` are keys that decide wherever they are named: "install it on Windows" is about Windows."""
        self._answers = {one.key: one for one in answers}
        self._particular = frozenset(particular)
        self._words: Lexicon[str] = Lexicon([(key, one.words) for key, one in self._answers.items()], mask=mask)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._answers)

    def by_key(self, key: str) -> Help:
        """KeyError for what is none."""
        return self._answers[key]

    def knows(self, folded: str) -> bool:
        """Whether a folded text names any of them."""
        return bool(self._words.find(folded))

    def by_words(self, text: str) -> Help:
        said = self._words.find(read(text).folded)
        if not said:
            return next(iter(self._answers.values()))
        # The longest phrase says most; of equals the one said first.
        meant = [one for one in said if one.value in self._particular] or said
        return self._answers[max(meant, key=lambda one: (one.end - one.start, -one.start)).value]
