"""Lists of addresses that may, or may not, come near: OPENMANAGER_DENY for everybody, and one allow list for each kind
of caller. An allow list that is empty lets every address through; an address that cannot be read passes none."""

from __future__ import annotations

from typing import Literal

from flask import Request

from lib.domain.errors import Forbidden
from lib.settings import Network, Settings
from lib.web.client import Address, address_of

type Audience = Literal["users", "keys", "cron", "everybody"]


def refuse_unwelcome(current: Request, settings: Settings, audience: Audience) -> None:
    """Raises Forbidden, which does not tell what is in the lists."""
    allowed = _allowed(settings, audience)
    if not settings.deny and not allowed:
        return
    address = address_of(current, trusted_proxy=settings.trusted_proxy)
    if not is_welcome(address, allowed, settings.deny):
        raise Forbidden("this address may not do this here")


def is_welcome(address: Address | None, allowed: tuple[Network, ...], denied: tuple[Network, ...]) -> bool:
    """Whether an address passes both lists. One that cannot be read passes only where there is no list at all."""
    if address is None:
        return not allowed and not denied
    if any(address in network for network in denied):
        return False
    return not allowed or any(address in network for network in allowed)


def shown(current: Request, settings: Settings) -> dict[str, object]:
    """The lists, and where the request came from, for an administrator."""
    address = address_of(current, trusted_proxy=settings.trusted_proxy)
    return {
        "you": None if address is None else str(address),
        "behind_proxy": settings.trusted_proxy,
        "users": _texts(settings.allow_users),
        "keys": _texts(settings.allow_keys),
        "cron": _texts(settings.allow_cron),
        "deny": _texts(settings.deny),
        "edge": settings.production,
    }


def _allowed(settings: Settings, audience: Audience) -> tuple[Network, ...]:
    if audience == "users":
        return settings.allow_users
    if audience == "keys":
        return settings.allow_keys
    return settings.allow_cron if audience == "cron" else ()


def _texts(networks: tuple[Network, ...]) -> list[str]:
    return [str(network) for network in networks]
