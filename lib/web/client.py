"""Where a request comes from. Which header is believed is a setting: on the platform its own, elsewhere the socket."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from flask import Request

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(request: Request, *, trusted_proxy: bool) -> Address | None:
    """The client's address, IPv4 written as IPv4; None when there is none that can be read.

    Of several forwarded addresses the last is believed: it is what the proxy in front of us wrote, those before it are
    whatever the client sent. The platform's own header holds one.
    """
    # The platform's runtime has REMOTE_ADDR say None where its edge named nobody.
    text = request.environ.get("HTTP_X_FORWARDED_FOR" if trusted_proxy else "REMOTE_ADDR") or ""
    try:
        address = ipaddress.ip_address(text.rpartition(",")[2].strip().partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_within(address: Address | None, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks (CIDR). What cannot be read lies in none and holds none."""
    if address is None:
        return False
    for text in networks:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # what cannot be read lets nobody in
        if network.version == address.version and address in network:
            return True
    return False
