"""The keys of agents and scripts: made, listed, changed, rotated, revoked, and when they were last used."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.auth import agent_keys
from lib.domain.access import SCOPES, clean_tag
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import iso
from lib.domain.telemetry import clean_name
from lib.storage.port import Access

MOST_NAME = 100
MOST_CIDRS = 20
MOST_TAGS = 20
NOTE_SECONDS = 3_600.0
MOST_NOTED = 10_000
LATEST = 253_370_764_800  # the year 9999: in some zones the last of its days are beyond what a date can hold
OVERLAP_SECONDS = 86_400  # so long the secret before a rotation stays good, unless asked otherwise
MOST_OVERLAP_SECONDS = 7 * 86_400
_TIMES = ("created_at", "last_used_at", "expires_at", "revoked_at", "former_until")


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

    def key(self, key_id: str) -> dict[str, Any]:
        """One key, revoked ones too. Raises NotFound."""
        for key in self.keys():
            if key["id"] == key_id:
                return key
        raise NotFound(f'there is no key "{key_id[:100]}"')

    def create(
        self,
        name: str,
        *,
        scopes: Sequence[str] = ("write",),
        server: str | None = None,
        tags: Sequence[str] | None = None,
        cidrs: Sequence[str] = (),
        expires_at: float | None = None,
        created_by: str | None = None,
    ) -> tuple[dict[str, Any], str]:
        """(the key, its secret): the only time the secret is known. Raises BadInput naming what may not be."""
        title = _title(name)
        wanted = [scope for scope in SCOPES if scope in scopes]
        if not wanted or len(wanted) != len(set(scopes)):
            raise BadInput("scopes are one or more of " + ", ".join(SCOPES), pointer="/scopes")
        self._check_expiry(expires_at)
        minted = agent_keys.mint()
        key = self._access.key_create({
            "hash": minted.secret_hash, "prefix": minted.prefix, "last4": minted.last4, "name": title,
            "scopes": wanted, "server": None if server is None else _server(server), "tags": clean_tags(tags),
            "cidrs": _networks(cidrs), "expires_at": expires_at, "created_by": created_by,
        })  # fmt: skip
        return _shown(key), minted.secret

    def change(self, key_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Set what is given of name, tags, cidrs and expires_at; it acts within a minute. Raises BadInput, and NotFound
        also for a revoked key."""
        clean = dict(changes)
        if "name" in clean:
            clean["name"] = _title(clean["name"])
        if "tags" in clean:
            clean["tags"] = clean_tags(clean["tags"])
        if "cidrs" in clean:
            clean["cidrs"] = _networks(clean["cidrs"])
        self._check_expiry(clean.get("expires_at"))
        return _shown(_living(self._access.key_change(key_id, clean), key_id))

    def rotate(self, key_id: str, overlap_seconds: int = OVERLAP_SECONDS) -> tuple[dict[str, Any], str]:
        """(the key, its new secret). The secret until now stays good for the overlap, one before it is over at once.
        Raises NotFound also for a key that is revoked or expired."""
        minted = agent_keys.mint()
        key = self._access.key_rotate(key_id, {
            "hash": minted.secret_hash, "prefix": minted.prefix, "last4": minted.last4,
            "overlap_seconds": overlap_seconds,
        })  # fmt: skip
        return _shown(_living(key, key_id)), minted.secret

    def revoke(self, key_id: str) -> None:
        """The key opens nothing any more, everywhere within a minute. Revoking twice is no error."""
        if self._access.key_revoke(key_id) is None:
            raise NotFound(f'there is no key "{key_id[:100]}"')

    def _check_expiry(self, expires_at: float | None) -> None:
        if expires_at is not None and expires_at <= self._clock():
            raise BadInput("the key would have expired already", pointer="/expires_at")
        if expires_at is not None and expires_at > LATEST:
            raise BadInput("leave expires_at out for a key that does not expire", pointer="/expires_at")

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


def clean_tags(tags: Sequence[str] | None) -> list[str] | None:
    """Tags in the one form they are compared in, each once; None for every server. Raises BadInput."""
    if tags is None:
        return None
    if not 1 <= len(tags) <= MOST_TAGS:
        raise BadInput(f"give 1 to {MOST_TAGS} tags, or null for every server", pointer="/tags")
    found = [clean_tag(tag) for tag in tags]
    for index, tag in enumerate(found):
        if tag is None:
            raise BadInput("a tag is `key:value`, each of 1 to 100 printable characters", pointer=f"/tags/{index}")
    return sorted({tag for tag in found if tag})


def _living(key: dict[str, Any] | None, key_id: str) -> dict[str, Any]:
    if key is None:
        raise NotFound(f'there is no living key "{key_id[:100]}"')
    return key


def _title(name: str) -> str:
    title = " ".join(name.split())
    if not (0 < len(title) <= MOST_NAME and title.isprintable()):
        raise BadInput(f"give the key a name of 1 to {MOST_NAME} characters", pointer="/name")
    return title


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
