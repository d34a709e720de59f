"""Calls that change who may do what are made together with their entry in the audit log: one call, one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.domain.audit import under_way
from lib.storage.supabase.client import QUICK_SECONDS, Rpc

# A route that makes one of these without a note is found by tests/api/test_openapi.py.
CHANGES = frozenset(
    {
        "omv_account_first", "omv_account_create", "omv_account_change", "omv_account_delete", "omv_account_password",
        "omv_sessions_end", "omv_session_open", "omv_session_close",
        "omv_key_create", "omv_key_change", "omv_key_rotate", "omv_key_revoke",
        "omv_server_settings", "omv_server_delete", "omv_server_expected",
        "omv_channel_create", "omv_channel_change", "omv_channel_delete",
        "omv_check_create", "omv_check_change", "omv_check_delete", "omv_check_provide",
        "omv_silence_create", "omv_silence_change", "omv_silence_delete",
        "omv_status_create", "omv_status_change", "omv_status_delete",
        "omv_incident_act",
        "omv_rule_create", "omv_rule_change", "omv_rule_delete", "omv_rule_import",
    }
)  # fmt: skip


class AuditedRpc:
    """An Rpc that records the change that is under way (domain/audit.py) with the first call that makes it."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def call(self, name: str, body: Mapping[str, object], *, timeout: float = QUICK_SECONDS) -> Any:
        note = under_way()
        if note is None or note.is_written:
            return self._rpc.call(name, body, timeout=timeout)
        if name == "omv_session_rotate":  # records by itself, and only where an old token came again
            return self._rpc.call(name, {**body, "audit": note.document()}, timeout=timeout)
        if name not in CHANGES:
            return self._rpc.call(name, body, timeout=timeout)
        whole = {"call": name, "document": dict(body), "audit": note.document()}
        answer = self._rpc.call("omv_audited", whole, timeout=timeout)
        note.is_written = True
        return answer

    def close(self) -> None:
        self._rpc.close()
