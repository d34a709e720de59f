"""Checks as people keep them: what a check may be, and what is shown of one. What becomes of it: checks.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lib.domain.access import EVERYTHING, Sight
from lib.domain.calendars import next_after, read_cron, read_zone
from lib.domain.errors import BadInput, Conflict, Forbidden, NotFound
from lib.domain.moments import told
from lib.domain.slugs import MOST_SLUG, slug_of
from lib.domain.telemetry import clean_name
from lib.monitoring.checks import Check, due_at, status_of
from lib.monitoring.collectors.error_tracker import read_text
from lib.storage.port import Checks

DAY = 86_400
SHORTEST_PERIOD = 60  # a sweep may be a minute away
UPCOMING = 3
MOST_BY_PINGS = 200  # checks that one key makes by pinging
type _Tags = dict[str, str]


class CheckChange(BaseModel):
    """What a check may be told; of a new one all but its name and when it is due may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="", min_length=1, max_length=200)
    slug: str | None = Field(default=None, min_length=1, max_length=MOST_SLUG)
    period_seconds: int | None = Field(default=None, ge=SHORTEST_PERIOD, le=366 * DAY)
    cron: str | None = Field(default=None, min_length=1, max_length=200)
    timezone: str = Field(default="UTC", max_length=60)
    grace_seconds: int = Field(default=300, ge=0, le=31 * DAY)
    max_run_seconds: int | None = Field(default=None, ge=1, le=31 * DAY)
    server: str | None = Field(default=None, max_length=400)
    group: str | None = Field(default=None, max_length=100)
    tags: _Tags = Field(default={}, max_length=20)
    paused: bool = False
    severity: Literal["info", "warning", "critical"] = "critical"
    note: str = Field(default="", max_length=2_000)


class WantedCheck(CheckChange):
    name: str = Field(min_length=1, max_length=200)


class Checkbook:
    """Who is held to tags (`sight`) deals with checks that carry one of them, or whose server does; others are none."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def everything(self, sight: Sight = EVERYTHING, *, secrets: bool = False) -> dict[str, Any]:
        """`{checks}`, by name. With `secrets` also where each is pinged."""
        found = self._checks.check_list(sight)
        return {"checks": [shown(row, found["now"], secrets=secrets) for row in found["checks"]]}

    def one(self, check_id: str, sight: Sight = EVERYTHING, *, secrets: bool = False) -> dict[str, Any]:
        """`{check, pings}`: the last hundred pings, the newest first."""
        found = self._checks.check(check_id, sight)
        if found is None:
            raise _nobody(check_id)
        return {
            "check": shown(found["check"], found["now"], secrets=secrets),
            "pings": [{**ping, **told("at", ping["at"])} for ping in found["pings"]],
        }

    def create(self, wanted: WantedCheck, by: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        if (wanted.period_seconds is None) == (wanted.cron is None):
            raise BadInput("say when it is due: give `period_seconds` or `cron`", pointer="/period_seconds")
        body = _clean(wanted.model_dump())
        body["slug"] = body["slug"] or slug_of(body["name"]) or None  # it outlives another name
        made = self._checks.check_create(body, by, sight)
        if "out_of_sight" in made:
            raise Forbidden("you would not see this check: give it one of your tags, or a server of yours")
        return shown(made, made["created_at"], secrets=True)

    def provide(self, slug: str, name: str, by: str, sight: Sight = EVERYTHING) -> tuple[str, bool]:
        """(id, whether it was made now) of the check with this slug: where there is none one that is due each day, as
        Healthchecks has it, and that `sight` sees. Raises Conflict for several, Forbidden when `by` has made too many.
        """
        key, _, value = sight.tags[0].partition(":") if sight.tags else ("", "", "")
        wanted = WantedCheck(
            name=name, slug=slug, period_seconds=DAY, grace_seconds=3_600,
            server=sight.server, tags={key: value} if key else {},
        )  # fmt: skip
        found = self._checks.check_provide(slug, _clean(wanted.model_dump()), by, MOST_BY_PINGS, sight)
        if "ambiguous" in found:
            raise Conflict("ambiguous slug")
        if "too_many" in found:
            raise Forbidden(f"this key has made {MOST_BY_PINGS} checks by pinging already: delete some first")
        return found["id"], found["created"]

    def change(self, check_id: str, sent: Mapping[str, Any], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Change what was sent. A check that is due at other times, or was paused, begins anew."""
        changes = _clean(sent)
        due: dict[str, Any] = {name: changes[name] for name in ("period_seconds", "cron") if name in changes}
        if due:
            if sum(value is not None for value in due.values()) != 1:
                raise BadInput("say when it is due: give `period_seconds` or `cron`", pointer="/period_seconds")
            changes |= {"period_seconds": None, "cron": None, **due}
        anew = bool(due) or "timezone" in changes or "paused" in changes
        found = self._checks.check_change(check_id, changes, anew=anew, sight=sight)
        if found is None:
            raise _nobody(check_id)
        if "out_of_sight" in found:
            raise Forbidden("with this you would not see the check any more: leave it a tag or a server of yours")
        return shown(found, found["state"].get("since_change", found["created_at"]), secrets=True)

    def delete(self, check_id: str, sight: Sight = EVERYTHING) -> None:
        if not self._checks.check_delete(check_id, sight):
            raise _nobody(check_id)


