"""Web push's encryption by the RFC's own example, and by a browser written from the same RFC for the other side."""

from __future__ import annotations

import base64

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.alerts.push import MOST_CONTENT, PushKey, encrypt, public_point
from tests.channels.browser_twin import Browser, padded

# RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AS_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
UA_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(padded(text)), ec.SECP256R1())


def test_it_is_the_example_of_the_rfc() -> None:
    body = encrypt(PLAIN, UA_PUBLIC, AUTH, salt=padded(SALT), sender=private(AS_PRIVATE))
    assert base64.urlsafe_b64encode(body).decode().rstrip("=") == BODY
    assert Browser(private(UA_PRIVATE), padded(AUTH)).decrypt(body) == PLAIN


@settings(max_examples=40)
@given(st.binary(max_size=MOST_CONTENT))
def test_the_browser_it_is_for_can_read_it_and_no_other(content: bytes) -> None:
    browser = Browser()
    body = encrypt(content, **browser.keys)
    assert len(body) <= 4_096
    assert browser.decrypt(body) == content
    with pytest.raises(InvalidTag):
        Browser().decrypt(body)


def test_what_is_too_long_is_refused_before_a_push_service_does() -> None:
    with pytest.raises(ValueError, match="more than"):
        encrypt(b"x" * (MOST_CONTENT + 1), **Browser().keys)


@pytest.mark.parametrize("text", ["", "AAAA", "%%%", UA_PUBLIC[:-4], "B" + "A" * 86, "한글", UA_PUBLIC + "AAAA"])
def test_what_is_no_key_of_a_browser_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        public_point(text)


def test_a_given_key_is_taken_and_a_secret_always_gives_the_same() -> None:
    key = PushKey.from_text(UA_PRIVATE, "mailto:ops@example.org")
    assert key.public == UA_PUBLIC
    one, same, other = (PushKey.from_secret(secret, "mailto:a@b.c").public for secret in ("s" * 40, "s" * 40, "t" * 40))
    assert one == same
    assert one != other
    for wrong in ("", "AAAA", base64.urlsafe_b64encode(bytes(32)).decode(), "_" * 43):
        with pytest.raises(ValueError, match=r"."):
            PushKey.from_text(wrong, "mailto:a@b.c")


def test_the_token_names_the_push_service_and_is_over_within_a_day() -> None:
    key = PushKey.from_text(UA_PRIVATE, "mailto:ops@example.org")
    header = key.authorization("https://fcm.googleapis.com/fcm/send/abc", 1_763_900_000.0)
    given_ = dict(one.strip().split("=", 1) for one in header.removeprefix("vapid ").split(","))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), padded(given_["k"]))
    claims = jwt.decode(
        given_["t"], public, algorithms=["ES256"], audience="https://fcm.googleapis.com", options={"verify_exp": False}
    )
    assert claims["sub"] == "mailto:ops@example.org"
    assert 0 < claims["exp"] - 1_763_900_000 <= 86_400
