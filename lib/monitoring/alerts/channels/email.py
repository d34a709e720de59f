"""E-mail, by SMTP with TLS. The server's address is checked like every other that people give, and all of it is over in
the time of one try.

`Message-ID` comes from the notice: a second try is the same message to every mailbox that tells duplicates.
"""

from __future__ import annotations

import contextlib
import html
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from lib.domain.errors import BadInput
from lib.monitoring.alerts.channels import Config, Field, Later, Never, Sent, Tools, Verdict, cut
from lib.monitoring.alerts.messages import Message

NAME = "email"
LABEL = {"en": "E-mail", "ko": "이메일"}
FIELDS = (
    Field("to", {"en": "To", "ko": "받는 사람"}, "email",
          help={"en": "Up to 20, separated by commas", "ko": "쉼표로 구분해 20명까지"}),
    Field("sender", {"en": "From", "ko": "보내는 사람"}, "email"),
    Field("host", {"en": "SMTP server", "ko": "SMTP 서버"}, most=253),
    Field("port", {"en": "Port", "ko": "포트"}, "number", required=False,
          help={"en": "587, or 465 with TLS", "ko": "587, TLS는 465"}),
    Field("security", {"en": "Encryption", "ko": "암호화"}, "choice", required=False,
          choices=("starttls", "tls", "none")),
    Field("user", {"en": "User", "ko": "사용자"}, required=False, most=300),
    Field("password", {"en": "Password", "ko": "비밀번호"}, "secret", required=False, secret=True),
)  # fmt: skip
MOST_RECEIVERS = 20
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
REFUSED_FOR_GOOD = 500


def deliver(config: Config, message: Message, tools: Tools) -> Verdict:
    until = time.monotonic() + tools.seconds
    receivers = addresses(config["to"])
    written = letter(config, message, receivers)
    security = config.get("security") or "starttls"
    port = int(config.get("port") or _PORTS[security])
    found = tools.door.addresses(config["host"], port, until)
    if config.get("user") and security == "none":
        raise BadInput("a password is not sent without encryption")
    try:
        refused = _sent(config, security, found[0], port, written, receivers, until)
    except smtplib.SMTPAuthenticationError as error:
        return _by_code(error.smtp_code, "the mail server refuses this user")
    except smtplib.SMTPNotSupportedError:
        return Never("the mail server offers no STARTTLS, or no way to sign in")
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _by_code(min(codes), "every receiver was refused")
    except smtplib.SMTPResponseException as error:
        return _by_code(error.smtp_code, "the mail server refused")
    except ssl.SSLCertVerificationError:
        return Never("the mail server's certificate is not valid for its name")
    except (OSError, smtplib.SMTPException) as error:
        return Later(None, f"the mail server did not answer: {type(error).__name__}")
    if refused:
        return Sent(f"{len(refused)} of {len(receivers)} receivers were refused")
    return Sent("250")


def _by_code(code: int, said: str) -> Verdict:
    return Never(f"{code} {said}") if code >= REFUSED_FOR_GOOD else Later(None, f"{code} {said}")


def addresses(text: str) -> list[str]:
    """Raises BadInput at the first that is none. No line break gets past this."""
    found = [one.strip() for one in text.split(",") if one.strip()]
    if not 1 <= len(found) <= MOST_RECEIVERS or not all(_ADDRESS.fullmatch(one) for one in found):
        raise BadInput(f"give 1 to {MOST_RECEIVERS} e-mail addresses, separated by commas", pointer="/config/to")
    return found


def letter(config: Config, message: Message, receivers: list[str]) -> EmailMessage:
    """Plain text and HTML. Headers are set from checked or single-line texts only."""
    [sender] = addresses(config["sender"])[:1]
    written = EmailMessage()
    written["From"] = sender
    written["To"] = ", ".join(receivers)
    written["Subject"] = cut(" ".join(message.title.split()), 200)
    written["Date"] = format_datetime(datetime.fromtimestamp(int(message.at), UTC))
    written["Message-ID"] = f"<{re.sub('[^A-Za-z0-9]', '', message.id)}@{sender.rpartition('@')[2]}>"
    written["Auto-Submitted"] = "auto-generated"
    written["X-Priority"] = "1" if message.severity == "critical" and message.kind != "resolved" else "3"
    links = "\n".join(f"{label}: {address}" for label, address in message.links)
    written.set_content("\n\n".join(filter(None, (message.title, message.text, links))), cte="base64")
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td><td><b>{html.escape(value)}</b></td></tr>" for label, value in message.facts
    )
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in message.lines)
    pressed = " · ".join(
        f'<a href="{html.escape(address)}">{html.escape(label)}</a>' for label, address in message.links
    )
    page = f"<h3>{html.escape(message.title)}</h3>{lines}<table>{rows}</table><p>{pressed}</p>"
    written.add_alternative(f"<!doctype html><html><body>{page}</body></html>", subtype="html", cte="base64")
    return written


def _sent(
    config: Config, security: str, address: str, port: int, written: EmailMessage, receivers: list[str], until: float
) -> dict[str, tuple[int, bytes]]:
    """Those who were refused. The connection goes to the address that was checked; the certificate is the name's."""
    context = ssl.create_default_context()
    server = _Checked(config["host"], address, until)
    server.connect_checked(port, context if security == "tls" else None)
    with contextlib.closing(server):
        server.ehlo_or_helo_if_needed()
        if security == "starttls":
            server.starttls(context=context)
            server.ehlo()
        if config.get("user"):
            server.login(config["user"], config.get("password") or "")
        refused = server.send_message(written, to_addrs=receivers)
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()  # it is sent already
        return refused


class _Checked(smtplib.SMTP):
    """smtplib, but it connects to one address and gives every step only the time that is left: a server that drips one
    character a second would hold its own time-out for ever."""

    def __init__(self, host: str, address: str, until: float) -> None:
        super().__init__(timeout=max(until - time.monotonic(), 0.05))
        self._host = host  # what STARTTLS checks the certificate against
        self._address = address
        self._until = until

    def connect_checked(self, port: int, tls: ssl.SSLContext | None) -> None:
        raw = socket.create_connection((self._address, port), timeout=self._left())
        self.sock = tls.wrap_socket(raw, server_hostname=self._host) if tls else raw
        self.file = None
        code, said = self.getreply()
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, said)

    def getreply(self) -> tuple[int, bytes]:
        return self._in_time(super().getreply)

    def _in_time[T](self, step: Callable[[], T]) -> T:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.settimeout(self._left())
        timer = _cut_after(self.sock, self._left())
        try:
            return step()
        finally:
            timer()

    def send(self, s: object) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())
        super().send(s)  # type: ignore[arg-type]

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time of this try is over")
        return left


def _cut_after(sock: socket.socket, seconds: float) -> Callable[[], None]:
    """Shuts the connection down after so long, unless what is returned is called first."""
    import threading

    def cut_off() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
    return timer.cancel
