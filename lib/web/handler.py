"""What every function shares: the Flask app with its manners, the request's body, and work after the answer."""

from __future__ import annotations

import logging
import re
import secrets
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import unquote

from flask import Flask, Request, Response, g, request
from flask.json.provider import DefaultJSONProvider

from lib.domain.errors import BadInput, NotFound, TooLarge, Unsupported
from lib.domain.telemetry import clean_name
from lib.web import limits, logs
from lib.web.headers import SECURITY
from lib.web.problems import answer_errors_as_problems

log = logging.getLogger(__name__)

MAX_MEMBERS = 64  # each copies what follows it: thousands of empty ones would take minutes
MAX_BYTES = 4_000_000  # the platform cuts off at 4.5 MB; also the cap after decompression
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,100}")


class _Json(DefaultJSONProvider):
    sort_keys = False
    ensure_ascii = False
    compact = True


def make_app(name: str) -> Flask:
    """A function's own app: problems for errors, a guard demanded of every route, a request id on every answer."""
    app = Flask(f"openmanager.{name}", static_folder=None, template_folder=None)
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    answer_errors_as_problems(app)
    logs.configure()
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(lambda _: logs.end())
    return app


def _begin() -> None:
    # x-vercel-id is the platform's own name for a request; its log and ours then agree.
    given = request.headers.get("X-Vercel-Id") or request.headers.get("X-Request-Id") or ""
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    logs.begin(g.request_id, _brought(request))
    if "\0" in request.path or b"%00" in request.query_string:  # Postgres knows no such character
        raise BadInput("the address contains a NUL character")
    if request.url_rule is not None and request.method != "OPTIONS":
        view = request.routing_exception is None and _view_of(request)
        if not getattr(view, "guard", None):
            raise RuntimeError(f"the route {request.url_rule} has no guard")


def _brought(current: Request) -> Iterator[str]:
    """Whatever the request holds that could be a credential."""
    authorization = current.headers.get("Authorization", "")
    yield authorization
    yield authorization.partition(" ")[2].strip()
    if current.authorization is not None and current.authorization.password:
        yield current.authorization.password
    yield current.headers.get("X-API-Key", "").strip()
    yield from current.cookies.values()


def _view_of(current: Request) -> Any:
    from flask import current_app

    return current_app.view_functions.get(current.endpoint or "")


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    limits.tell(response)
    return response


def body_bytes(current: Request, leave: Collection[str] = ()) -> bytes:
    """The body, decompressed, but for the encodings that are to be left as they are. Raises TooLarge beyond 4 MB on
    either side of decompression, BadInput for bytes that do not decompress, Unsupported for an encoding we do not
    read."""
    if (current.content_length or 0) > MAX_BYTES:
        raise TooLarge(f"at most {MAX_BYTES // 1_000_000} MB a request; send it in several")
    raw = current.get_data(cache=False)
    if not raw:
        return raw
    encoding = current.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"} or encoding in leave:
        return raw
    if encoding in {"gzip", "x-gzip"}:
        return _inflated(raw, zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        # RFC 9110 means the zlib format; some senders mean the bare stream.
        return _inflated(raw, zlib.MAX_WBITS if raw[:1] and raw[0] & 0x0F == 8 else -zlib.MAX_WBITS)
    raise Unsupported(f'Content-Encoding "{encoding[:40]}" is not read here; send gzip, deflate or none')


def _inflated(raw: bytes, window: int) -> bytes:
    plain = bytearray()
    rest = raw
    for _ in range(MAX_MEMBERS):  # a gzip body may consist of several members, one after the other
        stream = zlib.decompressobj(window)
        try:
            plain += stream.decompress(rest, MAX_BYTES + 1 - len(plain))
        except zlib.error:
            raise BadInput("the body cannot be decompressed: it is not what Content-Encoding says") from None
        if len(plain) > MAX_BYTES:
            raise TooLarge(f"at most {MAX_BYTES // 1_000_000} MB a request, also after decompression")
        if not stream.eof:
            raise BadInput("the compressed body ends in the middle")
        rest = stream.unused_data
        if not rest:
            return bytes(plain)
    raise BadInput(f"the compressed body has more than {MAX_MEMBERS} members")


def server_name(text: str) -> str:
    """A server's name from a path. Raises NotFound for what can be no server's name.

    The platform hands paths on as they came, percent-encoded; other servers decode them. No name holds a percent sign,
    so decoding once more here is right for both.
    """
    name = clean_name(unquote(text))
    if name is None:
        raise NotFound(f'there is no server "{text[:100]}"')
    return name


def after_answer(response: Response, run: Callable[[], object]) -> Response:
    """Do this when the answer is on its way. What it raises is logged: nobody is left to be told.

    The platform keeps an instance alive for work handed to `wait_until`; elsewhere the server calls it once the last
    byte is sent.
    """

    about = logs.current()

    def guarded() -> None:
        with logs.belonging_to(about):
            try:
                run()
            except Exception:  # the request is over: its worker must live on
                log.exception("work after an answer failed")

    response.call_on_close(guarded)
    return response
