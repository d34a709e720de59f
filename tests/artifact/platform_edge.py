"""The platform's edge for the tests: follows the routes of a build's config.json, then calls the function's process.

Written apart from the local server's edge on purpose: that one reads vercel.json, this one what the builder made of it.
"""

from __future__ import annotations

import http.client
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.artifact.function_process import FunctionProcess

REGION = "icn1"
_PLATFORMS_OWN = ("x-forwarded-", "x-vercel-", "x-real-ip", "forwarded")
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


class Edge:
    def __init__(
        self, routes: Sequence[Mapping[str, Any]], static: Path, functions: Mapping[str, FunctionProcess]
    ) -> None:
        self._routes = routes
        self._static = static
        self.functions = functions
        self.client_address = "203.0.113.7"  # whom the platform sees; what the client says of itself is overwritten
        self.port = 0
        self.slow: dict[str, float] = {}  # functions that take so many seconds longer
        self.calls: list[tuple[str, str]] = []  # (function, path as it came)
        self.called_at: dict[str, float] = {}  # when each function was called last, by the monotonic clock

    def resolve(self, path: str) -> tuple[str, Any, dict[str, str]]:
        """("file", path), ("function", name) or ("status", code), and the headers the routes add."""
        headers: dict[str, str] = {}
        current = path
        for route in self._routes:
            if route.get("handle") in {"error", "miss"}:
                break
            if route.get("handle") == "filesystem":
                found = self._lies_at(current)
                if found:
                    return (*found, headers)
                continue
            if not re.search(route["src"], current):
                continue
            headers |= route.get("headers", {})
            if route.get("continue"):
                continue
            if "status" in route:
                return "status", route["status"], headers
            if "dest" in route:
                current = route["dest"]
                found = self._lies_at(current)
                if found:
                    return (*found, headers)
        return "status", 404, headers

    def _lies_at(self, path: str) -> tuple[str, Any] | None:
        if path in self.functions:
            return "function", path
        file = (self._static / path.strip("/")).resolve()
        for candidate in (file, file / "index.html"):
            if candidate.is_file() and candidate.is_relative_to(self._static.resolve()):
                return "file", candidate
        return None

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes]:
        path = request.path.partition("?")[0]
        kind, what, headers = self.resolve(path)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if kind == "function":
            slow, self.called_at[what] = self.slow.get(what, 0.0), time.monotonic()
            self.calls.append((what, request.path))
            time.sleep(slow)
            status, given, content = self._invoke(what, request, body)
        elif kind == "file":
            status, given, content = 200, [], what.read_bytes()
        else:
            status, given, content = what, [], b"not found"
        added = {name.lower() for name in headers}
        return status, [pair for pair in given if pair[0].lower() not in added] + list(headers.items()), content

    def _invoke(
        self, name: str, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The path as it came, not decoded, not rewritten; the address as the platform saw it."""
        host = request.headers.get("Host", "")
        own = {
            "host": host,
            "x-forwarded-for": self.client_address,
            "x-real-ip": self.client_address,
            "x-vercel-forwarded-for": self.client_address,
            "x-forwarded-host": host,
            "x-forwarded-proto": "https",
            "x-forwarded-port": "443",
            "x-vercel-id": f"{REGION}::{REGION}::{secrets.token_hex(8)}",
            "x-vercel-deployment-url": host,
            "x-vercel-internal-invocation-id": secrets.token_hex(8),
            "x-vercel-internal-request-id": "1",
            "content-length": str(len(body)),
        }
        kept = {
            header: value
            for header, value in request.headers.items()
            if not header.lower().startswith(_PLATFORMS_OWN) and header.lower() not in _HOP_BY_HOP | {"content-length"}
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.functions[name].port, timeout=60)
        try:
            connection.request(request.command, request.path, body, {**kept, **own})
            answer = connection.getresponse()
            content = answer.read()
            given = [pair for pair in answer.getheaders() if pair[0].lower() not in _HOP_BY_HOP | {"content-length"}]
            return answer.status, given, content
        finally:
            connection.close()


@contextmanager
def serving(edge: Edge) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            status, headers, content = edge.answer(self)
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            try:
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True  # a poke does not wait for its answer

        do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _any

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    edge.port = int(server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{edge.port}"
    finally:
        server.shutdown()
        server.server_close()


_SPECIAL, _ESCAPED = re.compile(r"[.+*?^${}()|\[\]\\]"), r"\\\g<0>"  # as path-to-regexp escapes


def routes_of_vercel_json(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the builder makes of vercel.json, for where there is no builder. A test holds it against the real thing."""

    def source(text: str) -> str:
        literal, below, rest = text.partition("/(.*)")
        return (
            f"^{literal}(?:/(.*))$"
            if below and not rest
            else f"^{_SPECIAL.sub(_ESCAPED, text)}$"
            if not below
            else text
        )

    routes: list[dict[str, Any]] = [
        {
            "src": source(rule["source"]),
            "headers": {header["key"]: header["value"] for header in rule["headers"]},
            "continue": True,
        }
        for rule in config["headers"]
    ]
    routes.append({"handle": "filesystem"})
    routes += [
        {"src": source(rule["source"]), "dest": rule["destination"], "check": True} for rule in config["rewrites"]
    ]
    return [*routes, {"src": "^/api(/.*)?$", "status": 404}]
