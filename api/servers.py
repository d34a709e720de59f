"""GET /api/servers and below: the fleet, one server, its series, processes, errors and events. /api/errors: what they
all report, those errors together that say the same."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, g, jsonify, request

from lib import wiring
from lib.domain import strict_json
from lib.domain.access import Principal, Sight
from lib.domain.errors import BadInput
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.error_tracker import LEVELS, read_text
from lib.web.guards import user
from lib.web.handler import body_bytes, make_app, server_name
from lib.web.noted import noted
from lib.web.query import moment, number, whole

app = make_app("servers")

FILTERS = ("status", "group", "tag", "q")
DAY = 86_400


@app.get("/api/servers")
@user("viewer")
def fleet() -> Response:
    """The fleet as last swept. `ETag` and `If-None-Match` make an unchanged fleet cost an empty answer."""
    filters = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    found = wiring.services().queries.fleet(filters, _sight())
    response = Response(found.text, mimetype="application/json")
    response.set_etag(found.etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, X-API-Key"
    if found.stale:
        response.headers["Warning"] = '110 - "Response is Stale"'
    response.make_conditional(request)
    return response


@app.get("/api/servers/<name>")
@user("viewer")
def server(name: str) -> Response:
    return jsonify(wiring.services().queries.server(server_name(name), _sight()))


@app.patch("/api/servers/<name>")
@user("operator")
def change(name: str) -> Response:
    """Set the group and tags that people see, null takes them back to what the agent says; and which servers it stands
    behind, so that it is not told of while one of them is silent."""
    body = strict_json.parse(body_bytes(request))
    if not isinstance(body, dict) or not body or set(body) - {"group", "tags", "behind"}:
        raise BadInput("send an object with `group`, `tags`, `behind` or several of them", pointer="")
    settings: dict[str, Any] = {}
    if "group" in body:
        settings["group"] = None if body["group"] is None else _text(body["group"], "/group")
    if "tags" in body:
        settings["tags"] = None if body["tags"] is None else _tags(body["tags"])
    server = server_name(name)
    if "behind" in body:
        settings["behind"] = _behind(body["behind"], server) or None
    with noted("server_changed", "server", server, **settings):
        return jsonify({"settings": wiring.services().queries.change(server, settings, _sight())})


@app.delete("/api/servers/<name>")
@user("admin")
def delete(name: str) -> tuple[str, int]:
    """Forget a server and its whole history. It comes back with its next post, unless its agent is stopped first."""
    server = server_name(name)
    with noted("server_removed", "server", server):
        wiring.services().queries.delete(server, _sight())
    return "", 204


@app.get("/api/servers/<name>/series")
@user("viewer")
def series(name: str) -> Response:
    end = moment("to", time.time())
    start = moment("from", end - 3_600)
    metrics = [metric for metric in request.args.get("metrics", "cpu").split(",") if metric]
    points = whole("points", 300)
    return jsonify(wiring.services().queries.series(server_name(name), metrics, start, end, points, _sight()))


@app.get("/api/servers/<name>/forecast")
@user("viewer")
def forecast(name: str) -> Response:
    """Of `metric` (and `mount`) the hours to come; without one, what the roll-up foresaw of each series."""
    server, metric = server_name(name), request.args.get("metric")
    if not metric:
        return jsonify(wiring.services().forecasts.of_server(server, _sight()))
    mount = request.args.get("mount")
    series = f"{metric}:{mount}" if mount else metric
    horizon, level = whole("horizon", 24), number("level")
    return jsonify(wiring.services().forecasts.one(server, series, horizon, level, _sight()))


@app.get("/api/servers/<name>/processes")
@user("viewer")
def processes(name: str) -> Response:
    at = moment("at", 0) if "at" in request.args else None
    return jsonify(wiring.services().queries.processes(server_name(name), at, _sight()))


@app.get("/api/servers/<name>/errors")
@user("viewer")
def errors(name: str) -> Response:
    filters = {"level": _level(), "q": request.args.get("q") or None, **_span()}
    return jsonify(wiring.services().queries.errors(server_name(name), filters, _sight()))


@app.get("/api/servers/<name>/events")
@user("viewer")
def events(name: str) -> Response:
    return jsonify(wiring.services().queries.events(server_name(name), _span(), _sight()))


@app.get("/api/errors")
@user("viewer")
def error_groups() -> Response:
    """Errors of all servers, those that say the same together."""
    named = request.args.get("server")
    server = None if named is None else server_name(named)
    filters = {"level": _level(), "q": request.args.get("q") or None, "server": server, **_span()}
    return jsonify(wiring.services().queries.error_groups(filters, _sight()))


@app.get("/api/errors/<fingerprint>")
@user("viewer")
def error_group(fingerprint: str) -> Response:
    return jsonify(wiring.services().queries.error_group(fingerprint, _span(), _sight()))


def _level() -> str | None:
    level = request.args.get("level")
    if level is not None and level not in LEVELS:
        raise BadInput("`level` is one of " + ", ".join(LEVELS))
    return level


def _sight() -> Sight:
    """A server that is not the caller's to see is none: the answer is 404, as for a name nobody knows."""
    principal: Principal = g.principal
    return principal.sight


def _span() -> dict[str, object]:
    since = "since" if "since" in request.args else "from"
    now = time.time()
    return {"from": moment(since, now - 7 * DAY), "to": moment("to", now + 300), "most": whole("limit", 100)}


def _text(value: object, pointer: str) -> str:
    text = read_text(value, 100)
    if text is None:
        raise BadInput("give a text of 1 to 100 characters", pointer=pointer)
    return text


def _behind(value: object, server: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 10:
        raise BadInput("`behind` is a list of at most 10 servers", pointer="/behind")
    names = []
    for place, one in enumerate(value):
        name = clean_name(one)
        if name is None or name == server:
            raise BadInput("give the name of another server", pointer=f"/behind/{place}")
        names.append(name)
    return list(dict.fromkeys(names))


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 20:
        raise BadInput("tags are an object of at most 20 texts", pointer="/tags")
    return {_text(key, "/tags"): _text(text, f"/tags/{key[:100]}") for key, text in value.items()}
