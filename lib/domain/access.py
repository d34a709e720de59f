"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

type Role = Literal["viewer", "operator", "admin"]
type Scope = Literal["write", "read", "act"]

ROLES: tuple[Role, ...] = get_args(Role.__value__)
SCOPES: tuple[Scope, ...] = get_args(Scope.__value__)

# A key is no person: what its scopes let it do among people's routes.
_ROLE_OF_SCOPE: dict[str, Role] = {"read": "viewer", "act": "operator"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request comes from. `server` binds a key to one server: it may speak for no other."""

    kind: Literal["user", "key", "cron"]
    id: str
    role: Role | None = None
    scopes: tuple[str, ...] = ()
    server: str | None = None
    name: str = ""
    email: str = ""


def may_act_as(principal: Principal, role: Role) -> bool:
    """Whether the principal's role, or the role its key's scopes amount to, reaches `role`."""
    if principal.role:
        return ROLES.index(principal.role) >= ROLES.index(role)
    amounts_to = (_ROLE_OF_SCOPE[scope] for scope in principal.scopes if scope in _ROLE_OF_SCOPE)
    return any(ROLES.index(one) >= ROLES.index(role) for one in amounts_to)
