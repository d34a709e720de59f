"""The nouns of a post."""

from __future__ import annotations

import pytest

from lib.domain.telemetry import clean_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("web-01", "web-01"),
        ("  web.1 ", "web.1"),
        ("웹서버 1", "웹서버 1"),
        ("\u1112\u1161\u11ab", "한"),  # decomposed, as macOS says it
        ("x" * 100, "x" * 100),
        ("x" * 101, None),
        ("", None),
        ("..", None),
        ("a/b", None),
        ("a%2fb", None),
        ("a\nb", None),
        ("a\u202eb", None),
        ("a\u200bb", None),
        ("<b>", None),
        (7, None),
        (None, None),
    ],
)
def test_a_servers_name_is_kept_in_one_form_or_not_at_all(given: object, kept: str | None) -> None:
    assert clean_name(given) == kept
