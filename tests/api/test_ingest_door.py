"""POST /api/ingest at the door: what is wrong is told with its place, nothing of it is stored, and nothing is a 500."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.real_stores import Pair, ServicesFactory


@dataclass
class Door:
    """The function on real stores, and what has got past it."""

    client: FlaskClient
    pair: Pair
    keys: Any
    secret: str

    def post(self, body: bytes | dict[str, Any], secret: str | None = None, **headers: str) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            "/api/ingest", data=raw, headers={"Authorization": f"Bearer {secret or self.secret}", **named}
        )

    def stored(self) -> int:
        with self.pair.redis() as client:
            waiting = sum(client.xlen(key) for key in client.keys("omv:*:samples"))
        return int(waiting) + int(self.pair.rows("select count(*) from omv.inbox")[0][0])


@pytest.fixture(scope="module")
def door(module_stores: Pair) -> Iterator[Door]:
    from api.ingest import app

    factory = ServicesFactory()
    services = factory(module_stores, install=True)
    yield Door(app.test_client(), module_stores, services.keyring, services.keyring.create("t", scopes=["write"])[1])
    factory.close()


def post(*samples: Any, **more: Any) -> bytes:
    """A body whose samples may be raw JSON text."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in samples]
    head = json.dumps({"server": "web-1", **more})[:-1]
    return f'{head}, "samples": [{",".join(texts)}]}}'.encode()


NOW = int(time.time())
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "NaN": (post(f'{{"at": {NOW}, "cpu": NaN}}'), 400, "NaN"),
    "Infinity": (post(f'{{"at": {NOW}, "cpu": -Infinity}}'), 400, "Infinity"),
    "1e400": (post(f'{{"at": {NOW}, "cpu": 1e400}}'), 400, "1e400"),
    "a percentage of 101": (post({"at": NOW, "cpu": 101}), 400, "/samples/0/cpu"),
    "a negative percentage": (post({"at": NOW, "memory": -1}), 400, "/samples/0/memory"),
    "text for a number": (post({"at": NOW, "cpu": "12"}), 400, "/samples/0/cpu"),
    "true for a number": (post({"at": NOW, "cpu": True}), 400, "/samples/0/cpu"),
    "a list for a number": (post({"at": NOW, "cpu": [1]}), 400, "/samples/0/cpu"),
    "an unknown metric": (post({"at": NOW, "cpuu": 1}), 400, "/samples/0/cpuu"),
    "text for a time": (post({"at": "now", "cpu": 1}), 400, "/samples/0/at"),
    "no time": (post({"cpu": 1}), 400, "/samples/0/at"),
    "a time in milliseconds": (post({"at": NOW * 1000, "cpu": 1}), 400, "/samples/0/at"),
    "two hours ahead": (post({"at": NOW + 7_200, "cpu": 1}), 400, "/samples/0/at"),
    "eight days old": (post({"at": NOW - 8 * 86_400, "cpu": 1}), 400, "/samples/0/at"),
    "a sample that is no object": (post(5), 400, "/samples/0"),
    "samples that are no list": (b'{"server": "web-1", "samples": {}}', 400, "/samples"),
    "no server": (post({"at": NOW, "cpu": 1}, server=None), 400, "/server"),
    "a path for a server": (post({"at": NOW, "cpu": 1}, server="../etc/passwd"), 400, "/server"),
    "text turned around": (post({"at": NOW, "cpu": 1}, server="web\u202e1"), 400, "/server"),
    "a name of 10 000 letters": (post({"at": NOW, "cpu": 1}, server="w" * 10_000), 400, "/server"),
    "a post number that is none": (post({"at": NOW, "cpu": 1}, post={"epoch": "e", "n": -1}), 400, "/post"),
    "nothing at all": (b"{}", 400, "/server"),
    "a server and nothing else": (b'{"server": "web-1"}', 400, "at least one"),
    "an empty body": (b"", 400, "empty"),
    "no JSON": (b"cpu=12", 400, "line 1"),
    "a list": (b"[]", 400, "object"),
    "half a document": (b'{"server": "web-1", "samples": [', 400, "not JSON"),
    "a key twice": (b'{"server": "a", "server": "b"}', 400, '"server" stands twice'),
    "a NUL": (b'{"server": "a\\u0000b"}', 400, "NUL"),
    "half a character": (b'{"server": "a\\ud800"}', 400, "surrogate"),
    "no UTF-8": (b'{"server": "\xff"}', 400, "UTF-8"),
    "a hundred thousand brackets": (b"[" * 100_000, 400, "nested"),
    "deep but balanced": (post({"at": NOW, "cpu": 1}, host=json.loads("[" * 40 + "]" * 40)), 400, "nested"),
    "five megabytes": (b'"' + b"x" * 5_000_000 + b'"', 413, "4 MB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_a_problem_that_says_what_and_where(door: Door, name: str) -> None:
    body, status, says = REFUSED[name]
    before = door.stored()
    answer = door.post(body)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert problem is not None
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert says in json.dumps([problem["detail"], problem.get("errors")], ensure_ascii=False).replace('\\"', '"')
    assert door.stored() == before


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"not gzip at all", 400),
        (gzip.compress(post({"at": NOW, "cpu": 1}))[:-9], 400),
        (gzip.compress(b" " * 10_000_000), 413),
    ],
    ids=["not gzip", "cut short", "a bomb"],
)
def test_a_body_that_does_not_unpack_is_refused(door: Door, raw: bytes, status: int) -> None:
    before = door.stored()
    answer = door.post(raw, Content_Encoding="gzip")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert door.stored() == before


