"""What an entry of the audit log says, and which one belongs to the change that is under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

# One line a kind of entry; the page has words for each. Alerting's are its own.
ACTIONS = (
    "sign_in", "sign_in_failed", "sign_out", "session_reused", "sessions_ended", "password_changed",
    "user_added", "user_changed", "user_removed",
    "key_added", "key_changed", "key_rotated", "key_revoked",
    "server_changed", "server_removed", "audit_cut",
    "channel_added", "channel_changed", "channel_removed",
    "check_added", "check_changed", "check_removed",
    "silence_added", "silence_changed", "silence_ended", "silence_removed",
    "component_added", "component_changed", "component_removed",
    "incident_acknowledged", "incident_resolved",
    "rule_added", "rule_changed", "rule_removed", "rules_imported",
)  # fmt: skip


@dataclass(slots=True)
class Note:
    """The entry that the next change is written with, in the same transaction. `object_id` may be left out where the
    change itself makes the object."""

    action: str
    actor_kind: str = "nobody"
    actor_id: str = ""
    object_kind: str | None = None
    object_id: str | None = None
    address: str | None = None
    request_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    is_written: bool = False

    def document(self) -> dict[str, Any]:
        there = {"kind": self.object_kind, "id": self.object_id}
        return {
            "action": self.action,
            "actor": {"kind": self.actor_kind, "id": self.actor_id},
            "object": {name: value for name, value in there.items() if value is not None} or None,
            "address": self.address,
            "request_id": self.request_id,
            "detail": dict(self.detail),
        }


_under_way: ContextVar[Note | None] = ContextVar("note", default=None)


@contextmanager
def noting(note: Note) -> Iterator[Note]:
    """The first change made within is recorded with this note, or neither takes place."""
    token = _under_way.set(note)
    try:
        yield note
    finally:
        _under_way.reset(token)


def under_way() -> Note | None:
    return _under_way.get()
