"""A person who signed in at Supabase, at our door: with real stores, and keys fetched over the real door out."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import jwt
import pytest
from werkzeug.test import Client, TestResponse

from lib import wiring
from tests.auth.test_supabase_tokens import KEY, OTHER, claims, jwk
from tests.real_stores import Pair, ServicesFactory

SECRET = "a-project-secret-of-forty-characters-000"


class _Project(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - one project, one list

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = json.dumps({"keys": [jwk(KEY, "one")]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Project)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/auth/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pair(module_stores: Pair) -> Pair:
    module_stores.rows("truncate omv.account cascade")
    module_stores.rows("insert into omv.account (email, name, role) values ('ada@example.org', 'Ada', 'viewer')")
    return module_stores


@pytest.fixture
def services(pair: Pair, make_services: ServicesFactory, issuer: str) -> wiring.Services:
    return make_services(pair, install=True, supabase_auth_url=issuer, outbound_allow=("127.0.0.1/32",))


@pytest.fixture
def client() -> Client:
    from api.auth import app

    return app.test_client()


def get(client: Client, token: str, path: str = "me") -> TestResponse:
    return client.get(f"/api/auth/{path}", headers={"Authorization": f"Bearer {token}"})


def token(issuer: str, key: object = KEY, algorithm: str = "ES256", **more: object) -> str:
    return jwt.encode(claims(iss=issuer, **more), key, algorithm, headers={"kid": "one"})  # type: ignore[arg-type]


def test_whoever_has_an_account_here_comes_in_with_its_role(
    client: Client, services: wiring.Services, issuer: str
) -> None:
    answer = get(client, token(issuer, user_metadata={"role": "admin"}))
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["user"]["email"], answer.json["user"]["role"]) == ("ada@example.org", "viewer")
    assert get(client, token(issuer), "keys").status_code == 403
    assert _Project.asked == ["/auth/v1/.well-known/jwks.json"]


def test_a_stranger_does_not(client: Client, services: wiring.Services, issuer: str) -> None:
    assert get(client, token(issuer, email="eve@example.org")).status_code == 403


def test_nor_does_a_disabled_account(client: Client, services: wiring.Services, pair: Pair, issuer: str) -> None:
    pair.rows("update omv.account set disabled_at = now()")
    assert get(client, token(issuer)).status_code == 403


def test_nor_somebody_whom_the_project_did_not_sign(client: Client, services: wiring.Services, issuer: str) -> None:
    assert get(client, token(issuer, OTHER)).status_code == 401
    assert get(client, token("https://other.example/auth/v1")).status_code == 401


def test_the_hubs_own_secret_signs_nothing_of_supabases(client: Client, services: wiring.Services, issuer: str) -> None:
    assert services.settings.jwt_secret
    assert get(client, token(issuer, services.settings.jwt_secret, "HS256")).status_code == 401


def test_without_the_setting_nobody_is_believed(
    client: Client, pair: Pair, make_services: ServicesFactory, issuer: str
) -> None:
    make_services(pair, install=True, outbound_allow=("127.0.0.1/32",))
    assert get(client, token(issuer)).status_code == 401


def test_keys_from_inside_the_network_are_not_fetched_unless_it_is_opened(
    client: Client, pair: Pair, make_services: ServicesFactory, issuer: str
) -> None:
    make_services(pair, install=True, supabase_auth_url=issuer)
    before = len(_Project.asked)
    answer = get(client, token(issuer))
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
    assert len(_Project.asked) == before


def test_with_a_secret_hs256_comes_in_and_es256_does_not(
    client: Client, pair: Pair, make_services: ServicesFactory, issuer: str
) -> None:
    make_services(pair, install=True, supabase_auth_url=issuer, supabase_jwt_secret=SECRET)
    assert get(client, token(issuer, SECRET, "HS256")).status_code == 200
    assert get(client, token(issuer)).status_code == 401


def test_our_own_tokens_still_do(pair: Pair, client: Client, services: wiring.Services) -> None:
    """The first check is the issuer's word alone; it must not send our own tokens the wrong way."""
    session = services.accounts._refresh_tokens.first()
    ((account, epoch),) = pair.rows("select id, session_epoch from omv.account")
    services.storage.access.session_open(
        {"session": session.session, "account": str(account), "epoch": epoch, "hash": session.hash,
         "user_agent": "", "idle_seconds": 600}
    )  # fmt: skip
    assert get(client, services.accounts._tokens.issue(str(account), session.session)).status_code == 200
