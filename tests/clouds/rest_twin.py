"""A local server for fakes of REST APIs: a request in its parts goes in, a JSON answer comes out."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # by lower-case name
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    def one(self, name: str, usual: str = "") -> str:
        return self.query.get(name, [usual])[0]


type Handle = Callable[[Asked], tuple[int, Any]]


@dataclass
class RestTwin:
    """`instead` may answer before the fake does."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    handle: Handle = lambda asked: (404, {})
    instead: Callable[[Asked], tuple[int, Any] | None] = lambda asked: None


@contextmanager
def serving() -> Iterator[RestTwin]:
    twin = RestTwin()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body)
            twin.asked.append(asked)
            status, document = twin.instead(asked) or twin.handle(asked)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *words: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        twin.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield twin
        finally:
            server.shutdown()
