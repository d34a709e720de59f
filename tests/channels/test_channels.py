"""Every channel by one list: what its service documents is what it is sent, and what it answers is understood."""

from __future__ import annotations

import logging
import secrets
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from lib.monitoring.alerts.channels import CHANNELS, Later, Never, Sent, Tools, channel, deliver
from lib.monitoring.alerts.messages import Message, write
from lib.outbound import Door
from tests.channels.mailbox import Mailbox, mail_server
from tests.channels.outbox import OPEN, item_of
from tests.channels.receiver import Receiver, Reply, Request, receiving
from tests.channels.services import PUSH, SERVICES, TOKEN
from tests.patience import FOR_EVER

AT = 1_763_900_000.0
HOSTILE = (
    "한글 a\0b\u202ec\u2066d\r\nBcc: evil@example.org <!channel> @everyone <i>x</i> <a href='http://evil'>y</a>"
    " [x](http://evil) [[x]](http://evil) [@x](dooray://1) <http://evil|x> *_~`|\\ \ud83d \U0001f525 "
)
PASSWORD = secrets.token_hex(12)


def message_of(
    kind: str = "opened", locale: str = "ko", items: list[dict[str, Any]] | None = None, **more: Any
) -> Message:
    items = [item_of("i1", 1, kind)] if items is None else items
    notice = {"id": "n0123456789abcdef", "kind": kind, "severity": "critical", "at": AT, "items": items, **more}
    return write(notice, {"id": "c1", "locale": locale}, "https://hub.example.org", lambda *about: "-".join(about))


def hostile(items: int, kind: str) -> Message:
    text = HOSTILE * 60  # more than 10 000 characters
    names = ("server", "group", "rule", "subject", "note", "detail", "acked_by", "source", "description")
    worst = {**dict.fromkeys(names, text), "kind": kind, "url": "https://grafana.example.org/d/1?x=%28"}
    return message_of(items=[{**item_of(f"i{n}", 1, "opened"), **worst} for n in range(items)])


@dataclass
class Place:
    """A service's local stand-in, whatever it speaks."""

    kind: str
    config: dict[str, str]
    requests: list[Request]
    yes: Callable[[], None]
    later: list[Callable[[], None]]
    never: list[tuple[Callable[[], None], bool]]
    busy: Callable[[], None]
    silent: Callable[[], None]
    echo: Callable[[], None]
    check: Callable[[Request, Message], list[str]]
    forbidden: tuple[str, ...]
    id_of: Callable[[Request], str] | None

    def deliver(self, message: Message, *, door: Door | None = None, seconds: float = 5.0, at: float = AT) -> Any:
        return deliver(self.kind, self.config, message, Tools(door or Door(OPEN), at, seconds, PUSH))


@pytest.fixture(params=sorted(CHANNELS))
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        if request.param == "email":
            yield by_mail(stack.enter_context(mail_server()))
        else:
            yield by_http(request.param, stack.enter_context(receiving()), stack)


def by_http(kind: str, receiver: Receiver, stack: ExitStack) -> Place:
    service = SERVICES[kind]
    let_go = threading.Event()
    stack.callback(let_go.set)

    def answers(reply: Callable[[Request], Reply | None]) -> Callable[[], None]:
        return lambda: setattr(receiver, "reply", reply)

    def always(reply: Reply) -> Callable[[], None]:
        return answers(lambda request: reply)

    def hang(request: Request) -> Reply | None:
        let_go.wait(20)
        return None

    def echo(request: Request) -> Reply:
        whole = f"{request.path} {request.headers} {request.body.decode('utf-8', 'replace')}"
        return Reply(400, whole.encode())

    always(service.yes)()
    usual = (Reply(500), Reply(503, b"<html>busy</html>"), Reply(429, headers=(("Retry-After", "9"),)))
    return Place(
        kind, service.config(receiver.url), receiver.requests, always(service.yes),
        [*map(always, (*service.later, *usual)), answers(lambda request: None)],
        [(always(reply), disable) for reply, disable in service.never],
        always(usual[-1]), answers(hang), answers(echo), service.check, service.forbidden, service.id_of,
    )  # fmt: skip


def by_mail(box: Mailbox) -> Place:
    config = {"to": "ops@example.org, night@example.org", "sender": "hub@example.org",
              "host": "127.0.0.1", "port": str(box.port), "security": "none", "password": PASSWORD}  # fmt: skip

    class Letters(list[Request]):
        def __len__(self) -> int:
            return len(box.letters)

        def __getitem__(self, place: Any) -> Any:
            return Request("", {name.lower(): str(text) for name, text in box.letters[place][1].items()}, b"")

    def answers(**said: str) -> Callable[[], None]:
        def change() -> None:
            box.answers, box.silent = said, False

        return change

    def check(request: Request, message: Message) -> list[str]:
        to, letter = box.letters[-1]
        assert to == ["ops@example.org", "night@example.org"]
        assert letter["To"] == "ops@example.org, night@example.org"
        assert letter["Bcc"] is None
        assert len(letter["Subject"]) <= 200
        plain, page = (letter.get_body((form,)) for form in ("plain", "html"))
        assert plain is not None
        assert page is not None
        shown = page.get_content()
        assert "<i>" not in shown
        assert "<a href='http://evil'>" not in shown
        return [letter["Subject"], plain.get_content()]

    return Place(
        "email", config, Letters(), answers(),
        [answers(DATA="451 try later"), answers(CONNECT="421 too many"), answers(MAIL="450 busy")],
        [(answers(RCPT="550 no such user"), False), (answers(DATA="554 refused"), False)],
        answers(CONNECT="421 too many"), lambda: setattr(box, "silent", True),
        answers(MAIL=f"550 {PASSWORD} hub@example.org"), check, (),
        lambda request: request.headers["message-id"],
    )  # fmt: skip


