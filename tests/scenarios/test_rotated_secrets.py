"""Each procedure of docs/operations.md, "Rotate secrets", carried out: what it ends, and what it leaves alone."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from werkzeug.test import Client, TestResponse

from lib import wiring
from lib.domain.errors import Unavailable
from lib.web.browser import COOKIE
from tests.api.admitted import unhashed
from tests.real_stores import CRON_SECRET, JWT_SECRET, Pair, ServicesFactory

EMAIL = "ada@example.org"
PASSWORD, NEXT_PASSWORD = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
HTTPS = "https://hub.example.org"
type Deploy = Callable[..., wiring.Services]


@pytest.fixture
def pair(module_stores: Pair, monkeypatch: pytest.MonkeyPatch) -> Pair:
    unhashed(monkeypatch.setattr)
    module_stores.rows("truncate omv.account, omv.session, omv.agent_key, omv.channel cascade")
    module_stores.redis().flushdb()
    return module_stores


@pytest.fixture
def deploy(pair: Pair, make_services: ServicesFactory) -> Deploy:
    """A deployment with these settings, which is the one that answers from then on."""

    def deployed(**changes: object) -> wiring.Services:
        usual = {"admin_email": EMAIL, "admin_password": PASSWORD, "base_url": HTTPS}
        return make_services(pair, install=True, **{**usual, **changes})

    return deployed


def post(path: str, body: object = None, **headers: str) -> TestResponse:
    from api.auth import app

    sent = {"Content-Type": "application/json", **headers}
    data = json.dumps({} if body is None else body)
    return app.test_client(use_cookies=False).post(f"/api/auth/{path}", base_url=HTTPS, data=data, headers=sent)


def sign_in(password: str = PASSWORD) -> TestResponse:
    return post("login", {"email": EMAIL, "password": password})


def cookie(answer: TestResponse) -> dict[str, str]:
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def bearer(answer: TestResponse) -> dict[str, str]:
    assert answer.json is not None
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def may(headers: dict[str, str], path: str = "/api/auth/me") -> int:
    from api.auth import app

    return app.test_client(use_cookies=False).get(path, base_url=HTTPS, headers=headers).status_code


def test_a_new_signing_secret_ends_access_tokens_and_no_session(deploy: Deploy) -> None:
    deploy()
    before = sign_in()
    assert may(bearer(before)) == 200

    deploy(jwt_secret=secrets.token_hex(32))
    assert may(bearer(before)) == 401
    renewed = post("refresh", **cookie(before))
    assert renewed.status_code == 200
    assert may(bearer(renewed)) == 200

    deploy()  # an instance of the deployment before takes no token of the new secret
    assert may(bearer(renewed)) == 401


def test_whoever_has_the_old_signing_secret_signs_nothing_any_more(deploy: Deploy, pair: Pair) -> None:
    stolen = deploy().accounts._tokens
    before = sign_in()
    ((account, session),) = pair.rows("select a.id, s.id from omv.account a join omv.session s on s.account = a.id")
    assert before.status_code == 200
    forged = {"Authorization": f"Bearer {stolen.issue(str(account), str(session))}"}
    assert may(forged) == 200

    deploy(jwt_secret=secrets.token_hex(32))
    assert may(forged) == 401


def test_everybodys_sessions_end_with_the_one_statement_of_the_paper(deploy: Deploy, pair: Pair) -> None:
    deploy()
    before = sign_in()
    pair.rows("update omv.account set session_epoch = session_epoch + 1")
    deploy()  # as another instance, which remembers nobody
    assert may(bearer(before)) == 401
    assert post("refresh", **cookie(before)).status_code == 401
    assert sign_in().status_code == 200


def test_a_lost_administrators_password_is_replaced_and_keys_stay(deploy: Deploy, pair: Pair) -> None:
    key, secret = deploy().keyring.create("agent", scopes=["write", "read"])
    before = sign_in()
    assert before.status_code == 200

    pair.rows("delete from omv.account")
    deploy(admin_password=NEXT_PASSWORD)
    assert sign_in().status_code == 401
    assert sign_in(NEXT_PASSWORD).status_code == 200
    assert may(bearer(before)) == 401
    from api.servers import app

    asked = app.test_client().get("/api/servers", headers={"Authorization": f"Bearer {secret}"})
    assert asked.status_code == 200, key


def test_the_environments_password_is_only_for_the_first_account_ever(deploy: Deploy) -> None:
    deploy()
    assert sign_in().status_code == 200
    deploy(admin_password=NEXT_PASSWORD)
    assert sign_in(NEXT_PASSWORD).status_code == 401
    assert sign_in().status_code == 200


def test_a_new_cron_secret_refuses_the_old_one_at_once_and_nobody_else(deploy: Deploy) -> None:
    from api.cron.sweep import app

    def sweep(secret: str) -> int:
        return app.test_client().get("/api/cron/sweep", headers={"Authorization": f"Bearer {secret}"}).status_code

    deploy()
    signed_in = sign_in()
    new = secrets.token_hex(32)
    assert (sweep(CRON_SECRET), sweep(new)) == (200, 401)
    deploy(cron_secret=new)
    assert (sweep(CRON_SECRET), sweep(new)) == (401, 200)
    assert may(bearer(signed_in)) == 200


def test_the_signing_secret_and_the_cron_secret_open_nothing_of_one_another(deploy: Deploy) -> None:
    from api.cron.sweep import app

    deploy()
    client: Client = app.test_client()
    for path in ("/api/cron/sweep", "/api/cron/rollup"):
        assert client.get(path, headers={"Authorization": f"Bearer {JWT_SECRET}"}).status_code in {401, 404}
    assert may({"Authorization": f"Bearer {CRON_SECRET}"}) in {401, 403}
    assert may({"Cookie": f"{COOKIE}={CRON_SECRET}"}) == 401


def test_what_was_sealed_before_the_keys_were_rotated_opens_until_its_key_is_gone(deploy: Deploy) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = deploy(encryption_keys=(old,)).vault.seal("https://hooks.example.org/secret")
    both = deploy(encryption_keys=(new, old)).vault
    assert both.open(sealed) == "https://hooks.example.org/secret"
    again = both.reseal(sealed)
    alone = deploy(encryption_keys=(new,)).vault
    assert alone.open(again) == "https://hooks.example.org/secret"
    with pytest.raises(Unavailable):
        alone.open(sealed)


def test_channels_and_devices_outlive_the_key_that_sealed_them(deploy: Deploy, pair: Pair) -> None:
    from api.cron.rollup import app

    def roll_up() -> dict[str, int] | None:
        answer = app.test_client().get("/api/cron/rollup", headers={"Authorization": f"Bearer {CRON_SECRET}"})
        assert answer.status_code == 200
        assert answer.json is not None
        return answer.json.get("secrets")

    def delivered(hub: wiring.Services) -> dict[str, str]:
        """What the notifier would send with, by channel."""
        found = hub.storage.deliveries.secrets("", 1_000)
        return {channel: hub.vault.open(sealed) for channel, sealed in found}

    old, new, lost = (Fernet.generate_key().decode() for _ in range(3))
    hub = deploy(encryption_keys=(old,))
    assert sign_in().status_code == 200  # which makes the account
    ((owner,),) = pair.rows("select id::text from omv.account")
    deliveries = hub.storage.deliveries
    plain = json.dumps({"url": "https://hooks.example.org/" + secrets.token_hex(8)})
    sealed = {"secret": hub.vault.seal(plain), "sealed": ["url"]}
    channel = deliveries.channel_create({"kind": "slack", "name": "ops", **sealed})["id"]
    device = {"owner": owner, "device": "d" * 64, "kind": "web_push", "name": "phone", **sealed}
    kept = deliveries.device_keep(device)["id"]
    foreign = Fernet(lost).encrypt(b"{}").decode()
    gone = deliveries.channel_create({"kind": "slack", "name": "gone", "secret": foreign, "sealed": ["url"]})["id"]
    assert roll_up() is None, "one key: nothing to do"
    ((rules_before,),) = pair.rows("select rules_version from omv.sweep")

    deploy(encryption_keys=(new, old))
    assert roll_up() == {"resealed": 2, "lost": 1}
    assert roll_up() == {"resealed": 0, "lost": 1}, "then nothing needs the old key any more"
    assert pair.rows("select rules_version from omv.sweep") == [(rules_before,)]

    alone = deploy(encryption_keys=(new,))
    assert alone.storage.deliveries.channel_delete(gone)
    assert delivered(alone) == {channel: plain, kept: plain}


def test_a_secret_that_is_set_anew_while_others_are_resealed_stays_the_new_one(deploy: Deploy) -> None:
    hub = deploy(encryption_keys=(Fernet.generate_key().decode(),))
    deliveries = hub.storage.deliveries
    before, anew = hub.vault.seal("before"), hub.vault.seal("anew")
    channel = deliveries.channel_create({"kind": "slack", "name": "busy", "secret": before, "sealed": ["url"]})["id"]
    deliveries.channel_change(channel, {"secret": anew})
    assert deliveries.secrets_reseal([(channel, before, hub.vault.reseal(before))]) == 0
    assert dict(deliveries.secrets("", 1_000))[channel] == anew
