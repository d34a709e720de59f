"""Servers that misbehave in one way each, and a proxy that loses answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"


class Faulty:
    """`url` of a server on loopback; `received` is what each connection has sent it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def silent() -> Iterator[Faulty]:
    """Takes connections and requests, and never says a word: a black hole behind a firewall that answers SYN."""
    with _serving(lambda connection, server: _read_for_ever(connection, server)) as server:
        yield server


@contextmanager
def unreachable() -> Iterator[Faulty]:
    """A black hole: its backlog is full, so no connection is ever made."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            time.sleep(0.05)
            yield Faulty(port)


@contextmanager
def refusing() -> Iterator[Faulty]:
    """Nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield Faulty(reserved.getsockname()[1])


@contextmanager
def page(status: str = "502 Bad Gateway", body: bytes = PAGE, kind: str = "text/html") -> Iterator[Faulty]:
    """A gateway that answers in its own words."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def answer(connection: socket.socket, server: Faulty) -> None:
        server.received.append(connection.recv(65_536))
        connection.sendall(head.encode() + body)

    with _serving(answer) as server:
        yield server


@contextmanager
def dripping(every: float = 0.3) -> Iterator[Faulty]:
    """Answers a byte at a time: each read succeeds, the answer never ends."""

    def drip(connection: socket.socket, server: Faulty) -> None:
        server.received.append(connection.recv(65_536))
        for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 10_000:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    with _serving(drip) as server:
        yield server


@contextmanager
def answer_lost(upstream: str, to: bytes = b"") -> Iterator[Faulty]:
    """Passes everything on to `upstream` (a URL or a unix socket's path) and back, but hangs up when the answer to a
    request with `to` in it comes."""

    def lose(connection: socket.socket, server: Faulty) -> None:
        with _connect(upstream) as far:
            up = threading.Thread(target=_pump, args=(connection, far, server), daemon=True)
            up.start()
            while data := far.recv(65_536):
                if to in b"".join(server.received):
                    return
                connection.sendall(data)

    with _serving(lose) as server:
        yield server


def _connect(upstream: str) -> socket.socket:
    if upstream.startswith("/"):
        far = socket.socket(socket.AF_UNIX)
        far.connect(upstream)
        return far
    parts = urlsplit(upstream)
    return socket.create_connection((parts.hostname, parts.port))


def _pump(near: socket.socket, far: socket.socket, server: Faulty) -> None:
    with contextlib.suppress(OSError):
        while data := near.recv(65_536):
            server.received.append(data)
            far.sendall(data)


def _read_for_ever(connection: socket.socket, server: Faulty) -> None:
    while data := connection.recv(65_536):
        server.received.append(data)


@contextmanager
def _serving(behave: Callable[[socket.socket, Faulty], None]) -> Iterator[Faulty]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = Faulty(listening.getsockname()[1])
    open_connections: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behave(connection, server)
            connection.shutdown(socket.SHUT_RDWR)  # close() alone waits for a thread that still reads from it

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                open_connections.append(connection)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        # close() alone leaves a thread in accept() waiting for ever.
        for opened in (listening, *open_connections):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        listening.close()
