"""The door out: bounded in time and size, no redirects, nothing kept between calls, no way to the inside."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib import outbound
from lib.domain.errors import BadInput, Unavailable
from lib.outbound import Door
from lib.settings import Settings
from tests.patience import FOR_EVER, within

seen: list[tuple[str, str, dict[str, str], bytes]] = []
METADATA = "169.254.169.254"


class _World(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen.append((self.command, self.path, dict(self.headers), body))
        path = urlsplit(self.path).path
        if path == "/drip-headers":
            return self._drip(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self.send_response(302 if path == "/elsewhere" else 200)
        if path == "/elsewhere":
            self.send_header("Location", f"http://{METADATA}/latest/meta-data/")
        self.send_header("Set-Cookie", "spy=1; Path=/")
        self.end_headers()
        if path == "/flood":
            self._send(b"x" * 100_000 for _ in range(40))
        elif path == "/drip":
            self._drip(b"")
        elif path == "/silence":
            time.sleep(1)
        else:
            self.wfile.write(b"hello")
        return None

    do_POST = do_GET

    def _drip(self, first: bytes) -> None:
        def slowly() -> Iterator[bytes]:
            yield first
            for _ in range(100):
                time.sleep(0.05)
                yield b"x"

        self._send(slowly())

    def _send(self, pieces: Iterable[bytes]) -> None:
        try:
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            return

    def log_message(self, *words: object) -> None:
        return


def serve(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _World)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused certificate is no error here
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serve()


@pytest.fixture
def world(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def door() -> Door:
    """As an operator opens it to this machine."""
    allowed = {
        "REDIS_URL": "redis://x",
        "DATABASE_URL": "postgresql://x/x",
        "OPENMANAGER_OUTBOUND_ALLOW": "127.0.0.1/32",
    }
    return Door(Settings.from_environment(allowed).outbound_allow)


def leading_to(*answers: list[str]) -> Callable[[str, int], Iterable[str]]:
    """A resolver that gives these answers one after the other, the last one for ever."""
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


def test_a_call_gives_status_and_body(door: Door, world: str) -> None:
    answer = door.call("POST", f"{world}/here?q=1", headers={"X-Our": "word"}, content=b"body")
    assert answer == (200, b"hello")
    method, path, headers, body = seen[-1]
    assert (method, path, headers["X-Our"], body) == ("POST", "/here?q=1", "word", b"body")
    assert headers["Host"] == urlsplit(world).netloc


def test_a_redirect_to_the_metadata_address_is_an_answer_and_not_followed(door: Door, world: str) -> None:
    before = len(seen)
    assert door.call("GET", f"{world}/elsewhere")[0] == 302
    assert len(seen) == before + 1


def test_nobodys_cookies_are_kept_and_no_connection_is(door: Door, world: str) -> None:
    for _ in range(2):
        door.call("GET", world)
    assert "Cookie" not in seen[-1][2]


def test_packed_answers_which_could_unpack_to_any_size_are_not_asked_for(door: Door, world: str) -> None:
    door.call("GET", world, headers={"Accept-Encoding": "gzip"})
    assert seen[-1][2]["Accept-Encoding"] == "identity"


def test_host_is_not_the_callers_to_choose(door: Door, world: str) -> None:
    door.call("GET", world, headers={"host": "inside.example"})
    assert seen[-1][2]["Host"] == urlsplit(world).netloc


def test_a_large_answer_is_cut(door: Door, world: str) -> None:
    status, body = door.call("GET", f"{world}/flood")
    assert (status, len(body)) == (200, outbound.MOST_BYTES)


@pytest.mark.parametrize("path", ["/drip", "/drip-headers", "/silence"])
def test_a_slow_answer_is_given_up(door: Door, world: str, path: str) -> None:
    def ask() -> None:
        with pytest.raises(Unavailable):
            door.call("GET", world + path, timeout=0.3)

    within(0.9, ask)


def test_a_slow_look_up_is_given_up_and_too_many_of_them_are_not_begun(world: str) -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        over.wait(60)
        return ["8.8.8.8"]

    door = Door(resolve=hang)
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            door.call("GET", "http://slow.example", timeout=0.2)
        assert time.monotonic() - began < FOR_EVER
        for _ in range(outbound.MOST_LOOK_UPS - 1):
            with pytest.raises(Unavailable):
                door.call("GET", "http://slow.example", timeout=0.01)
        with pytest.raises(Unavailable, match="too many"):
            door.call("GET", "http://slow.example", timeout=0.01)
    finally:
        over.set()


# What may not be called


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1",
        "１２７.0.0.1", "127。0。0。1", "[::1]", "[::]", "0.0.0.0", "0",
        METADATA, "2852039166", "10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
        "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "192.88.99.1",
        "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1",
        "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]",
        "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[3fff::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]",
        "[fec0::1]", "[ff02::1]", "[5f00::1]", "[100::1]", "[4000::1]",
    ],
)  # fmt: skip
def test_an_address_that_nobody_trusts_must_be_public(host: str, port: int) -> None:
    before = len(seen)
    with pytest.raises((BadInput, Unavailable)):
        Door().call("GET", f"http://{host}:{port}/", timeout=1)
    assert len(seen) == before


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", METADATA, "::ffff:10.0.0.1", "fe80::1%lo", "64:ff9b::a00:1"])
def test_it_is_refused_by_where_it_leads_and_not_by_what_it_is_called(address: str) -> None:
    with pytest.raises(BadInput, match="not a public address"):
        Door(resolve=leading_to([address])).call("GET", "https://nice.example/")


def test_one_bad_address_among_good_ones_is_enough(port: int) -> None:
    with pytest.raises(BadInput, match=r"10\.0\.0\.1"):
        Door(resolve=leading_to(["8.8.8.8", "10.0.0.1"])).call("GET", "http://mixed.example/")


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "168.63.129.15", "223.255.255.255",
     "2606:4700::1111", "2a00:1450:4001::1", "2400:cb00::1"],
)  # fmt: skip
def test_the_internet_is_public(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("network", [*outbound._NOT_PUBLIC, *outbound._NEVER], ids=str)
def test_nothing_on_the_lists_is_public_from_its_first_to_its_last_address(network: outbound.Network) -> None:
    for address in (network.network_address, network.broadcast_address):
        assert not outbound.is_public(address)


def test_a_name_that_leads_inside_a_moment_later_leads_nowhere(port: int) -> None:
    """DNS rebinding: a check would see the public address, a second look-up for the connection this machine's."""
    asked: list[str] = []
    rebinding = leading_to(["192.0.2.9"], ["127.0.0.1"])

    def resolve(host: str, at: int) -> Iterable[str]:
        asked.append(host)
        return rebinding(host, at)

    before = len(seen)
    door = Door(["192.0.2.0/24"], resolve=resolve)
    with pytest.raises(Unavailable):
        door.call("GET", f"http://rebind.example:{port}/", timeout=0.3)
    assert asked == ["rebind.example"]
    assert len(seen) == before
    with pytest.raises(BadInput):
        door.call("GET", f"http://rebind.example:{port}/", timeout=0.3)


