"""POST /api/ingest: samples, processes, errors and events of a server; foreign protocols at paths of their own.
/ping/<id>, /ping/<key>/<slug>, /api/push/<id>: a job says that it ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from flask import Response, after_this_request, g, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from lib import strict_json, wiring
from lib.auth import agent_keys
from lib.domain.errors import BadInput, Conflict, NotFound, TooLarge, Unavailable, Unsupported
from lib.domain.slugs import MOST_SLUG, slug_of
from lib.monitoring.checks import NOTE_CHARACTERS, PingKind, kind_of, outcome_of, run_of
from lib.monitoring.collectors import OPEN_TO_ALL, PROTOCOLS, server_stats
from lib.monitoring.collectors.error_tracker import read_note
from lib.monitoring.collectors.protocols import Incoming, protocol
from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.ingest import NOTHING, refuse_in_part, told
from lib.monitoring.outside import Alerts
from lib.web.guards import agent, pinged, public
from lib.web.handler import after_answer, body_bytes, make_app
from lib.web.noted import noted
from lib.web.refused import attempt, client, remember_refusals

app = make_app("ingest")


@app.post("/api/ingest")
@agent("write")
def ingest() -> tuple[Response, int]:
    """The native format. 202 with what was taken, what was refused and why, and what the agent should do next."""
    services = wiring.services()
    principal = g.principal
    storage = services.storage
    now = services.clock() + storage.directory.contents().clock_ahead
    batch = server_stats.decode(strict_json.parse(body_bytes(request)), now)
    attempt().off = batch.off
    if batch.rejected and not batch.accepted and not any(share.holds for share in batch.shares):
        raise BadInput("none of the samples could be taken", errors=told(batch))
    answer = services.ingest.take(batch, principal.id, principal.sight)
    _poke_after(services, answer.pokes)
    return jsonify(answer.body), 202


def _foreign(name: str) -> Callable[..., Response]:
    """The door of one foreign protocol."""

    def take(**parts: str) -> Response:
        services = wiring.services()
        spoken = protocol(name)
        request_now = services.clock() + services.storage.directory.contents().clock_ahead
        incoming = Incoming(
            request.method, str(request.url_rule), body_bytes(request, leave=("snappy",)), request_now, parts,
            request.args.to_dict(), {key.lower(): value for key, value in request.headers.items()},
        )  # fmt: skip
        found = spoken.read(incoming)
        if isinstance(found, Batch):
            _told_by(found)
            if found.refused or any(share.rows or share.extra for share in found.shares):
                answer = services.ingest.take(found, g.principal.id, g.principal.sight)
                _poke_after(services, answer.pokes)
            else:
                # Nothing that is kept here and no fault either, such as the end of a host's series: its sender did
                # well, and nobody was heard.
                attempt().kept_nothing = NOTHING["detail"]
            if spoken.partly_told:
                refuse_in_part(found)
            found = spoken.answer(incoming, found)
        elif isinstance(found, Alerts):
            _poke_after(services, services.ingest.tell(found, g.principal.sight))
            found = spoken.heard(incoming, found)
        elif found.of is not None:
            _told_by(found.of)
            attempt().kept_nothing = found.of.rejected[0]["reason"] if found.of.rejected else NOTHING["detail"]
            services.ingest.keep(found.of, g.principal.id, g.principal.sight)
        response = Response(found.body, found.status, mimetype=found.media_type)
        response.headers.update(found.headers)
        return response

    return take


for _name, _paths in PROTOCOLS.items():
    _view = _foreign(_name)
    # Prometheus drops what it is told 429 for; 503 makes every sender wait and come back.
    _door, _open_door = agent("write", Unavailable)(_view), public(_view)
    for _path in _paths:
        _method, _, _rule = _path.partition(" ")
        app.add_url_rule(_rule, f"{_name} {_path}", _open_door if _path in OPEN_TO_ALL else _door, methods=[_method])


@app.after_request
def _in_their_form(response: Response) -> Response:
    """Errors at a foreign path, in the form its senders read."""
    name = (request.endpoint or "").partition(" ")[0]
    spoken = protocol(name) if name in PROTOCOLS and response.mimetype == "application/problem+json" else None
    if spoken is not None and spoken.refused is not None:
        problem = response.get_json()
        told_in_all = problem["detail"]
        whys = [told_in_all, *(why for one in problem.get("errors", ()) if (why := one["detail"]) not in told_in_all)]
        told_so = spoken.refused(request.mimetype, response.status_code, "; ".join(dict.fromkeys(whys))[:1_000])
        if told_so is not None:
            response.data, response.mimetype = told_so
    return response


@app.after_request
def _in_plain_words(response: Response) -> Response:
    """Refusals at `/ping/<key>/<slug>` as Healthchecks words them."""
    if response.mimetype == "application/problem+json" and _is_by_key():
        problem = response.get_json()
        response.data, response.mimetype = problem["detail"].encode(), "text/plain"
    return response


def _is_by_key() -> bool:
    is_ping = request.endpoint in {"ping", "ping_by_slug"}
    return is_ping and str((request.view_args or {}).get("ping_id", "")).startswith(agent_keys.PREFIX)


@app.route("/ping/<ping_id>", methods=["GET", "POST"], defaults={"what": ""})
@app.route("/ping/<ping_id>/<what>", methods=["GET", "POST"])
@pinged
def ping(ping_id: str, what: str) -> Response:
    """A job ran, begins (`start`), failed (`fail`, or its exit code), or has something to say (`log`). The first 10 kB
    of the body are kept as a note. After a key comes a slug: see below."""
    if g.principal.kind == "key":
        return _ping_by_slug(what, "")
    told_outcome = outcome_of(what)
    if told_outcome is None:
        raise NotFound("after a check's address comes nothing, start, fail, log, or an exit code from 0 to 255")
    return _take_ping(g.principal.id, told_outcome, run_of(request.args.get("rid")))


@app.route("/ping/<ping_id>/<slug>/<what>", methods=["GET", "POST"])
@pinged
def ping_by_slug(ping_id: str, slug: str, what: str) -> Response:
    """The same by a key and the check's slug, as Healthchecks has it; `?create=1` makes a check that is not there."""
    if g.principal.kind != "key":
        raise NotFound("behind a check's own address stands one word at most")
    return _ping_by_slug(slug, what)


