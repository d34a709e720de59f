"""A text in both languages, and how a live value is put into one: it stays data, whatever it holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

# What may stand in a text as {name}. In a command the word at the right stands where no plain value is known.
SLOTS = {
    "server": "SERVER",
    "value": "VALUE",
    "unit": "UNIT",
    "mount": "/",
    "process": "SERVICE",
    "port": "PORT",
    "host": "HOST",
}
# `%{name}` is curl's, `${name}` the shell's.
SLOT = re.compile(r"(?<![%$])\{([a-z_]+)\}")

# As the page reads it (public/js/markdown.js): a sign of these with a backslash before it is that sign.
_MEANS_SOMETHING = re.compile(r"([\\`*_\[\]<>|~#])")
# What no shell, no SQL and no code block takes for anything but a word; never an option, never a path upwards.
_PLAIN = re.compile(r"/|/?[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")
_MOST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Text:
    """The same in Korean and in plain English. `of` any locale but "ko" is the English one."""

    ko: str
    en: str

    def of(self, locale: str) -> str:
        return self.ko if locale == "ko" else self.en


def slots_of(text: str) -> set[str]:
    return set(SLOT.findall(text))


def escaped(value: str) -> str:
    """A live value as Markdown that shows it letter by letter, in one line of at most 200 letters."""
    line = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in value)
    return _MEANS_SOMETHING.sub(r"\\\1", " ".join(line.split())[:_MOST_VALUE])


def filled(text: str, values: Mapping[str, str]) -> str | None:
    """The text with its slots filled, escaped; None where a value it needs is not known."""
    if not all(values.get(slot) for slot in slots_of(text) - {"unit"}):
        return None
    return SLOT.sub(lambda hit: escaped(values.get(hit[1], "")), text)


def command(text: str, values: Mapping[str, str]) -> str:
    """A command with its slots filled. What is not plain stays out: somebody will paste this into a root shell."""

    def word(hit: re.Match[str]) -> str:
        value = values.get(hit[1], "")
        return value if _PLAIN.fullmatch(value) and ".." not in value else SLOTS[hit[1]]

    return SLOT.sub(word, text)
