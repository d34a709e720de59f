"""One typed Python function for each SQL function of the spine. Shapes are promised here; SQL keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.storage.supabase.client import COMMIT_SECONDS, QUICK_SECONDS, Rpc


class Queries:
    def __init__(self, rpc: Rpc, shard: int = 0) -> None:
        self._rpc = rpc
        self._shard = shard

    # The sweep

    def sweep_begin(self, owner: str, have_version: int | None, have_rules: int | None = None) -> dict[str, Any]:
        """Take the lease. `{"busy": true}` when another holds it; else now, version, cursor, tries, inbox; where
        `have_version` is not current, servers with their states, and the fleet's state; and where `have_rules` is not,
        `alerting`: rules, silences, channels, what people did, and what routing remembers. Where only the version
        is another, that last part alone: `routing`."""
        body = {
            "shard": self._shard, "owner": owner, "have_version": have_version, "have_rules_version": have_rules,
        }  # fmt: skip
        return dict(self._rpc.call("omv_sweep_begin", body, timeout=COMMIT_SECONDS))

    def sweep_commit(self, document: Mapping[str, object]) -> dict[str, Any]:
        """All or nothing. Gives the new version and whether another round was asked for; Conflict for the loser."""
        return dict(self._rpc.call("omv_sweep_commit", {"shard": self._shard, **document}, timeout=COMMIT_SECONDS))

    def sweep_release(self, owner: str) -> None:
        """Give the lease back after a failure that the entries are not to blame for: the try does not count."""
        self._rpc.call("omv_sweep_release", {"shard": self._shard, "owner": owner})

    def rollup_step(self, options: Mapping[str, object]) -> dict[str, Any]:
        """One bounded step of compaction and retention; call again while `more`."""
        return dict(self._rpc.call("omv_rollup_step", {"shard": self._shard, **options}, timeout=COMMIT_SECONDS))

    # Ingest

    def inbox_append(self, parts: Sequence[str], *, timeout: float = QUICK_SECONDS) -> None:
        """Keep a post that Redis could not take. Unavailable when it is full."""
        self._rpc.call("omv_inbox_append", {"shard": self._shard, "body": list(parts)}, timeout=timeout)

    def cursor_reset(self, seen: str, cursor: str) -> None:
        """Set the cursor back, if it is still the one seen."""
        self._rpc.call("omv_cursor_reset", {"shard": self._shard, "seen": seen, "cursor": cursor})

    def directory(self, keys_version: int | None) -> dict[str, Any]:
        """Cursor, stored posts, watchers; agent keys too unless `keys_version` is current (then `keys` is None)."""
        return dict(self._rpc.call("omv_directory", {"shard": self._shard, "keys_version": keys_version}))

    def watch(self, subjects: Sequence[str], seconds: float) -> None:
        """Somebody looks at these servers for so long; '' is the fleet."""
        self._rpc.call("omv_watch", {"subjects": list(subjects), "seconds": seconds})

    # Reads

    def snapshot(self, have_version: int | None) -> dict[str, Any]:
        """`{version, swept_at, now, body}`; body is None when `have_version` is current."""
        return dict(self._rpc.call("omv_snapshot", {"shard": self._shard, "have_version": have_version}))

    def server(self, name: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_server", _seen(name, sight)))

    def series(
        self,
        name: str,
        series: Sequence[str],
        start: int,
        end: int,
        step: int,
        tier: str,
        sight: Sight = EVERYTHING,
    ) -> dict[str, Any] | None:
        """Binned values: `{"series": {name: [[bin, min, avg, max, n], ...]}}`; None for an unknown server."""
        wanted = {"series": list(series), "from": start, "to": end, "step": step, "tier": tier, "shard": self._shard}
        return _found(self._rpc.call("omv_series", {**wanted, **_seen(name, sight)}))

    def processes(self, name: str, at: int | None = None, sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_processes", {"at": at, **_seen(name, sight)}))

    def errors(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_errors", {**filters, **_seen(name, sight)}))

    def events(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_events", {**filters, **_seen(name, sight)}))

    def error_groups(self, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{groups}`: errors that say the same, those told between `from` and `to`, the newest first."""
        return dict(self._rpc.call("omv_error_groups", {**filters, **_held(sight)}))

    def error_group(self, fingerprint: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]:
        """`{groups, hours, errors}` of one of them; `groups` is empty where there is none."""
        return dict(self._rpc.call("omv_error_group", {**filters, "fingerprint": fingerprint, **_held(sight)}))

    def health(self) -> dict[str, Any]:
        return dict(self._rpc.call("omv_health", {}))

    # Changes by people

    def server_settings(
        self, name: str, settings: Mapping[str, object], sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None:
        """The settings after the change, or `{out_of_sight: true}` when it would hide the server from its changer."""
        return _found(self._rpc.call("omv_server_settings", {"settings": settings, **_seen(name, sight)}))

    def server_delete(self, name: str, sight: Sight = EVERYTHING) -> bool:
        """Waits for a roll-up step that is under way, so it may take as long as a commit."""
        return bool(self._rpc.call("omv_server_delete", _seen(name, sight), timeout=COMMIT_SECONDS)["deleted"])


def _seen(name: str, sight: Sight) -> dict[str, object]:
    """What every call about one server says: which one, and which its caller sees."""
    return {"server": name, **_held(sight)}


def _held(sight: Sight) -> dict[str, object]:
    return {"tags": list(sight.tags) or None, "only": sight.server}


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
