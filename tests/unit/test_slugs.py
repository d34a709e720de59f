"""What checks are called in addresses, and which of them a key may mean."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.access import Sight
from lib.domain.slugs import MOST_SLUG, NamedCheck, in_sight, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        # The first are Django's own (its documentation and tests), which Healthchecks' slugs are made by.
        (" Joel is a slug ", "joel-is-a-slug"),
        ("Hello, World, you & others!", "hello-world-you-others"),
        ("some text", "some-text"),
        ("-_foo_-", "foo"),
        ("foo  bar--baz", "foo-bar-baz"),
        ("Café déjà", "cafe-deja"),
        ("Nightly backup: DB 1", "nightly-backup-db-1"),
        ("야간 백업", "야간-백업"),
        ("DB 백업 (서울)", "db-백업-서울"),
        ("１２３", "123"),
        ("!!!", ""),
        ("x" * 120, "x" * 100),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug
    assert slug_of(unicodedata.normalize("NFD", name)) == slug, "however its letters are composed"


@settings(deadline=None)
@given(st.text(max_size=150))
def test_a_slugs_slug_is_itself_and_fits_into_an_address(name: str) -> None:
    slug = slug_of(name)
    assert slug_of(slug) == slug
    assert len(slug) <= MOST_SLUG
    assert not set(slug) & set("/?#% .\n")
    assert slug == slug.lower() or slug.lower().lower() != slug.lower()


def test_a_key_means_the_checks_that_it_sees() -> None:
    ours, theirs = NamedCheck("1", None, {"team": "pay"}), NamedCheck("2", "web-1", {"team": "web"})
    anywhere = NamedCheck("3")
    everyone = [ours, theirs, anywhere]
    assert in_sight(everyone, Sight(), {}) == ["1", "2", "3"]
    assert in_sight(everyone, Sight(("team:pay",)), {"web-1": []}) == ["1"]
    assert in_sight(everyone, Sight(("team:pay",)), {"web-1": ["team:pay"]}) == ["1", "2"], "by its server's tag"
    assert in_sight(everyone, Sight(server="web-1"), {}) == ["2"]
    assert in_sight(everyone, Sight(("team:pay",), "web-1"), {"web-1": []}) == []
