"""OpenTSDB's `/api/put`, Graphite's lines over HTTP, and Netdata's exporters, which post both and a JSON of their own
to the one path: told apart by what the body looks like.

Forms: opentsdb.net/docs/build/html/api_http/put.html, graphite.readthedocs.io/en/latest/feeding-carbon.html, and
Netdata's exporting/{json,opentsdb,graphite}.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from lib import strict_json
from lib.domain.errors import BadInput
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.netdata import HOST_TAGS, Charts
from lib.monitoring.collectors.protocols import Incoming, Protocol, Reply
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.collectors.telegraf import clean, series_of

MOST_POINTS = 50_000
MILLISECONDS_FROM = 100_000_000_000  # as OpenTSDB tells them from seconds


def read(request: Incoming) -> Batch:
    is_json = request.path != "/graphite" and request.body.lstrip()[:1] in {b"[", b"{"}
    gathered = Gathered("opentsdb" if is_json else "graphite", request.now)
    charts = Charts(gathered)
    if is_json:
        document = strict_json.parse(request.body)
        points = document if isinstance(document, list) else [document]
        _held(len(points))
        for index, one in enumerate(points):
            try:
                _point(one if isinstance(one, dict) else {}, gathered, charts)
            except ValueError as error:
                gathered.batch.reject(f"/{index}", str(error), index)
    else:
        try:
            lines = request.body.decode("utf-8").splitlines()
        except UnicodeDecodeError:
            raise BadInput("the body is neither JSON nor text in UTF-8") from None
        _held(len(lines))
        for number, line in enumerate(lines, 1):
            try:
                _line(line, request, gathered, charts)
            except ValueError:
                gathered.batch.reject("", f"line {number}: not `path value time`: {line[:80]!r}")
    charts.finish()
    return gathered.done()


def _held(count: int) -> None:
    if count > MOST_POINTS:
        raise BadInput(f"at most {MOST_POINTS} points a request")


def _number(given: object) -> float:
    """Raises ValueError for what is none; OpenTSDB takes numbers in quotes too."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError("needs a number as value and as timestamp")
    try:
        number = float(given)
    except ValueError:
        raise ValueError("needs a number as value and as timestamp") from None
    if not math.isfinite(number):
        raise ValueError("needs a finite number")
    return number


def _point(one: Mapping[str, object], gathered: Gathered, charts: Charts) -> None:
    at = _number(one.get("timestamp"))
    at = at / 1_000 if at >= MILLISECONDS_FROM else at
    if isinstance(one.get("chart_id"), str):
        if one.get("value") is not None:  # Netdata writes null for what it did not collect
            charts.told(one, at, _number(one["value"]))
        return
    metric, tags = one.get("metric"), one.get("tags")
    if not isinstance(metric, str) or not isinstance(tags, dict):
        raise ValueError("needs metric, timestamp, value and tags")
    words = {key: word for key, word in tags.items() if isinstance(word, str)}
    host = next((words[name] for name in HOST_TAGS if words.get(name)), "")
    chart = charts.of_path(metric.split("."), with_server=False)
    if chart is not None:
        charts.keep(host, chart[1], chart[2], at, _number(one.get("value")))
    else:
        _custom(gathered, host, metric.split("."), words, at, _number(one.get("value")))


def _line(line: str, request: Incoming, gathered: Gathered, charts: Charts) -> None:
    fields = line.split()
    if not fields:
        return
    if len(fields) not in {2, 3}:
        raise ValueError
    value, stamp = _number(fields[1]), _number(fields[2]) if len(fields) == 3 else -1.0
    at = request.now if stamp == -1 else stamp
    name, *pairs = fields[0].split(";")
    tags = {key: word for key, sign, word in (pair.partition("=") for pair in pairs) if sign}
    path = [piece for piece in name.split(".") if piece]
    if not path:
        raise ValueError
    said = next((tags[key] for key in HOST_TAGS if tags.get(key)), "") or request.query.get("host", "")
    chart = charts.of_path(path, with_server=True)
    if chart is not None:
        charts.keep(said or chart[0], chart[1], chart[2], at, value)
        return
    if not said:  # as most name them: `servers.web-01.what` or `web-01.what`
        path = path[1:] if path[0] in {"servers", "hosts"} and len(path) > 2 else path
        said, path = path[0], path[1:]
    if not path:
        raise ValueError
    _custom(gathered, said, path, tags, at, value)


def _custom(gathered: Gathered, host: str, path: list[str], tags: Mapping[str, str], at: float, value: float) -> None:
    server = gathered.server(host)
    if server is None:
        return
    pieces = [piece for piece in map(clean, path) if piece] or ["value"]
    if len(pieces) == 1 or not pieces[0][0].isalpha():
        pieces.insert(0, "tsdb")
    rest = (clean(tags[key]) for key in sorted(tags) if key not in HOST_TAGS)
    gathered.value(server, at, series_of(".".join(pieces), rest), value)


def answer(request: Incoming, batch: Batch) -> Reply:
    """All was taken: 204, and how many where `summary` or `details` asks. Netdata's exporters take both for success."""
    asked = {"summary", "details"} & request.query.keys()
    if not asked:
        return Reply(204)
    told: dict[str, object] = {"success": batch.accepted, "failed": 0, **({"errors": []} if "details" in asked else {})}
    return Reply(200, json.dumps(told).encode(), "application/json")


PROTOCOL = Protocol("opentsdb", read, answer, partly_told=True)
