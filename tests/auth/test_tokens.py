"""Attacks on access tokens, and the tokens that must pass."""

from __future__ import annotations

import base64
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from lib.auth.tokens import AUDIENCE, ISSUER, LEEWAY_SECONDS, SECONDS, AccessTokens
from lib.domain.errors import Unauthenticated

SECRET = "a-secret-of-more-than-thirty-two-characters"
FORMER = "another-secret-of-more-than-thirty-two-characters"
KID = jwt.get_unverified_header(AccessTokens(SECRET).issue("a", "s"))["kid"]


def test_clocks_may_differ_by_half_a_minute_at_most() -> None:
    assert LEEWAY_SECONDS <= 30


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(SECRET)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "account-1", "sid": "session-1", "jti": "1", "iat": now,
        "exp": now + SECONDS,
    }  # fmt: skip
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def signed(
    secret: str = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any
) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some attacks use keys that PyJWT finds short
        return jwt.encode(claims(**changes), secret, algorithm, headers={"kid": KID} if headers is None else headers)


def segment(document: object) -> str:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def resigned(header: object, payload: object) -> str:
    """Signed with the right secret whatever the segments hold: only for showing that form is checked too."""
    head = f"{segment(header)}.{segment(payload)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(head.encode(), SECRET.encode())
    return f"{head}.{segment(signature)}"


def test_what_was_issued_is_read(tokens: AccessTokens) -> None:
    found = tokens.read(tokens.issue("account-1", "session-1"))
    assert (found.account, found.session) == ("account-1", "session-1")


def test_a_token_lives_ten_minutes_and_has_its_own_id(tokens: AccessTokens) -> None:
    one, other = (jwt.decode(tokens.issue("a", "s"), options={"verify_signature": False}) for _ in range(2))
    assert one["exp"] - one["iat"] == 600
    assert one["jti"] != other["jti"]
    assert "role" not in one


def test_a_former_secret_still_reads_but_signs_no_more() -> None:
    old, rotated = AccessTokens(FORMER), AccessTokens(SECRET, FORMER)
    assert rotated.read(old.issue("a", "s")).account == "a"
    with pytest.raises(Unauthenticated):
        old.read(rotated.issue("a", "s"))


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="32"):
        AccessTokens(secret)


def test_the_builder_of_these_attacks_builds_what_passes(tokens: AccessTokens) -> None:
    assert tokens.read(signed()).account == "account-1"
    assert tokens.read(resigned({"alg": "HS256", "typ": "JWT", "kid": KID}, claims())).account == "account-1"
    now = int(time.time())
    assert tokens.read(signed(iat=now + LEEWAY_SECONDS - 3, exp=now + 60)).account == "account-1"
    assert tokens.read(signed(iat=now - 60, exp=now - LEEWAY_SECONDS + 3)).account == "account-1"


def _public_key_as_secret() -> str:
    """Confusion: a key both sides know, used as an HMAC secret under the name of ours."""
    return signed("-----PUBLIC KEY-----" * 4)