def test_the_connection_goes_to_the_address_that_was_checked_in_the_names_name(port: int) -> None:
    door = Door(["127.0.0.1/32"], resolve=leading_to(["127.0.0.1"]))
    assert door.call("GET", f"http://hooks.example:{port}/x") == (200, b"hello")
    assert seen[-1][2]["Host"] == f"hooks.example:{port}"


def test_the_next_address_is_tried_when_one_is_closed(port: int) -> None:
    door = Door(["127.0.0.0/8"], resolve=leading_to(["127.0.0.9", "127.0.0.1"]))
    assert door.call("GET", f"http://hooks.example:{port}/") == (200, b"hello")


def test_an_opened_network_opens_nothing_else(port: int) -> None:
    door = Door(["127.0.0.1/32"])
    for host in ("127.0.0.2", "10.0.0.1", METADATA, "[::1]", "[::ffff:127.0.0.1]"):
        with pytest.raises(BadInput):
            door.call("GET", f"http://{host}:{port}/")


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:70/_x", "//example.org", "https://", "nonsense",
     "", "http://[", "http://a b.example/", "http://example.org:99999/", "http://exa\nmple.org/"],
)  # fmt: skip
@pytest.mark.parametrize("trusted", [True, False])
def test_only_web_addresses_are_called(url: str, trusted: bool) -> None:
    with pytest.raises(BadInput):
        Door(resolve=leading_to(["127.0.0.1"])).call("GET", url, trusted=trusted)


