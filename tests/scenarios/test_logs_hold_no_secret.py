"""Canaries in every place where a secret may be: none of them sings in a log line, on standard error or in an answer.

Everything is listened to at DEBUG, the libraries too, through the formatter that the functions log with.
"""

from __future__ import annotations

import base64
import io
import logging
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.test import TestResponse

from lib import wiring
from lib.auth import passwords
from lib.domain.errors import Unavailable
from lib.local.edge import Edge
from lib.local.server import LocalServer, listen
from lib.monitoring.deadman import Emergency
from lib.settings import Settings
from lib.storage.hybrid.storage import HybridStorage
from lib.storage.redis.client import NoRedis
from lib.web import logs
from lib.web.browser import COOKIE
from lib.web.guards import public
from lib.web.handler import after_answer, make_app
from tests.real_stores import Pair, ServicesFactory
from tests.twins import faults

HUB = "https://hub.example.org"
ROOT = Path(__file__).resolve().parents[2]


class Canaries:
    """Each is new, so that nothing but a leak can hold it."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def new(self, name: str, form: str = "{}") -> str:
        canary = secrets.token_hex(20)
        self.all[name] = canary
        return form.format(canary)

    def singing_in(self, text: str) -> list[str]:
        return [name for name, canary in self.all.items() if canary in text]


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Line())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    logs.know(Settings())


@pytest.fixture
def ours() -> Iterator[list[str]]:
    """What the product itself logs, before any net: nothing should need one."""
    messages: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name.startswith(("lib.", "api.")):
                messages.append(record.getMessage())

    listening = Listening()
    logging.getLogger().addHandler(listening)
    yield messages
    logging.getLogger().removeHandler(listening)


def send(app: Flask, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    client = app.test_client(use_cookies=False)
    return client.open(path, method=method, base_url=HUB, headers=sent, **({} if body is None else {"json": body}))


def apps() -> dict[str, Flask]:
    from api import auth, health, ingest, servers
    from api.cron import rollup, sweep

    return {"auth": auth.app, "health": health.app, "ingest": ingest.app, "servers": servers.app,
            "sweep": sweep.app, "rollup": rollup.app}  # fmt: skip


def knock(canaries: Canaries) -> Iterator[TestResponse]:
    """Every function, with a secret in every place that a caller can put one, right or wrong."""
    for name, app in apps().items():
        for path in (f"/api/{name}", f"/api/cron/{name}", "/api/auth/me", "/api/servers/web-1", "/nowhere"):
            for form in ("Bearer {}", "Token {}", "Basic {}", "Digest {}", "{}"):
                yield send(app, "GET", path, Authorization=canaries.new(f"Authorization {form} {name} {path}", form))
            pair = canaries.new("a Basic password", "user:{}")
            yield send(app, "GET", path, Authorization=f"Basic {base64.b64encode(pair.encode()).decode()}")
            yield send(app, "GET", path, X_API_Key=canaries.new("X-API-Key"))
            yield send(app, "GET", path, Authorization="Bearer omv_live_" + canaries.new("a key's form"))
            yield send(app, "GET", path, Cookie=f"{COOKIE}={canaries.new('a cookie')}")
            yield send(app, "GET", f"{path}?token={canaries.new('a token in a query')}")
            yield send(app, "GET", f"/ping/{canaries.new('a ping')}/start")
            yield send(app, "POST", path, {"password": canaries.new("a password nobody asked for")})
    auth = apps()["auth"]
    wrong = {"email": "ada@example.org", "password": canaries.new("a wrong password")}
    yield send(auth, "POST", "/api/auth/login", wrong)
    yield send(auth, "POST", "/api/auth/login", {**wrong, "password": [canaries.new("a password in a list")]})
    yield send(auth, "POST", "/api/auth/refresh", {}, Cookie=f"{COOKIE}={canaries.new('a refresh token')}")


def test_a_day_with_every_mistake_leaves_no_secret_in_any_line(
    fresh_stores: Pair,
    make_services: ServicesFactory,
    canaries: Canaries,
    heard: io.StringIO,
    ours: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    password = canaries.new("the admin's password")
    settings: dict[str, Any] = {
        "cron_secret": canaries.new("cron"), "jwt_secret": canaries.new("jwt"), "admin_email": "ada@example.org",
        "admin_password": password, "encryption_keys": (Fernet.generate_key().decode(),),
    }  # fmt: skip
    canaries.all["encryption key"] = settings["encryption_keys"][0]
    services = make_services(fresh_stores, install=True, **settings)
    auth, servers, sweep = apps()["auth"], apps()["servers"], apps()["sweep"]

    signed_in = send(auth, "POST", "/api/auth/login", {"email": "ada@example.org", "password": password})
    assert signed_in.json is not None
    token = signed_in.json["access_token"]
    canaries.all["access token"] = token
    old = signed_in.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    canaries.all["refresh token"] = old
    made = send(auth, "POST", "/api/auth/keys", {"name": "k"}, Authorization=f"Bearer {token}")
    assert made.json is not None
    canaries.all["agent key"] = made.json["secret"]
    send(sweep, "GET", "/api/cron/sweep", Authorization=f"Bearer {settings['cron_secret']}")
    send(servers, "GET", "/api/servers", Authorization=f"Bearer {token}")
    for _ in range(2):
        send(auth, "POST", "/api/auth/refresh", {}, Cookie=f"{COOKIE}={old}")
    answers = [answer.get_data(as_text=True) for answer in knock(canaries)]
    services.vault.seal(canaries.new("a sealed secret"))

    told = heard.getvalue() + "".join(capfd.readouterr())
    assert canaries.singing_in(told) == []
    assert canaries.singing_in("\n".join([*answers, *ours])) == []


def test_an_outage_of_both_stores_tells_no_secret_of_theirs(
    canaries: Canaries, heard: io.StringIO, ours: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with faults.refusing() as redis, faults.page("500 Internal Server Error") as postgrest:
        settings = Settings(
            redis_rest_url=redis.url, redis_rest_token=canaries.new("redis token"),
            supabase_rest_url=f"{postgrest.url}/rest/v1", supabase_key=canaries.new("supabase key"),
            cron_secret=canaries.new("cron"), jwt_secret=canaries.new("jwt"), admin_email="ada@example.org",
            admin_password=canaries.new("admin"), base_url=canaries.new("base", "http://omv:{}@127.0.0.1:9"),
            deadman_url=canaries.new("dead man", "http://127.0.0.1:9/{}"),
            emergency_webhook=canaries.new("emergency", "http://127.0.0.1:9/{}"), redis_billed=True,
        )  # fmt: skip
        services = wiring.build(settings)
        wiring.use(services)
        try:
            answers = [answer.get_data(as_text=True) for answer in knock(canaries)]
            cron = f"Bearer {settings.cron_secret}"
            answers.append(send(apps()["sweep"], "GET", "/api/cron/sweep", Authorization=cron).get_data(as_text=True))
            services.poke("/api/cron/sweep")
            Emergency(services.settings.emergency_webhook, services.door)("both stores are away")
            services.sweeper._alive()
        finally:
            wiring.use(None)
            services.storage.close()
    told = heard.getvalue() + "".join(capfd.readouterr())
    assert "emergency webhook failed" in told
    assert "request_id=" in told
    assert canaries.singing_in(told) == []
    assert canaries.singing_in("\n".join([*answers, *ours])) == []
    assert any("emergency webhook failed" in message for message in ours)


def test_nor_does_what_nobody_foresaw(canaries: Canaries, heard: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that holds what the request brought or what the settings hold, with its traceback; and one in the
    work after an answer."""
    settings = Settings(jwt_secret=canaries.new("jwt"), redis_url=canaries.new("redis", "redis://:{}@localhost"))
    storage = HybridStorage(NoRedis(), None, billed=False)  # type: ignore[arg-type] # Postgres is not asked
    services = wiring.Services(settings, storage)
    monkeypatch.setattr(wiring, "services", lambda: services)
    app = make_app("test")
    key = canaries.new("key")

    @app.post("/fail/<how>")
    @public
    def fail(how: str) -> Any:
        if how == "later":
            return after_answer(app.response_class("ok"), lambda: fail_with(RuntimeError))
        return fail_with(Unavailable if how == "unavailable" else KeyError)

    def fail_with(kind: type[Exception]) -> Any:
        raise kind(f"{settings.jwt_secret} {settings.redis_url} {key} ")

    for how in ("bug", "unavailable", "later"):
        answer = send(app, "POST", f"/fail/{how}", {}, Authorization=f"Bearer {key}")
        answer.close()
        assert answer.status_code in {200, 500, 503}
    told = heard.getvalue()
    assert told.count("Traceback") == 2
    assert "/fail/<how>" in told
    assert canaries.singing_in(told) == []


