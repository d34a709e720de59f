"""The HTTP client of both stores' REST roads: one deadline over a whole call.

httpx bounds each read by itself, so a server that sends a byte a second holds its caller for ever. Here every socket
operation gets what is left of the call's time. Only the system's look-up of a name lies outside of it.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

CONNECT_SECONDS = 1.0
KEEP_SECONDS = 30.0  # a connection that the server closed meanwhile is noticed before it is used


class Deadline:
    """Each thread has its own; `start` before each call."""

    def __init__(self) -> None:
        self._local = threading.local()

    def start(self, seconds: float) -> None:
        self._local.until = time.monotonic() + seconds

    def left(self) -> float:
        return float(getattr(self._local, "until", 0.0)) - time.monotonic()


def bounded_client(deadline: Deadline, headers: dict[str, str] | None = None) -> httpx.Client:
    """A pooled client whose calls end by the deadline, whatever its own time-out says. It follows no redirect and asks
    the environment nothing."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEP_SECONDS)
    transport = httpx.HTTPTransport(limits=limits, trust_env=False)
    # httpx has no parameter for the backend of its pool (0.28); httpcore has.
    transport._pool._network_backend = _Backend(deadline)
    return httpx.Client(transport=transport, headers=headers, timeout=60.0, follow_redirects=False, trust_env=False)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        options = list(socket_options or ())
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            left = min(CONNECT_SECONDS, self._deadline.left())
            if left <= 0:
                raise httpcore.ConnectTimeout("the call's time is over") from failure
            try:
                return _Stream(self._inner.connect_tcp(address, port, left, local_address, options), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left()
        if left <= 0:
            raise httpcore.ReadTimeout("the call's time is over")
        return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.left()
        if left <= 0:
            raise httpcore.WriteTimeout("the call's time is over")
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        if left <= 0:
            raise httpcore.ConnectTimeout("the call's time is over")
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
