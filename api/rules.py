"""/api/rules and below: what is watched for. Checks are jobs that ping when they ran."""

from __future__ import annotations

from flask import Response, g, jsonify

from lib import wiring
from lib.domain.access import Principal, may_act_as
from lib.monitoring.checkbook import CheckChange, WantedCheck
from lib.web.body import given, read
from lib.web.guards import user
from lib.web.handler import make_app
from lib.web.noted import noted

app = make_app("rules")


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


def _principal() -> Principal:
    principal: Principal = g.principal
    return principal
