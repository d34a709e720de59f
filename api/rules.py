"""/api/rules and below: what is watched for, when, and why it did or did not fire. Silences say what is not told
meanwhile, checks are jobs that ping when they ran."""

from __future__ import annotations

import time

from flask import Response, g, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from lib import wiring
from lib.domain.access import Principal, may_act_as
from lib.domain.errors import BadInput
from lib.monitoring.alerts.quietbook import SilenceChange
from lib.monitoring.alerts.replay import explain, preview
from lib.monitoring.alerts.rulebook import RuleFile, WantedRule, body_of, known_id
from lib.monitoring.alerts.rules import rule_of
from lib.monitoring.alerts.switchboard import ChannelChange, WantedChannel, kinds
from lib.monitoring.checkbook import CheckChange, WantedCheck, upcoming
from lib.web.body import checked, given, read
from lib.web.guards import user
from lib.web.handler import make_app, server_name
from lib.web.noted import noted
from lib.web.query import moment, whole

app = make_app("rules")
DAY = 86_400


class Preview(BaseModel):
    """A rule to be tried on these servers' history; by default on that of the last fourteen days."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: WantedRule
    servers: list[str] = Field(min_length=1, max_length=10)
    since: float | None = Field(default=None, ge=0, le=4e9)
    to: float | None = Field(default=None, ge=0, le=4e9)


@app.get("/api/rules")
@user("viewer")
def rules() -> Response:
    return jsonify(wiring.services().rulebook.everything())


@app.post("/api/rules")
@user("operator")
def create_rule() -> tuple[Response, int]:
    wanted = read(WantedRule)
    with noted("rule_added", "rule", name=wanted.name):
        return jsonify({"rule": wiring.services().rulebook.create(wanted)}), 201


@app.put("/api/rules/<rule_id>")
@user("operator")
def change_rule(rule_id: str) -> Response:
    """Put another in its place. `?version=` refuses where somebody else was faster."""
    wanted = read(WantedRule)
    version = whole("version", 0) or None
    with noted("rule_changed", "rule", rule_id, name=wanted.name):
        return jsonify({"rule": wiring.services().rulebook.change(rule_id, wanted, version)})


@app.delete("/api/rules/<rule_id>")
@user("operator")
def delete_rule(rule_id: str) -> tuple[str, int]:
    with noted("rule_removed", "rule", rule_id):
        wiring.services().rulebook.delete(rule_id)
    return "", 204


@app.get("/api/rules/export")
@user("viewer")
def export_rules() -> Response:
    return jsonify(wiring.services().rulebook.exported())


@app.post("/api/rules/import")
@user("admin")
def import_rules() -> Response:
    """All of it or nothing; with `dry_run` only what would be added, changed and removed."""
    file = read(RuleFile)
    wanted = {}
    for place, one in enumerate(file.rules):
        rule_id = known_id(one.get("id"), f"/rules/{place}/id")
        if rule_id in wanted:
            raise BadInput(f'the id "{rule_id}" is there twice', pointer=f"/rules/{place}/id")
        wanted[rule_id] = checked(
            WantedRule, {name: value for name, value in one.items() if name != "id"}, f"/rules/{place}"
        )
    with noted("rules_imported", rules=sorted(wanted)[:50], prune=file.prune, dry_run=file.dry_run):
        return jsonify(wiring.services().rulebook.imported(file, wanted))


@app.post("/api/rules/preview")
@user("viewer")
def preview_rule() -> Response:
    """When a proposed rule would have fired over stored history, for how long, and how often it would have flapped."""
    asked = read(Preview)
    rule = rule_of({**body_of(asked.rule), "id": "preview"})
    end = int(asked.to if asked.to is not None else time.time())
    start = int(asked.since if asked.since is not None else end - 14 * DAY)
    queries = wiring.services().queries
    return jsonify(preview(queries, rule, asked.servers, start, end, _principal().sight))


@app.get("/api/rules/<rule_id>/explain")
@user("viewer")
def explain_rule(rule_id: str) -> Response:
    """Why the rule did, or did not, fire on a server at a moment: replayed with the version that was in force then."""
    services = wiring.services()
    now = time.time()
    at = moment("at", now)
    server = request.args.get("server")
    if not server:
        raise BadInput("say for which `server`")
    found = services.rulebook.one(rule_id, float(at) if request.args.get("at") else None)
    answer = explain(services.queries, rule_of(found), server_name(server), at, now, _principal().sight)
    return jsonify({"rule": rule_id, **answer})


@app.get("/api/rules/checks")
@user("viewer")
def checks() -> Response:
    """Where a check is pinged is told to whoever may change it."""
    principal = _principal()
    return jsonify(wiring.services().checkbook.everything(principal.sight, secrets=may_act_as(principal, "operator")))


@app.post("/api/rules/checks")
@user("operator")
def create_check() -> tuple[Response, int]:
    wanted = read(WantedCheck)
    principal = _principal()
    with noted("check_added", "check", name=wanted.name):
        made = wiring.services().checkbook.create(wanted, principal.email or principal.id, principal.sight)
    return jsonify({"check": made}), 201


@app.get("/api/rules/checks/due")
@user("viewer")
def due_times() -> Response:
    """When a cron expression is due next, for whoever is about to write one."""
    cron = request.args.get("cron", "")
    return jsonify(upcoming(cron, request.args.get("timezone", "UTC"), time.time()))


@app.get("/api/rules/checks/<check_id>")
@user("viewer")
def check(check_id: str) -> Response:
    principal = _principal()
    secrets = may_act_as(principal, "operator")
    return jsonify(wiring.services().checkbook.one(check_id, principal.sight, secrets=secrets))


@app.patch("/api/rules/checks/<check_id>")
@user("operator")
def change_check(check_id: str) -> Response:
    changes = given(read(CheckChange))
    with noted("check_changed", "check", check_id, **changes):
        changed = wiring.services().checkbook.change(check_id, changes, _principal().sight)
    return jsonify({"check": changed})


@app.delete("/api/rules/checks/<check_id>")
@user("operator")
def delete_check(check_id: str) -> tuple[str, int]:
    with noted("check_removed", "check", check_id):
        wiring.services().checkbook.delete(check_id, _principal().sight)
    return "", 204


@app.post("/api/rules/checks/<check_id>/pause")
@user("operator")
def pause_check(check_id: str) -> Response:
    return _set_paused(check_id, paused=True)


@app.post("/api/rules/checks/<check_id>/resume")
@user("operator")
def resume_check(check_id: str) -> Response:
    return _set_paused(check_id, paused=False)


def _set_paused(check_id: str, *, paused: bool) -> Response:
    with noted("check_changed", "check", check_id, paused=paused):
        changed = wiring.services().checkbook.change(check_id, {"paused": paused}, _principal().sight)
    return jsonify({"check": changed})


@app.get("/api/rules/channels")
@user("viewer")
def channels() -> Response:
    """How a channel is set up is told to admins, its secrets to nobody."""
    return jsonify(wiring.services().switchboard.everything(full=may_act_as(_principal(), "admin")))


@app.get("/api/rules/channels/kinds")
@user("viewer")
def channel_kinds() -> Response:
    return jsonify(kinds())


@app.post("/api/rules/channels")
@user("admin")
def create_channel() -> tuple[Response, int]:
    wanted = read(WantedChannel)
    with noted("channel_added", "channel", name=wanted.name, of_kind=wanted.kind, fields=sorted(wanted.config)):
        return jsonify({"channel": wiring.services().switchboard.create(wanted)}), 201


@app.patch("/api/rules/channels/<channel_id>")
@user("admin")
def change_channel(channel_id: str) -> Response:
    wanted = read(ChannelChange)
    changed = sorted(given(wanted))
    with noted("channel_changed", "channel", channel_id, changed=changed, fields=sorted(wanted.config)):
        return jsonify({"channel": wiring.services().switchboard.change(channel_id, wanted)})


@app.delete("/api/rules/channels/<channel_id>")
@user("admin")
def delete_channel(channel_id: str) -> tuple[str, int]:
    with noted("channel_removed", "channel", channel_id):
        wiring.services().switchboard.delete(channel_id)
    return "", 204


@app.post("/api/rules/channels/<channel_id>/test")
@user("admin")
def test_channel(channel_id: str) -> Response:
    """A real message, and what came of it."""
    return jsonify(wiring.services().switchboard.test(channel_id))


@app.get("/api/rules/silences")
@user("viewer")
def silences() -> Response:
    return jsonify(wiring.services().quietbook.everything(_principal().sight))


@app.post("/api/rules/silences")
@user("operator")
def create_silence() -> tuple[Response, int]:
    wanted = read(SilenceChange)
    principal = _principal()
    by = principal.email or principal.id
    with noted("silence_added", "silence", comment=wanted.comment[:200]):
        made = wiring.services().quietbook.create(wanted, by, time.time(), principal.sight)
    return jsonify({"silence": made}), 201


@app.post("/api/rules/silences/preview")
@user("viewer")
def preview_silence() -> Response:
    """When it would be silent. Nothing is kept."""
    return jsonify(wiring.services().quietbook.preview(read(SilenceChange), time.time()))


@app.get("/api/rules/silences/<silence_id>")
@user("viewer")
def silence(silence_id: str) -> Response:
    return jsonify({"silence": wiring.services().quietbook.one(silence_id, _principal().sight)})


@app.patch("/api/rules/silences/<silence_id>")
@user("operator")
def change_silence(silence_id: str) -> Response:
    changes = given(read(SilenceChange))
    with noted("silence_changed", "silence", silence_id, changed=sorted(changes)):
        changed = wiring.services().quietbook.change(silence_id, changes, _principal().sight)
    return jsonify({"silence": changed})


@app.post("/api/rules/silences/<silence_id>/end")
@user("operator")
def end_silence(silence_id: str) -> Response:
    with noted("silence_ended", "silence", silence_id):
        ended = wiring.services().quietbook.end(silence_id, _principal().sight)
    return jsonify({"silence": ended})


@app.delete("/api/rules/silences/<silence_id>")
@user("operator")
def delete_silence(silence_id: str) -> tuple[str, int]:
    with noted("silence_removed", "silence", silence_id):
        wiring.services().quietbook.delete(silence_id, _principal().sight)
    return "", 204


def _principal() -> Principal:
    principal: Principal = g.principal
    return principal
