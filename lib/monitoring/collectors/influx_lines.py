"""The lines of InfluxDB's protocol: `measurement,tag=value field=1i,other="x" time`.

Syntax: docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol. What stands in front of the first space is the
same in every request and understood once. The fields behind it mostly have the names and kinds of the last time; a line
in which they have, and nothing is escaped or quoted, is read a row at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from lib.domain.errors import BadInput
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.glances import MARK, keep_measurement
from lib.monitoring.collectors.remembered import MOST_KEY, Remembered
from lib.monitoring.collectors.telegraf import Measured, Point, Row

MOST_LINES = 50_000
_FIELD = 300  # bytes, about, that one of a form takes
_ESCAPED = re.compile(r"\\([,= \\\"])")
# The end of a key: a comma, an equals sign or a space that no backslash stands before.
_COMMA = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")
_SPACE = re.compile(r"(?<!\\) ")
# A field. Quotes mean something only where a value begins. Possessive, for a long line must leave no way back.
_PAIR = re.compile(r'((?:[^\\,= ]|\\.)++)=("(?:[^"\\]|\\.)*+"|[^, "]*+)(?=[, ]|$)')
_BOOLS = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), 1.0),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), 0.0),
}
_UNREADABLE = (ValueError, IndexError, KeyError, OverflowError)

type Kind = Callable[[str], float]


class Line(NamedTuple):
    """One, read. `head` and `text` are its measurement with the tags and its fields as they are written; among
    `fields` texts are left out, and numbers that are none: they measure nothing."""

    head: str
    text: str
    fields: dict[str, float]
    at: float


class _Form(NamedTuple):
    """How the fields of a head were written, and what they are. `prefixes` are their names with the equals sign, and
    `suffixes` the letters of whole numbers; none where something was quoted or left out."""

    row: Row
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    kinds: tuple[Kind, ...]


@dataclass(slots=True, eq=False)
class _Head:
    of: Measured
    form: _Form | None = None


_heads: Remembered[str, _Head] = Remembered()


def gather(text: str, precision: float, now: float, gathered: Gathered) -> None:
    """Keeps each line, or rejects it with its number. Raises BadInput for more lines than a request may have."""
    count = 0
    moments: dict[str, float] = {}
    is_plain = '"' not in text and "\\" not in text
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        parts = line.split(" ")
        if len(parts) == 3 and (is_plain or ('"' not in line and "\\" not in line)):
            head, at = _heads.get(parts[0]), moments.get(parts[2])
            form = head.form if head is not None else None
            if head is not None and at is not None and form is not None:
                values = _as_before(form, parts[1])
                if values is not None:
                    count += 1
                    head.of.keep(gathered, at, form.row, values)
                    continue
        line = line.strip()
        if not line or line[0] == "#":
            continue
        count += 1
        if count > MOST_LINES:
            break
        try:
            read = read_line(line, precision, now)
            head = _heads.get(read.head) or _Head(Measured.of(*_head(read.head), read.head.encode()))
        except _UNREADABLE:
            gathered.batch.reject("", f"line {number}: not line protocol: {line[:80]!r}")
            continue
        moments[line.rpartition(" ")[2]] = read.at
        form = _learnt(head, read)
        head.of.keep(gathered, read.at, form.row, list(read.fields.values()))
    if count > MOST_LINES:
        raise BadInput(f"at most {MOST_LINES} points a request")


def _as_before(form: _Form, text: str) -> list[float] | None:
    """The values, where the fields have these names and kinds, and all are finite. One that has another name keeps it,
    with its equals sign, and is then no number; one without a name leaves another with two of the signs."""
    pairs = text.split(",")
    if len(pairs) != len(form.prefixes) or text.count("=") != len(pairs):
        return None
    written: Iterable[str] = map(str.removeprefix, pairs, form.prefixes)
    try:
        if form.kinds:
            written = map(str.removesuffix, written, form.suffixes)
            found = [float(kind(value)) for kind, value in zip(form.kinds, written)]  # noqa: B905 - takes a third of it
        else:
            found = list(map(float, written))
    except _UNREADABLE:
        return None
    return found if isfinite(sum(found)) else None


def _learnt(head: _Head, line: Line) -> _Form:
    """The form of this line, remembered for the next one."""
    text, names = line.text, tuple(line.fields)
    is_plain = '"' not in text and "\\" not in text and len(names) == text.count("=") == text.count(",") + 1
    form = head.form
    if form is None or form.row.names != names or (is_plain and not form.prefixes):
        row = head.of.row(names)
        if MARK in names:
            row = row._replace(keeper=_glances)
        form = _form(row, text) if is_plain else _Form(row, (), (), ())
        if len(text) <= MOST_KEY:
            head.form = form
            _heads.put(line.head, head, _FIELD * len(names))
    return form


def _form(row: Row, text: str) -> _Form:
    prefixes = tuple(f"{name}=" for name in row.names)
    values = [pair.partition("=")[2] for pair in text.split(",")]
    suffixes = tuple(value[-1] if value[-1] in "iu" else "" for value in values)
    kinds = tuple(int if suffix else _BOOLS.__getitem__ if value in _BOOLS else float
                  for value, suffix in zip(values, suffixes, strict=True))  # fmt: skip
    return _Form(row, prefixes, suffixes, () if set(kinds) == {float} else kinds)


def _glances(gathered: Gathered, _: str, point: Point) -> bool:
    keep_measurement(gathered, point)
    return True


def read_line(line: str, precision: float, now: float) -> Line:
    """One line without spaces around it. Raises ValueError, IndexError, KeyError or OverflowError for what is none."""
    space = _SPACE.search(line)
    if space is None:
        raise ValueError
    fields: dict[str, float] = {}
    place = begin = space.end()
    while True:
        pair = _PAIR.match(line, place)
        if pair is None:
            raise ValueError
        value = _number(pair[2])
        if value is not None and isfinite(value):
            fields[_plain(pair[1])] = value
        place = pair.end() + 1
        if line[pair.end() : place] != ",":
            break
    stamp = line[place:].strip()
    at = int(stamp) * precision if stamp else now
    return Line(line[: space.start()], line[begin : place - 1], fields, at)


def _head(head: str) -> tuple[str, dict[str, str]]:
    """(measurement, tags)"""
    if "\\" not in head:
        measurement, *pairs = head.split(",")
        return measurement, dict(pair.split("=", 1) for pair in pairs)
    measurement, *pairs = _COMMA.split(head)
    tags = {}
    for pair in pairs:
        name, value = _EQUALS.split(pair, maxsplit=1)
        tags[_plain(name)] = _plain(value)
    return _plain(measurement), tags


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _number(value: str) -> float | None:
    if value[-1] in "iu":
        return float(int(value[:-1]))
    if value[0] == '"':
        return None
    return _BOOLS[value] if value in _BOOLS else float(value)
