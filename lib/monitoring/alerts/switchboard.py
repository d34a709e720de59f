"""Channels as people keep them: what a channel may be, what is shown of one, and a message to try it with."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bound

from lib.domain.calendars import read_zone
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import told
from lib.monitoring.alerts.channels import Config, Field, Later, Sent, Tools, channel, deliver, set_up_by_hand
from lib.monitoring.alerts.channels.email import addresses
from lib.monitoring.alerts.messages import Message, Sign, clean, write
from lib.monitoring.alerts.notifier import opened
from lib.monitoring.alerts.policies import document_of, policy_of
from lib.monitoring.alerts.rulebook import WantedSchedule, WantedScope
from lib.outbound import Door
from lib.storage.port import Deliveries

if TYPE_CHECKING:
    from lib.monitoring.alerts.push import PushKey

DAY = 86_400
_GROUPS = re.compile(r"server|group|rule|all|tag:[^\x00-\x1f]{1,100}")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WantedQuiet(_Body):
    schedule: WantedSchedule
    unless: Literal["info", "warning", "critical"] = "critical"


class WantedPolicy(_Body):
    """What one channel wants to hear (domain/alerting.py explains it). What is left out is as usual."""

    scope: WantedScope = Bound(default_factory=WantedScope)
    least: Literal["info", "warning", "critical"] = "warning"
    rules: list[str] = Bound(default=[], max_length=100)
    resolved: bool = True
    acknowledged: bool = False
    group_by: list[str] = Bound(default=["server"], min_length=1, max_length=4)
    wait_seconds: int = Bound(default=20, ge=0, le=3_600)
    interval_seconds: int = Bound(default=300, ge=0, le=DAY)
    repeat_seconds: int = Bound(default=14_400, ge=0, le=30 * DAY)
    budget: int = Bound(default=20, ge=1, le=1_000)
    quiet: WantedQuiet | None = None


class ChannelChange(_Body):
    """What is left out stays; so do fields of `config` that are not named. Null takes one away."""

    name: str = Bound(default="", min_length=1, max_length=100)
    locale: Literal["ko", "en"] = "en"
    enabled: bool = True
    policy: WantedPolicy = Bound(default_factory=WantedPolicy)
    config: dict[str, str | None] = Bound(default={}, max_length=20)


class WantedChannel(ChannelChange):
    kind: str = Bound(min_length=1, max_length=40)
    name: str = Bound(min_length=1, max_length=100)


class Switchboard:
    """`seal` and `open_secret` are the vault's; `sign` makes tokens for links, or is None."""

    def __init__(
        self,
        deliveries: Deliveries,
        door: Door,
        seal: Callable[[str], str],
        open_secret: Callable[[str], str],
        *,
        clock: Callable[[], float] = time.time,
        base_url: str | None = None,
        sign: Sign | None = None,
        timezone: str = "UTC",
    ) -> None:
        self._deliveries = deliveries
        self._door = door
        self._seal = seal
        self._open = open_secret
        self._clock = clock
        self._base_url = base_url
        self._sign = sign
        self._timezone = timezone

    def everything(self, *, full: bool) -> dict[str, Any]:
        """`{channels}`, by name; how each is set up only in full, and its secrets never."""
        return {"channels": [shown(row, full=full) for row in self._deliveries.channel_list()]}

    def create(self, wanted: WantedChannel) -> dict[str, Any]:
        plain, secrets = self._read(wanted.kind, {}, {}, wanted.config)
        document = {
            "kind": wanted.kind, "name": _name(wanted.name), "locale": wanted.locale, "enabled": wanted.enabled,
            "policy": _policy(wanted.policy), "config": plain, **self._sealed(secrets),
        }  # fmt: skip
        return shown(self._deliveries.channel_create(document), full=True)

    def change(self, channel_id: str, wanted: ChannelChange) -> dict[str, Any]:
        """Change what was sent. Raises NotFound."""
        sent = wanted.model_fields_set
        changes: dict[str, Any] = {name: getattr(wanted, name) for name in ("locale", "enabled") if name in sent}
        if "name" in sent:
            changes["name"] = _name(wanted.name)
        if "policy" in sent:
            changes["policy"] = _policy(wanted.policy)
        if "config" in sent:
            row = self._row(channel_id)
            sealed = row.get("secret")
            before: dict[str, str] = json.loads(self._open(sealed)) if sealed else {}
            plain, secrets = self._read(row["kind"], row["config"], before, wanted.config)
            changes |= {"config": plain, **self._sealed(secrets)}
        changed = self._deliveries.channel_change(channel_id, changes)
        if changed is None:
            raise _nobody(channel_id)
        return shown(changed, full=True)

    def delete(self, channel_id: str) -> None:
        if not self._deliveries.channel_delete(channel_id):
            raise _nobody(channel_id)

    def test(self, channel_id: str) -> dict[str, Any]:
        """`{verdict: sent | later | never, detail, ms}` of a real message, also by a channel that is switched off."""
        return tried(
            self._row(channel_id), self._open, self._door, self._clock(),
            base_url=self._base_url, sign=self._sign, timezone=self._timezone,
        )  # fmt: skip

    def _row(self, channel_id: str) -> dict[str, Any]:
        row = self._deliveries.channel(channel_id)
        if row is None:
            raise _nobody(channel_id)
        return row

    def _read(
        self, kind: str, plain: Mapping[str, str], secrets: Mapping[str, str], sent: Mapping[str, str | None]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """(what may be shown, what is sealed) after a change. Raises BadInput that points at the first wrong field."""
        found = channel(kind)
        if getattr(found, "PERSONAL", False):
            raise BadInput("people add their own devices under notifications", pointer="/kind")
        fields = {field.name: field for field in found.FIELDS}
        for name in sent:
            if name not in fields:
                raise BadInput("there is no such field: it has " + ", ".join(fields), pointer=f"/config/{name[:40]}")
        whole = {**plain, **secrets, **{name: (text or "").strip() for name, text in sent.items()}}
        whole = {name: text for name, text in whole.items() if text}
        for field in found.FIELDS:
            _check(field, whole.get(field.name, ""))
        build = getattr(found, "build", None)
        if build is not None and not hasattr(found, "deliver"):
            # It may know better what is none.
            build(whole, _test_message({"id": "", "locale": "en"}, self._clock(), self._base_url), self._clock())
        return (
            {name: text for name, text in whole.items() if not fields[name].secret},
            {name: text for name, text in whole.items() if fields[name].secret},
        )

    def _sealed(self, secrets: Config) -> dict[str, Any]:
        sealed = self._seal(json.dumps(dict(secrets))) if secrets else None
        return {"secret": sealed, "sealed": sorted(secrets)}


def tried(
    row: Mapping[str, Any],
    open_secret: Callable[[str], str],
    door: Door,
    at: float,
    *,
    base_url: str | None = None,
    sign: Sign | None = None,
    timezone: str = "UTC",
    push: PushKey | None = None,
) -> dict[str, Any]:
    """`{verdict: sent | later | never, detail, ms}` of a real message by this channel."""
    message = _test_message(row, at, base_url, sign, timezone)
    began = time.monotonic()
    verdict = deliver(row["kind"], opened(row, open_secret), message, Tools(door, at, push=push))
    ms = int((time.monotonic() - began) * 1_000)
    word = "sent" if isinstance(verdict, Sent) else "later" if isinstance(verdict, Later) else "never"
    return {"verdict": word, "detail": verdict.detail, "ms": ms}


def _test_message(
    row: Mapping[str, Any], at: float, base_url: str | None, sign: Sign | None = None, timezone: str = "UTC"
) -> Message:
    notice = {"id": uuid.uuid4().hex, "kind": "test", "severity": "info", "at": at, "items": []}
    return write(notice, row, base_url, sign, timezone=timezone)


def kinds() -> dict[str, Any]:
    """`{kinds: [{kind, label, fields}]}`: what a form needs."""
    return {"kinds": [
        {"kind": kind, "label": dict(found.LABEL), "fields": [_form(field) for field in found.FIELDS]}
        for kind, found in set_up_by_hand().items()
    ]}  # fmt: skip


def shown(row: Mapping[str, Any], *, full: bool) -> dict[str, Any]:
    brief = {name: row[name] for name in ("id", "kind", "name", "locale", "enabled")}
    brief["is_failing"] = row["failing"] is not None
    if not full:
        return brief
    return {
        **brief, "failing": row["failing"], "policy": asdict(policy_of(row["policy"])), "config": row["config"],
        "secrets": row["sealed"], **told("created_at", row["created_at"]), **told("updated_at", row["updated_at"]),
    }  # fmt: skip


def _form(field: Field) -> dict[str, Any]:
    return {
        "name": field.name, "label": dict(field.label), "kind": field.kind, "required": field.required,
        "secret": field.secret, "choices": list(field.choices), "help": dict(field.help) if field.help else None,
    }  # fmt: skip


def _check(field: Field, text: str) -> None:
    pointer = f"/config/{field.name}"
    if not text:
        if field.required:
            raise BadInput("this is needed", pointer=pointer)
        return
    if len(text) > field.most or not text.isprintable():
        raise BadInput(f"a text of one line, up to {field.most} characters", pointer=pointer)
    if field.kind == "url" and not _is_address(text):
        raise BadInput("an address that begins with https:// or http://", pointer=pointer)
    if field.kind == "choice" and text not in field.choices:
        raise BadInput("one of " + ", ".join(field.choices), pointer=pointer)
    if field.kind == "number" and not (text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31):
        raise BadInput("a whole number", pointer=pointer)
    if field.kind == "email":
        try:
            addresses(text)
        except BadInput as error:
            raise BadInput(error.detail, pointer=pointer) from None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and " " not in text
        )
    except ValueError:
        return False


def _policy(wanted: WantedPolicy) -> dict[str, Any]:
    if not all(_GROUPS.fullmatch(one) for one in wanted.group_by):
        raise BadInput("of server, group, rule, tag:<key>, all", pointer="/policy/group_by")
    if wanted.quiet is not None:
        try:
            read_zone(wanted.quiet.schedule.timezone)
        except ValueError as error:
            raise BadInput(str(error), pointer="/policy/quiet/schedule/timezone") from None
    try:
        return document_of(policy_of(wanted.model_dump()))
    except (TypeError, KeyError, ValueError) as error:
        raise BadInput(f"this is no policy: {error}", pointer="/policy") from None


def _name(text: str) -> str:
    name = clean(text, 100)
    if not name:
        raise BadInput("a channel has a name", pointer="/name")
    return name


def _nobody(channel_id: str) -> NotFound:
    return NotFound(f'there is no channel "{clean(channel_id, 40)}"')
