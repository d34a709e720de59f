"""Silences and maintenance windows as people keep them: what one may be, and what is shown of it. Which one mutes an
incident: silences.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lib.domain.access import EVERYTHING, Sight
from lib.domain.alerting import Incident, Silence
from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, Forbidden, NotFound
from lib.domain.moments import told
from lib.monitoring.alerts.policies import silence_of
from lib.monitoring.alerts.silences import is_active, means, occurrences, until
from lib.monitoring.collectors.error_tracker import read_text
from lib.storage.port import Silences

DAY = 86_400
LATEST = 4_000_000_000.0
type _Words = list[Annotated[str, Field(min_length=1, max_length=400)]]


class WantedScope(BaseModel):
    """Servers are names or globs; of each list one is enough, and every list that is there must fit."""

    model_config = ConfigDict(extra="forbid", strict=True)

    servers: _Words = Field(default=[], max_length=50)
    groups: _Words = Field(default=[], max_length=50)
    tags: _Words = Field(default=[], max_length=50)


class SilenceChange(BaseModel):
    """What a silence may be told. Times are epoch seconds or ISO 8601 with an offset."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scope: WantedScope = WantedScope()
    rules: _Words = Field(default=[], max_length=50)
    metric: str = Field(default="", max_length=200)
    incidents: _Words = Field(default=[], max_length=100)
    starts: float | str | None = None
    ends: float | str | None = None
    recurrence: str = Field(default="", max_length=500)
    duration_seconds: int = Field(default=0, ge=0, le=31 * DAY)
    timezone: str = Field(default="UTC", max_length=60)
    comment: str = Field(default="", max_length=1_000)


