"""What reaches the platform's log: its runtime has a log handler of its own, and that one knows no formatter."""

from __future__ import annotations

import http.client
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifact.function_process import FunctionProcess, base_environment, from_tree
from tests.artifact.vercel_build import ROOT
from tests.real_stores import eventually

FUNCTION = '''"""Fails with whatever it holds in its hands."""

import logging

from flask import request

from lib import wiring
from lib.web.guards import public
from lib.web.handler import make_app

app = make_app("loud")


@app.get("/api/loud")
@public
def loud():
    logging.getLogger("a.library").info("which nobody asked for")
    logging.getLogger("a.library").warning("said %s", wiring.services().settings.redis_url)
    raise RuntimeError(f"{request.headers['Authorization']} {wiring.services().settings.redis_url}")
'''


@pytest.fixture
def loud(tmp_path: Path) -> Iterator[tuple[FunctionProcess, str]]:
    """A function that spills secrets, and the password of its Redis."""
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "loud.py").write_text(FUNCTION, encoding="utf-8")
    password = secrets.token_hex(20)
    stores = {"REDIS_URL": f"redis://:{password}@127.0.0.1:9", "DATABASE_URL": "postgresql://127.0.0.1:9/x"}
    function = from_tree(tmp_path, "/api/loud", {**base_environment(), **stores})
    yield function, password
    function.stop()


def ask(function: FunctionProcess, key: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", function.port, timeout=30)
    headers = {
        "Authorization": f"Bearer {key}", "x-vercel-id": "icn1::abcde-0123", "x-vercel-internal-invocation-id": "one",
        "x-vercel-internal-request-id": "1",
    }  # fmt: skip
    connection.request("GET", "/api/loud", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_the_platforms_own_handler_is_told_no_secret(loud: tuple[FunctionProcess, str]) -> None:
    function, password = loud
    key = secrets.token_hex(20)
    assert ask(function, key).status == 500
    assert eventually(lambda: any("Traceback" in line for line in function.logs))
    (failure,) = [line for line in function.logs if "Traceback" in line]  # once, not once a handler
    assert failure.startswith("error: lib.web.problems: GET /api/loud failed request_id=icn1::abcde-0123\n")
    assert "RuntimeError" in failure
    told = "\n".join(function.logs)
    assert "warn: a.library: said redis://" in told
    assert "nobody asked for" not in told
    assert password not in told
    assert key not in told