def test_every_channel_has_a_service_and_a_form_in_both_languages() -> None:
    assert {*SERVICES, "email"} == CHANNELS.keys()
    for kind in CHANNELS:
        found = channel(kind)
        assert kind == found.NAME
        assert found.LABEL.keys() == {"en", "ko"}
        assert any(field.required for field in found.FIELDS)
        for field in found.FIELDS:
            assert field.label.keys() == {"en", "ko"}
            assert field.help is None or field.help.keys() == {"en", "ko"}
            assert bool(field.choices) == (field.kind == "choice")
            assert field.secret or field.kind != "secret"


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("kind", ["opened", "escalated", "acknowledged", "resolved", "reminder", "digest", "test"])
def test_it_is_sent_what_its_service_documents(place: Place, kind: str, locale: str) -> None:
    more = {"resolved_at": AT + 3_900, "acked_by": "ada"} if kind == "resolved" else {}
    items = [] if kind == "test" else [item_of("i1", 1, kind, **more)]
    message = message_of(kind, locale, items)
    assert isinstance(place.deliver(message), Sent)
    assert len(place.requests) == 1
    texts = place.check(place.requests[0], message)
    if kind not in ("acknowledged", "resolved") or place.kind != "pagerduty":
        assert any("web-01" in text.replace("\\", "") or kind == "test" for text in texts)


def test_it_tells_of_many_at_once(place: Place) -> None:
    message = message_of(items=[item_of(f"i{n}", 1, "opened", server=f"web-{n}") for n in range(14)], suppressed=3)
    assert isinstance(place.deliver(message), Sent)
    assert "알림 17건" in message.title
    assert "외 7건" in message.text
    place.check(place.requests[0], message)


def test_what_may_work_later_is_tried_again_under_the_same_id(place: Place) -> None:
    message = message_of()
    for number, fail in enumerate(place.later):
        fail()
        verdict = place.deliver(message, at=AT + number)
        assert isinstance(verdict, Later), number
        assert verdict.detail
    place.yes()
    assert isinstance(place.deliver(message, at=AT + 600), Sent)
    if place.id_of is not None:
        assert len({place.id_of(place.requests[number]) for number in range(len(place.requests))}) == 1


def test_a_pause_that_is_asked_for_is_told(place: Place) -> None:
    place.busy()
    verdict = place.deliver(message_of())
    assert isinstance(verdict, Later)
    assert verdict.seconds == (None if place.kind == "email" else 9.0)  # SMTP has no word for it


def test_what_is_refused_for_good_is_given_up(place: Place) -> None:
    for number, (refuse, disable) in enumerate(place.never):
        refuse()
        verdict = place.deliver(message_of())
        assert isinstance(verdict, Never), number
        assert verdict.disable == disable, number


def test_one_that_says_nothing_costs_no_more_than_its_time(place: Place) -> None:
    place.silent()
    began = time.monotonic()
    assert isinstance(place.deliver(message_of(), seconds=0.4), Later)
    assert time.monotonic() - began < FOR_EVER


def test_no_secret_is_in_what_is_written_down(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hidden = [TOKEN, PASSWORD, *place.config.get("secrets", "").split()]
    tries = [place.echo, place.silent, *place.later, *(refuse for refuse, _ in place.never)]
    for change in tries:
        change()
        verdict = place.deliver(message_of(), seconds=0.4)
        assert not any(secret in verdict.detail for secret in hidden)
    assert not any(secret in caplog.text for secret in hidden)


def test_an_address_inside_is_refused_where_nobody_opened_it(place: Place) -> None:
    verdict = place.deliver(message_of(), door=Door())
    assert isinstance(verdict, Never)
    assert "not a public address" in verdict.detail
    assert len(place.requests) == 0


@pytest.mark.parametrize("kind", ["errors", "outside"])
@pytest.mark.parametrize("items", [1, 12])
def test_hostile_texts_are_only_texts(place: Place, items: int, kind: str) -> None:
    message = hostile(items, kind)
    assert isinstance(place.deliver(message), Sent)
    texts = place.check(place.requests[0], message)
    for text in texts:
        assert not any(forbidden in text for forbidden in place.forbidden)
        shown = text.replace("\u200b", "").replace("\n", "")  # our own separators
        assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs"} for one in shown)
    assert any("한글" in text for text in texts)
