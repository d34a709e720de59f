"""The numbers of an answer, each with where it is from; and the check that no sentence says any other.

A sentence is put together by whoever answers, or by a language model: either way every number in it must be a fact. A
fact's value is in the unit it is shown in; a time's is ISO 8601 in the fleet's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

TIME = "time"  # the unit of moments

_CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)\s]*\)", re.DOTALL)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}|(?<![\d.-])\d{1,2}-\d{2}(?![\d-])|\d{1,2}:\d{2}(?::\d{2})?")
# Digits that belong to a word, such as p95, load1, IPv4 or 5xx, are no measurements.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_])\d+(?:\.\d+)?(?!\d|xx|[.]\d)")


@dataclass(frozen=True, slots=True)
class Fact:
    """`metric` says what the value is of: a metric, or `count`, `time`, `duration` and the like."""

    id: str
    metric: str
    value: float | int | str
    unit: str
    server: str | None = None
    at: str | None = None
    source: str = ""

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id, "server": self.server, "metric": self.metric, "value": self.value, "unit": self.unit,
            "at": self.at, "source": self.source,
        }  # fmt: skip


def unfounded(text: str, facts: Sequence[Fact], names: Iterable[str] = ()) -> list[str]:
    """The numbers and times of a text that no fact states. Code, addresses of links and `names` are no statements.

    A number is stated by a fact that is equal to it once rounded to the number's own decimals, sign aside."""
    said = _CODE.sub(" ", text.replace("\\", ""))
    for name in sorted({one for one in names if any(sign.isdigit() for sign in one)}, key=len, reverse=True):
        said = said.replace(name, " ")
    wrong = []
    moments = {form for fact in facts if fact.unit == TIME for form in _forms(str(fact.value))}
    for found in _MOMENT.findall(said):
        if found not in moments:
            wrong.append(found)
    values = [float(fact.value) for fact in facts if isinstance(fact.value, (int, float))]
    for found in _NUMBER.findall(_MOMENT.sub(" ", said)):
        decimals = len(found.partition(".")[2])
        # Half of the last place: both ways of rounding a five are right.
        if not any(abs(abs(value) - float(found)) <= 0.5 * 10**-decimals + 1e-9 for value in values):
            wrong.append(found)
    return wrong


def _forms(iso: str) -> set[str]:
    """How one moment may be written. Midnight is also the end of the day before it."""
    at = datetime.fromisoformat(iso)
    forms = {f"{at:%Y-%m-%d}", f"{at:%m-%d}", f"{at:%H:%M}", f"{at:%H:%M:%S}"}
    if (at.hour, at.minute) == (0, 0):
        before = at - timedelta(days=1)
        forms |= {"24:00", f"{before:%Y-%m-%d}", f"{before:%m-%d}"}
    return forms