class Quietbook:
    """Whoever is held to tags (`sight`) mutes no more than what is in sight; silences of others are none."""

    def __init__(self, silences: Silences) -> None:
        self._silences = silences

    def everything(self, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{silences}`: those that are not over, and those of the last week, the newest first."""
        return {"silences": [shown(row) for row in self._silences.silences(sight)]}

    def one(self, silence_id: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        return shown(self._row(silence_id, sight))

    def muted(self, incident: Incident, now: float) -> tuple[bool, float | None]:
        """(whether a silence mutes it now, until when at the latest); None where that does not end by itself."""
        found = self.muted_until([incident], now)
        return bool(found), found.get(incident.id)

    def muted_until(self, incidents: Iterable[Incident], now: float) -> dict[str, float | None]:
        """`{id: until}` of those that a silence mutes now, as for `muted`; one read for all of them."""
        active = [one for row in self._silences.silences() if is_active(one := silence_of(row), now)]
        found: dict[str, float | None] = {}
        for incident in incidents:
            ends = [until(one, now) for one in active if means(one, incident)]
            if ends:
                found[incident.id] = None if None in ends else max(end for end in ends if end is not None)
        return found

    def create(self, wanted: SilenceChange, by: str, now: float, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """It begins `now` where nothing else is said."""
        body = _proposed(wanted, now)
        begins, ends = body.pop("starts"), body.pop("ends")
        made = self._silences.silence_create(body, begins, ends, by, sight)
        if "out_of_sight" in made:
            raise Forbidden("this would mute more than you see: name servers, incidents or tags of yours")
        return shown(made)

    def preview(self, wanted: SilenceChange, now: float) -> dict[str, Any]:
        """`{state, windows}`: when it would be silent, as `create` would have it; the next five windows of one that
        recurs. Raises BadInput where `create` would."""
        silence = silence_of({"id": "", **_proposed(wanted, now)})
        coming: list[tuple[float, float | None]] = [*occurrences(silence, max(now, silence.starts), 5)]
        windows = coming if silence.recurrence else [(silence.starts, silence.ends)]
        return {
            "state": _state(silence, now, is_over=silence.ends is not None and silence.ends <= now),
            "windows": [{**told("from", begin), **told("to", end)} for begin, end in windows],
        }

    def change(self, silence_id: str, sent: Mapping[str, Any], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """Change what was sent."""
        changes = _clean(sent)
        if "starts" in changes and changes["starts"] is None:
            raise BadInput("say when it starts", pointer="/starts")
        before = self._row(silence_id, sight)
        _judge({**before, **changes}, before["now"])
        found = self._silences.silence_change(silence_id, changes, sight=sight)
        if found is None:
            raise _nobody(silence_id)
        if "out_of_sight" in found:
            raise Forbidden("this would mute more than you see: name servers, incidents or tags of yours")
        return shown(found)

    def end(self, silence_id: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """It is over, now."""
        found = self._silences.silence_change(silence_id, {}, end=True, sight=sight)
        if found is None:
            raise _nobody(silence_id)
        return shown(found)

    def delete(self, silence_id: str, sight: Sight = EVERYTHING) -> None:
        if not self._silences.silence_delete(silence_id, sight):
            raise _nobody(silence_id)

    def _row(self, silence_id: str, sight: Sight) -> dict[str, Any]:
        row = self._silences.silence(silence_id, sight)
        if row is None:
            raise _nobody(silence_id)
        return row


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A silence as an answer has it: `state` now, until when, and its next three windows."""
    silence, now = silence_of(row), row["now"]
    is_on = is_active(silence, now)
    is_over = silence.ends is not None and silence.ends <= now
    coming = [] if is_over else occurrences(silence, now)
    if silence.recurrence and not is_on and not coming:
        is_over = True
    return {
        "id": silence.id,
        "scope": {name: list(getattr(silence.scope, name)) for name in ("servers", "groups", "tags")},
        "rules": list(silence.rules), "metric": silence.metric, "incidents": list(silence.incidents),
        **told("starts", silence.starts), **told("ends", silence.ends),
        "recurrence": silence.recurrence, "duration_seconds": silence.duration_seconds, "timezone": silence.timezone,
        "comment": silence.comment, "by": silence.by, **told("created_at", row["created_at"]),
        "state": _state(silence, now, is_over=is_over),
        **told("until", until(silence, now) if is_on else None),
        "next": [{**told("from", begin), **told("to", end)} for begin, end in coming],
    }  # fmt: skip


def _state(silence: Silence, now: float, *, is_over: bool) -> str:
    return "active" if is_active(silence, now) else "over" if is_over else "scheduled"


def _nobody(silence_id: str) -> NotFound:
    return NotFound(f'there is no silence "{silence_id[:40]}"')


def _clean(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the form they are kept in. Raises BadInput at the first that cannot be."""
    clean = dict(sent)
    if "scope" in clean:
        scope = clean["scope"].model_dump() if isinstance(clean["scope"], WantedScope) else clean["scope"]
        clean["scope"] = {name: _words(those, f"/scope/{name}") for name, those in scope.items() if those}
    for name in ("rules", "incidents"):
        if name in clean:
            clean[name] = _words(clean[name], f"/{name}")
    for name in ("metric", "recurrence", "comment"):
        if name in clean:
            clean[name] = (read_text(clean[name], 1_000) or "").strip()
    for name in ("starts", "ends"):
        if name in clean:
            clean[name] = _moment(clean[name], f"/{name}")
    return clean


def _proposed(wanted: SilenceChange, now: float) -> dict[str, Any]:
    """All that is kept of a new one, `starts` and `ends` as moments."""
    body = _clean(wanted.model_dump())
    if body["starts"] is None:
        body["starts"] = now
    if not body["recurrence"] and body["duration_seconds"]:
        if body["ends"] is not None:
            raise BadInput("give `ends` or `duration_seconds`", pointer="/duration_seconds")
        body["ends"], body["duration_seconds"] = body["starts"] + body["duration_seconds"], 0
    _judge(body, now)
    return body


def _judge(body: Mapping[str, Any], now: float) -> None:
    """Raises BadInput for a silence that could never mute anything, or whose times cannot be read."""
    try:
        read_zone(body["timezone"])
    except ValueError as error:
        raise BadInput(str(error), pointer="/timezone") from None
    if body["ends"] is not None and body["ends"] <= body["starts"]:
        raise BadInput("it ends before it starts", pointer="/ends")
    named = [body.get(name) for name in ("scope", "rules", "metric", "incidents")]
    if body["ends"] is None and not body["recurrence"] and not any(named):
        raise BadInput("a silence of everything must end: give `ends` or `duration_seconds`", pointer="/ends")
    if not body["recurrence"]:
        return
    if body["duration_seconds"] < 60:
        raise BadInput("say how long each window is: at least 60 seconds", pointer="/duration_seconds")
    try:
        coming = occurrences(silence_of({"id": "", **body}), max(now, body["starts"]), 1)
    except ValueError as error:
        raise BadInput(str(error), pointer="/recurrence") from None
    if not coming:
        raise BadInput("this time never comes", pointer="/recurrence")


def _words(those: list[str], pointer: str) -> list[str]:
    words = []
    for place, word in enumerate(those):
        text = read_text(word, 400)
        if text is None:
            raise BadInput("give a text", pointer=f"{pointer}/{place}")
        words.append(text)
    return words


def _moment(value: float | str | None, pointer: str) -> float | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            if parsed.tzinfo is None:
                raise ValueError
            value = parsed.timestamp()
    except (ValueError, OverflowError):
        raise BadInput("give epoch seconds, or ISO 8601 with an offset", pointer=pointer) from None
    if not 0 <= value < LATEST:
        raise BadInput("this time lies outside of any history", pointer=pointer)
    return float(value)
