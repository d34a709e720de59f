"""/api/alerts and below: what is wrong and what was, why, and what people did about it."""

from __future__ import annotations

from typing import Literal

from flask import Response, g, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from lib import wiring
from lib.auth.act_links import Act
from lib.domain.access import Principal
from lib.domain.errors import Forbidden
from lib.monitoring.alerts.devices import DeviceChange, WantedDevice
from lib.monitoring.collectors.error_tracker import read_text
from lib.web.body import read
from lib.web.guards import public, user
from lib.web.handler import make_app
from lib.web.noted import noted
from lib.web.query import moment, whole

app = make_app("alerts")


class Remark(BaseModel):
    """What somebody has to say while they acknowledge or end an alert."""

    model_config = ConfigDict(extra="forbid", strict=True)

    note: str = Field(default="", max_length=2_000)


class Pressed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(min_length=1, max_length=1_000)
    confirm: bool = False
    seconds: Literal[3_600, 14_400, 86_400] = 3_600  # of a silence


@app.get("/api/alerts")
@user("viewer")
def alerts() -> Response:
    filters = {name: request.args.get(name) for name in ("state", "server", "severity")}
    since = moment("since", 0) if "since" in request.args else None
    before = whole("before", 0) or None
    return jsonify(
        wiring.services().alerts.listed(
            **filters, since=since, before=before, most=whole("limit", 100), sight=_principal().sight
        )
    )


@app.post("/api/alerts/act")
@public
def act_by_link() -> Response:
    """What the link in a message would do, and with `confirm` does. Mail scanners open links; none presses a button."""
    asked = read(Pressed)
    services = wiring.services()
    link = services.act_links.read(asked.token)
    if not asked.confirm:
        return jsonify(services.by_link.look(link.incident, link.act))
    with noted(*_recorded(link), by_link=link.channel):
        return jsonify(services.by_link.press(link.incident, link.act, asked.seconds))


def _recorded(link: Act) -> tuple[str, str] | tuple[str, str, str]:
    """What stands in the audit log; a silence gets its id as it is made."""
    return (
        ("silence_added", "silence") if link.act == "silence" else ("incident_acknowledged", "incident", link.incident)
    )


@app.get("/api/alerts/devices")
@user("viewer")
def devices() -> Response:
    """One's own, and the key that a browser subscribes with."""
    return jsonify(wiring.services().devices.of(_person()))


@app.post("/api/alerts/devices")
@user("viewer")
def keep_device() -> tuple[Response, int]:
    """This browser wants to be told. The same browser again is the same device."""
    device, is_new = wiring.services().devices.keep(_person(), read(WantedDevice))
    return jsonify({"device": device}), 201 if is_new else 200


@app.patch("/api/alerts/devices/<device_id>")
@user("viewer")
def change_device(device_id: str) -> Response:
    return jsonify({"device": wiring.services().devices.change(_person(), device_id, read(DeviceChange))})


@app.delete("/api/alerts/devices/<device_id>")
@user("viewer")
def remove_device(device_id: str) -> tuple[str, int]:
    wiring.services().devices.remove(_person(), device_id)
    return "", 204


@app.post("/api/alerts/devices/<device_id>/test")
@user("viewer")
def test_device(device_id: str) -> Response:
    """A real message, and what came of it."""
    return jsonify(wiring.services().devices.test(_person(), device_id))


@app.get("/api/alerts/<alert_id>")
@user("viewer")
def alert(alert_id: str) -> Response:
    """With its timeline, what else went on there when it opened, and the rule as it then was."""
    return jsonify(wiring.services().alerts.one(alert_id, _principal().sight))


@app.get("/api/alerts/<alert_id>/causes")
@user("viewer")
def causes(alert_id: str) -> Response:
    """What moved with it, and before it: ranked, with effect sizes and what was ruled out."""
    return jsonify(wiring.services().why.of_alert(alert_id, _principal().sight))


@app.post("/api/alerts/<alert_id>/ack")
@user("operator")
def acknowledge(alert_id: str) -> Response:
    """Somebody looks after it: it goes on, and reminds nobody any more."""
    return _act(alert_id, "acknowledge", "incident_acknowledged")


@app.post("/api/alerts/<alert_id>/resolve")
@user("operator")
def resolve(alert_id: str) -> Response:
    """It is over because somebody says so. It opens anew only after it was over by itself."""
    return _act(alert_id, "resolve", "incident_resolved")


def _act(alert_id: str, act: str, action: str) -> Response:
    note = read_text(read(Remark).note, 2_000) or ""
    principal = _principal()
    by = principal.email or principal.name or principal.id
    with noted(action, "incident", alert_id, **({"note": note} if note else {})):
        return jsonify(wiring.services().alerts.act(alert_id, act, by, note, principal.sight))


def _person() -> str:
    """The id of whoever asks; a key has no devices."""
    principal = _principal()
    if principal.kind != "user":
        raise Forbidden("devices belong to people: sign in")
    return principal.id


def _principal() -> Principal:
    principal: Principal = g.principal
    return principal
