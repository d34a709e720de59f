"""Times as answers tell them: ISO 8601 in UTC for people and scripts, and beside it epoch seconds for charts."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at: float) -> str:
    """`2026-11-25T16:39:32+00:00`, in whole seconds."""
    return datetime.fromtimestamp(int(at), UTC).isoformat()


def told(name: str, at: float | None) -> dict[str, str | float | None]:
    """`{name: ISO 8601, name_epoch: seconds since 1970}`; both None where there is no such time."""
    return {name: None if at is None else iso(at), f"{name}_epoch": at}
