"""Roles, scopes and what they amount to; tags and what is seen through them."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.domain.access import ROLES, SCOPES, Principal, Role, Sight, clean_tag, may_act_as, may_see
from tests.real_stores import Pair


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


@pytest.mark.parametrize(
    ("tags", "server", "shown"),
    [
        ((), None, True),
        (("team:payment",), None, True),
        (("team:web", "team:payment"), None, True),
        (("team:web",), None, False),
        (("team:pay",), None, False),
        (("team:",), None, False),
        (("team",), None, False),
        (("url:http://x",), None, True),
        (("url:http",), None, False),
        ((), "pay-1", True),
        ((), "pay-2", False),
        (("team:payment",), "pay-1", True),
        (("team:payment",), "pay-2", False),
        (("team:web",), "pay-1", False),
    ],
)
def test_a_server_is_seen_by_one_of_its_tags(tags: tuple[str, ...], server: str | None, shown: bool) -> None:
    principal = Principal("key", "k", tags=tags, server=server)
    assert may_see(principal, "pay-1", {"team": "payment", "url": "http://x"}) is shown
    if tags or server:
        assert not may_see(principal, "other", {})


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("team:payment", "team:payment"),
        (" team : payment ", "team:payment"),
        ("a:b:c", "a:b:c"),
        ("e\u0301:x", "\u00e9:x"),
        ("팀:결제", "팀:결제"),
        ("", None),
        ("team", None),
        ("team:", None),
        (":payment", None),
        (" : ", None),
        ("team:a\u202eb", None),
        ("te\0am:a", None),
        ("team:a\nb", None),
        ("a:" + "x" * 101, None),
        ("x" * 10_000, None),
    ],
)
def test_a_tag_has_one_form(text: str, tag: str | None) -> None:
    assert clean_tag(text) == tag


@given(st.text())
def test_what_is_cleaned_is_clean_and_stays(text: str) -> None:
    tag = clean_tag(text)
    if tag is not None:
        assert clean_tag(tag) == tag
        key, _, value = tag.partition(":")
        assert may_see(Principal("user", "1", tags=(tag,)), "any", {key: value})


names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=5)
few = st.sampled_from(["a", "b", "a:b", ":", "", "팀"]) | names


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.dictionaries(few, few, max_size=3),
    chosen=st.none() | st.dictionaries(few, few, max_size=3),
    tags=st.lists(st.tuples(few, few).map(":".join), max_size=3),
)
def test_the_database_sees_as_the_product_does(
    stores: Pair, told: dict[str, str], chosen: dict[str, str] | None, tags: list[str]
) -> None:
    """The fleet is cut here, everything else there: a server must be in both or in neither."""
    row = {"name": "web-1", "facts": {"tags": told}, "settings": {} if chosen is None else {"tags": chosen}}
    asked = {"tags": tags or None, "only": None}
    [(there,)] = stores.rows(
        "select omv.in_sight(jsonb_populate_record(null::omv.server, %s::jsonb), %s::jsonb)",
        json.dumps(row), json.dumps(asked),
    )  # fmt: skip
    assert there is Sight(tuple(tags)).shows("web-1", {**told, **(chosen or {})})