def test_an_encoding_we_do_not_read_is_415(door: Door) -> None:
    assert door.post(post({"at": NOW, "cpu": 1}), Content_Encoding="br").status_code == 415


def test_one_bad_sample_takes_none_of_its_neighbours_with_it(door: Door) -> None:
    before = door.stored()
    now = int(time.time())
    answer = door.post(post({"at": now - 20, "cpu": 1}, {"at": now - 10, "cpu": 200}, {"at": now, "cpu": 0}))
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["accepted"] == 2
    (rejected,) = answer.json["rejected"]
    assert rejected["index"] == 1
    assert rejected["pointer"] == "/samples/1/cpu"
    assert "0 to 100" in rejected["reason"]
    assert door.stored() == before + 1


def test_gzip_and_a_forgotten_content_type_are_fine(door: Door) -> None:
    body = gzip.compress(post({"at": int(time.time()), "cpu": 1}))
    assert door.post(body, Content_Encoding="gzip").status_code == 202


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_may_come_in_either_header(door: Door, header: str) -> None:
    value = f"Bearer {door.secret}" if header == "Authorization" else door.secret
    answer = door.client.post("/api/ingest", data=post({"at": int(time.time()), "cpu": 1}), headers={header: value})
    assert answer.status_code == 202


def test_no_key_a_typo_and_an_unknown_key_are_401_and_store_nothing(door: Door) -> None:
    before = door.stored()
    body = post({"at": int(time.time()), "cpu": 1})
    unknown = door.keys.create("gone", scopes=["write"])
    door.keys.revoke(unknown[0]["id"])
    typo = door.secret[:-1] + ("a" if door.secret[-1] != "a" else "b")
    assert door.client.post("/api/ingest", data=body).status_code == 401
    for secret in (typo, unknown[1], "hello"):
        answer = door.post(body, secret=secret)
        assert answer.status_code == 401, answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert door.stored() == before


def test_a_key_that_may_only_read_or_speaks_for_another_server_is_403(door: Door) -> None:
    before = door.stored()
    body = post({"at": int(time.time()), "cpu": 1})
    reader = door.keys.create("reader", scopes=["read"])[1]
    bound = door.keys.create("db only", scopes=["write"], server="db-1")[1]
    assert door.post(body, secret=reader).status_code == 403
    answer = door.post(body, secret=bound)
    assert answer.status_code == 403
    assert answer.json is not None
    assert "db-1" in answer.json["detail"]
    assert door.stored() == before
    assert door.post(post({"at": int(time.time()), "cpu": 1}, server="db-1"), secret=bound).status_code == 202


def test_other_methods_are_405_and_say_what_is_allowed(door: Door) -> None:
    answer = door.client.get("/api/ingest")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
