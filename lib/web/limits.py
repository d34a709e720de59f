"""How much one caller may ask for, by class of route, and what answers say of it: `RateLimit-Policy` and `RateLimit` as
draft-ietf-httpapi-ratelimit-headers-11 has them, `Retry-After` where it was too much.

Who is counted is a key, a person, or where nobody signed in the network. Reads and agents are counted in this process,
writes and chat in Redis for all instances.
"""

from __future__ import annotations

from flask import Response, g, request

from lib import wiring
from lib.auth.limiter import network_of
from lib.domain.access import Principal
from lib.domain.errors import Throttled, Unavailable
from lib.domain.limits import ACCOUNT, ADDRESS, POLICIES, SHARED, Claim, Policy, RateClass, Verdict, whole_seconds
from lib.settings import Settings
from lib.web.client import address_of

# Prometheus drops what was answered with 429 and sends again what was answered with 503.
type Refusal = type[Throttled | Unavailable]


def usual_class() -> RateClass:
    return "read" if request.method in {"GET", "HEAD"} else "write"


def count(rate_class: RateClass, principal: Principal | None, refusal: Refusal = Throttled) -> None:
    """One request of this class. Raises the refusal, with `retry_after`, when that was one too many."""
    if rate_class == "login":
        # lib/auth/delays.py counts where the password is checked. What remains is not told: an account's owner and
        # whoever else tries it are strangers to each other.
        g.rate_policies = (ACCOUNT, ADDRESS)
        return
    services = wiring.services()
    policy = _policy(rate_class, services.settings)
    limits = services.limits if rate_class in SHARED else services.limits.local
    (verdict,) = limits.take([Claim(f"{rate_class} {_who(principal, services.settings)}", policy)])
    g.rate_policies, g.rate_verdict = (policy,), verdict
    if not verdict.admitted:
        raise refusal(
            f"too many requests: {policy.quota} in {policy.window} seconds are the limit",
            retry_after=verdict.retry_after,
        )


def tell(response: Response) -> None:
    """Write into an answer what was counted for it."""
    policies: tuple[Policy, ...] = g.get("rate_policies", ())
    if policies:
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{one.name}";q={one.quota};w={one.window}' for one in policies
        )
    verdict: Verdict | None = g.get("rate_verdict")
    if verdict:
        left = f"r={verdict.remaining};t={whole_seconds(verdict.reset)}"
        response.headers["RateLimit"] = f'"{verdict.policy.name}";{left}'


def _policy(rate_class: RateClass, settings: Settings) -> Policy:
    return Policy("agent", settings.posts_per_minute, 60) if rate_class == "agent" else POLICIES[rate_class]


def _who(principal: Principal | None, settings: Settings) -> str:
    if principal is not None:
        return f"{principal.kind} {principal.id}"
    address = address_of(request, trusted_proxy=settings.trusted_proxy)
    return f"network {network_of(None if address is None else str(address))}"