def _ping_by_slug(slug: str, what: str) -> Response:
    key, told_outcome = g.principal, outcome_of(what)
    if told_outcome is None and not what.isdigit():
        raise NotFound("not found")
    slug = unquote(slug)  # the platform hands paths on as they came, and no slug holds a percent sign
    canonical = slug_of(slug)
    is_one = slug == slug.lower() and slug.isprintable() and len(slug) <= MOST_SLUG
    if told_outcome is None or not canonical or not is_one:
        raise BadInput("invalid url format")
    rid = run_of(request.args.get("rid"))
    services = wiring.services()
    found, is_new = services.storage.directory.called(canonical, key.sight), False
    if len(found) > 1:
        raise Conflict("ambiguous slug")
    if not found and request.args.get("create") != "1":
        raise NotFound("not found")
    if not found:
        with noted("check_added", "check", name=slug):
            made, is_new = services.checkbook.provide(canonical, slug, key.id, key.sight)
        found = [made]
    return _take_ping(found[0], told_outcome, rid, is_new=is_new)


def _take_ping(check_id: str, outcome: tuple[PingKind, int | None], rid: str, *, is_new: bool = False) -> Response:
    services = wiring.services()
    note = _note() if request.method == "POST" else ""
    _poke_after(services, services.ingest.ping(check_id, *outcome, note, rid))
    response = Response("Created" if is_new else "OK", 201 if is_new else 200, mimetype="text/plain")
    response.headers["Ping-Body-Limit"] = str(NOTE_CHARACTERS)
    return response


def _note() -> str:
    """What the job printed. Its ping counts, whatever came with it."""
    try:
        return read_note(body_bytes(request))
    except (BadInput, TooLarge, Unsupported) as error:
        return f"(not kept: {error})"
    except RequestEntityTooLarge:  # of a body that does not say how long it is
        return "(not kept: it is too large)"


@app.route("/api/push/<ping_id>", methods=["GET", "POST"])
@pinged
def push(ping_id: str) -> Response:
    """A push monitor of Uptime Kuma: `?status=up|down&msg=&ping=`. What it says is kept as the ping's note."""
    if g.principal.kind == "key":
        raise NotFound("behind /api/push/ stands the last piece of a check's address, and no key")
    args = request.args
    took = args.get("ping", "")
    note = read_note(f"{args.get('msg', '')}{f' ({took[:20]} ms)' if took else ''}".encode("utf-8", "replace"))
    services = wiring.services()
    _poke_after(services, services.ingest.ping(g.principal.id, kind_of(args.get("status", "up")), None, note))
    return jsonify({"ok": True})


def _told_by(batch: Batch) -> None:
    """Who sent it goes along with what it sent, and what was wrong with it with a refusal."""
    tried, sender = attempt(), client()
    tried.off, tried.names = batch.off, batch.unmapped
    for share in batch.shares:
        if sender and "source" in share.extra:
            share.extra["source"]["client"] = sender


def _poke_after(services: wiring.Services, paths: Sequence[str]) -> None:
    if not paths:
        return

    @after_this_request
    def poke(response: Response) -> Response:
        return after_answer(response, lambda: _poke(services, paths))


def _poke(services: wiring.Services, paths: Sequence[str]) -> None:
    for path in paths:
        services.poke(path)


remember_refusals(app)  # after the other hooks: it must see a refusal before they word it anew
