"""Who asks, what they may do, and which servers they see."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

type Role = Literal["viewer", "operator", "admin"]
type Scope = Literal["write", "read", "act"]

ROLES: tuple[Role, ...] = get_args(Role.__value__)
SCOPES: tuple[Scope, ...] = get_args(Scope.__value__)

# A key is no person: what its scopes let it do among people's routes.
_ROLE_OF_SCOPE: dict[str, Role] = {"read": "viewer", "act": "operator"}


MOST_TAG = 100  # characters of a tag's key, and of its value


@dataclass(frozen=True, slots=True)
class Sight:
    """Which servers somebody sees and touches: those that carry one of the tags (`key:value`; none: every server), and
    where a key is bound to a server that one alone."""

    tags: tuple[str, ...] = ()
    server: str | None = None

    def shows(self, server: str, tags: Mapping[str, str]) -> bool:
        if self.server is not None and server != self.server:
            return False
        return not self.tags or any(
            tags.get(key) == value for key, _, value in (one.partition(":") for one in self.tags)
        )


EVERYTHING = Sight()


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request comes from. `server` binds a key to one server: it speaks for no other and sees no other.
    `tags` are what a server must carry one of to be seen; `session` is the sign-in that an access token is of."""

    kind: Literal["user", "key", "cron", "check"]
    id: str
    role: Role | None = None
    scopes: tuple[str, ...] = ()
    server: str | None = None
    name: str = ""
    email: str = ""
    tags: tuple[str, ...] = ()
    session: str | None = None

    @property
    def sight(self) -> Sight:
        return Sight(self.tags, self.server)


def may_act_as(principal: Principal, role: Role) -> bool:
    """Whether the principal's role, or the role its key's scopes amount to, reaches `role`."""
    if principal.role:
        return ROLES.index(principal.role) >= ROLES.index(role)
    amounts_to = (_ROLE_OF_SCOPE[scope] for scope in principal.scopes if scope in _ROLE_OF_SCOPE)
    return any(ROLES.index(one) >= ROLES.index(role) for one in amounts_to)


def may_see(principal: Principal, server: str, tags: Mapping[str, str]) -> bool:
    """Whether this server, which carries these tags, is the principal's to know of."""
    return principal.sight.shows(server, tags)


def clean_tag(text: str) -> str | None:
    """`key:value` in the one form it is compared in (NFC, trimmed), or None when it can be no server's tag."""
    key, colon, value = (part.strip() for part in unicodedata.normalize("NFC", text).partition(":"))
    wrong = not colon or not all(0 < len(part) <= MOST_TAG and part.isprintable() for part in (key, value))
    return None if wrong else f"{key}:{value}"
