"""One typed Python function for each SQL function of clouds (supabase/migrations/*_clouds.sql)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.storage.supabase.client import COMMIT_SECONDS, Rpc


class CloudQueries:
    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def clouds_claim(self, sources: Sequence[str], lease: str, seconds: float) -> dict[str, Any] | None:
        """The source whose turn it is, for so long: `{id, fails, memory, taken}`; None when none is due. `sources` are
        all there are: what else was known is forgotten."""
        wanted = {"sources": list(sources), "lease": lease, "seconds": seconds}
        found = dict(self._rpc.call("omv_clouds_claim", wanted))
        return found if found["id"] is not None else None

    def clouds_settle(self, source: str, lease: str, outcome: Mapping[str, object]) -> bool:
        """What came of it: `{ended, failed, failing, detail, due_in, servers, memory}`. False when another has the
        source by now."""
        document = {"id": source, "lease": lease, **outcome}
        return bool(self._rpc.call("omv_clouds_settle", document, timeout=COMMIT_SECONDS)["settled"])

    def clouds(self) -> list[dict[str, Any]]:
        """`[{id, due_at, tried_at, ok_at, fails, failing, detail, servers}]`"""
        return list(self._rpc.call("omv_clouds", {})["sources"])
