"""E-mail where it is more than a text: encryption that is checked, headers that hold, and a time that is kept."""

from __future__ import annotations

import datetime
import ipaddress
import secrets
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib.domain.errors import BadInput
from lib.monitoring.alerts.channels import Config, Later, Never, Sent, Tools, Verdict, deliver
from lib.monitoring.alerts.channels.email import addresses, letter
from lib.monitoring.alerts.messages import Message, write
from lib.outbound import Door
from tests.channels.mailbox import mail_server
from tests.channels.outbox import OPEN, item_of
from tests.patience import within

PASSWORD = secrets.token_hex(12)


def message() -> Message:
    notice = {"id": "n1-ü", "kind": "opened", "severity": "critical", "at": 1.0, "items": [item_of("i1", 1, "opened")]}
    return write(notice, {"id": "c1", "locale": "ko"}, None, None)


def config(port: int, **more: str) -> dict[str, str]:
    return {"to": "ops@example.org", "sender": "hub@example.org", "host": "127.0.0.1", "port": str(port), **more}


def send(given: Config, seconds: float = 5.0) -> Verdict:
    return deliver("email", given, message(), Tools(Door(OPEN), 1.0, seconds))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a mail server at 127.0.0.1, with its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("mail") / "mail.pem"
    plain = serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


def spoken(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_signs_in_over_tls_and_checks_the_certificate(
    certificate: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(spoken(certificate), at_once=security == "tls") as box:
        given = config(box.port, security=security, user="hub", password=PASSWORD)
        verdict = send(given)
        assert isinstance(verdict, Never)
        assert "certificate" in verdict.detail
        assert "AUTH" not in box.verbs
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert isinstance(send(given), Sent)
        assert "AUTH" in box.verbs
        [(to, kept)] = box.letters
    assert to == ["ops@example.org"]
    assert kept["Subject"].startswith("[위험] web-01 CPU 사용률 97.3% (기준 95%)")
    assert kept["Message-ID"] == "<n1@example.org>"


def test_a_server_without_encryption_is_not_told_the_password() -> None:
    with mail_server() as box:
        for security in ("starttls", "none"):
            verdict = send(config(box.port, security=security, user="hub", password=PASSWORD))
            assert isinstance(verdict, Never)
        assert "AUTH" not in box.verbs
        assert box.letters == []


def test_a_user_who_is_refused_is_not_tried_again(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(spoken(certificate)) as box:
        box.answers["AUTH"] = f"535 {PASSWORD} is wrong"
        verdict = send(config(box.port, user="hub", password=PASSWORD))
    assert isinstance(verdict, Never)
    assert PASSWORD not in verdict.detail


def test_a_server_that_drips_has_no_more_time_than_others() -> None:
    with mail_server() as box:
        box.drip = 0.08
        assert isinstance(within(2.0, lambda: send(config(box.port, security="none"), seconds=0.8)), Later)


@pytest.mark.parametrize(
    "text",
    ["", "nobody", "a@b\nBcc: c@d", "a b@c.d", "<a@b.c>", "a@b.c;d@e.f", "ü@example.org"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        addresses(text)


def test_no_text_becomes_a_header() -> None:
    notice = {"id": "n\r\nBcc: x@y", "kind": "opened", "severity": "critical", "at": 1.0,
              "items": [item_of("i", 1, "opened", server="a\r\nBcc: evil@example.org\r\n\r\nbody")]}  # fmt: skip
    hostile = write(notice, {"id": "c1", "locale": "en"}, None, None)
    raw = letter(config(25), hostile, ["ops@example.org"]).as_bytes()
    head = raw.partition(b"\n\n")[0].decode()
    assert not any(line.lower().startswith("bcc") for line in head.splitlines())
