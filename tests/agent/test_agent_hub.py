"""The agent's HTTP against hubs that really listen: good ones, silent ones, and what is no hub at all."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.agent.conftest import ListeningHub
from tests.patience import FOR_EVER


def hub_at(agent: Any, url: str, timeout: float = 5.0, key: str = "omv_live_test") -> Any:
    return agent.Hub(url, lambda: key, timeout)


def test_a_post_is_gzipped_json_with_the_key_and_the_answer_is_read(agent: Any, listening_hub: ListeningHub) -> None:
    reply = hub_at(agent, listening_hub.url).post(json.dumps({"server": "web-01", "samples": [{"at": 1}]}))
    assert reply.status == 202
    assert reply.document["next"]["post_every"] == 1
    assert listening_hub.posts == [{"server": "web-01", "samples": [{"at": 1}]}]
    assert listening_hub.keys == ["Bearer omv_live_test"]


def test_a_refusal_says_what_the_hub_said(agent: Any, listening_hub: ListeningHub) -> None:
    problem = {"title": "Unauthenticated", "status": 401, "detail": "this key is not known"}
    listening_hub.answer = lambda _: (401, problem, {"Content-Type": "application/problem+json"})
    reply = hub_at(agent, listening_hub.url).post("{}")
    assert (reply.status, reply.reason) == (401, "answered 401: this key is not known")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_is_an_outage_whatever_its_body(agent: Any, listening_hub: ListeningHub, status: int) -> None:
    listening_hub.answer = lambda _: (status, b"<html>Bad gateway</html>", {"Retry-After": "7"})
    reply = hub_at(agent, listening_hub.url).post("{}")
    assert (reply.status, reply.retry_after) == (status, 7.0)


def test_retry_after_may_be_a_date_and_is_bounded(agent: Any) -> None:
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    assert 55 <= agent._seconds(soon) <= 61
    assert agent._seconds("86400") == 300
    assert agent._seconds("soon") == agent._seconds(None) == 0


@pytest.mark.parametrize("status", [200, 202, 400, 413, 422])
def test_what_is_not_the_hub_neither_takes_nor_drops_a_post(
    agent: Any, listening_hub: ListeningHub, status: int
) -> None:
    for body in (b"<html>Please sign in to the hotel's network</html>", b'{"hello": 1}', b"[]", b""):
        listening_hub.answer = lambda _, body=body: (status, body, {"Content-Type": "text/html"})
        reply = hub_at(agent, listening_hub.url).post("{}")
        assert reply.status == 0
        assert "not as the hub does" in reply.reason


def test_a_redirect_is_not_followed_and_the_key_stays(agent: Any, listening_hub: ListeningHub) -> None:
    listening_hub.answer = lambda _: (307, b"", {"Location": listening_hub.url + "/elsewhere"})
    assert hub_at(agent, listening_hub.url).post("{}").status == 307
    assert len(listening_hub.posts) == 1


def test_nobody_listening_is_no_status(agent: Any) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        reply = hub_at(agent, f"http://127.0.0.1:{reserved.getsockname()[1]}").post("{}")
    assert reply.status == 0
    assert "refused" in reply.reason


@pytest.fixture
def strange_server() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Starts a server that accepts and then does as it is told."""
    servers: list[socket.socket] = []

    def start(behave: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    behave(connection)
            except OSError:
                pass  # the test is over

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in servers:
        server.close()


def test_a_black_hole_costs_no_more_than_the_time_out(agent: Any, strange_server: Any) -> None:
    done = threading.Event()
    url = strange_server(lambda connection: done.wait(60))
    began = time.monotonic()
    reply = hub_at(agent, url, timeout=0.3).post("{}")
    done.set()
    assert reply.status == 0
    assert time.monotonic() - began < FOR_EVER


@pytest.mark.parametrize("head", [b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 202 Acc"])
def test_a_dripping_answer_is_cut_off(agent: Any, strange_server: Any, head: bytes) -> None:
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head)
        while not done.wait(0.05):
            connection.sendall(b"x")

    url = strange_server(drip)
    began = time.monotonic()
    reply = hub_at(agent, url, timeout=0.4).post("{}")
    done.set()
    assert reply.status == 0
    assert time.monotonic() - began < FOR_EVER


def test_a_name_that_takes_too_long_to_look_up_leaves_no_time_for_a_connection(
    agent: Any, listening_hub: ListeningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = socket.getaddrinfo

    def slow(*arguments: Any, **more: Any) -> Any:
        time.sleep(0.3)
        return quick(*arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    reply = hub_at(agent, listening_hub.url, timeout=0.2).post("{}")
    assert (reply.status, listening_hub.posts) == (0, [])
    assert "timed out" in reply.reason


def test_an_answer_that_breaks_off_is_no_answer(agent: Any, strange_server: Any) -> None:
    def break_off(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b'HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{"next": {"stored": 5')

    assert hub_at(agent, strange_server(break_off)).post("{}").status == 0


def test_a_key_file_that_has_gone_is_told_and_not_fatal(agent: Any, listening_hub: ListeningHub) -> None:
    def key() -> str:
        raise FileNotFoundError("no such file: /etc/openmanager-agent.key")

    reply = agent.Hub(listening_hub.url, key).post("{}")
    assert reply.status == 0
    assert "openmanager-agent.key" in reply.reason


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no machine trusts, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "hub.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + kept)
    return path


@pytest.fixture
def tls_hub(listening_hub: ListeningHub, certificate: Path) -> ListeningHub:
    """The listening hub behind a certificate that no machine trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening_hub.speak_tls(context)
    return listening_hub


def test_a_hub_whose_certificate_nobody_vouches_for_gets_nothing(agent: Any, tls_hub: ListeningHub) -> None:
    reply = hub_at(agent, tls_hub.url).post("{}")
    assert reply.status == 0
    assert "certificate verify failed" in reply.reason
    assert tls_hub.keys == []


def test_an_authority_of_ones_own_is_named_by_the_environment(
    agent: Any, tls_hub: ListeningHub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert hub_at(agent, tls_hub.url).post('{"server": "a"}').status == 202
    assert hub_at(agent, tls_hub.url.replace("127.0.0.1", "localhost")).post("{}").status == 0, "nor under another name"
    assert tls_hub.posts == [{"server": "a"}]


def test_a_hub_that_stalls_under_tls_is_cut_off_too(
    agent: Any, tls_hub: ListeningHub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    done = threading.Event()
    tls_hub.answer = lambda _: ((done.wait(60) and 503) or 503, b"", {})
    began = time.monotonic()
    assert hub_at(agent, tls_hub.url, timeout=0.4).post("{}").status == 0
    done.set()
    assert time.monotonic() - began < FOR_EVER


def test_a_proxy_of_the_environment_is_used(
    agent: Any, listening_hub: ListeningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", listening_hub.url)
    monkeypatch.delenv("no_proxy", raising=False)
    assert hub_at(agent, "http://hub.invalid").post('{"server": "a"}').status == 202
    assert listening_hub.posts == [{"server": "a"}]
