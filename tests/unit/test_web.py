"""The way in: bodies and their encodings, routes and their guards, errors and their shape, names in paths."""

from __future__ import annotations

import gzip
import json
import logging
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, after_this_request, request
from hypothesis import given
from hypothesis import strategies as st

from lib import strict_json, wiring
from lib.domain import errors as domain_errors
from lib.domain.errors import BadInput, DomainError, NotFound, Throttled, TooLarge, Unavailable, Unsupported
from lib.settings import Settings
from lib.storage.hybrid.storage import HybridStorage
from lib.storage.redis.client import NoRedis
from lib.web.client import address_of, is_within
from lib.web.guards import public
from lib.web.handler import MAX_BYTES, MAX_MEMBERS, _inflated, after_answer, body_bytes, make_app, server_name
from lib.web.headers import SECURITY
from lib.web.problems import STATUS

GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Echoes what it was sent; `/raise/<name>` fails in every way there is."""
    storage = HybridStorage(NoRedis(), None, billed=False)  # type: ignore[arg-type] # Postgres is not asked
    services = wiring.Services(Settings(), storage)
    monkeypatch.setattr(wiring, "services", lambda: services)
    made = make_app("test")

    @made.post("/echo")
    @public
    def echo() -> bytes:
        return body_bytes(request)

    @made.post("/json")
    @public
    def parsed() -> dict[str, Any]:
        return {"document": strict_json.parse(body_bytes(request))}

    @made.get("/open")
    def without_a_guard() -> str:
        raise AssertionError("nobody may come here")

    @made.get("/raise/<name>")
    @public
    def fail(name: str) -> str:
        if name == "bug":
            raise KeyError("secret-of-the-product")
        if name == "abort":
            from flask import abort

            abort(418)
        raise getattr(domain_errors, name)("in words", pointer="/a/0", retry_after=1.2)

    return made


def sent(app: Flask, body: bytes, path: str = "/echo", **headers: str) -> Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return app.test_client().post(path, data=body, headers=named)


# Bodies


def test_a_body_is_read_without_a_content_type(app: Flask) -> None:
    assert sent(app, b"plain").data == b"plain"


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP ", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda raw: zlib.compress(raw, wbits=-15)),
        ("gzip", lambda raw: gzip.compress(raw[:7]) + gzip.compress(raw[7:])),
        ("gzip", lambda raw: gzip.compress(b"") + gzip.compress(raw)),
        ("identity", bytes),
    ],
)
def test_every_encoding_we_read_gives_the_same_bytes(
    app: Flask, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = b'{"server":"web-01","samples":[]}' * 100
    assert sent(app, encode(body), Content_Encoding=encoding).data == body


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x" * 500])
def test_an_encoding_we_do_not_read_is_415(app: Flask, encoding: str) -> None:
    answer = sent(app, b"x", Content_Encoding=encoding)
    assert answer.status_code == 415
    assert "x" * 100 not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip at all",
        gzip.compress(b"x" * 1_000)[:-1],
        gzip.compress(b"x" * 1_000)[:12],
        gzip.compress(b"x" * 1_000)[:-8] + b"\0\0\0\0\0\0\0\0",
        gzip.compress(b"x") + b"rest",
        gzip.compress(b"x") + gzip.compress(b"y")[:-3],
        zlib.compress(b"x"),
        b"\x1f\x8b",
    ],
    ids=["no gzip", "a byte short", "only begun", "a wrong sum", "a rest", "the second cut", "zlib", "two bytes"],
)
def test_bad_gzip_is_400_and_said(app: Flask, body: bytes) -> None:
    answer = sent(app, body, Content_Encoding="gzip")
    assert answer.status_code == 400
    assert "compress" in answer.json["detail"]  # type: ignore[index]


def test_an_empty_body_is_empty_whatever_its_encoding(app: Flask) -> None:
    assert sent(app, b"", Content_Encoding="gzip").data == b""
    assert "empty" in sent(app, b"", "/json", Content_Encoding="gzip").text


@pytest.mark.parametrize("members", [1, 4])
def test_a_bomb_is_413_and_is_never_unpacked(app: Flask, members: int) -> None:
    bomb = gzip.compress(b"\0" * (40_000_000 // members)) * members
    tracemalloc.start()
    try:
        answer = sent(app, bomb, Content_Encoding="gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 413
    assert most < 4 * MAX_BYTES


def test_the_cap_is_on_the_plain_bytes_exactly(app: Flask) -> None:
    assert len(sent(app, gzip.compress(b"x" * MAX_BYTES), Content_Encoding="gzip").data) == MAX_BYTES
    assert sent(app, gzip.compress(b"x" * (MAX_BYTES + 1)), Content_Encoding="gzip").status_code == 413
    half = gzip.compress(b"x" * (MAX_BYTES // 2))
    assert len(sent(app, half * 2, Content_Encoding="gzip").data) == MAX_BYTES
    assert sent(app, half * 2 + gzip.compress(b"x"), Content_Encoding="gzip").status_code == 413


def test_too_many_bytes_are_413_without_reading_them(app: Flask) -> None:
    answer = app.test_client().post("/echo", data=b"x", environ_overrides={"CONTENT_LENGTH": str(MAX_BYTES + 1)})
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"
    assert sent(app, b"x" * (MAX_BYTES + 1)).status_code == 413


def test_of_a_hundred_thousand_empty_members_only_the_first_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    opening = zlib.decompressobj

    def counted(window: int) -> object:
        opened.append(window)
        return opening(window)

    monkeypatch.setattr(zlib, "decompressobj", counted)
    with pytest.raises(BadInput, match="members"):
        _inflated(gzip.compress(b"") * 100_000, zlib.MAX_WBITS | 16)
    assert len(opened) == MAX_MEMBERS


def test_as_many_members_as_are_allowed_pass() -> None:
    assert _inflated(gzip.compress(b"x") * MAX_MEMBERS, zlib.MAX_WBITS | 16) == b"x" * MAX_MEMBERS


@given(st.binary(max_size=60), st.sampled_from([zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS]))
def test_no_bytes_break_the_decompression(raw: bytes, window: int) -> None:
    try:
        _inflated(raw, window)
    except BadInput:
        return


# Routes and errors


def test_a_route_without_a_guard_answers_500_and_never_runs(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    answer = app.test_client().get("/open")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert "no guard" in caplog.text
    assert app.test_client().head("/open").status_code == 500


def kinds() -> list[type[DomainError]]:
    return sorted(DomainError.__subclasses__(), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", kinds())
def test_every_error_of_the_domain_has_a_status_and_one_shape(app: Flask, kind: type[DomainError]) -> None:
    answer = app.test_client().get(f"/raise/{kind.__name__}", headers={"X-Request-Id": "request-0001"})
    assert answer.status_code == STATUS[kind.code]
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "type": f"urn:openmanager:{kind.code}",
        "title": kind.title,
        "status": answer.status_code,
        "detail": "in words",
        "instance": f"/raise/{kind.__name__}",
        "request_id": "request-0001",
        "errors": [{"pointer": "/a/0", "detail": "in words"}],
    }
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"] == "request-0001"
    assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)


def test_statuses_are_the_ones_that_were_promised() -> None:
    assert {kind.code for kind in kinds()} == STATUS.keys()
    assert (STATUS[Throttled.code], STATUS[Unavailable.code], STATUS[TooLarge.code]) == (429, 503, 413)
    assert STATUS[Unsupported.code] == 415


def test_a_bug_is_a_plain_500_and_its_words_stay_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/raise/bug")
    assert answer.status_code == 500
    assert "secret-of-the-product" not in answer.text
    assert "secret-of-the-product" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/echo", 405), ("GET", "/raise/abort", 418)]
)
def test_flasks_own_refusals_have_the_same_shape(app: Flask, method: str, path: str, status: int) -> None:
    answer = app.test_client().open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert ("Allow" in answer.headers) == (status == 405)


def test_what_cannot_be_written_is_still_answered(app: Flask) -> None:
    answer = sent(app, b'{"\\ud800":1,"\\ud800":2}', "/json")
    assert answer.status_code == 400
    assert "stands twice" in json.loads(answer.data)["detail"]


@pytest.mark.parametrize("given_id", ["short", "x" * 101, "a b c d e f g", "<script>alert(1)</script>"])
def test_a_request_id_that_is_no_id_is_replaced(app: Flask, given_id: str) -> None:
    answer = app.test_client().get("/nowhere", headers={"X-Request-Id": given_id})
    assert answer.headers["X-Request-Id"] != given_id
    assert len(answer.headers["X-Request-Id"]) == 16


def test_the_platforms_name_of_a_request_is_kept(app: Flask) -> None:
    headers = {"X-Vercel-Id": "icn1::abcde-1763900000000-0123", "X-Request-Id": "something-else"}
    assert app.test_client().get("/nowhere", headers=headers).headers["X-Request-Id"] == headers["X-Vercel-Id"]


def test_work_after_an_answer_runs_after_it_and_its_failure_hurts_nobody(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def work() -> None:
        done.append("work")
        raise OSError("the world went away")

    @app.get("/later")
    @public
    def later() -> str:
        after_this_request(lambda response: after_answer(response, work))
        done.append("answer")
        return "ok"

    answer = app.test_client().get("/later", buffered=False)
    assert done == ["answer"]
    answer.close()
    assert done == ["answer", "work"]
    assert "the world went away" in caplog.text


# Names and addresses


@pytest.mark.parametrize(
    ("text", "name"),
    [("web-01", "web-01"), ("web%2D01", "web-01"), ("%EC%84%9C%EB%B2%84", "서버"), ("서버", "서버"), ("a%20b", "a b")],
)
def test_a_name_in_a_path_is_read_encoded_or_not(text: str, name: str) -> None:
    assert server_name(text) == name


@pytest.mark.parametrize(
    "text", ["..", "%2e%2e%2fetc", "a%2Fb", "a%00b", "%ff", "a%25b", "web\u202e", "x" * 101, "", "a%0ab", "%20"]
)
def test_what_can_be_no_servers_name_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        server_name(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_a_name(text: str) -> None:
    try:
        server_name(text)
    except NotFound:
        return


def _address(trusted: bool, **environ: str | None) -> str:
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request

    made = Request(EnvironBuilder(environ_overrides=environ).get_environ())
    return str(address_of(made, trusted_proxy=trusted))  # type: ignore[arg-type] # Flask's request is one of werkzeug's


@pytest.mark.parametrize("trusted", [True, False])
def test_where_the_platform_names_nobody_there_is_no_address(trusted: bool) -> None:
    assert _address(trusted, REMOTE_ADDR=None, HTTP_X_FORWARDED_FOR=None) == "None"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "socket", "address"),
    [
        (True, "203.0.113.7", "10.0.0.1", "203.0.113.7"),
        (True, "198.51.100.9, 203.0.113.7", "10.0.0.1", "203.0.113.7"),  # the first is the client's own word
        (False, "203.0.113.7", "192.0.2.1", "192.0.2.1"),
        (True, "", "192.0.2.1", "None"),
        (True, "nonsense", "192.0.2.1", "None"),
        (False, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (False, "", "fe80::1%eth0", "fe80::1"),
        (False, "", "", "None"),
    ],
)
def test_which_word_about_an_address_is_believed_is_a_setting(
    trusted: bool, forwarded: str, socket: str, address: str
) -> None:
    assert _address(trusted, HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=socket) == address


@pytest.mark.parametrize(
    ("address", "networks", "within"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.2.7", ["198.51.100.0/24", "192.0.2.7/32"], True),
        ("192.0.2.7", ["2001:db8::/32"], False),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("192.0.2.7", [], False),
        ("192.0.2.7", ["nonsense", "192.0.2.300/8"], False),
        ("192.0.2.7", ["nonsense", "0.0.0.0/0"], True),
        (None, ["0.0.0.0/0", "::/0"], False),
    ],
)
def test_an_address_lies_within_networks_of_its_kind(address: str | None, networks: list[str], within: bool) -> None:
    import ipaddress

    assert is_within(ipaddress.ip_address(address) if address else None, networks) is within


def test_every_answer_carries_the_headers_that_the_platform_sends_with_files(app: Flask) -> None:
    told = json.loads((Path(__file__).parents[2] / "vercel.json").read_text())["headers"]
    (everywhere,) = [one["headers"] for one in told if one["source"] == "/(.*)"]
    assert {one["key"]: one["value"] for one in everywhere} == SECURITY
    client = app.test_client()
    answers = [
        client.post("/echo", data=b"x"), client.post("/json", data=b"{"), client.get("/nowhere"), client.get("/echo"),
        client.get("/open"), client.get("/raise/bug"), client.get("/raise/abort"), client.options("/echo"),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {200, 400, 404, 405, 418, 500}
    for answer in answers:
        assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY
