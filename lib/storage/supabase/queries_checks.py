"""One typed Python function for each SQL function of checks (supabase/migrations/*_checks.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import Rpc


class CheckQueries:
    """A check is `{id, ping_id, state, created_by, created_at, ...what people wrote}`. One out of sight is none."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def check_list(self, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{now, checks}`, by name."""
        return dict(self._rpc.call("omv_checks", _seen(sight)))

    def check(self, check_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        """`{now, check, pings: [{at, kind, code, seconds, note, rid}, ...]}`, the last 100, the newest first."""
        return _found(self._rpc.call("omv_check", {"id": check_id, **_seen(sight)}))

    def check_create(self, body: Mapping[str, object], by: str, sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{out_of_sight: true}` when its maker would not see it. Raises Conflict beyond 2 000 checks."""
        return dict(self._rpc.call("omv_check_create", {"body": body, "by": by, **_seen(sight)}))

    def check_change(
        self, check_id: str, changes: Mapping[str, object], *, anew: bool = False, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """The check after the change; its clock begins `anew` when it was paused or is due at other times."""
        sent = {"id": check_id, "changes": changes, "anew": anew, **_seen(sight)}
        return _found(self._rpc.call("omv_check_change", sent))

    def check_provide(
        self, slug: str, body: Mapping[str, object], by: str, most: int, sight: Sight = EVERYTHING
    ) -> dict[str, Any]:
        """The check that was given this slug, with `created`: whether it was made now. `{ambiguous: true}` for several,
        `{too_many: true}` when `by` has made `most`. Raises Conflict beyond 2 000 checks."""
        sent = {"slug": slug, "body": body, "by": by, "most": most, **_seen(sight)}
        return dict(self._rpc.call("omv_check_provide", sent))

    def check_delete(self, check_id: str, sight: Sight = EVERYTHING) -> bool:
        return bool(self._rpc.call("omv_check_delete", {"id": check_id, **_seen(sight)})["deleted"])


def _seen(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