def test_nor_does_an_environment_that_is_wrong_in_every_place(
    canaries: Canaries, heard: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each secret too short, without its quoting, in the place of another: told by the log and by every answer."""
    for name in ("VERCEL", "UPSTASH_REDIS_REST_URL", "SUPABASE_URL", "POSTGRES_URL"):
        monkeypatch.delenv(name, raising=False)
    wrong = {
        "REDIS_URL": "redis://:{}/more@h:6379", "DATABASE_URL": "postgresql://u:{}/more@h/d", "KV_REST_API_URL": "{}",
        "KV_REST_API_TOKEN": "{}", "CRON_SECRET": "your-{}", "OPENMANAGER_JWT_SECRET": "changeme-{}",
        "SUPABASE_JWT_SECRET": "placeholder-{}", "OPENMANAGER_DEADMAN_URL": "{}", "OPENMANAGER_ENCRYPTION_KEYS": "{},x",
        "OPENMANAGER_EMERGENCY_WEBHOOK": "ftp://h/{}", "OPENMANAGER_BASE_URL": "{}", "OPENMANAGER_REDIS_BILLED": "{}",
        "OPENMANAGER_ADMIN_PASSWORD": "{}" * 6,
    }  # fmt: skip
    for name, form in wrong.items():
        monkeypatch.setenv(name, form.replace("{}", canaries.new(name)))
    wiring.use(None)
    answers = [answer.get_data(as_text=True) for answer in knock(canaries)]
    told = heard.getvalue() + "".join(capfd.readouterr())
    for name in wrong.keys() - {"KV_REST_API_TOKEN"}:
        assert name in told
        assert any(name in answer for answer in answers)
    assert canaries.singing_in(told) == []
    assert canaries.singing_in("\n".join(answers)) == []


def test_nor_do_stores_that_refuse_their_passwords(
    fresh_stores: Pair, make_services: ServicesFactory, canaries: Canaries, heard: io.StringIO, ours: list[str]
) -> None:
    make_services(
        fresh_stores,
        install=True,
        redis_url=fresh_stores.redis_url.replace("unix://", canaries.new("redis password", "unix://:{}@"), 1),
        database_url=canaries.new("postgres password", "postgresql://nobody:{}@")
        + fresh_stores.database_url.partition("@")[2],
    )
    answers = [answer.get_data(as_text=True) for answer in knock(canaries)]
    assert "Redis" in heard.getvalue()
    assert "Postgres" in heard.getvalue()
    assert canaries.singing_in(heard.getvalue()) == []
    assert canaries.singing_in("\n".join([*answers, *ours])) == []


def test_nor_does_the_local_server(
    fresh_stores: Pair, make_services: ServicesFactory, canaries: Canaries, heard: io.StringIO, capfd: Any
) -> None:
    """Over real sockets: what it refuses itself, before any function sees it, is told without a secret too."""
    make_services(fresh_stores, install=True)
    server = LocalServer(Edge(ROOT), listen(0))
    server.start()
    answers = []
    try:
        for line in (
            "GET /ping/{}/start HTTP/1.1", "GET /api/servers?token={} HTTP/1.1", "GET /{}", "{} / HTTP/1.1", "{}",
            "GET http://u:{}@h/api/me HTTP/1.1", "POST /api/auth/login HTTP/1.1", "GET /api/%zz{} HTTP/9.9",
        ):  # fmt: skip
            for header in (
                "Authorization: Bearer {}",
                "Cookie: a={}",
                "Content-Length: {}",
                "Authorization {}",
                ": {}",
            ):
                head = [line.replace("{}", canaries.new(line)), "Host: h", header.replace("{}", canaries.new(header))]
                sent = "\r\n".join([*head, "", ""])
                with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                    connection.sendall(sent.encode())
                    connection.shutdown(socket.SHUT_WR)
                    answers.append(connection.makefile("rb").read().decode(errors="replace"))
    finally:
        server.stop()
    assert sum("application/problem+json" in answer for answer in answers) > len(answers) // 2
    told = heard.getvalue() + "".join(capfd.readouterr())
    assert canaries.singing_in(told) == []


def test_this_test_would_hear_one(canaries: Canaries, heard: io.StringIO) -> None:
    logging.getLogger("lib.x").warning("opened with %s", canaries.new("anything"))
    assert canaries.singing_in(heard.getvalue()) == ["anything"]
