"""What is remembered of senders that were refused at the door, so that whoever sets one up is told why nothing comes.

A note holds nothing of a secret but its first characters where those are shown in the list of keys too. Notes are few
and short-lived, so that a flood of strangers fills nothing: each network has its own places and its own rate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from zlib import crc32

from lib.auth import agent_keys
from lib.auth.limiter import network_of
from lib.domain.errors import Unavailable
from lib.domain.limits import Claim, Limits, Policy
from lib.storage.port import RefusalStore

# How far a sender came before it was refused: past the lists of addresses, then the key, its networks, its scopes.
type Stage = Literal["addresses", "key", "network", "scope", "body"]
type Shape = Literal["none", "placeholder", "mistyped", "foreign", "ours"]

# What a place is for, so that one kind of refusal never hides another of the same network.
REASONS = (
    "address_list", "no_key", "key_none", "key_placeholder", "key_mistyped", "key_foreign", "key_ours", "key_network",
    "key_scope", "key_server", "no_check", "clock", "nothing_mapped", "unreadable",
)  # fmt: skip
NETWORKS = 8
PLACES = NETWORKS * len(REASONS)
DETAIL_CHARACTERS = 300
CLIENT_CHARACTERS = 60
MOST_NAMES = 10
# Of one network, and of all: so many at once, and as many again in each window. A billed command is worth more.
OF_NETWORK, OF_ALL = Policy("refusals of a network", 6, 60), Policy("refusals", 20, 60)
OF_NETWORK_BILLED, OF_ALL_BILLED = Policy("refusals of a network", 4, 300), Policy("refusals", 10, 600)


@dataclass(slots=True)
class Attempt:
    """A request on its way through the guard, and what its body turned out to be."""

    stage: Stage = "addresses"
    shape: Shape = "none"
    hint: str = ""
    key_id: str | None = None
    off: float | None = None  # seconds by which the samples' clock was off, where they were refused for it
    names: Sequence[str] = ()  # what could not be mapped, where nothing could
    kept_nothing: str = ""  # why, where the answer is a success all the same

    def tried(self, secret: str) -> None:
        self.stage, self.shape, self.hint = "key", shape_of(secret), hint_of(secret)


@dataclass(frozen=True, slots=True)
class Refused:
    """One note. `path` is the form of the path, never what stood in its place."""

    at: float
    reason: str
    status: int
    path: str
    detail: str
    address: str | None
    client: str | None = None
    key: str = ""
    key_id: str | None = None
    off: float | None = None
    names: list[str] = field(default_factory=list)


def shape_of(secret: str) -> Shape:
    """What was sent as a key, without saying it: `mistyped` looks like ours but for a character or its length."""
    if not secret:
        return "none"
    if agent_keys.is_well_formed(secret):
        return "ours"
    if any(mark in secret for mark in ("...", "…", "${", "<", "YOUR")) or secret.startswith("$"):
        return "placeholder"
    return "mistyped" if agent_keys.PREFIX in secret else "foreign"


def hint_of(secret: str) -> str:
    """What may be shown of it: of a key of ours what the list of keys shows, of anything else nothing."""
    return secret[: len(agent_keys.PREFIX) + 4] if secret.startswith(agent_keys.PREFIX) else ""


def reason_of(attempt: Attempt, status: int) -> str | None:
    """Why it was refused, as a word; None where it was our fault, or only a matter of time."""
    if attempt.stage == "addresses":
        return "address_list" if status == 403 else "no_key" if status == 401 else None
    if attempt.stage == "key":
        return f"key_{attempt.shape}" if status in {401, 404} else None  # pings hear 404
    if attempt.stage in {"network", "scope"}:
        return f"key_{attempt.stage}" if status == 403 else None
    if status in {429, 503} or (status < 400 and not attempt.kept_nothing):
        return None
    if status in {403, 404}:
        return "key_server" if status == 403 else "no_check"
    if attempt.off is not None:
        return "clock"
    if attempt.names:
        return "nothing_mapped"
    return "unreadable" if 400 <= status < 500 else None


def note(store: RefusalStore, limits: Limits, refused: Refused, *, billed: bool) -> bool:
    """Keep it for some minutes, in one command; False when there were too many already, or the store is away."""
    network = network_of(refused.address)
    of_network, of_all = (OF_NETWORK_BILLED, OF_ALL_BILLED) if billed else (OF_NETWORK, OF_ALL)
    claims = [Claim(f"refused of {network}", of_network), Claim("refused", of_all)]
    if not all(verdict.admitted for verdict in limits.take(claims)):
        return False
    place = crc32(network.encode()) % NETWORKS * len(REASONS) + REASONS.index(refused.reason)
    try:
        store.keep(place, json.dumps(asdict(refused), ensure_ascii=False))
    except Unavailable:
        return False
    return True


def recent(store: RefusalStore) -> list[Refused]:
    """The notes there are, newest first, in one command. Raises Unavailable."""
    found = []
    for text in store.kept(PLACES):
        try:
            known: Mapping[str, Any] = json.loads(text)
            found.append(Refused(**known))
        except (ValueError, TypeError):
            continue  # of another version of the product
    return sorted(found, key=lambda one: -one.at)
