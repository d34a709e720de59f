"""The only door to the internet: bounded in time and size, no redirects, and no way to the inside of a network.

Addresses that the operator set (`trusted`) may lie anywhere; all others must resolve to public addresses only.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import time
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lib.domain.errors import BadInput, Unavailable

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 1_000_000


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    trusted: bool = False,
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[int, bytes]:
    """(status, body) of one request. Raises BadInput for an address that may not be called, Unavailable on failure."""
    import httpx

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"only http and https addresses can be called, not {url[:100]!r}")
    if not trusted:
        _refuse_private(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    try:
        deadline = time.monotonic() + timeout
        with _client().stream(method, url, headers=dict(headers or {}), content=content, timeout=timeout) as answer:
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
                if time.monotonic() > deadline:
                    raise Unavailable(f"{parts.hostname} did not finish its answer in time")
            return answer.status_code, body[:MOST_BYTES]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"{parts.hostname} did not answer: {type(error).__name__}") from error


@functools.cache
def _client() -> httpx.Client:
    """One a process, for its SSL context is what costs. It keeps no connection, which might be dead after the platform
    has frozen the process and would skip the look at where a name leads now, and no cookie."""
    import httpx

    return httpx.Client(
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def _refuse_private(host: str, port: int) -> None:
    try:
        found = {str(address[4][0]) for address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise Unavailable(f"{host} cannot be resolved") from error
    for address in found:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise BadInput(f"{host} is {address}, which is not a public address")
