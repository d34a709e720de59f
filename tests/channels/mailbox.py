"""A local mail server of a few lines: it keeps what it is sent, and answers as it is told to."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass
class Mailbox:
    """`answers` maps a verb (CONNECT, MAIL, RCPT, DATA, AUTH) to a line given instead of the usual one; `drip` seconds
    pass between the letters of every answer; `silent` never says anything."""

    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    silent: bool = False


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, usual: str, verb: str = "") -> None:
        box = self.server.box
        line = (box.answers.get(verb, usual) + "\r\n").encode()
        for piece in [line] if not box.drip else [line[n : n + 1] for n in range(len(line))]:
            self.wfile.write(piece)
            if box.drip:
                time.sleep(box.drip)

    def secure(self) -> None:
        assert self.server.tls is not None
        self.request = self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile: Any = self.connection.makefile("rb")
        self.wfile: Any = self.connection.makefile("wb", buffering=0)

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            if self.server.box.silent:
                self.server.done.wait(20)
                return
            if self.server.at_once:
                self.secure()
            self.say("220 mail.example.org ESMTP", "CONNECT")
            self.talk()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()

    def talk(self) -> None:
        to: list[str] = []
        while raw := self.rfile.readline():
            line = raw.decode().strip()
            verb = line.split(" ")[0].split(":")[0].upper()
            self.server.box.verbs.append(verb)
            if verb == "EHLO":
                self.greet()
            elif verb == "STARTTLS":
                self.say("220 go ahead")
                self.secure()
            elif verb == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
                self.say("250 ok", "RCPT")
            elif verb == "DATA":
                self.take(to)
                to = []
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("235 welcome" if verb == "AUTH" else "250 ok", verb)

    def greet(self) -> None:
        offers = ["mail.example.org", "AUTH PLAIN", "8BITMIME"]
        offers += ["STARTTLS"] if self.server.tls is not None and not self.server.at_once else []
        for offer in offers[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {offers[-1]}")

    def take(self, to: list[str]) -> None:
        self.say("354 go ahead")
        lines = []
        while (one := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(one[1:] if one.startswith(b"..") else one)
        letter = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        if "DATA" not in self.server.box.answers:
            self.server.box.letters.append((to, letter))
        self.say("250 taken", "DATA")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, box: Mailbox, tls: ssl.SSLContext | None, at_once: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.box, self.tls, self.at_once = box, tls, at_once
        self.done = threading.Event()

    def handle_error(self, *words: object) -> None:
        return


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[Mailbox]:
    """With `tls` it offers STARTTLS, or speaks it from the first byte on (`at_once`)."""
    box = Mailbox()
    with _Server(box, tls, at_once) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield box
        finally:
            server.done.set()
            server.shutdown()
