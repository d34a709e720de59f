"""One typed Python function for each SQL function of channels and what is owed to them (*_deliveries.sql)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.storage.supabase.client import Rpc


class DeliveryQueries:
    """A channel is `{id, kind, name, locale, enabled, policy, config, sealed, failing, created_at, updated_at}`."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def notices_claim(self, lease: str, most: int = 8, of_channel: int = 3) -> list[dict[str, Any]]:
        """`[{id, kind, severity, body, attempts, created_at, channel}]`, ours for 30 s; channels with `secret`."""
        body = {"lease": lease, "most": most, "of_channel": of_channel}
        return list(self._rpc.call("omv_notices_claim", body)["notices"])

    def notice_settle(
        self,
        notice: str,
        lease: str,
        *,
        ok: bool,
        detail: str = "",
        ms: int = 0,
        retry_in: float | None = None,
        disable: bool = False,
    ) -> bool:
        """Without `retry_in` a failure is final. False when the lease was no longer ours: nothing was written."""
        body = {
            "id": notice, "lease": lease, "ok": ok, "detail": detail, "ms": ms, "retry_in": retry_in,
            "disable": disable,
        }  # fmt: skip
        return bool(self._rpc.call("omv_notice_settle", body)["settled"])

    def notices_of(self, incident: str) -> list[dict[str, Any]]:
        """`[{id, channel, kind, state, created_at, due_at, sent_at, error, attempts: [[at, ok, detail, ms]]}]`."""
        return list(self._rpc.call("omv_notices_of", {"incident": incident})["notices"])

    def channel_list(self) -> list[dict[str, Any]]:
        return list(self._rpc.call("omv_channels", {})["channels"])

    def channel(self, channel: str) -> dict[str, Any] | None:
        """With its sealed `secret`."""
        return _found(self._rpc.call("omv_channel", {"id": channel}))

    def channel_create(self, document: Mapping[str, object]) -> dict[str, Any]:
        """Raises Conflict beyond 100 channels."""
        return dict(self._rpc.call("omv_channel_create", document))

    def channel_change(self, channel: str, changes: Mapping[str, object]) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_channel_change", {"id": channel, "changes": changes}))

    def channel_delete(self, channel: str) -> bool:
        return bool(self._rpc.call("omv_channel_delete", {"id": channel})["deleted"])

    # A device is a channel that belongs to one account; besides it says when it was last `told_at`.

    def device_list(self, owner: str) -> list[dict[str, Any]]:
        return list(self._rpc.call("omv_devices", {"owner": owner})["devices"])

    def device(self, owner: str, device: str) -> dict[str, Any] | None:
        """With its sealed `secret`."""
        return _found(self._rpc.call("omv_device", {"owner": owner, "id": device}))

    def device_keep(self, document: Mapping[str, object]) -> dict[str, Any]:
        """The device, with `made`: whether it is new. Raises Conflict beyond 20 of one account."""
        return dict(self._rpc.call("omv_device_keep", document))

    def device_change(self, owner: str, device: str, changes: Mapping[str, object]) -> dict[str, Any] | None:
        return _found(self._rpc.call("omv_device_change", {"owner": owner, "id": device, "changes": changes}))

    def device_delete(self, owner: str, device: str) -> bool:
        return bool(self._rpc.call("omv_device_delete", {"owner": owner, "id": device})["deleted"])

    # Of channels and devices together.

    def secrets(self, after: str, most: int) -> list[tuple[str, str]]:
        """`[(channel, sealed)]` by id, those after this one."""
        found = self._rpc.call("omv_secrets", {"after": after, "most": most})["secrets"]
        return [(channel, sealed) for channel, sealed in found]

    def secrets_reseal(self, changes: Sequence[tuple[str, str, str]]) -> int:
        """`[(channel, sealed before, sealed now)]`. How many were changed; not what was set anew meanwhile."""
        return int(self._rpc.call("omv_secrets_reseal", {"secrets": [list(one) for one in changes]})["resealed"])


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
