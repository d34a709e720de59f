"""The platform's edge as a WSGI app: files before rewrites, its headers on every answer, the client's word on nothing.

What a function sees here is what it sees in production: the path as it came, not decoded and not rewritten, and
`x-forwarded-*` that tell of the socket whatever the client wrote.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lib.local.functions import Functions
from lib.local.public_files import PublicFiles
from lib.local.routes import Routes

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 4_500_000

type Environ = dict[str, Any]
type StartResponse = Callable[..., Any]

_CLIENTS_WORD = ("HTTP_X_VERCEL_", "HTTP_X_FORWARDED_", "HTTP_X_REAL_IP", "HTTP_FORWARDED")


class Edge:
    def __init__(self, root: Path) -> None:
        self._routes = Routes.read(root)
        self._files = PublicFiles(root / "public")
        self._functions = Functions(root)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = _original_path(environ)
        _overwrite(environ, path)
        start = self._with_headers(path, environ["wsgi.url_scheme"], start_response)
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            detail = f"at most {MAX_BODY_BYTES / 1_000_000} MB a request"
            return _answer(start, *problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, path))
        file = self._files.find(path)
        if file is not None:
            if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
                status, headers, body = problem(HTTPStatus.METHOD_NOT_ALLOWED, "this is a file: GET it", path)
                return _answer(start, status, [*headers, ("Allow", "GET, HEAD")], body)
            return _answer(start, *file.answer(environ))
        name = self._routes.function_for(path)
        if name is None:
            return self._nothing(path, environ, start)
        return self._call(name, path, environ, start)

    def headers_for(self, path: str, scheme: str) -> list[tuple[str, str]]:
        """What vercel.json puts on this path's answers."""
        return [
            (name, value)
            for name, value in self._routes.headers_for(path).items()
            # RFC 6797, 7.2: not over plain http. It would bind nobody, and localhost is shared with other programs.
            if scheme == "https" or name.lower() != "strict-transport-security"
        ]

    def _with_headers(self, path: str, scheme: str, start_response: StartResponse) -> StartResponse:
        configured = self.headers_for(path, scheme)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            # The file's word is the last one, on functions' answers as on files'.
            decided = {name.lower() for name, _ in configured}
            kept = [(name, value) for name, value in headers if name.lower() not in decided]
            return start_response(status, [*kept, *configured], *rest)

        return start

    def _nothing(self, path: str, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if path == "/api" or path.startswith("/api/"):
            return _answer(start, *problem(HTTPStatus.NOT_FOUND, "there is no such function", path))
        page = self._files.find("/404.html")
        if page is None:
            return _answer(start, "404 Not Found", [("Content-Type", "text/plain; charset=utf-8")], b"Not found\n")
        _, headers, body = page.answer({"REQUEST_METHOD": environ["REQUEST_METHOD"]})
        return _answer(start, "404 Not Found", headers, body)

    def _call(self, name: str, path: str, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        try:
            return self._functions.app(name)(environ, start)
        except Exception:
            # A function that does not import, as the platform's FUNCTION_INVOCATION_FAILED.
            log.exception("%s failed", name)
            detail = f"the function {name} failed before it could answer; its log has the details"
            return _answer(start, *problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, path))


def problem(status: HTTPStatus, detail: str, path: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """(status line, headers, body) in the product's one shape of errors."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": path,
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    return f"{status.value} {status.phrase}", headers, body


def _answer(start: StartResponse, status: str, headers: list[tuple[str, str]], body: bytes) -> Iterable[bytes]:
    start(status, headers)
    return [body]


def _original_path(environ: Environ) -> str:
    """As it stands in the request line. The server's PATH_INFO is decoded, so `%2F` would have become a slash."""
    target = str(environ.get("REQUEST_URI") or environ["PATH_INFO"])
    if not target.startswith("/"):
        target = urlsplit(target).path or "/"  # the absolute form, as proxies send it
    return target.partition("#")[0].partition("?")[0]


def _overwrite(environ: Environ, path: str) -> None:
    for name in [name for name in environ if name.startswith(_CLIENTS_WORD)]:
        del environ[name]
    address = str(environ.get("REMOTE_ADDR", ""))
    environ["SCRIPT_NAME"] = ""
    environ["PATH_INFO"] = path
    environ["HTTP_X_FORWARDED_FOR"] = environ["HTTP_X_REAL_IP"] = environ["HTTP_X_VERCEL_FORWARDED_FOR"] = address
    environ["HTTP_X_FORWARDED_PROTO"] = environ["wsgi.url_scheme"]
    environ["HTTP_X_FORWARDED_HOST"] = environ.get("HTTP_HOST") or f"127.0.0.1:{environ.get('SERVER_PORT', '')}"
