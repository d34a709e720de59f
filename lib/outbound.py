"""The only door to the internet: bounded in time and size, no redirects, and no way to the inside of a network.

A name is looked up once, every address it has is checked, and the connection goes to one of those that were checked:
a name that leads elsewhere a moment later leads nowhere. Certificate, SNI and Host still are the name's.

Most addresses come from people who use the product and must be public. Those that the operator put into the environment
(`trusted`: our own hub, the dead-man address, the emergency webhook) may lie inside the operator's network. But no
service anybody means to call lies where clouds hand out credentials, so those addresses are refused to them too.
`OPENMANAGER_OUTBOUND_ALLOW` opens networks to both.
"""

from __future__ import annotations

import base64
import functools
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lib.domain.errors import BadInput, Unavailable

if TYPE_CHECKING:
    import httpcore

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 1_000_000
MOST_LOOK_UPS = 16  # at a time: one that hangs cannot be stopped, only left behind

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")  # a name or IPv4, or IPv6 without its brackets

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type Resolve = Callable[[str, int], Iterable[str]]


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in text.split())


# `ipaddress.is_private` and `is_global` miss some of these and differ between Python versions, so here they are.
# IANA's registries of special-purpose addresses; multicast; Azure's host, which lies among public addresses.
_NOT_PUBLIC = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
    " 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15"
    " 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    " 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3ffe::/16 3fff::/20"
)
# All other public IPv6 lies in here. Not so IPv4 in IPv6's clothes (::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48,
# ::/96), unique local, site-local and link-local addresses, and multicast.
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")

# Where even the operator's own addresses may not lead: link-local with most clouds' metadata, Azure's, Alibaba's,
# Oracle's, AWS' and Google's over IPv6; multicast and broadcast; and the forms that hide one of them.
_NEVER = _networks(
    "100.100.100.200/32 168.63.129.16/32 169.254.0.0/16 192.0.0.192/32 224.0.0.0/4 240.0.0.0/4"
    " ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 2001::/32 2002::/16 fd00:ec2::/32 fd20:ce::/32 fe80::/10 fec0::/10"
    " ff00::/8"
)


def is_public(address: Address) -> bool:
    """Whether an address is public unicast: one host that anybody on the internet may call."""
    if address.version == 6 and address not in _PUBLIC_IPV6:
        return False
    return not _is_in(address, _NOT_PUBLIC)


def look_up(host: str, port: int) -> Iterable[str]:
    """The system's resolver. Raises OSError or ValueError."""
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]  # by lower-case name
    body: bytes


