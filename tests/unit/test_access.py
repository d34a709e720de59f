"""Roles, scopes, and what they amount to."""

from __future__ import annotations

import pytest

from lib.domain.access import ROLES, SCOPES, Principal, Role, may_act_as


def test_roles_rise_and_scopes_are_known() -> None:
    assert ROLES == ("viewer", "operator", "admin")
    assert SCOPES == ("write", "read", "act")


@pytest.mark.parametrize("held", ROLES)
@pytest.mark.parametrize("asked", ROLES)
def test_a_role_includes_those_below_it(held: Role, asked: Role) -> None:
    assert may_act_as(Principal("user", "1", role=held), asked) == (ROLES.index(held) >= ROLES.index(asked))


@pytest.mark.parametrize(
    ("scopes", "reaches"),
    [
        ((), ()),
        (("write",), ()),
        (("read",), ("viewer",)),
        (("act",), ("viewer", "operator")),
        (("write", "read", "act"), ("viewer", "operator")),
        (("admin", "root"), ()),
    ],
)
def test_a_keys_scopes_never_reach_admin(scopes: tuple[str, ...], reaches: tuple[str, ...]) -> None:
    principal = Principal("key", "k", scopes=scopes)
    assert tuple(role for role in ROLES if may_act_as(principal, role)) == reaches


@pytest.mark.parametrize("role", ROLES)
def test_the_clock_is_nobody(role: Role) -> None:
    assert not may_act_as(Principal("cron", "cron"), role)
