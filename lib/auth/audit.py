"""Reading the audit log, and what is written to it without a change: sign-ins that failed."""

from __future__ import annotations

from typing import Any

from lib.domain.audit import ACTIONS, Note
from lib.domain.errors import BadInput
from lib.domain.moments import told
from lib.storage.port import Access

MOST_ENTRIES = 200
MOST_VERIFIED = 5_000


class Audit:
    def __init__(self, access: Access) -> None:
        self._access = access

    def add(self, note: Note, *, email: str | None = None) -> None:
        """Something that changed nothing. `email` is whom it was about, if that is anybody; what was typed is not kept:
        it may have been a password in the wrong field. Raises Unavailable when it cannot be written."""
        self._access.audit_add({**note.document(), **({} if email is None else {"email": email})})

    def entries(
        self, *, most: int = 50, before: int | None = None, action: str | None = None, actor: str | None = None
    ) -> dict[str, Any]:
        """`{entries, next, chain}`, newest first; `next` is the `before` of the page after it. The chain is recomputed
        over the newest 5 000 entries; `head` is the newest hash: kept elsewhere, it shows later if any was cut off.
        """
        if action is not None and action not in ACTIONS:
            raise BadInput("`action` is one of " + ", ".join(ACTIONS))
        found = self._access.audit(
            {"most": min(most, MOST_ENTRIES), "before": before, "action": action, "actor": actor}
        )
        chain = self._access.audit_verify(MOST_VERIFIED)
        return {
            "entries": [{**entry, **told("at", entry["at"])} for entry in found["entries"]],
            "next": found["next"],
            "chain": {**chain, "head": found["head"]},
        }
