"""Prometheus' text, pushed: to the paths of the Pushgateway, or as node_exporter's page taken by curl.

Format: prometheus.io/docs/instrumenting/exposition_formats (0.0.4; OpenMetrics' timestamps in seconds where its media
type is said); paths: github.com/prometheus/pushgateway, `/metrics/job/<job>{/<label>/<value>}`, `<label>@base64` and
`job@base64` for any value, `=` for an empty one.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lib.domain.errors import BadInput
from lib.monitoring.collectors.exporters import Target, note, origin_of, target_of
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch

MOST_LINES = 100_000
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_SPECIAL = {"+Inf": float("inf"), "-Inf": float("-inf"), "NaN": float("nan"), "Inf": float("inf")}


def samples(text: str) -> Iterator[tuple[str, str, float, float | None] | str]:
    """(name, labels as they stand, value, timestamp or None) of each line, or what is wrong with it."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line[0] == "#":
            continue
        try:
            yield _sample(line)
        except (ValueError, AttributeError):
            yield f"line {number}: not Prometheus' text: {line[:80]!r}"


def _sample(line: str) -> tuple[str, str, float, float | None]:
    found = _NAME.match(line)
    if found is None:
        raise ValueError
    name, rest = found[0], line[found.end() :]
    labels = ""
    if rest[:1] == "{":
        end = _closing(rest)
        labels, rest = rest[1:end], rest[end + 1 :]
    elif rest[:1] not in {" ", "\t"}:
        raise ValueError
    words = rest.partition("#")[0].split()
    if not 1 <= len(words) <= 2:
        raise ValueError
    value = _SPECIAL[words[0]] if words[0] in _SPECIAL else float(words[0])
    return name, labels, value, float(words[1]) if len(words) == 2 else None


def _closing(text: str) -> int:
    """Where the brace that ends the labels stands: quoted braces do not."""
    quoted = False
    place = 1
    while place < len(text):
        sign = text[place]
        if sign == "\\" and quoted:
            place += 1
        elif sign == '"':
            quoted = not quoted
        elif sign == "}" and not quoted:
            return place
        place += 1
    raise ValueError


def labels_of(text: str) -> dict[str, str]:
    """Raises ValueError for what are no labels."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text.rstrip()):
        match = _LABEL.match(text, place)
        if match is None:
            raise ValueError
        found[match[1]] = re.sub(r"\\[n\"\\]", lambda one: _ESCAPES[one[0]], match[2])
        place = match.end()
    return found


def grouping_of(path: str, first: str = "job") -> dict[str, str]:
    """The labels that stand in a Pushgateway's path; `first` is the label of what it begins with. Raises BadInput."""
    steps = [unquote(step) for step in path.split("/")]
    names, values = [first, *steps[1::2]], [steps[0], *steps[2::2]]
    if len(names) != len(values):
        raise BadInput("after /metrics/job/<job> labels come in pairs: /<label>/<value>")
    found = {}
    for name, value in zip(names, values, strict=True):
        label, _, encoding = name.partition("@")
        if encoding == "base64":
            value = value.rstrip("=")
            try:
                value = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
            except (binascii.Error, ValueError):
                raise BadInput(f"the value of {label[:40]} is no base64url") from None
        found[label] = value
    return found


def read(request: Incoming) -> Batch | Reply:
    if "grouping" in request.parts:
        given = grouping_of(request.parts["grouping"], request.path.split("/")[2])
    else:
        given = {name: text for name, text in request.query.items() if name != "token"}
    if request.method == "DELETE":  # here metrics are no state that must be taken away
        return Reply(202)
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the body is not UTF-8") from None
    scale = 1.0 if "openmetrics" in request.media_type else 0.001
    gathered = Gathered("exposition", request.now)
    targets: dict[tuple[str, str], Target | None] = {}
    for number, one in enumerate(samples(text)):
        if number >= MOST_LINES:
            raise BadInput(f"at most {MOST_LINES} samples a request")
        if isinstance(one, str):
            gathered.batch.reject("", one)
            continue
        name, labels, value, stamp = one
        if (name, labels) not in targets:
            targets[name, labels] = _target(name, labels, given, gathered)
        target = targets[name, labels]
        if target is not None:
            gathered.keep(target, request.now if stamp is None else stamp * scale, value)
    return gathered.done()


def _target(name: str, text: str, given: dict[str, str], gathered: Gathered) -> Target | None:
    try:
        labels = {**labels_of(text), **given, "__name__": name}
    except ValueError:
        gathered.batch.reject("", f"{name}: its labels cannot be read: {text[:80]!r}")
        return None
    origin = origin_of(labels)
    server = gathered.server(origin.server)
    if server is None:
        return None
    note(origin, server, gathered)
    return target_of(labels, server)


def answer(request: Incoming, _: Batch) -> Reply:
    return Reply(200 if request.path.startswith("/metrics/job") else 204)


PROTOCOL = Protocol("exposition", read, answer, partly_told=True)
