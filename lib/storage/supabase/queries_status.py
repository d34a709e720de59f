"""One typed Python function for each SQL function of the public status page (supabase/migrations/*_status.sql)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.storage.supabase.client import Rpc


class StatusQueries:
    """A component is `{id, name, note, kind, target, place, created_at}`."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def status(self, days: int) -> dict[str, Any]:
        """`{now, swept_at, components: [{id, name, note, kind, members, check, days, incidents}]}`."""
        return dict(self._rpc.call("omv_status", {"days": days}))

    def components(self) -> list[dict[str, Any]]:
        return list(self._rpc.call("omv_status_components", {})["components"])

    def component_create(self, document: Mapping[str, object]) -> dict[str, Any]:
        """Raises Conflict beyond 200 components."""
        return dict(self._rpc.call("omv_status_create", document))

    def component_change(self, component: str, changes: Mapping[str, object]) -> dict[str, Any] | None:
        found = self._rpc.call("omv_status_change", {**changes, "id": component})
        return None if found is None else dict(found)

    def component_delete(self, component: str) -> bool:
        return bool(self._rpc.call("omv_status_delete", {"id": component})["deleted"])
