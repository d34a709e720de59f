"""Supabase's access tokens: what is accepted, and every way we know of being let in without being the one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lib.auth.supabase_accounts import SupabaseAccounts
from lib.auth.supabase_tokens import FRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS, SupabaseTokens
from lib.domain.errors import DomainError, Forbidden, Unauthenticated, Unavailable

ISSUER = "https://project.supabase.example/auth/v1"
SECRET = "a-project-secret-of-forty-characters-000"
KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key: ec.EllipticCurvePrivateKey, kid: str, **more: object) -> dict[str, object]:
    public: dict[str, object] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": kid, "alg": "ES256", "use": "sig", **more}


class Project:
    """What publishes the keys, a clock beside it, and a count of how often it was asked."""

    def __init__(self, *keys: dict[str, object]) -> None:
        self.keys = list(keys)
        self.asked: list[str] = []
        self.now = 1_000.0
        self.status = 200
        self.is_away = False
        self.tokens = SupabaseTokens(ISSUER, self.fetch, monotonic=lambda: self.now)

    def fetch(self, url: str) -> tuple[int, bytes]:
        self.asked.append(url)
        if self.is_away:
            raise Unavailable("the project did not answer")
        return self.status, json.dumps({"keys": self.keys}).encode()


@pytest.fixture
def project() -> Project:
    return Project(jwk(KEY, "one"))


def claims(**more: object) -> dict[str, object]:
    now = int(time.time())
    usual: dict[str, object] = {
        "iss": ISSUER, "aud": "authenticated", "sub": "9e1c", "email": "ada@example.org", "role": "authenticated",
        "iat": now, "exp": now + 3_600, "is_anonymous": False, "user_metadata": {"email": "root@example.org"},
    }  # fmt: skip
    return {name: value for name, value in {**usual, **more}.items() if value is not ...}


def signed(key: Any = KEY, algorithm: str = "ES256", headers: dict[str, Any] | None = None, **more: object) -> str:
    # PyJWS and not PyJWT: it signs what no honest issuer would claim.
    body = json.dumps(claims(**more)).encode()
    return jwt.PyJWS().encode(body, key, algorithm, headers={"kid": "one"} if headers is None else headers)


def absent(name: str) -> dict[str, Any]:
    return {name: ...}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: bytes, body: bytes, sign: Callable[[bytes], bytes]) -> str:
    """What no library would write."""
    signing = f"{b64(header)}.{b64(body)}"
    return f"{signing}.{b64(sign(signing.encode()))}"


def es256(signing: bytes) -> bytes:
    return jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(signing, KEY)


def test_a_good_token_vouches_for_its_address(project: Project) -> None:
    assert project.tokens.email(signed()) == "ada@example.org"
    assert project.asked == [f"{ISSUER}/.well-known/jwks.json"]


def test_with_a_secret_it_is_hs256_and_nobody_is_asked() -> None:
    def fetch(url: str) -> tuple[int, bytes]:
        raise AssertionError(url)

    tokens = SupabaseTokens(ISSUER, fetch, secret=SECRET)
    assert tokens.email(signed(SECRET, "HS256", headers={})) == "ada@example.org"
    for bad in (signed(), signed(SECRET + "x", "HS256"), signed("", "none"), signed(SECRET * 2, "HS512")):
        with pytest.raises(Unauthenticated):
            tokens.email(bad)


def test_a_short_secret_is_none() -> None:
    with pytest.raises(ValueError, match="32"):
        SupabaseTokens(ISSUER, lambda url: (200, b""), secret="x" * 31)


def attacks() -> dict[str, str]:
    now = int(time.time())
    body = json.dumps(claims()).encode()
    header = b'{"alg":"ES256","kid":"one","typ":"JWT"}'
    sent = {
        "none": signed("", "none"),
        "None, by hand": by_hand(b'{"alg":"None","kid":"one"}', body, lambda _: b"x"),
        "no signature": signed().rpartition(".")[0] + ".",
        "the public key as a secret": by_hand(
            b'{"alg":"HS256","kid":"one"}', body, lambda text: hmac.digest(PUBLIC_PEM, text, hashlib.sha256)
        ),
        "the published key as a secret": by_hand(
            b'{"alg":"HS256","kid":"one"}',
            body,
            lambda text: hmac.digest(json.dumps(jwk(KEY, "one")).encode(), text, hashlib.sha256),
        ),
        "somebody else's key": signed(OTHER),
        "an empty signature of the right length": by_hand(header, body, lambda _: bytes(64)),
        "its own key in the header": signed(OTHER, headers={"kid": "one", "jwk": jwk(OTHER, "one")}),
        "jku": signed(OTHER, headers={"kid": "one", "jku": "https://evil.example/jwks.json"}),
        "x5u": signed(OTHER, headers={"kid": "one", "x5u": "https://evil.example/cert.pem"}),
        "crit": by_hand(b'{"alg":"ES256","kid":"one","crit":["exp"]}', body, es256),
        "kid is a path": signed(headers={"kid": "../../../dev/null"}),
        "kid is SQL": signed(headers={"kid": "one' union select '"}),
        "kid is an object": by_hand(b'{"alg":"ES256","kid":{"one":1}}', body, es256),
        "kid is a list": by_hand(b'{"alg":"ES256","kid":["one"]}', body, es256),
        "no kid": signed(headers={}),
        "two kids": by_hand(b'{"alg":"ES256","kid":"two","kid":"one"}', body, es256),
        "two algorithms": by_hand(b'{"alg":"none","kid":"one","alg":"ES256"}', body, es256),
        "two addresses": by_hand(header, body[:-1] + b',"email":"root@example.org"}', es256),
        "expired": signed(exp=now - 60, iat=now - 3_660),
        "from the future": signed(iat=now + 600, exp=now + 1_200),
        "not yet": signed(nbf=now + 600),
        "for ever": signed(exp=now + 10**9),
        "for longer than a number": signed(exp=10**19),
        "exp is text": signed(exp=str(now + 600)),
        "exp is true": signed(exp=True),
        "exp is infinite": by_hand(header, body.replace(str(now + 3600).encode(), b"1e999"), es256),
        "exp is no number": by_hand(header, body.replace(str(now + 3600).encode(), b"NaN"), es256),
        "another issuer": signed(iss="https://other.supabase.example/auth/v1"),
        "an issuer that begins like ours": signed(iss=ISSUER + ".evil.example"),
        "two issuers": signed(iss=[ISSUER]),
        "another audience": signed(aud="anon"),
        "many audiences": signed(aud=["authenticated", "other"]),
        "a service": signed(role="service_role"),
        "no role": signed(role=...),
        "a guest": signed(is_anonymous=True),
        "an address that is no text": signed(email=["ada@example.org"]),
        "an empty address": signed(email=""),
        "huge": signed(user_metadata={"x": "y" * 5_000}),
        "deep": by_hand(header, b'{"a":' * 500 + b"1" + b"}" * 500, es256),
        "a list": by_hand(header, b"[]", es256),
        "four parts": signed() + ".x",
        "padding": signed() + "==",
        "white space": " " + signed(),
        "nothing": "",
        "points": "..",
    }
    return sent | {f"no {name}": signed(**absent(name)) for name in ("exp", "iat", "sub", "aud", "iss", "email")}


@pytest.mark.parametrize("name", attacks())
def test_a_forged_token_is_refused(project: Project, name: str) -> None:
    with pytest.raises(Unauthenticated):
        project.tokens.email(attacks()[name])
    assert all(url.startswith(ISSUER) for url in project.asked)


def test_what_only_looks_dangerous_is_not_looked_at(project: Project) -> None:
    token = signed(headers={"kid": "one", "jku": "https://evil.example/", "x5u": "https://evil.example/"})
    assert project.tokens.email(token) == "ada@example.org"
    assert project.asked == [f"{ISSUER}/.well-known/jwks.json"]


# The published keys


def test_keys_are_asked_for_once_in_ten_minutes(project: Project) -> None:
    for _ in range(5):
        project.tokens.email(signed())
    assert len(project.asked) == 1
    project.now += FRESH_SECONDS
    project.tokens.email(signed())
    assert len(project.asked) == 2


def test_invented_key_names_make_us_ask_once_an_interval(project: Project) -> None:
    project.tokens.email(signed())
    project.now += RETRY_SECONDS
    for number in range(200):
        with pytest.raises(Unauthenticated):
            project.tokens.email(signed(headers={"kid": f"invented-{number}"}))
    assert len(project.asked) == 2
    project.tokens.email(signed())
    assert len(project.asked) == 2


def test_a_new_key_is_found_at_its_first_token_and_a_revoked_one_is_over(project: Project) -> None:
    project.tokens.email(signed())
    project.keys = [jwk(OTHER, "two")]
    project.now += RETRY_SECONDS
    assert project.tokens.email(signed(OTHER, headers={"kid": "two"})) == "ada@example.org"
    with pytest.raises(Unauthenticated):
        project.tokens.email(signed())


def test_a_project_that_is_away_is_believed_for_an_hour(project: Project) -> None:
    project.tokens.email(signed())
    project.is_away = True
    project.now += FRESH_SECONDS
    project.tokens.email(signed())
    project.tokens.email(signed())
    assert len(project.asked) == 2
    project.now += STALE_SECONDS - FRESH_SECONDS
    with pytest.raises(Unavailable):
        project.tokens.email(signed())


@pytest.mark.parametrize("fault", ["away", "500", "none", "rsa", "private", "another curve"])
def test_without_a_usable_key_nobody_comes_in_and_the_project_is_not_flooded(fault: str) -> None:
    keys: dict[str, list[dict[str, object]]] = {
        "none": [],
        "rsa": [{"kty": "RSA", "kid": "one", "n": "AQAB", "e": "AQAB"}],
        "private": [jwk(KEY, "one", **jwt.algorithms.ECAlgorithm.to_jwk(KEY, as_dict=True))],
        "another curve": [jwk(KEY, "one", crv="P-384")],
    }
    project = Project(*keys.get(fault, [jwk(KEY, "one")]))
    project.is_away, project.status = fault == "away", 500 if fault == "500" else 200
    for _ in range(3):
        with pytest.raises(Unavailable):
            project.tokens.email(signed())
    assert len(project.asked) == 1


def test_a_strange_key_beside_a_good_one_does_no_harm() -> None:
    strange: list[Any] = [7, {}, {"kid": 7}, {"kid": "x", "kty": "oct", "k": "AAAA" * 10}, jwk(OTHER, "y", x="!")]
    project = Project(*strange, jwk(KEY, "one"))
    assert project.tokens.email(signed()) == "ada@example.org"
    with pytest.raises(DomainError):
        project.tokens.email(signed("AAAA" * 10, "HS256", headers={"kid": "x"}))


# Who that is here


class People:
    """The one call of the account table that is needed."""

    def __init__(self) -> None:
        self.asked = 0
        self.accounts = {"ada@example.org": {"id": "7", "email": "ada@example.org", "name": "Ada", "role": "operator",
                                             "tags": ["team:payment"], "password": "$argon2id$"}}  # fmt: skip

    def account_sign_in(self, email: str) -> dict[str, Any]:
        self.asked += 1
        return {"account": self.accounts.get(email), "any": True}


def accounts(project: Project, people: People) -> SupabaseAccounts:
    return SupabaseAccounts(project.tokens, people, monotonic=lambda: project.now)  # type: ignore[arg-type]


def test_role_and_tags_are_our_own_tables_to_say(project: Project) -> None:
    found = accounts(project, People()).principal(
        signed(email="Ada@Example.org", user_metadata={"role": "admin"}, app_metadata={"role": "admin"})
    )
    assert (found.id, found.role, found.tags, found.email) == ("7", "operator", ("team:payment",), "ada@example.org")


def test_a_stranger_with_a_good_token_is_a_stranger(project: Project) -> None:
    with pytest.raises(Forbidden, match="no account"):
        accounts(project, People()).principal(
            signed(email="eve@example.org", user_metadata={"email": "ada@example.org"})
        )


@pytest.mark.parametrize("email", ["ａda@example.org", "ada@example．org", "ada@example.org ", "ada@ᵉxample.org", "x"])
def test_an_address_that_is_only_alike_is_somebody_else(project: Project, email: str) -> None:
    with pytest.raises(Forbidden):
        accounts(project, People()).principal(signed(email=email))


def test_a_changed_role_and_a_disabled_account_act_within_half_a_minute(project: Project) -> None:
    people = People()
    door = accounts(project, people)
    assert [door.principal(signed()).role for _ in range(3)] == ["operator"] * 3
    assert people.asked == 1
    people.accounts["ada@example.org"]["role"] = "viewer"
    project.now += 30
    assert door.principal(signed()).role == "viewer"
    people.accounts.clear()
    project.now += 30
    with pytest.raises(Forbidden):
        door.principal(signed())
