"""The keys of agents and scripts: made, listed, revoked, and when they were last used."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from lib.auth import agent_keys
from lib.domain.access import SCOPES
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import iso
from lib.domain.telemetry import clean_name
from lib.storage.port import Access

MOST_NAME = 100
MOST_CIDRS = 20
NOTE_SECONDS = 3_600.0
MOST_NOTED = 10_000
LATEST = 253_370_764_800  # the year 9999: in some zones the last of its days are beyond what a date can hold
_TIMES = ("created_at", "last_used_at", "expires_at", "revoked_at")


class Keyring:
    def __init__(
        self,
        access: Access,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._clock = clock
        self._monotonic = monotonic
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    def keys(self) -> list[dict[str, Any]]:
        """All keys, newest first, with what may be shown of them."""
        return [_shown(key) for key in self._access.key_list()]

    def create(
        self,
        name: str,
        *,
        scopes: Sequence[str] = ("write",),
        server: str | None = None,
        cidrs: Sequence[str] = (),
        expires_at: float | None = None,
        created_by: str | None = None,
    ) -> tuple[dict[str, Any], str]:
        """(the key, its secret): the only time the secret is known. Raises BadInput naming what may not be."""
        title = " ".join(name.split())
        if not (0 < len(title) <= MOST_NAME and title.isprintable()):
            raise BadInput(f"give the key a name of 1 to {MOST_NAME} characters", pointer="/name")
        wanted = [scope for scope in SCOPES if scope in scopes]
        if not wanted or len(wanted) != len(set(scopes)):
            raise BadInput("scopes are one or more of " + ", ".join(SCOPES), pointer="/scopes")
        if expires_at is not None and expires_at <= self._clock():
            raise BadInput("the key would have expired already", pointer="/expires_at")
        if expires_at is not None and expires_at > LATEST:
            raise BadInput("leave expires_at out for a key that does not expire", pointer="/expires_at")
        minted = agent_keys.mint()
        key = self._access.key_create({
            "hash": minted.secret_hash, "prefix": minted.prefix, "last4": minted.last4, "name": title,
            "scopes": wanted, "server": None if server is None else _server(server), "cidrs": _networks(cidrs),
            "expires_at": expires_at, "created_by": created_by,
        })  # fmt: skip
        return _shown(key), minted.secret

    def revoke(self, key_id: str) -> None:
        """The key opens nothing any more, everywhere within a minute. Revoking twice is no error."""
        if self._access.key_revoke(key_id) is None:
            raise NotFound(f'there is no key "{key_id[:100]}"')

    def is_note_due(self, key_id: str) -> bool:
        """Whether this process should note that the key is in use: true once an hour and key, so that a post costs no
        call of its own. Answers true to one caller only."""
        now = self._monotonic()
        with self._lock:
            if now - self._noted.get(key_id, float("-inf")) < NOTE_SECONDS:
                return False
            if len(self._noted) >= MOST_NOTED:
                self._noted.clear()
            self._noted[key_id] = now
            return True

    def note(self, key_id: str) -> None:
        self._access.key_used(key_id)


def _server(text: str) -> str:
    name = clean_name(text)
    if name is None:
        raise BadInput("this can be no server's name", pointer="/server")
    return name


def _networks(texts: Sequence[str]) -> list[str]:
    if len(texts) > MOST_CIDRS:
        raise BadInput(f"at most {MOST_CIDRS} networks", pointer="/cidrs")
    networks = []
    for index, text in enumerate(texts):
        try:
            networks.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            raise BadInput("this is no network, such as 192.0.2.0/24", pointer=f"/cidrs/{index}") from None
    return networks


def _shown(key: dict[str, Any]) -> dict[str, Any]:
    return {name: _time(value) if name in _TIMES else value for name, value in key.items()}


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else iso(seconds)