@pytest.mark.parametrize("url", ["http://user:canary@127.0.0.1:{}/", "http://canary@127.0.0.1:{}/"])
def test_an_address_with_credentials_is_not_called_for_just_anybody(door: Door, port: int, url: str) -> None:
    before = len(seen)
    with pytest.raises(BadInput) as refusal:
        door.call("GET", url.format(port))
    assert "canary" not in str(refusal.value)
    assert len(seen) == before


@pytest.mark.parametrize(
    "text",
    [
        "http://good.example@127.0.0.1:{}/",
        r"http://good.example\@127.0.0.1:{}/",
        "http://127.0.0.1:{}#@good.example/",
        "http://127.0.0.1:{}?@good.example/",
    ],
)
def test_no_trick_of_writing_hides_the_host(port: int, text: str) -> None:
    before = len(seen)
    resolve: Callable[[str, int], Iterable[str]] = lambda host, _: [host] if host[0].isdigit() else ["192.0.2.1"]  # noqa: E731 - mypy refuses the plain way
    with pytest.raises((BadInput, Unavailable)):
        Door(resolve=resolve).call("GET", text.format(port), timeout=0.2)
    assert len(seen) == before


@pytest.mark.parametrize("header", ["word\r\nHost: inside", "word\nX: y", "w\0rd"])
def test_no_header_can_be_smuggled(door: Door, world: str, header: str) -> None:
    with pytest.raises(BadInput):
        door.call("GET", world, headers={"X-Our": header})


def test_no_failure_repeats_the_path_which_may_be_a_secret() -> None:
    with pytest.raises(Unavailable) as failure:
        Door().call("GET", "http://127.0.0.1:9/hooks/canary?token=canary", trusted=True, timeout=1)
    assert "canary" not in str(failure.value)


# The operator's own addresses


def test_what_the_operator_set_may_lie_inside(world: str) -> None:
    assert Door().call("GET", world, trusted=True) == (200, b"hello")


def test_and_may_hold_credentials(world: str) -> None:
    Door().call("GET", world.replace("//", "//ada:s%40fe@"), trusted=True)
    assert seen[-1][2]["Authorization"] == "Basic YWRhOnNAZmU="


@pytest.mark.parametrize(
    "address",
    [METADATA, "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fe80::1%eth0", "::ffff:169.254.169.254",
     "64:ff9b::a9fe:a9fe", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_but_not_where_clouds_hand_out_credentials(address: str) -> None:
    with pytest.raises(BadInput, match="nothing may be called"):
        Door(resolve=leading_to([address])).call("GET", "http://hub.example/", trusted=True)


def test_a_closed_port_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Door().call("GET", "http://127.0.0.1:9/", trusted=True, timeout=1)


def test_a_receiver_that_takes_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        began = time.monotonic()
        with pytest.raises(Unavailable):
            Door().call("POST", url, content=b"x" * 50_000_000, trusted=True, timeout=0.4)
        assert time.monotonic() - began < FOR_EVER


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For hooks.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="module")
def tls_port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    yield from serve(context)


def test_the_certificate_is_checked_against_the_name(
    certificate: Path, tls_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(["127.0.0.1/32"], resolve=leading_to(["127.0.0.1"]))
    with pytest.raises(Unavailable):
        door.call("GET", f"https://hooks.example:{tls_port}/")  # signed by nobody the system knows
    monkeypatch.setattr(outbound, "_context", lambda: ssl.create_default_context(cafile=certificate))
    assert door.call("GET", f"https://hooks.example:{tls_port}/") == (200, b"hello")
    for other in ("other.example", "127.0.0.1"):
        with pytest.raises(Unavailable):
            door.call("GET", f"https://{other}:{tls_port}/")
