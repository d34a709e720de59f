"""InfluxDB's line protocol, v1 and v2, as Telegraf, Vector, Glances, Proxmox and client libraries write it.

Syntax: docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol: `measurement,tag=value field=1i,other="x" time`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from lib.domain.errors import BadInput
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.glances import MARK, keep_measurement
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.collectors.telegraf import keep_point

PRECISIONS = {"n": 1e-9, "ns": 1e-9, "u": 1e-6, "us": 1e-6, "µ": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0}
MOST_POINTS = 50_000
_ESCAPED = re.compile(r"\\([,= \\\"])")
# The end of a key: a comma, an equals sign or a space that no backslash stands before.
_COMMA = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")
_SPACE = re.compile(r"(?<!\\) ")
_PLAIN = re.compile(r'[^\\"]*')


class Point(NamedTuple):
    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    at: float
    identity: bytes  # measurement and tags, as they were written


def points(text: str, precision: float, now: float) -> Iterator[Point | str]:
    """Each line as a point, or what is wrong with it. Texts among fields are left out: they measure nothing."""
    number = 0
    heads: dict[str, tuple[str, dict[str, str]]] = {}
    for line in text.split("\n"):
        number += 1
        line = line.strip()
        if not line or line[0] == "#":
            continue
        try:
            head, fields, stamp = _cut(line)
            if head not in heads:
                heads[head] = _head(head)
            measurement, tags = heads[head]
            at = int(stamp) * precision if stamp else now
            yield Point(measurement, tags, _fields(fields), at, head.encode())
        except (ValueError, IndexError):
            yield f"line {number}: not line protocol: {line[:80]!r}"


def _cut(line: str) -> tuple[str, str, str]:
    if "\\" not in line and '"' not in line:
        parts = line.split(" ")
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        return parts[0], parts[1], ""
    space = _SPACE.search(line)
    if space is None:
        raise ValueError
    head, rest = line[: space.start()], line[space.end() :]
    quoted = False
    for place, sign in enumerate(rest):
        if sign == '"' and (place == 0 or rest[place - 1] != "\\"):
            quoted = not quoted
        elif sign == " " and not quoted and rest[place - 1] != "\\":
            return head, rest[:place], rest[place + 1 :].strip()
    return head, rest, ""


def _head(head: str) -> tuple[str, dict[str, str]]:
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
    return _ESCAPED.sub(r"\1", text)


def _fields(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    is_plain = "\\" not in text
    for pair in _pairs(text):
        name, equals, value = pair.partition("=") if is_plain else ("", "", "")
        if not equals:
            name, value = _EQUALS.split(pair, maxsplit=1)
        try:
            found[name if is_plain else _plain(name)] = float(value)  # as most are
        except ValueError:
            number = _number(value)
            if number is not None:
                found[name if is_plain else _plain(name)] = number
    return found


def _pairs(text: str) -> list[str]:
    if '"' not in text:
        return _COMMA.split(text) if "\\" in text else text.split(",")
    pairs, start, quoted = [], 0, False
    for place, sign in enumerate(text):
        if sign == '"' and (place == 0 or text[place - 1] != "\\"):
            quoted = not quoted
        elif sign == "," and not quoted and text[place - 1] != "\\":
            pairs.append(text[start:place])
            start = place + 1
    return [*pairs, text[start:]]


def _number(value: str) -> float | None:
    if value[-1] in "iu":
        return float(int(value[:-1]))
    if value[0] == '"':
        return None
    if value in {"t", "T", "true", "True", "TRUE"}:
        return 1.0
    if value in {"f", "F", "false", "False", "FALSE"}:
        return 0.0
    return float(value)


def read(request: Incoming) -> Batch | Reply:
    if request.path == "/query":
        return _query(request)
    if request.path == "/ping":
        return Reply(204, headers={"X-Influxdb-Version": "1.8.10", "X-Influxdb-Build": "OSS"})
    if request.path == "/health":
        body = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": []}
        return Reply(200, json.dumps(body).encode(), "application/json")
    usual = "ns"
    given = request.query.get("precision") or usual
    if given not in PRECISIONS:
        raise BadInput("`precision` is one of ns, us, ms, s, m, h")
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the body is not UTF-8") from None
    gathered = Gathered("influx", request.now)
    count = 0
    for point in points(text, PRECISIONS[given], request.now):
        if isinstance(point, str):
            gathered.batch.reject("", point)
            continue
        count += 1
        if count > MOST_POINTS:
            raise BadInput(f"at most {MOST_POINTS} points a request")
        if MARK in point.fields:
            keep_measurement(gathered, point)
        else:
            keep_point(gathered, point)
    return gathered.done()


def _query(request: Incoming) -> Reply:
    """What clients ask before they write: whether their database is there. It always is."""
    asked = (request.query.get("q") or "").upper()
    result: dict[str, object] = {"statement_id": 0}
    if "SHOW DATABASES" in asked:
        name = request.query.get("db") or "openmanager"
        values = [[one] for one in dict.fromkeys([name, "openmanager", "telegraf", "glances"])]
        result["series"] = [{"name": "databases", "columns": ["name"], "values": values}]
    return Reply(200, json.dumps({"results": [result]}).encode(), "application/json")


PROTOCOL = Protocol("influx", read)
