"""Log lines: the request they belong to, in one line, and no secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from lib.settings import Settings
from lib.web import logs

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
OURS = Settings(jwt_secret="a-canary-of-the-settings-0123456789", redis_url="rediss://default:canary-redis@h:6379")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logs.know(OURS)
    yield
    logs.end()
    logs.know(Settings())


def line(message: str, *values: object, error: BaseException | None = None) -> str:
    found = (type(error), error, None) if error else None
    record = logging.LogRecord("lib.x", logging.WARNING, __file__, 1, message, values, found)  # type: ignore[arg-type] # no traceback
    return logs.Line().format(record)


def test_a_line_says_which_request_it_belongs_to() -> None:
    assert line("plain") == "WARNING lib.x: plain"
    logs.begin("abcdef0123456789", [])
    assert line("of %s", "web-1") == "WARNING lib.x: of web-1 request_id=abcdef0123456789"
    logs.end()
    assert line("plain") == "WARNING lib.x: plain"


def test_nobody_writes_a_line_of_their_own_into_the_log() -> None:
    assert line("name %s", "x\nERROR lib.web: forged\r") == "WARNING lib.x: name x\\nERROR lib.web: forged\\r"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://omv:pa55-word@db:5432/x", "postgresql://***@db:5432/x"),
        ("key omv_live_Abcd" + "x1Y2" * 9 + " is gone", "key omv_live_Abcd*** is gone"),
        (f"token {JWT}.", "token ***."),
        ("Authorization: Bearer abcdefghijkl", "Authorization: Bearer ***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("GET /x?token=abc&from=1", "GET /x?token=***&from=1"),
        ("GET /api/push/0b8f-secret?status=up", "GET /api/push/***?status=up"),
        ("GET /ping/0b8f-secret/start", "GET /ping/***/start"),
        ("a-canary-of-the-settings-0123456789!", "***!"),
        ("canary-redis", "***"),
        ("came with the request: ring-fenced", "came with the request: ***"),
        ("web-1 has 3 tokens left; keys=4", "web-1 has 3 tokens left; keys=4"),
    ],
)
def test_secrets_are_cut_out(text: str, shown: str) -> None:
    logs.begin("", ["ring-fenced", "", None, "abc"])
    assert line("%s", text).removeprefix("WARNING lib.x: ") == shown


def test_also_out_of_tracebacks() -> None:
    logs.begin("", [])
    logs.conceal("hunter2-and-more")
    try:
        raise KeyError("hunter2-and-more")
    except KeyError:
        record = logging.LogRecord("lib.x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    told = logs.Line().format(record)
    assert "KeyError" in told
    assert "hunter2" not in told


def test_work_after_an_answer_still_belongs_to_its_request() -> None:
    logs.begin("the-request", [])
    about = logs.current()
    logs.begin("another-one", [])
    with logs.belonging_to(about):
        assert "request_id=the-request" in line("late")
    assert "request_id=another-one" in line("now")
