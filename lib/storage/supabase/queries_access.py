"""One typed Python function for each SQL function of accounts, sessions and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.storage.supabase.client import Rpc


class AccessQueries:
    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    # Accounts

    def account_any(self) -> bool:
        """Whether anybody has an account."""
        return bool(self._rpc.call("omv_account_any", {})["any"])

    def account_sign_in(self, email: str) -> dict[str, Any]:
        """`{account: {id, email, name, role, session_epoch, password} or None, any}`; a disabled account is None."""
        return dict(self._rpc.call("omv_account_sign_in", {"email": email}))

    def account_first(self, email: str, name: str, password: str) -> bool:
        """Create the first admin. False when there is an account already, however many try at the same time."""
        body = {"email": email, "name": name, "password": password}
        return bool(self._rpc.call("omv_account_first", body)["created"])

    def account_list(self) -> list[dict[str, Any]]:
        """Everybody, by e-mail address: `{id, email, name, role, tags, disabled, created_at, signed_in_at}`."""
        return list(self._rpc.call("omv_accounts", {})["users"])

    def account_create(self, document: Mapping[str, object]) -> dict[str, Any]:
        """Raises Conflict when the address has an account."""
        return dict(self._rpc.call("omv_account_create", document))

    def account_change(self, account: str, changes: Mapping[str, object]) -> dict[str, Any] | None:
        """The account after the change; None when there is none. Raises Conflict for the last enabled admin."""
        return _found(self._rpc.call("omv_account_change", {**changes, "id": account}))

    def account_delete(self, account: str) -> bool:
        """False when there is none. Raises Conflict for the last enabled admin."""
        return bool(self._rpc.call("omv_account_delete", {"id": account})["deleted"])

    def account_password(
        self, account: str, password: str, epoch: int | None = None, session: str | None = None
    ) -> int | None:
        """The new epoch; None when there is no such account or its epoch is no longer `epoch`. Ends every session but
        this one."""
        body = {"id": account, "password": password, "epoch": epoch, "session": session}
        answer = self._rpc.call("omv_account_password", body)
        return None if answer is None else int(answer["epoch"])

    # Sessions

    def sessions_end(self, account: str) -> bool:
        """End every session of an account; False when there is no such account."""
        return bool(self._rpc.call("omv_sessions_end", {"id": account})["ended"])

    def session_open(self, document: Mapping[str, object]) -> float | None:
        """When the new session expires (epoch seconds); None when the account changed since its password was read."""
        answer = self._rpc.call("omv_session_open", document)
        return None if answer is None else float(answer["expires_at"])

    def session_rotate(self, document: Mapping[str, object]) -> dict[str, Any]:
        """`{outcome, account, expires_at}` when rotated or repeated; when reused (now revoked) or over, the outcome."""
        return dict(self._rpc.call("omv_session_rotate", document))

    def session_close(self, session: str, token_hash: str) -> bool:
        return bool(self._rpc.call("omv_session_close", {"session": session, "hash": token_hash})["closed"])

    def session_account(self, session: str) -> dict[str, Any] | None:
        """Whose session this is, as the account is now; None when either is over."""
        return _found(self._rpc.call("omv_session_account", {"session": session}))

    # Keys

    def key_list(self) -> list[dict[str, Any]]:
        """Newest first, without hashes; times are epoch seconds."""
        return list(self._rpc.call("omv_keys", {})["keys"])

    def key_create(self, document: Mapping[str, object]) -> dict[str, Any]:
        return dict(self._rpc.call("omv_key_create", document))

    def key_change(self, key_id: str, changes: Mapping[str, object]) -> dict[str, Any] | None:
        """The key after the change; None when there is none, or it is revoked."""
        return _found(self._rpc.call("omv_key_change", {**changes, "id": key_id}))

    def key_rotate(self, key_id: str, document: Mapping[str, object]) -> dict[str, Any] | None:
        """The key under its new secret; None when there is none, or it is revoked or expired."""
        return _found(self._rpc.call("omv_key_rotate", {**document, "id": key_id}))

    def key_revoke(self, key_id: str) -> dict[str, Any] | None:
        """The key, which is over from now on; None when there is no such key."""
        return _found(self._rpc.call("omv_key_revoke", {"id": key_id}))

    def key_used(self, key_id: str) -> None:
        self._rpc.call("omv_key_used", {"id": key_id})

    # The audit log

    def audit_add(self, entry: Mapping[str, object]) -> bool:
        """Write what changed nothing; False when there have been so many of its kind that it is left out."""
        return bool(self._rpc.call("omv_audit_add", entry)["recorded"])

    def audit(self, filters: Mapping[str, object]) -> dict[str, Any]:
        """`{entries, next, head}` of `{most, before, action, actor}`, newest first."""
        return dict(self._rpc.call("omv_audit", filters))

    def audit_verify(self, most: int) -> dict[str, Any]:
        """`{ok, checked, broken_at}` of the newest entries."""
        return dict(self._rpc.call("omv_audit_verify", {"most": most}))


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
