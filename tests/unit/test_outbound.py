"""The door out: bounded in time and size, no redirects, nothing kept between calls, no private address by accident."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from lib import outbound
from lib.domain.errors import BadInput, Unavailable

seen: list[tuple[str, str, dict[str, str], bytes]] = []


class _World(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen.append((self.command, self.path, dict(self.headers), body))
        path = urlsplit(self.path).path
        self.send_response(302 if path == "/elsewhere" else 200)
        if path == "/elsewhere":
            self.send_header("Location", "/")
        self.send_header("Set-Cookie", "spy=1; Path=/")
        self.end_headers()
        try:
            if path == "/flood":
                for _ in range(40):
                    self.wfile.write(b"x" * 100_000)
            elif path == "/drip":
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            elif path == "/silence":
                time.sleep(1)
            else:
                self.wfile.write(b"hello")
        except OSError:
            return

    do_POST = do_GET

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture(scope="module")
def world() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _World)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_call_gives_status_and_body(world: str) -> None:
    answer = outbound.call("POST", f"{world}/here", headers={"X-Our": "word"}, content=b"body", trusted=True)
    assert answer == (200, b"hello")
    method, path, headers, body = seen[-1]
    assert (method, path, headers["X-Our"], body) == ("POST", "/here", "word", b"body")


def test_a_redirect_is_an_answer_and_not_followed(world: str) -> None:
    before = len(seen)
    assert outbound.call("GET", f"{world}/elsewhere", trusted=True)[0] == 302
    assert len(seen) == before + 1


def test_nobodys_cookies_are_kept(world: str) -> None:
    for _ in range(2):
        outbound.call("GET", world, trusted=True)
    assert "Cookie" not in seen[-1][2]


def test_all_calls_share_one_client_and_no_connection(world: str) -> None:
    assert outbound._client() is outbound._client()
    outbound.call("GET", world, trusted=True)
    assert seen[-1][2]["Connection"].lower() in {"close", "keep-alive"}
    assert outbound._client()._transport._pool.connections == []  # type: ignore[attr-defined] # httpx shows no other way


def test_a_large_answer_is_cut(world: str) -> None:
    status, body = outbound.call("GET", f"{world}/flood", trusted=True)
    assert (status, len(body)) == (200, outbound.MOST_BYTES)


@pytest.mark.parametrize("path", ["/drip", "/silence"])
def test_a_slow_answer_is_given_up(world: str, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable):
        outbound.call("GET", world + path, trusted=True, timeout=0.3)
    assert time.monotonic() - began < 0.9


def test_an_address_that_nobody_trusts_must_be_public(world: str) -> None:
    before = len(seen)
    for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "100.64.0.1", "0.0.0.0"):
        with pytest.raises(BadInput):
            outbound.call("GET", f"http://{host}:{urlsplit(world).port}/")
    assert len(seen) == before


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "file:///etc/passwd", "//example.org", "https://", "nonsense", ""]
)
def test_only_web_addresses_are_called(url: str) -> None:
    with pytest.raises(BadInput):
        outbound.call("GET", url, trusted=True)


def test_a_closed_port_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        outbound.call("GET", "http://127.0.0.1:9/", trusted=True, timeout=1)
