"""One typed Python function for each SQL function of rules (supabase/migrations/*_rules.sql)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.storage.supabase.client import Rpc


class RuleQueries:
    """A rule is its body (shape: lib/monitoring/alerts/rules.py) with id, version, origin, created_at, updated_at."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def rule_list(self) -> list[dict[str, Any]]:
        return list(self._rpc.call("omv_rules", {})["rules"])

    def rule(self, rule_id: str, at: float | None = None) -> dict[str, Any] | None:
        """As it was in force then, with `since`."""
        return _found(self._rpc.call("omv_rule", {"id": rule_id, "at": at}))

    def rule_create(self, body: Mapping[str, object], rule_id: str | None = None) -> dict[str, Any]:
        """Raises Conflict where the id is taken, and beyond 500 rules."""
        return dict(self._rpc.call("omv_rule_create", {"body": body, "id": rule_id}))

    def rule_change(
        self, rule_id: str, body: Mapping[str, object], version: int | None = None
    ) -> dict[str, Any] | None:
        """Raises Conflict where the rule is no longer of that version."""
        return _found(self._rpc.call("omv_rule_change", {"id": rule_id, "body": body, "version": version}))

    def rule_delete(self, rule_id: str) -> bool:
        return bool(self._rpc.call("omv_rule_delete", {"id": rule_id})["deleted"])

    def rule_import(
        self, rules: Mapping[str, Mapping[str, object]], remove: Sequence[str] = (), *, dry_run: bool = False
    ) -> dict[str, list[str]]:
        """`{added, changed, removed, unchanged}`, ids. All of it or nothing; a dry run only says what it would do."""
        return dict(self._rpc.call("omv_rule_import", {"rules": rules, "remove": list(remove), "dry_run": dry_run}))


def _found(answer: Any) -> dict[str, Any] | None:
    return None if answer is None else dict(answer)
