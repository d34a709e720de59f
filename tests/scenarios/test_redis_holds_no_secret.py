"""Redis may be unencrypted where it lies, so a whole day of the product leaves no secret and no person in it.

Read afterwards is all that Redis holds, and before that every command it was ever sent: what lived for a second only
would be found too.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask import Flask
from werkzeug.test import TestResponse

from lib import wiring
from lib.auth import passwords
from lib.web.browser import COOKIE
from tests.real_stores import CRON_SECRET, JWT_SECRET, Pair, ServicesFactory

EMAIL, PASSWORD, NAME = "ada.canary@example.org", "correct horse canary", "Ada Canary"
HUB = "https://hub.example.org"
SUPABASE_SECRET = "a-project-secret-of-forty-characters-000"
ISSUER = "https://project.supabase.example/auth/v1"
SEALED = "https://hooks.example/canary-of-a-channel"
ENCRYPTION_KEY = Fernet.generate_key().decode()


class Day:
    """Everything that people, agents and the clock do, and every secret that came up."""

    def __init__(self) -> None:
        self.secrets = {
            "e-mail": EMAIL, "password": PASSWORD, "name": NAME, "cron secret": CRON_SECRET, "jwt secret": JWT_SECRET,
            "encryption key": ENCRYPTION_KEY, "supabase secret": SUPABASE_SECRET, "channel": SEALED,
        }  # fmt: skip

    def keep(self, name: str, secret: str) -> str:
        self.secrets[name] = secret
        self.secrets[f"hash of {name}"] = hashlib.sha256(secret.encode()).hexdigest()
        return secret

    def send(self, app: Flask, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        client = app.test_client(use_cookies=False)
        answer = client.open(path, method=method, base_url=HUB, json=body, headers=sent)
        assert answer.status_code < 500, answer.text
        return answer

    def sign_in(self, auth: Flask) -> dict[str, str]:
        wrong = self.send(auth, "POST", "/api/auth/login", {"email": EMAIL, "password": "wrong canary"})
        assert wrong.status_code == 401
        right = self.send(auth, "POST", "/api/auth/login", {"email": EMAIL, "password": PASSWORD})
        assert right.status_code == 200, right.text
        old = self.keep("refresh token", right.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
        fresh = self.send(auth, "POST", "/api/auth/refresh", {}, Cookie=f"{COOKIE}={old}")
        self.keep("second refresh token", fresh.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
        assert fresh.json is not None
        return {"Authorization": f"Bearer {self.keep('access token', fresh.json['access_token'])}"}


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.fixture
def services(fresh_stores: Pair, make_services: ServicesFactory) -> wiring.Services:
    return make_services(
        fresh_stores, install=True, admin_email=EMAIL, admin_password=PASSWORD, encryption_keys=(ENCRYPTION_KEY,),
        supabase_auth_url=ISSUER, supabase_jwt_secret=SUPABASE_SECRET,
    )  # fmt: skip


def supabase_token() -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "authenticated", "sub": "1", "email": EMAIL, "role": "authenticated",
              "iat": now, "exp": now + 600}  # fmt: skip
    return jwt.encode(claims, SUPABASE_SECRET, "HS256")


def play(day: Day, pair: Pair, services: wiring.Services) -> None:
    from api.auth import app as auth
    from api.cron.sweep import app as sweep
    from api.health import app as health
    from api.ingest import app as ingest
    from api.servers import app as servers

    person = day.sign_in(auth)
    pair.rows("update omv.account set name = %s", NAME)
    supabase = {"Authorization": f"Bearer {day.keep('supabase token', supabase_token())}"}
    assert day.send(auth, "GET", "/api/auth/me", **supabase).status_code == 200
    made = day.send(auth, "POST", "/api/auth/keys", {"name": NAME, "scopes": ["write", "read", "act"]}, **person)
    assert made.json is not None
    key = {"Authorization": f"Bearer {day.keep('agent key', made.json['secret'])}"}
    wrong = {"Authorization": f"Bearer {day.keep('unknown key', 'omv_live_' + 'a' * 38)}"}
    for _ in range(3):
        sample = {"at": int(time.time()), "cpu": 99.0, "memory": 97.0}
        body = {"server": "web-1", "samples": [sample], "errors": [{"level": "error", "message": "disk"}]}
        assert day.send(ingest, "POST", "/api/ingest", body, **key).status_code == 202
        assert day.send(ingest, "POST", "/api/ingest", body, **wrong).status_code == 401
        assert day.send(sweep, "GET", "/api/cron/sweep", Authorization=f"Bearer {CRON_SECRET}").status_code == 200
    for who in (person, key, supabase):
        assert day.send(servers, "GET", "/api/servers", **who).status_code == 200
        assert day.send(servers, "GET", "/api/servers/web-1", **who).status_code == 200
    day.send(servers, "PATCH", "/api/servers/web-1", {"group": "shop"}, **person)
    day.send(health, "GET", "/api/health", **person)
    day.secrets["sealed"] = services.vault.seal(SEALED)
    day.send(auth, "DELETE", f"/api/auth/keys/{made.json['key']['id']}", **person)
    day.send(auth, "POST", "/api/auth/logout", {}, Cookie=f"{COOKIE}={day.secrets['second refresh token']}")
    for (stored,) in pair.rows("select password from omv.account"):
        day.secrets["stored password"] = stored


def held(pair: Pair) -> Iterator[str]:
    """All that Redis holds: names of keys, and values of every kind."""
    with pair.redis() as client:
        read: dict[str, Any] = {
            "string": client.get,
            "hash": client.hgetall,
            "list": lambda name: client.lrange(name, 0, -1),
            "set": client.smembers,
            "zset": lambda name: client.zrange(name, 0, -1, withscores=True),
            "stream": client.xrange,
        }
        for name in client.scan_iter("*"):
            yield f"{name} {read[str(client.type(name))](name)!r}"


def test_a_whole_day_leaves_no_secret_and_no_person_in_redis(fresh_stores: Pair, services: wiring.Services) -> None:
    day = Day()
    sent: list[str] = []
    with fresh_stores.redis() as client, fresh_stores.redis().monitor() as monitor:  # type: ignore[no-untyped-call]
        play(day, fresh_stores, services)
        client.echo("the day is over")
        while not sent or "the day is over" not in sent[-1]:
            sent.append(monitor.next_command()["command"])
    holds = list(held(fresh_stores))
    assert any("web-1" in text for text in holds), "nothing was looked at"
    assert any(text.startswith("XADD") for text in sent), "nothing was heard"
    for text in [*holds, *sent]:
        found = [name for name, secret in day.secrets.items() if secret.lower() in text.lower()]
        assert found == [], text[:200]


def test_this_test_would_find_one(fresh_stores: Pair) -> None:
    with fresh_stores.redis() as client:
        client.hset("omv:h", "who", EMAIL)
        client.zadd("omv:z", {PASSWORD: 1})
        client.xadd("omv:s", {"a": json.dumps({"key": JWT_SECRET})})
        client.sadd("omv:t", NAME)
        client.rpush("omv:l", CRON_SECRET)
        client.set(f"omv:login:{EMAIL}", "1")
    everything = "\n".join(held(fresh_stores))
    assert all(one in everything for one in (EMAIL, PASSWORD, JWT_SECRET, NAME, CRON_SECRET, f"omv:login:{EMAIL}"))
