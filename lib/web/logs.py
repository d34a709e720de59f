"""Log lines: one form for all functions, each with the id of the request it belongs to, and never with a secret.

What is concealed is what the request brought as a credential, what the settings hold as one, and what looks like one.
It is the last net: nothing should log a secret in the first place.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from lib.settings import Settings

LEAST_SECRET = 6  # characters: a shorter text would be cut out of innocent words
SHOWN = "***"


class About(NamedTuple):
    """The request that is being served, and what it brought that must not be written down."""

    request_id: str = ""
    secrets: tuple[str, ...] = ()


_NOTHING = About()
_about: ContextVar[About] = ContextVar("about", default=_NOTHING)
_settings: Settings | None = None
_settings_secrets: tuple[str, ...] = ()

_PATTERNS = (
    (re.compile(r"(?<=://)[^/\s@]+(?=@)"), SHOWN),  # user and password of an address
    (re.compile(r"\b(omv_[a-z]+_[A-Za-z0-9]{4})[A-Za-z0-9]+"), r"\1" + SHOWN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), SHOWN),
    (re.compile(r"(?i)\b(bearer|token|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 " + SHOWN),
    (re.compile(r"(?i)\b((?:access_|refresh_)?token|password|secret|api_?key|key)(=)[^&\s'\"]+"), r"\1\2" + SHOWN),
    (re.compile(r"(/ping/|/api/push/)[^/\s'\"?]+"), r"\1" + SHOWN),
)


class Line(logging.Formatter):
    """`WARNING lib.web.problems: GET /api/servers: ... request_id=ab12`, one line but for tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return concealed(f"{record.levelname} {_told(record)}")


class Settled(logging.Filter):
    """For handlers that know no formatter, as the platform's own: a record whose message is the line already."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        settled = copy.copy(record)
        settled.msg, settled.args = concealed(_told(record)), None
        settled.exc_info = settled.exc_text = settled.stack_info = None
        return settled


def _told(record: logging.LogRecord) -> str:
    line = f"{record.name}: " + record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
    if request_id := _about.get().request_id:
        line += f" request_id={request_id}"
    if record.exc_info and record.exc_info[0] is not None:
        line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
    return line


def concealed(text: str) -> str:
    """The text without any secret that is known, or known by its form."""
    for secret in (*_about.get().secrets, *_settings_secrets):
        text = text.replace(secret, SHOWN)
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def configure(level: int = logging.WARNING) -> None:
    """Let this process log in this form: to where the platform listens, else to standard error. Twice is once."""
    root = logging.getLogger()
    platforms = [one for one in root.handlers if not isinstance(one, logging.StreamHandler | logging.NullHandler)]
    for one in platforms:
        if not any(isinstance(known, Settled) for known in one.filters):
            one.addFilter(Settled())
    if not platforms and not any(isinstance(one.formatter, Line) for one in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Line())
        root.handlers = [one for one in root.handlers if type(one) is not logging.StreamHandler] + [handler]
    # The platform asks for more, which is a line of httpx for every command to a store.
    root.setLevel(level if platforms else min(root.level or level, level))


def know(settings: Settings) -> None:
    """Conceal the secrets of these settings from now on."""
    global _settings, _settings_secrets
    if settings is not _settings:
        _settings, _settings_secrets = settings, _worth(settings.secrets)


def begin(request_id: str, secrets: Iterable[str | None]) -> None:
    _about.set(About(request_id, _worth(secrets)))


def conceal(*secrets: str) -> None:
    """These came with the request too."""
    about = _about.get()
    _about.set(about._replace(secrets=(*about.secrets, *_worth(secrets))))


def end() -> None:
    _about.set(_NOTHING)


def current() -> About:
    return _about.get()


@contextmanager
def belonging_to(about: About) -> Iterator[None]:
    """What is logged within belongs to that request, although it is answered."""
    token = _about.set(about)
    try:
        yield
    finally:
        _about.reset(token)


def _worth(secrets: Iterable[str | None]) -> tuple[str, ...]:
    # The longest first: one may begin with another.
    return tuple(sorted({one for one in secrets if one and len(one) >= LEAST_SECRET}, key=len, reverse=True))
