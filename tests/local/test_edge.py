"""The local server has the platform's manners. Asked over real sockets, for much of this happens before any app."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.local.edge import MAX_BODY_BYTES, Edge
from lib.local.routes import Routes
from lib.local.server import LocalServer, PortTaken, listen

ROOT = Path(__file__).resolve().parents[2]

ECHO = """
import json
loads = globals().get("loads", 0) + 1
def app(environ, start_response):
    if environ["PATH_INFO"].endswith("/boom"):
        raise RuntimeError("boom")
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    seen["body"] = len(environ["wsgi.input"].read())
    status = "418 I'm a teapot" if environ["PATH_INFO"].endswith("/teapot") else "200 OK"
    start_response(status, [("Content-Type", "application/json"), ("X-Own", "1")])
    return [json.dumps(seen).encode()]
"""
CONFIG = {
    "rewrites": [
        {"source": "/ping/(.*)", "destination": "/api/echo"},
        {"source": "/api/echo/(.*)", "destination": "/api/echo"},
        {"source": "/api/gone/(.*)", "destination": "/api/gone"},
        {"source": "/static.txt", "destination": "/api/echo"},
    ],
    "headers": [
        {
            "source": "/(.*)",
            "headers": [
                {"key": "X-Frame-Options", "value": "DENY"},
                {"key": "Strict-Transport-Security", "value": "max-age=1"},
            ],
        },
        {"source": "/vendor/(.*)", "headers": [{"key": "Cache-Control", "value": "public, max-age=86400"}]},
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    root = tmp_path_factory.mktemp("project")
    (root / "vercel.json").write_text(json.dumps(CONFIG))
    for name, text in {
        "api/echo.py": ECHO,
        "api/deep/echo.py": ECHO,
        "api/broken.py": "import no_such_module_anywhere",
        "api/_hidden.py": ECHO,
        "public/index.html": "<!doctype html>" + "page " * 1000,
        "public/static.txt": "a file",
        "public/js/main.js": "export {}",
        "public/한글.txt": "korean",
        "public/vendor/lib.js": "lib",
        "public/sub/index.html": "sub",
        "public/.secret": "secret",
        "public/font.woff2": "f" * 3000,
        "secret.txt": "outside",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "public" / "link.txt").symlink_to(root / "secret.txt")
    running = LocalServer(Edge(root), listen(0))
    running.start()
    yield running
    running.stop()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server: LocalServer, method: str, target: str, body: Any = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body=body, headers=named, encode_chunked=not isinstance(body, bytes | None))
        return Answer(connection.getresponse())
    finally:
        connection.close()


def raw(server: LocalServer, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_function_sees_the_path_as_it_came_neither_decoded_nor_rewritten(server: LocalServer) -> None:
    for target in ("/api/echo", "/api/echo/a%2Fb%20c/%ED%95%9C", "/ping/x%25", "/api/deep/echo", "/api/echo//a/../b"):
        seen = ask(server, "GET", target + "?q=%20&q=2").json
        assert (seen["PATH_INFO"], seen["QUERY_STRING"], seen["SCRIPT_NAME"]) == (target, "q=%20&q=2", "")


def test_the_clients_word_on_where_it_comes_from_counts_for_nothing(server: LocalServer) -> None:
    seen = ask(
        server, "GET", "/api/echo", X_Forwarded_For="8.8.8.8", X_Forwarded_Proto="https", X_Forwarded_Host="evil.test",
        X_Real_IP="8.8.8.8", Forwarded="for=8.8.8.8", X_Vercel_Forwarded_For="8.8.8.8", X_Forwarded_Port="1",
    ).json  # fmt: skip
    assert seen["HTTP_X_FORWARDED_FOR"] == seen["HTTP_X_REAL_IP"] == seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"
    assert seen["HTTP_X_FORWARDED_HOST"] == f"127.0.0.1:{server.port}"
    assert not [value for value in seen.values() if "8.8.8.8" in str(value) or "evil" in str(value)]
    assert "HTTP_X_FORWARDED_PORT" not in seen


def test_an_unknown_api_path_is_a_problem_and_never_the_page(server: LocalServer) -> None:
    for target in ("/api", "/api/", "/api/nothing", "/api/_hidden", "/api/gone/x", "/api/echo.py", "/api/deep"):
        answer = ask(server, "GET", target)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json"), target
        assert answer.json["instance"] == target
    assert ask(server, "GET", "/nothing").status == 404


def test_a_file_wins_over_a_rewrite(server: LocalServer) -> None:
    assert ask(server, "GET", "/static.txt").body == b"a file"
    assert ask(server, "POST", "/static.txt").status == 405


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/echo", 200),
        ("GET", "/api/echo/teapot", 418),
        ("GET", "/api/echo/boom", 500),
        ("GET", "/api/broken", 500),
        ("POST", "/", 405),
    ],
)
def test_the_configured_headers_are_on_every_answer(
    server: LocalServer, method: str, target: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    answer = ask(server, method, target)
    assert (answer.status, answer.headers.get_all("X-Frame-Options")) == (status, ["DENY"])
    assert "Strict-Transport-Security" not in answer.headers, "RFC 6797 forbids it over plain http"


def test_what_the_server_refuses_by_itself_is_a_problem_with_the_headers_too(server: LocalServer) -> None:
    for request in (
        b"GET / HTTP/1.1\r\nbroken header\r\n\r\n",
        b"POST /api/echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        head, _, body = raw(server, request).partition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        assert b"X-Frame-Options: DENY" in head
        assert json.loads(body)["status"] == 400


def test_credentials_that_end_in_a_line_feed_alone_arrive_as_netdata_sends_them(server: LocalServer) -> None:
    for lines, status in (
        (b"Authorization: Basic b206a2V5\nContent-Type: application/json\r\n", b"200"),
        (b"Content-Type: application/json\nX-Other: 1\r\n", b"400"),
        (b"Authorization: Basic b206a2V5\nX-Other: 1\r\n", b"400"),
    ):
        request = (
            b"POST /api/echo HTTP/1.1\r\nHost: x\r\n" + lines + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
        )
        head, _, body = raw(server, request).partition(b"\r\n\r\n")
        assert head.split(b" ", 2)[1] == status, lines
        if status == b"200":
            seen = json.loads(body)
            assert (seen["HTTP_AUTHORIZATION"], seen["CONTENT_TYPE"], seen["body"]) == (
                "Basic b206a2V5", "application/json", 2,
            )  # fmt: skip


def test_a_body_over_the_cap_is_413_and_one_below_arrives(server: LocalServer) -> None:
    assert ask(server, "POST", "/api/echo", b"x" * MAX_BODY_BYTES).json["body"] == MAX_BODY_BYTES
    answer = ask(server, "POST", "/api/echo", b"x" * (MAX_BODY_BYTES + 1))
    assert (answer.status, answer.json["title"]) == (413, "Request Entity Too Large")
    chunks = iter([b"x" * 1_000_000] * 6)
    assert ask(server, "POST", "/api/echo", chunks, Transfer_Encoding="chunked").status == 413


def test_a_chunked_body_arrives_whole(server: LocalServer) -> None:
    seen = ask(server, "POST", "/api/echo", iter([b"ab", b"cde"]), Transfer_Encoding="chunked").json
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (5, "5")


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt", "/js/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//secret.txt",
        "/js/%2e%2e/%2e%2e/secret.txt", "/.secret", "/%2esecret", "/link.txt", "/static.txt/", "/static.txt%00",
        "/%ff%fe", "/" + "a" * 3000,
        "/static.txt\\..",
    ],
)  # fmt: skip
def test_nothing_outside_public_and_nothing_hidden_is_served(server: LocalServer, target: str) -> None:
    answer = raw(server, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 404"), answer[:200]
    assert b"outside" not in answer


def test_files_come_with_their_type_and_are_compressed_where_that_helps(server: LocalServer) -> None:
    page = ask(server, "GET", "/", Accept_Encoding="br;q=1.0, gzip;q=0.8")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Vary"] == "Accept-Encoding"
    plain = ask(server, "GET", "/", Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(page.body) == plain.body
    assert ask(server, "GET", "/js/main.js").headers["Content-Type"] == "text/javascript; charset=utf-8"
    font = ask(server, "GET", "/font.woff2", Accept_Encoding="gzip")
    assert (font.headers["Content-Type"], font.headers.get("Content-Encoding")) == ("font/woff2", None)
    assert ask(server, "GET", "/%ED%95%9C%EA%B8%80.txt").body == b"korean"
    assert ask(server, "GET", "/sub").body == ask(server, "GET", "/sub/").body == b"sub"


def test_a_file_that_one_has_is_not_sent_again(server: LocalServer) -> None:
    first = ask(server, "GET", "/", Accept_Encoding="gzip")
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    for tag in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}', "*"):
        again = ask(server, "GET", "/", If_None_Match=tag)
        assert (again.status, again.body) == (304, b"")
        assert "X-Frame-Options" in again.headers
    assert ask(server, "GET", "/", If_None_Match='"other"').status == 200
    assert ask(server, "GET", "/vendor/lib.js").headers.get_all("Cache-Control") == ["public, max-age=86400"]


def test_head_tells_the_length_and_sends_nothing(server: LocalServer) -> None:
    full, head = ask(server, "GET", "/"), ask(server, "HEAD", "/")
    assert head.headers["Content-Length"] == full.headers["Content-Length"] == str(len(full.body))
    answer = raw(server, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "vercel.json").write_text("{}")
    running = LocalServer(Edge(tmp_path), listen(0))
    running.start()
    try:
        assert ask(running, "GET", "/a.txt").status == 404
        for text in ("one", "three"):
            (tmp_path / "public" / "a.txt").write_text(text)
            assert ask(running, "GET", "/a.txt").body == text.encode()
    finally:
        running.stop()


def test_a_port_that_is_taken_is_said_so_with_a_way_out() -> None:
    with listen(0) as first, pytest.raises(PortTaken, match=rf"Port {first.getsockname()[1]} is taken.*PORT="):
        listen(first.getsockname()[1])


def test_the_projects_own_configuration_is_understood() -> None:
    routes = Routes.read(ROOT)
    assert routes.function_for("/api/servers/web-1/series") == "/api/servers"
    assert routes.function_for("/api/cron/sweep") == "/api/cron/sweep"
    assert routes.function_for("/ping/abc/start") == "/api/ingest"
    assert routes.function_for("/api") is None
    assert "script-src 'self'" in routes.headers_for("/anything")["Content-Security-Policy"]


def test_a_pattern_that_would_mean_something_else_in_production_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vercel.json").write_text(json.dumps({"rewrites": [{"source": "/:x*", "destination": "/api/x"}]}))
    with pytest.raises(ValueError, match="does not know the pattern"):
        Routes.read(tmp_path)
