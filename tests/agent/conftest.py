"""The agent as a module, a clock that is passed, and hubs: one scripted, one that really listens.

These tests keep to Python 3.8, like the agent: but for test_agent_wire.py they pass under every version it supports.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "public" / "agent.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("openmanager_agent", AGENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["openmanager_agent"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def agent() -> Any:
    return _load()


class Clock:
    """Both of the agent's clocks. `wall` may be set apart from `mono`, as clocks do."""

    def __init__(self, wall: float = 1_763_900_000.0) -> None:
        self.wall_now = wall
        self.mono_now = 1_000.0

    def wall(self) -> float:
        return self.wall_now

    def mono(self) -> float:
        return self.mono_now

    def advance(self, seconds: float) -> None:
        self.wall_now += seconds
        self.mono_now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


# (status, body, headers): a document, or bytes for what is none
Answer = Any


class ListeningHub:
    """A hub on a free port of this machine. `answer(document) -> (status, body, headers)` decides what it says."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: Callable[[dict[str, Any]], Answer] = lambda document: (202, accepted(document), {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.keys.append(self.headers.get("Authorization", ""))
                document = json.loads(body)
                status, told, headers = outer.answer(document)
                outer.posts.append(document)
                said = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)
        self._thread.start()

    def speak_tls(self, context: ssl.SSLContext) -> None:
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def samples(self) -> list[int]:
        return [sample["at"] for post in self.posts for sample in post.get("samples", ())]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def accepted(document: dict[str, Any], **told: Any) -> dict[str, Any]:
    """What the product answers to a post."""
    told = {"sample_every": 1, "post_every": 1, "stored": 0, "resend": [], "limits": {}, **told}
    return {"accepted": len(document.get("samples", ())), "rejected": [], "next": told}


@pytest.fixture
def listening_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ListeningHub]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    hub = ListeningHub()
    yield hub
    hub.close()


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """For agents started as programs: no setting and no proxy of whoever runs the tests."""
    return {
        name: value for name, value in os.environ.items() if "OPENMANAGER" not in name and "proxy" not in name.lower()
    }