ATTACKS: dict[str, Callable[[], str]] = {
    "none": lambda: f"{segment({'alg': 'none', 'typ': 'JWT', 'kid': KID})}.{segment(claims())}.",
    "none in capitals": lambda: f"{segment({'alg': 'NONE', 'kid': KID})}.{segment(claims())}.",
    "none with our signature": lambda: resigned({"alg": "none", "kid": KID}, claims()),
    "no algorithm": lambda: resigned({"kid": KID}, claims()),
    "another of the family": lambda: signed(algorithm="HS512"),
    "named RS256, signed as HS256": lambda: resigned({"alg": "RS256", "kid": KID}, claims()),
    "another secret": lambda: signed(FORMER),
    "a public key as the secret": _public_key_as_secret,
    "an empty secret": lambda: f"{segment({'alg': 'HS256', 'kid': KID})}.{segment(claims())}.",
    "no kid": lambda: signed(headers={}),
    "kid of a file": lambda: signed(headers={"kid": "../../../dev/null"}),
    "kid of a query": lambda: signed(headers={"kid": "' union select 'x"}),
    "kid of another type": lambda: resigned({"alg": "HS256", "kid": [KID]}, claims()),
    "kid null": lambda: resigned({"alg": "HS256", "kid": None}, claims()),
    "a key inside": lambda: signed(FORMER, headers={"kid": "x", "jwk": {"kty": "oct", "k": segment(FORMER.encode())}}),
    "an address of a key": lambda: signed(FORMER, headers={"kid": "x", "jku": "http://127.0.0.1/"}),
    "a critical extension": lambda: resigned({"alg": "HS256", "kid": KID, "crit": ["x"], "x": 1}, claims()),
    "expired": lambda: signed(iat=int(time.time()) - 700, exp=int(time.time()) - LEEWAY_SECONDS - 1),
    "issued in the future": lambda: signed(iat=int(time.time()) + LEEWAY_SECONDS + 5, exp=int(time.time()) + 300),
    "not yet good": lambda: signed(nbf=int(time.time()) + LEEWAY_SECONDS + 5),
    "good for ever": lambda: signed(exp=int(time.time()) + 10 * 365 * 86_400),
    "exp as text": lambda: signed(exp="9999999999x"),
    "exp not finite": lambda: resigned({"alg": "HS256", "kid": KID}, json.dumps(claims(exp=1e400)).encode()),
    "exp as a list": lambda: resigned({"alg": "HS256", "kid": KID}, claims(exp=[9999999999])),
    "iat as text": lambda: resigned({"alg": "HS256", "kid": KID}, claims(iat="now")),
    "another audience": lambda: signed(aud="somebody-else"),
    "an audience among others": lambda: signed(aud=[AUDIENCE, "somebody-else"]),
    "another issuer": lambda: signed(iss="somebody-else"),
    "no subject text": lambda: resigned({"alg": "HS256", "kid": KID}, claims(sub=7)),
    "no session text": lambda: signed(sid=7),
    "two subjects": lambda: resigned(
        {"alg": "HS256", "kid": KID}, json.dumps(claims()).encode()[:-1] + b',"sub":"account-2"}'
    ),
    "two ends": lambda: resigned({"alg": "HS256", "kid": KID}, b'{"exp":1,' + json.dumps(claims()).encode()[1:]),
    "two kids": lambda: resigned(f'{{"kid":"x","alg":"HS256","kid":"{KID}"}}'.encode(), claims()),
    "two algorithms": lambda: resigned(f'{{"alg":"none","kid":"{KID}","alg":"HS256"}}'.encode(), claims()),
    "exp as digits in a text": lambda: resigned({"alg": "HS256", "kid": KID}, claims(exp=str(int(time.time()) + 60))),
    "payload is no object": lambda: resigned({"alg": "HS256", "kid": KID}, [1]),
    "payload is no JSON": lambda: resigned({"alg": "HS256", "kid": KID}, b"{"),
    "payload nested deep": lambda: resigned({"alg": "HS256", "kid": KID}, b"[" * 2_000),
    "header is no object": lambda: resigned([1], claims()),
    "header nested deep": lambda: resigned(b'{"alg":' + b"[" * 1_500, {}),
    "huge": lambda: signed(extra="x" * 5_000),
    "very huge": lambda: "a." * 2_000_000,
    "empty": lambda: "",
    "dots": lambda: "..",
    "four segments": lambda: signed() + ".x",
    "not ASCII": lambda: "\u00fc." * 3,
    "NUL": lambda: signed() + "\0",
    "cut short": lambda: signed()[:-4],
    "one character changed": lambda: signed()[:-6] + ("A" if signed()[-6] != "A" else "B") + signed()[-5:],
    **{f"without {name}": lambda name=name: signed(**{name: ...}) for name in claims()},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_in_the_houses_words(tokens: AccessTokens, attack: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(ATTACKS[attack]())


def test_a_huge_token_is_refused_before_it_is_looked_at(tokens: AccessTokens) -> None:
    class Huge(str):
        """Has a length and nothing else."""

        def __len__(self) -> int:
            return 50_000_000

        def __getattribute__(self, name: str) -> object:
            raise AssertionError(f"it was looked at: {name}")

    with pytest.raises(Unauthenticated, match="too long"):
        tokens.read(Huge())
