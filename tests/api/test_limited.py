"""Limits as callers meet them, on real stores: what is told, when it is too much, what still works without Redis."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lib import wiring
from lib.auth.limiter import LocalLimits
from lib.domain.access import Scope
from lib.domain.errors import Unavailable
from lib.domain.limits import ACCOUNT, ADDRESS, POLICIES
from lib.web import guards
from lib.web.handler import make_app
from lib.web.problems import STATUS
from tests.api.admitted import unhashed
from tests.patience import FOR_EVER
from tests.real_stores import CRON_SECRET, Pair, ServicesFactory
from tests.twins import faults

EMAIL = "ada@example.org"
PASSWORD = secrets.token_urlsafe(24)
READ, WRITE = POLICIES["read"], POLICIES["write"]


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    unhashed(monkeypatch.setattr)


@pytest.fixture
def services(fresh_stores: Pair, make_services: ServicesFactory) -> wiring.Services:
    return make_services(fresh_stores, install=True, admin_email=EMAIL, admin_password=PASSWORD)


def call(function: str, method: str, path: str, bearer: str = "", body: object = None, **environ: str) -> TestResponse:
    from api.auth import app as auth
    from api.cron.sweep import app as sweep
    from api.health import app as health
    from api.ingest import app as ingest
    from api.servers import app as servers

    app: Flask = {"auth": auth, "sweep": sweep, "health": health, "ingest": ingest, "servers": servers}[function]
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    sent = {} if method in {"GET", "HEAD"} else {"json": {} if body is None else body}
    answer = app.test_client(use_cookies=False).open(
        path, method=method, headers=headers, environ_overrides=environ, **sent
    )
    answer.close()
    return answer


def sign_in(password: str = PASSWORD, email: str = EMAIL, **environ: str) -> TestResponse:
    return call("auth", "POST", "/api/auth/login", body={"email": email, "password": password}, **environ)


def person() -> str:
    answer = sign_in()
    assert answer.json is not None, answer.text
    return str(answer.json["access_token"])


def a_post(server: str = "web-1") -> dict[str, object]:
    return {"server": server, "samples": [{"at": int(time.time()), "cpu": 1.0}]}


def key_of(services: wiring.Services, *scopes: Scope) -> str:
    _, secret = services.keyring.create("any", scopes=scopes)
    return secret


def use_up(limits: wiring.Services, subject: str, rate_class: str, leave: int = 0) -> None:
    """All of a limit but `leave`, as so many requests would."""
    from lib.domain.limits import SHARED, Claim

    policy = POLICIES[rate_class]  # type: ignore[index] # one of its names
    counting = limits.limits if rate_class in SHARED else limits.limits.local
    for _ in range(policy.quota - leave):
        counting.take([Claim(f"{rate_class} {subject}", policy)])


def stand_still(services: wiring.Services) -> None:
    """What this process counts comes back with its clock: two hundred posts a second, so one slow moment of a machine
    would admit another. With the clock standing, what is used up stays used up."""
    services.limits.local = LocalLimits(monotonic=lambda: 1_000.0)


def test_answers_say_what_the_limit_is_and_what_is_left(services: wiring.Services) -> None:
    reader, writer = key_of(services, "read", "act"), key_of(services, "write")
    read = call("servers", "GET", "/api/servers", reader)
    assert (read.headers["RateLimit-Policy"], read.headers["RateLimit"]) == ('"read";q=600;w=60', '"read";r=599;t=1')
    write = call("servers", "PATCH", "/api/servers/web-1", reader, {"group": "a"})
    assert write.status_code == 404
    assert (write.headers["RateLimit-Policy"], write.headers["RateLimit"]) == (
        '"write";q=300;w=60', '"write";r=299;t=1'
    )  # fmt: skip
    post = call("ingest", "POST", "/api/ingest", writer, a_post())
    assert (post.headers["RateLimit-Policy"], post.headers["RateLimit"]) == (
        '"agent";q=12000;w=60', '"agent";r=11999;t=1'
    )  # fmt: skip
    health = call("health", "GET", "/api/health")
    assert health.headers["RateLimit"] == '"read";r=599;t=1'
    head = call("servers", "HEAD", "/api/servers", reader)
    assert re.fullmatch(r'"read";r=59[89];t=1', head.headers["RateLimit"])


def test_an_answer_to_a_sign_in_tells_strangers_nothing_of_each_other(services: wiring.Services) -> None:
    for answer in (sign_in(), sign_in("wrong"), *(sign_in("wrong") for _ in range(ACCOUNT.quota))):
        assert answer.headers["RateLimit-Policy"] == '"login-account";q=6;w=360, "login-address";q=30;w=300'
        assert "RateLimit" not in answer.headers
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_the_clock_is_not_limited(services: wiring.Services) -> None:
    answer = call("sweep", "GET", "/api/cron/sweep", CRON_SECRET)
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers
    assert "RateLimit-Policy" not in answer.headers


def test_too_much_is_a_problem_that_says_when_to_come_back(services: wiring.Services) -> None:
    secret = key_of(services, "read")
    (key,) = services.keyring.keys()
    stand_still(services)
    use_up(services, f"key {key['id']}", "read", leave=1)
    assert call("servers", "GET", "/api/servers", secret).status_code == 200
    refused = call("servers", "GET", "/api/servers", secret)
    assert refused.status_code == 429
    assert refused.mimetype == "application/problem+json"
    assert refused.json is not None
    assert refused.json["type"] == "urn:openmanager:throttled"
    assert refused.headers["RateLimit"] == '"read";r=0;t=1'
    assert refused.headers["Retry-After"] == "1"
    assert call("servers", "GET", "/api/servers", key_of(services, "read")).status_code == 200, (
        "others are not held back"
    )


def test_changes_are_counted_for_all_instances_together(
    services: wiring.Services, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    token = person()
    (account,) = services.people.everybody()
    other = make_services(fresh_stores)
    use_up(other, f"user {account['id']}", "write", leave=-20)
    # Redis counts by its own clock, five changes a second come back: ask until one meets the end.
    statuses = (call("auth", "POST", "/api/auth/users", token).status_code for _ in range(1_000))
    assert next(status for status in statuses if status != 400) == 429
    assert call("auth", "GET", "/api/auth/users", token).status_code == 200, "reading goes on"


def test_guessing_at_two_instances_gets_no_more_than_at_one(
    services: wiring.Services, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    person()  # makes the account
    other = make_services(fresh_stores, admin_email=EMAIL, admin_password=PASSWORD)
    told = []
    for number in range(4 * ACCOUNT.quota):
        wiring.use((services, other)[number % 2])
        told.append(sign_in(secrets.token_urlsafe(12), REMOTE_ADDR=f"192.0.2.{number}").status_code)
    assert told.count(401) == ACCOUNT.quota
    assert set(told) == {401, 429}
    with fresh_stores.redis() as client:
        for name in client.scan_iter("omv:limit:*"):
            assert 0 < client.pttl(name) <= ACCOUNT.window * 1_000


def test_one_address_guesses_at_many_accounts_at_two_instances(
    services: wiring.Services, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    person()
    other = make_services(fresh_stores, admin_email=EMAIL, admin_password=PASSWORD)
    told, began = [], time.monotonic()
    for number in range(2 * ADDRESS.quota):
        wiring.use((services, other)[number % 2])
        told.append(sign_in("wrong", f"{number}@example.org", REMOTE_ADDR="192.0.2.1").status_code)
    came_back = (time.monotonic() - began) * 1e6 / ADDRESS.step
    assert ADDRESS.quota <= told.count(401) <= ADDRESS.quota + came_back + 1
    assert sign_in(REMOTE_ADDR="192.0.2.2").status_code == 200, "others sign in meanwhile"


@pytest.fixture
def without_redis(
    fresh_stores: Pair, services: wiring.Services, make_services: ServicesFactory
) -> Iterator[wiring.Services]:
    """An instance whose Redis takes every command and never answers; the account is there already."""
    services.accounts.ensure_first_admin(EMAIL, PASSWORD)
    with faults.silent() as server:
        yield make_services(
            fresh_stores, install=True, redis_url=f"redis://127.0.0.1:{server.port}/0",
            admin_email=EMAIL, admin_password=PASSWORD,
        )  # fmt: skip


def test_without_redis_sign_ins_are_limited_and_answered_in_time(without_redis: wiring.Services) -> None:
    told, slowest = [], 0.0
    for number in range(2 * ACCOUNT.quota):
        began = time.monotonic()
        told.append(sign_in("wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code)
        slowest = max(slowest, time.monotonic() - began)
    assert told == [401] * ACCOUNT.quota + [429] * ACCOUNT.quota
    assert slowest < FOR_EVER
    assert without_redis.storage.redis.commands == 1, "it was asked once and then left alone"


def test_without_redis_changes_are_limited_and_answered_in_time(
    services: wiring.Services, without_redis: wiring.Services
) -> None:
    token = services.accounts.login(EMAIL, PASSWORD).access_token
    (account,) = without_redis.people.everybody()
    began = time.monotonic()
    assert call("auth", "POST", "/api/auth/users", token).status_code == 400
    assert time.monotonic() - began < FOR_EVER
    assert without_redis.storage.redis.commands == 1
    stand_still(without_redis)
    use_up(without_redis, f"user {account['id']}", "write")
    assert call("auth", "POST", "/api/auth/users", token).status_code == 429


def test_without_redis_posts_are_taken_and_still_capped(
    fresh_stores: Pair, services: wiring.Services, make_services: ServicesFactory
) -> None:
    secret = key_of(services, "write")
    stand_still(make_services(fresh_stores, install=True, redis_url="redis://127.0.0.1:1/0", posts_per_minute=60))
    told = [call("ingest", "POST", "/api/ingest", secret, a_post()).status_code for _ in range(70)]
    assert told == [202] * 60 + [429] * 10
    assert fresh_stores.rows("select count(*) from omv.inbox")[0][0] == told.count(202)


def test_posts_and_polls_ask_redis_nothing_about_limits(services: wiring.Services) -> None:
    writer, reader = key_of(services, "write"), key_of(services, "read")
    call("ingest", "POST", "/api/ingest", writer, a_post())
    before = services.storage.redis.commands
    call("ingest", "POST", "/api/ingest", writer, a_post())
    assert services.storage.redis.commands == before + 1
    call("servers", "GET", "/api/servers", reader)
    assert services.storage.redis.commands <= before + 2


def test_a_route_may_name_its_class_and_its_refusal(services: wiring.Services) -> None:
    """As the chat and foreign protocols will: Prometheus drops what was answered with 429."""
    app = make_app("test")

    @app.post("/chat")
    @guards.user("viewer", limit="chat")
    def chat() -> str:
        return "hello"

    @app.post("/push")
    @guards.agent("write", refusal=Unavailable)
    def push() -> str:
        return "thanks"

    secret = key_of(services, "read", "write")
    (key,) = services.keyring.keys()
    headers = {"Authorization": f"Bearer {secret}"}
    client = app.test_client()
    told = [client.post("/chat", headers=headers) for _ in range(POLICIES["chat"].quota + 2)]
    assert told[0].headers["RateLimit"] == '"chat";r=29;t=2'
    assert told[-1].status_code == 429
    stand_still(services)
    use_up(services, f"key {key['id']}", "agent")
    refused = client.post("/push", headers=headers)
    assert refused.status_code == STATUS[Unavailable.code] == 503
    assert int(refused.headers["Retry-After"]) >= 1
