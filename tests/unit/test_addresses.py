"""Which addresses pass the lists: what cannot be read passes none."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.settings import Network, Settings
from lib.web.addresses import is_welcome
from lib.web.client import Address

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "denied_addresses.json").read_text())
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


def networks(*texts: str) -> tuple[Network, ...]:
    return Settings.from_environment(
        {"REDIS_URL": "redis://x", "DATABASE_URL": "postgresql://x/x", "OPENMANAGER_DENY": ",".join(texts)}
    ).deny


@pytest.mark.parametrize(
    ("address", "allowed", "denied", "welcome"),
    [
        ("192.0.2.7", [], [], True),
        (None, [], [], True),  # no list, no question
        (None, ["0.0.0.0/0", "::/0"], [], False),
        (None, [], ["203.0.113.0/24"], False),
        ("192.0.2.7", ["192.0.2.0/24"], [], True),
        ("192.0.2.7", ["198.51.100.0/24"], [], False),
        ("192.0.2.7", [], ["192.0.2.0/24"], False),
        ("192.0.2.7", ["192.0.2.0/24"], ["192.0.2.7"], False),  # the deny list has the last word
        ("2001:db8::1", ["192.0.2.0/24"], [], False),
        ("2001:db8::1", ["2001:db8::/32"], [], True),
        ("192.0.2.7", ["::ffff:192.0.2.0/120"], [], True),
    ],
)
def test_both_lists_are_passed(address: str | None, allowed: list[str], denied: list[str], welcome: bool) -> None:
    found = ipaddress.ip_address(address) if address else None
    assert is_welcome(found, networks(*allowed), networks(*denied)) is welcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['address']} in {case['deny']}")
def test_the_edge_and_the_functions_agree(case: dict[str, str | bool]) -> None:
    """middleware.js is held to the same table (tests/js/middleware.test.js)."""
    address = str(case["address"])
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        found = None
    found = getattr(found, "ipv4_mapped", None) or found
    assert is_welcome(found, (), networks(str(case["deny"]))) is not case["denied"]


@given(address=addresses, prefix=st.integers(0, 32))
def test_an_address_lies_in_every_network_around_it(address: Address, prefix: int) -> None:
    around = ipaddress.ip_network((address, prefix), strict=False)
    assert is_welcome(address, (around,), ())
    assert not is_welcome(address, (), (around,))
    assert not is_welcome(address, (around,), (around,))