def upcoming(cron: str, timezone: str, now: float) -> dict[str, Any]:
    """`{times}`: the next three of a cron expression, fewer where there are no more, none of none. Raises BadInput
    like a change."""
    if len(cron) > 200 or len(timezone) > 60:
        raise BadInput("this is too long", pointer="/cron" if len(cron) > 200 else "/timezone")
    if not cron:
        return {"times": []}
    _clean({"cron": cron, "timezone": timezone})
    times: list[float] = []
    while len(times) < UPCOMING and (at := next_after(cron, times[-1] if times else now, timezone)) is not None:
        times.append(at)
    return {"times": [told("at", at) for at in times]}


def _nobody(check_id: str) -> NotFound:
    return NotFound(f'there is no check "{check_id[:40]}"')


def shown(row: Mapping[str, Any], now: float, *, secrets: bool) -> dict[str, Any]:
    """A check as an answer has it. `due` is when its next ping is expected, without the grace."""
    check = Check.from_row(row["id"], row, row["state"])
    state = check.state
    return {
        "id": check.id, "name": check.name, "slug": row.get("slug") or slug_of(check.name) or None,
        "period_seconds": check.period_seconds, "cron": check.cron, "timezone": check.timezone,
        "grace_seconds": check.grace_seconds, "max_run_seconds": check.max_run_seconds,
        "server": check.server, "group": check.group, "tags": dict(check.tags), "paused": check.paused,
        "severity": check.severity, "note": check.note,
        "ping_path": f"/ping/{row['ping_id']}" if secrets else None,
        "status": status_of(check, now), "reason": None if check.paused else state.down_why,
        "exit_code": state.code, "run_seconds": state.seconds, "last_note": state.note,
        **told("down_since", state.down_since),
        **told("last_ping", state.last_at or None),
        **told("last_success", state.ok_at or None),
        **told("running_since", min(state.begun, default=None)),
        **told("due", None if check.paused else due_at(check)),
        "created_by": row["created_by"],
        **told("created_at", row["created_at"]),
    }  # fmt: skip


def _clean(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the form they are kept in. Raises BadInput at the first that cannot be."""
    clean = dict(sent)
    if "name" in clean:
        clean["name"] = _text(clean["name"], 100, "/name")
    if clean.get("slug") is not None and clean["slug"] != slug_of(clean["slug"]):
        raise BadInput("a slug is small letters, digits, _ and -", pointer="/slug")
    if clean.get("group") is not None:
        clean["group"] = _text(clean["group"], 100, "/group")
    if clean.get("server") is not None:
        clean["server"] = clean_name(clean["server"])
        if clean["server"] is None:
            raise BadInput("this can be no server's name", pointer="/server")
    if "note" in clean:
        clean["note"] = read_text(clean["note"], 2_000) or ""
    if "tags" in clean:
        clean["tags"] = {
            _text(key, 100, "/tags"): _text(value, 100, f"/tags/{key}") for key, value in clean["tags"].items()
        }
    _check_times(clean)
    return clean


def _check_times(clean: Mapping[str, Any]) -> None:
    try:
        if "timezone" in clean:
            read_zone(clean["timezone"])
    except ValueError as error:
        raise BadInput(str(error), pointer="/timezone") from None
    if clean.get("cron") is not None:
        try:
            read_cron(clean["cron"])
        except ValueError as error:
            raise BadInput(str(error), pointer="/cron") from None
        if next_after(clean["cron"], 0.0) is None:
            raise BadInput("this time never comes", pointer="/cron")


def _text(value: str, most: int, pointer: str) -> str:
    text = read_text(value, most)
    if text is None:
        raise BadInput(f"give a text of 1 to {most} characters", pointer=pointer)
    return text
