"""One typed Python function for each SQL function of silences (supabase/migrations/*_silences.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import Rpc


class SilenceQueries:
    """A silence is `{id, starts, ends, by, created_at, now, ...what people wrote}`. One out of sight is none."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def silences(self, sight: Sight = EVERYTHING) -> list[dict[str, Any]]:
        """Those that are not over, and those that ended in the last week, the newest first."""
        return list(self._rpc.call("omv_silences", _seen(sight))["silences"])

    def silence(self, silence_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_silence", {"id": silence_id, **_seen(sight)}))

    def silence_create(
        self, body: Mapping[str, object], starts: float | None, ends: float | None, by: str, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """`{out_of_sight: true}` when it would mute what its maker does not see. Raises Conflict beyond 500."""
        sent = {"body": body, "starts": starts, "ends": ends, "by": by, **_seen(sight)}
        return dict(self._rpc.call("omv_silence_create", sent))

    def silence_change(
        self, silence_id: str, changes: Mapping[str, object], *, end: bool = False, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """The silence after the change; with `end` it ends now."""
        sent = {"id": silence_id, "changes": changes, "end": end, **_seen(sight)}
        return _found(self._rpc.call("omv_silence_change", sent))

    def silence_delete(self, silence_id: str, sight: Sight = EVERYTHING) -> bool:
        return bool(self._rpc.call("omv_silence_delete", {"id": silence_id, **_seen(sight)})["deleted"])


def _seen(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