class Door:
    """Holds which networks are open besides the public ones, and nothing of any call. Thread-safe."""

    def __init__(self, allow: Iterable[str] = (), *, resolve: Resolve = look_up) -> None:
        self._allow = tuple(ipaddress.ip_network(one, strict=False) for one in allow)
        self._resolve = resolve
        self._look_ups = threading.BoundedSemaphore(MOST_LOOK_UPS)

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        trusted: bool = False,
        timeout: float = TIMEOUT_SECONDS,
    ) -> tuple[int, bytes]:
        """(status, body) of one request; otherwise as `ask`."""
        answer = self.ask(method, url, headers=headers, content=content, trusted=trusted, timeout=timeout)
        return answer.status, answer.body

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        trusted: bool = False,
        timeout: float = TIMEOUT_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """What one request is answered; the body ends at `most_bytes`. Over in `timeout`, the look-up of the name
        included. Raises BadInput for an address that may not be called, Unavailable on failure; neither repeats the
        address, which may hold a secret."""
        import httpcore

        until = time.monotonic() + timeout
        target, sent = _request(url, dict(headers or {}), trusted)
        host = target.host.decode()
        try:
            addresses = self._addresses(host, target.port or (443 if target.scheme == b"https" else 80), trusted, until)
            with (
                # One a call: a kept connection could be dead after the platform has frozen the process, and would skip
                # the look at where its name leads now.
                httpcore.ConnectionPool(_context(), network_backend=_backend(addresses, until)) as pool,
                pool.stream(method, target, headers=list(sent.items()), content=content) as answer,
            ):
                body = bytearray()
                for chunk in answer.iter_stream():
                    body += chunk
                    if len(body) >= most_bytes:
                        break
                told = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in answer.headers}
                return Answer(answer.status, told, bytes(body[:most_bytes]))
        except (httpcore.LocalProtocolError, UnicodeEncodeError) as error:
            raise BadInput(f"this request to {host} cannot be sent: a header, the method or the path") from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError) as error:
            raise Unavailable(f"{host} did not answer: {type(error).__name__}") from error

    def addresses(self, host: str, port: int, until: float) -> list[str]:
        """Where something that is not HTTP (a mail server) may be reached, by the same rules as `ask`. `until` is by
        time.monotonic(). Raises BadInput and Unavailable."""
        if not _HOST.fullmatch(host):
            raise BadInput("this is no name of a host")
        return self._addresses(host, port, False, until)

    def _addresses(self, host: str, port: int, trusted: bool, until: float) -> list[str]:
        """Where the name leads now. One address that may not be called is enough to refuse it."""
        found = list(dict.fromkeys(self._looked_up(host, port, until)))
        for text in found:
            # A zone ("%eth0") only exists on addresses of a link, which are refused without looking at it.
            address = ipaddress.ip_address(text.partition("%")[0])
            if _is_in(address, self._allow):
                continue
            if trusted and _is_in(address, _NEVER):
                raise BadInput(f"{host} is {address}, where nothing may be called")
            if not trusted and not is_public(address):
                raise BadInput(f"{host} is {address}, which is not a public address")
        if not found:
            raise Unavailable(f"{host} has no address")
        return found

    def _looked_up(self, host: str, port: int, until: float) -> list[str]:
        """In a thread of its own, for the system's resolver has no time-out that could be set."""
        if not self._look_ups.acquire(blocking=False):
            raise Unavailable(f"{host} cannot be looked up: too many look-ups hang", retry_after=30)
        answer: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(list(self._resolve(host, port)))
            except (OSError, ValueError):
                answer.put(None)
            finally:
                self._look_ups.release()

        threading.Thread(target=ask, daemon=True, name="look-up").start()
        try:
            found = answer.get(timeout=max(until - time.monotonic(), 0))
        except queue.Empty:
            raise Unavailable(f"{host} was not looked up in time") from None
        if found is None:
            raise Unavailable(f"{host} cannot be resolved")
        return found


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _request(url: str, headers: dict[str, str], trusted: bool) -> tuple[httpcore.URL, dict[str, str]]:
    """Where to, and with which headers. Whatever two parsers may make of an address: this one's host is the one that is
    checked and called."""
    import httpcore
    import httpx

    try:
        parts = httpx.URL(url)
        host = parts.raw_host.decode()
    except (httpx.InvalidURL, ValueError) as error:
        raise BadInput("this is no address that can be called") from error
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput("only addresses that begin with https:// or http:// can be called")
    if not _HOST.fullmatch(host) or (parts.port is not None and not 0 < parts.port < 65_536):
        raise BadInput("this is no address that can be called: its host or its port is none")
    if parts.userinfo:
        if not trusted:
            raise BadInput("an address with a user name or a password in it is not called")
        secret = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", **headers}
    sent = {"User-Agent": "OpenManager-Vibe", "Accept": "*/*"}
    sent |= {name: text for name, text in headers.items() if name.lower() not in {"host", "accept-encoding"}}
    # Packed answers could unpack to any size.
    sent |= {"Host": parts.netloc.decode(), "Accept-Encoding": "identity"}
    target = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
    return target, sent


@functools.cache
def _context() -> ssl.SSLContext:
    """One a process: reading the certificates is what costs."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _backend(addresses: list[str], until: float) -> httpcore.NetworkBackend:
    """What connects to the first of these addresses that answers, whatever the name, and has all done by `until`."""
    import httpcore

    inner = httpcore.SyncBackend()

    def left() -> float:
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the call's time is over")
        return seconds

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            failure: Exception = httpcore.ConnectError("no address")
            for number, address in enumerate(addresses):
                try:
                    # One that swallows everything must leave time for the next.
                    share = left() / (len(addresses) - number)
                    return _bounded(inner.connect_tcp(address, port, share, local_address, socket_options), left)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
            raise failure

    return Backend()


def _bounded(stream: httpcore.NetworkStream, left: Callable[[], float]) -> httpcore.NetworkStream:
    """The same stream, each of whose operations has the time that is left and no more."""
    import httpcore

    class Stream(httpcore.NetworkStream):
        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return stream.read(max_bytes, left())

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            # The inner one would give each of its pieces the whole time.
            for start in range(0, len(buffer), 16_384):
                stream.write(buffer[start : start + 16_384], left())

        def close(self) -> None:
            stream.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return _bounded(stream.start_tls(ssl_context, server_hostname, left()), left)

        def get_extra_info(self, info: str) -> object:
            return stream.get_extra_info(info)

    return Stream()
