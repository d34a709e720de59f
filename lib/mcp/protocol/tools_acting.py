"""Tools that change something, as the page's buttons do: by the same use cases, with an entry in the audit log. Without
`confirm` they say what they would do, and do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import iso
from lib.mcp.npu.nearest import nearest
from lib.mcp.protocol import shapes as s
from lib.mcp.protocol.asking import InputRequired, form
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Arguments, Tool
from lib.mcp.protocol.tools_alerts import alert_of
from lib.mcp.protocol.tools_fleet import ALERT, alert_line
from lib.monitoring.collectors.error_tracker import read_text

CONFIRM = s.flag("do it; without it the answer says what would be done, and nothing is", default=False)
ASKED = "agreed"
REFUSED = "nothing was changed: the person did not agree"
HOW = "nothing was changed; call again with `confirm: true` once a person has agreed"
DONE = s.gives(
    {
        "as_of": s.AS_OF,
        "done": s.flag("false: it was a dry run"),
        "would": s.text("what it does, in a sentence"),
        "next": s.some(s.text("what to do now")),
    }
)
LEVELS = ("warning", "critical", "recovery")


def is_agreed(house: House, args: Arguments, would: str) -> bool:
    """Whether to do it. That a model says so is enough where its client cannot ask a person; where it can, the person
    is asked, and agrees to these very arguments. Raises InputRequired."""
    if not args["confirm"]:
        return False
    if not house.inputs.can("elicitation/create") or house.inputs.was_refused(ASKED):
        return not house.inputs.was_refused(ASKED)
    if house.inputs.state == would:
        agreed = house.inputs.accepted(ASKED)
        if agreed is not None:
            return agreed.get("agree") is True
    agree = {"agree": {"type": "boolean", "title": "Agree", "description": "Do this now", "default": False}}
    raise InputRequired({ASKED: form(f"A language model asks to {would}.", agree, ("agree",))}, would)


def _done(house: House, would: str, *, done: bool) -> dict[str, Any]:
    how = REFUSED if house.inputs.responses else HOW
    return {"as_of": iso(house.now), "done": done, "would": would, "next": None if done else how}


def _gives(properties: Mapping[str, Any]) -> dict[str, Any]:
    return s.gives({**DONE["properties"], **properties})


def ack_alert(house: House, args: Arguments) -> dict[str, Any]:
    alert_id, note = args["alert"], read_text(args["note"], 2_000) or ""
    alert = alert_of(house, alert_id)["alert"]
    would = f"acknowledge the alert {alert_id}: it goes on, and reminds nobody any more"
    if alert["state"] == "resolved":
        would = f"change nothing: the alert {alert_id} is over"
    elif alert.get("acked_by"):
        would = "change nothing: somebody acknowledged it before"
    done = is_agreed(house, args, would)
    if done:
        house.count("write")
        with house.noted("incident_acknowledged", "incident", alert_id, **({"note": note} if note else {})):
            alert = house.services.alerts.act(alert_id, "acknowledge", house.by, note, house.sight)["alert"]
    return {**_done(house, would, done=done), "alert": alert_line(house, alert)}


def silence_alert(house: House, args: Arguments) -> dict[str, Any]:
    from lib.monitoring.alerts.quietbook import SilenceChange, WantedScope  # pydantic is dear to import

    if bool(args.get("alert")) == bool(args.get("server")):
        raise BadInput("give an `alert` or a `server`")
    if args.get("alert"):
        alert_of(house, args["alert"])
        wanted, what = SilenceChange(incidents=[args["alert"]]), f"the alert {args['alert']}"
    else:
        name = house.known(args["server"])
        wanted, what = SilenceChange(scope=WantedScope(servers=[name])), f"all alerts of {name}"
    wanted.duration_seconds = int(args["minutes"]) * 60
    wanted.comment = args["comment"]
    quietbook = house.services.quietbook
    ends = quietbook.preview(wanted, house.now)["windows"][0]["to"]
    made = None
    would = f"tell nobody of {what} for {args['minutes']} minutes; other alerts are told as ever"
    done = is_agreed(house, args, would)
    if done:
        house.count("write")
        with house.noted("silence_added", "silence", comment=wanted.comment[:200]):
            made = quietbook.create(wanted, house.by, house.now, house.sight)
    return {**_done(house, would, done=done), "ends": ends, "silence": made["id"] if made else None}


def set_threshold(house: House, args: Arguments) -> dict[str, Any]:
    from lib.monitoring.alerts.rulebook import WantedRule, body_of

    rule = _rule(house, args["rule"])
    sent = {name: float(args[name]) for name in LEVELS if name in args}
    if not sent:
        raise BadInput("give `warning`, `critical`, `recovery` or several of them")
    wanted = WantedRule.model_validate({name: rule[name] for name in WantedRule.model_fields} | sent)
    body_of(wanted)  # what makes no sense is refused in a dry run too
    before = {name: rule[name] for name in LEVELS}
    changes = ", ".join(f"{name} {_told(before[name])} to {_told(value)}" for name, value in sent.items())
    would = f"change the rule {rule['id']} for everybody: {changes}"
    done = is_agreed(house, args, would)
    if done:
        house.count("write")
        with house.noted("rule_changed", "rule", rule["id"], name=wanted.name):
            rule = house.services.rulebook.change(rule["id"], wanted, rule["version"])
    return {
        **_done(house, would, done=done),
        "rule": rule["id"],
        "metric": rule["metric"],
        "before": before,
        "after": before | sent,
        "units": s.units([rule["metric"]]),
    }


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _rule(house: House, rule_id: str) -> dict[str, Any]:
    rules = {one["id"]: one for one in house.services.rulebook.everything()["rules"]}
    found: dict[str, Any] | None = rules.get(rule_id)
    if found is not None and found["kind"] == "threshold":
        return found
    levels = [name for name, one in rules.items() if one["kind"] == "threshold"]
    if found is not None:
        raise BadInput(f"the rule {rule_id} has no levels; those that do: {', '.join(levels[:30])}")
    like = nearest(rule_id, levels) or levels[:30]
    raise NotFound(f'there is no rule "{rule_id[:60]}"; there is {", ".join(like) or "none with levels"}')


TOOLS = (
    Tool(
        name="ack_alert",
        title="Acknowledge an alert",
        description="Say that somebody looks after an alert: it goes on, and reminds nobody any more. Does nothing"
        " without `confirm: true`; ask the person first.",
        run=ack_alert,
        takes=s.takes(
            {
                "alert": s.text("its id", 60),
                "note": s.text("what to say in its timeline", 2_000, default=""),
                "confirm": CONFIRM,
            },
            ["alert"],
        ),
        gives=_gives({"alert": ALERT}),
        acts=True,
    ),
    Tool(
        name="silence_alert",
        title="Silence",
        description="Tell nobody of one alert, or of all alerts of one server, for some minutes. Alerts still open and"
        " are listed. Does nothing without `confirm: true`; ask the person first.",
        run=silence_alert,
        takes=s.takes(
            {
                "alert": s.text("the id of an alert; or give `server`", 60),
                "server": s.SERVER,
                "minutes": s.whole("for how long", minimum=1, maximum=7 * 1_440, default=60),
                "comment": s.text("why", 1_000, default=""),
                "confirm": CONFIRM,
            }
        ),
        gives=_gives({"ends": s.text(), "silence": s.some(s.text("its id, once there is one"))}),
        acts=True,
        is_idempotent=False,
    ),
    Tool(
        name="set_threshold",
        title="Change levels",
        description="Change the levels of a rule (`cpu`, `memory`, `disk`, ...) for every server it watches. Levels are"
        " in order: recovery, warning, critical. Does nothing without `confirm: true`; ask the person first.",
        run=set_threshold,
        takes=s.takes(
            {
                "rule": s.text("its id", 60),
                "warning": s.number("from here on it is a warning, in the metric's unit"),
                "critical": s.number("from here on it is critical"),
                "recovery": s.number("back here it is over"),
                "confirm": CONFIRM,
            },
            ["rule"],
        ),
        gives=_gives(
            {
                "rule": s.text(),
                "metric": s.text(),
                "before": s.gives(dict.fromkeys(LEVELS, s.some(s.number()))),
                "after": s.gives(dict.fromkeys(LEVELS, s.some(s.number()))),
                "units": s.UNITS,
            }
        ),
        acts=True,
        is_destructive=True,
    ),
)
