"""A local receiver: what it was sent, and what it answers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Request(NamedTuple):
    path: str
    headers: dict[str, str]  # by lower-case name
    body: bytes


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Receiver:
    """`reply` is asked for each request; it may take its time, or give None to say nothing and hang up."""

    url: str = ""
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    reply: Callable[[Request], Reply | None] = lambda request: Reply()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            with lock:
                receiver.requests.append(request)
            reply = receiver.reply(request)
            if reply is None:
                self.close_connection = True
                return
            try:
                self.send_response(reply.status)
                for name, text in reply.headers:
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                return  # the sender's time was over

        def log_message(self, *words: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *words: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        receiver.url = f"http://127.0.0.1:{receiver.port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
