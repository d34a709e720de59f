"""GET /api/servers and below: the fleet, one server, its series, analysis, processes, errors and events. /api/analysis:
how all of them did. /api/errors: what they all report, those errors together that say the same."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, g, jsonify, request

from lib import strict_json, wiring
from lib.domain.access import Principal, Sight
from lib.domain.errors import BadInput
from lib.domain.metrics import SENSITIVITIES
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
    """Set the group and tags that people see, null takes them back to what the agent says; which servers it stands
    behind, so that it is not told of while one of them is silent; and how soon a series counts as unlike itself."""
    body = strict_json.parse(body_bytes(request))
    if not isinstance(body, dict) or not body or set(body) - {"group", "tags", "behind", "sensitivity"}:
        raise BadInput("send an object with `group`, `tags`, `behind`, `sensitivity` or several of them", pointer="")
    settings: dict[str, Any] = {}
    if "group" in body:
        settings["group"] = None if body["group"] is None else _text(body["group"], "/group")
    if "tags" in body:
        settings["tags"] = None if body["tags"] is None else _tags(body["tags"])
    server = server_name(name)
    if "behind" in body:
        settings["behind"] = _behind(body["behind"], server) or None
    if "sensitivity" in body:
        settings["sensitivity"] = _sensitivity(body["sensitivity"]) or None
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


@app.get("/api/servers/<name>/analysis")
@user("viewer")
def analysis(name: str) -> Response:
    """How it did from `from` to `to` (by default the last day), against the same hours before or a baseline given."""
    end = moment("to", time.time())
    return jsonify(wiring.services().analysis.of_server(
        server_name(name), moment("from", end - DAY), end, _baseline(), _sight()
    ))  # fmt: skip


@app.get("/api/servers/<name>/causes")
@user("viewer")
def causes(name: str) -> Response:
    """What moved with `metric`, and before it, about the time `at` (by default now)."""
    series = request.args.get("metric", "cpu")
    return jsonify(wiring.services().why.of_server(server_name(name), series, moment("at", time.time()), _sight()))


@app.get("/api/analysis")
@user("viewer")
def fleet_analysis() -> Response:
    """How all servers in sight did, or those of `group`, against what they did before or a baseline given."""
    end = moment("to", time.time())
    group = request.args.get("group") or None
    return jsonify(wiring.services().analysis.of_fleet(moment("from", end - DAY), end, group, _sight(), _baseline()))


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


@app.get("/api/servers/<name>/anomalies")
@user("viewer")
def anomalies(name: str) -> Response:
    """What was unlike itself, and the bands that were expected."""
    end = moment("to", time.time())
    start = moment("from", end - DAY)
    metrics = [metric for metric in request.args.get("metrics", "").split(",") if metric]
    most = whole("limit", 200)
    return jsonify(wiring.services().anomalies.of_server(server_name(name), start, end, metrics, most, _sight()))


@app.post("/api/servers/<name>/anomalies/expected")
@user("operator")
def expected(name: str) -> Response:
    """An anomaly was to be expected: its detector learns that it is usual."""
    body = strict_json.parse(body_bytes(request))
    if not isinstance(body, dict) or set(body) != {"series", "since"}:
        raise BadInput("send an object with `series` and `since` of an anomaly", pointer="")
    since = body["since"]
    if isinstance(since, bool) or not isinstance(since, int) or not 0 <= since < 4_000_000_000:
        raise BadInput("`since` is `since_epoch` of an anomaly", pointer="/since")
    series, server, principal = _text(body["series"], "/series"), server_name(name), _principal()
    by = principal.email or principal.name or principal.id
    with noted("server_changed", "server", server, expected=series, since=since):
        found = wiring.services().anomalies.expected(server, series, since, by, _sight())
    return jsonify({"anomaly": found})


@app.get("/api/anomalies")
@user("viewer")
def fleet_anomalies() -> Response:
    """Of all servers in sight; with `open=1` those that last."""
    end = moment("to", time.time() + 300)
    start = moment("from", end - DAY)
    asked = request.args.getlist("open")
    if set(asked) - {"1"}:
        raise BadInput("`open` is 1, or left out")
    return jsonify(
        wiring.services().anomalies.of_fleet(start, end, whole("limit", 200), lasting=bool(asked), sight=_sight())
    )


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


def _baseline() -> tuple[int, int] | None:
    given = [name for name in ("baseline_from", "baseline_to") if name in request.args]
    if len(given) == 1:
        raise BadInput("give both `baseline_from` and `baseline_to`, or neither")
    return (moment("baseline_from", 0), moment("baseline_to", 0)) if given else None


def _level() -> str | None:
    level = request.args.get("level")
    if level is not None and level not in LEVELS:
        raise BadInput("`level` is one of " + ", ".join(LEVELS))
    return level


def _principal() -> Principal:
    principal: Principal = g.principal
    return principal


def _sight() -> Sight:
    """A server that is not the caller's to see is none: the answer is 404, as for a name nobody knows."""
    return _principal().sight


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


def _sensitivity(value: object) -> dict[str, str]:
    """`{metric, series or *: off | low | normal | high}`."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > 50:
        raise BadInput("`sensitivity` is an object of at most 50 metrics", pointer="/sensitivity")
    for metric, wanted in value.items():
        if wanted not in SENSITIVITIES:
            words = ", ".join(SENSITIVITIES)
            raise BadInput(f"a sensitivity is one of {words}", pointer=f"/sensitivity/{metric[:100]}")
    return {_text(metric, "/sensitivity"): str(wanted) for metric, wanted in value.items()}


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 20:
        raise BadInput("tags are an object of at most 20 texts", pointer="/tags")
    return {_text(key, "/tags"): _text(text, f"/tags/{key[:100]}") for key, text in value.items()}
