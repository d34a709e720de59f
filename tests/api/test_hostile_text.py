"""Hostile words in every text that agents and people may send: what comes back turns nothing around, controls nothing,
is no longer than it may be, and reached no place but its own."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.admitted import HIDDEN, SEEN, Admitted

TURNED, ESCAPE, JOINED = "a\u202eb", "a\x1b[31mb\x07", "a\u200b\u2066b\ufeff"
PATH, MARKUP, LONG = "../../etc/passwd", "<img src=x onerror=alert(1)>'; drop table omv.server--", "x" * 10_000
HOSTILE = [TURNED, ESCAPE, JOINED, PATH, MARKUP, LONG, "\ud55c\uad6d\uc5b4 " * 2_000]
LONGEST = 2_000  # an error's message; every other text is shorter


def texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield from (key, *texts(value))
    elif isinstance(document, list):
        for value in document:
            yield from texts(value)


def is_harmless(text: str) -> bool:
    controls = {"Cc", "Cf", "Cs"}
    return len(text) <= LONGEST and not any(unicodedata.category(one) in controls for one in text if one != "\n")


def told(hub: Admitted, path: str, who: str = "admin") -> Any:
    from api.servers import app

    answer = hub.call(app, "GET", path, who)
    assert answer.status_code == 200, answer.text[:300]
    return answer.json


def everything(hub: Admitted) -> list[Any]:
    paths = ("", "/processes", "/errors", "/events")
    return [told(hub, "/api/servers"), *(told(hub, f"/api/servers/{SEEN}{path}") for path in paths)]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda one: one[:10].encode("ascii", "replace").decode())
def test_no_text_of_an_agent_does_harm(hub: Admitted, text: str) -> None:
    from api.ingest import app

    now = int(time.time())
    facts = dict.fromkeys(("os", "kernel", "timezone", "group", "arch", "model"), text)
    post = {
        "server": SEEN, "agent": text, "host": {**facts, "tags": {text: text, "team": "payment"}},
        "samples": [{"at": now, "cpu": 1.0, "metrics": {f"app.{text}": 1}, "mounts": {text: {"disk": 1}}}],
        "processes": [{"name": text, "user": text, "pid": 1}],
        "errors": [{"at": now, "id": text, "message": text, "source": text}, {"level": text, "message": "a"}],
        "events": [{"at": now, "id": text, "kind": text, "title": text}],
    }  # fmt: skip
    sent = {"data": json.dumps(post), "headers": {"Content-Type": "application/json"}}
    answer = hub.call(app, "POST", "/api/ingest", "key of every scope", **sent)
    # What may not be is refused with its place, and everything else of the post is kept.
    assert answer.status_code in {202, 400}, answer.text[:300]
    # What is quoted is cut, and JSON writes what it quotes in ASCII.
    assert len(answer.data) < 20_000
    hub.services.sweeper.run()
    for document in everything(hub):
        assert [one[:80] for one in texts(document) if not is_harmless(one)] == []
    assert hub.pair.rows("select name from omv.server order by name") == [(SEEN,), (HIDDEN,)]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda one: one[:10].encode("ascii", "replace").decode())
@pytest.mark.parametrize("body", ["group", "tag", "value", "wrong value"])
def test_no_text_of_a_person_does_harm(hub: Admitted, text: str, body: str) -> None:
    from api.servers import app

    sent: dict[str, Any] = {
        "group": {"group": text}, "tag": {"tags": {text: "a"}}, "value": {"tags": {"a": text}},
        "wrong value": {"tags": {text: ""}},
    }[body]  # fmt: skip
    answer = hub.call(app, "PATCH", f"/api/servers/{SEEN}", "operator", json=sent)
    assert answer.status_code == (400 if body == "wrong value" else 200)
    assert len(answer.data) < 4_000
    for document in everything(hub):
        assert [one[:80] for one in texts(document) if not is_harmless(one)] == []
    assert (
        hub.call(app, "PATCH", f"/api/servers/{SEEN}", "operator", json={"group": None, "tags": None}).status_code
        == 200
    )


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_a_nul_is_refused_wherever_it_stands(hub: Admitted, text: str) -> None:
    from api.ingest import app as ingest
    from api.servers import app

    for body in ({"group": text}, {"tags": {text: "a"}}, {"tags": {"a": text}}):
        assert hub.call(app, "PATCH", f"/api/servers/{SEEN}", "operator", json=body).status_code == 400
    for post in (
        {"agent": text},
        {"host": {"os": text}},
        {"errors": [{"message": text}]},
        {"events": [{"title": text}]},
    ):
        answer = hub.call(ingest, "POST", "/api/ingest", "key of every scope", json={"server": SEEN, **post})
        assert answer.status_code == 400


def test_the_check_itself_bites() -> None:
    assert [is_harmless(text) for text in (TURNED, ESCAPE, JOINED, LONG)] == [False] * 4
    assert list(texts({TURNED: ["a", {"b": 1}]})) == [TURNED, "a", "b"]
