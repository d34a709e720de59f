"""Secrets of channels and devices, brought under the newest key after a rotation, so that the older keys can go."""

from __future__ import annotations

import logging
from typing import Protocol

from lib.domain.errors import Unavailable
from lib.storage.port import Deliveries

log = logging.getLogger(__name__)

PAGE = 200


class Seals(Protocol):
    def is_newest(self, sealed: str) -> bool: ...
    def reseal(self, sealed: str) -> str: ...


def reseal(deliveries: Deliveries, vault: Seals) -> dict[str, int]:
    """`{resealed, lost}`: how many an older key had sealed, and how many none of the keys opens; those are left as they
    are, their key may come back. Run again after it died, it goes on. Raises Unavailable when Postgres is away."""
    found = {"resealed": 0, "lost": 0}
    after = ""
    while True:
        page = deliveries.secrets(after, PAGE)
        changes = []
        for channel, sealed in page:
            try:
                if not vault.is_newest(sealed):
                    changes.append((channel, sealed, vault.reseal(sealed)))
            except Unavailable:
                log.error("no key in OPENMANAGER_ENCRYPTION_KEYS opens the secret of channel %s", channel)
                found["lost"] += 1
        if changes:
            found["resealed"] += deliveries.secrets_reseal(changes)
        if len(page) < PAGE:
            return found
        after = page[-1][0]
