"""What only browsers bring: the refresh cookie, and the word where a request was made from."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, Response

from lib.domain.errors import Forbidden, Unsupported

COOKIE = "__Host-omv_refresh"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def refuse_foreign_pages(current: Request, base_url: str | None) -> None:
    """For routes that a cookie opens. Raises Unsupported unless the request is JSON, which no form can send, and
    Forbidden when a page of another origin made it. Programs send neither header and have no cookie to lose."""
    if current.mimetype != "application/json":
        raise Unsupported("send `Content-Type: application/json`")
    site = current.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        raise Forbidden("this request was made by another site's page")
    origin = current.headers.get("Origin")
    if origin is not None and not _is_own(origin, current, base_url):
        raise Forbidden("this request was made by another site's page")


def refuse_foreign_origin(current: Request, base_url: str | None) -> None:
    """For routes that need a credential no browser sends by itself. Raises Forbidden when a page of another origin made
    the request, also one whose name was bent to this address (DNS rebinding): what the request calls us must be the
    name that the settings give, or this machine's own."""
    origin = current.headers.get("Origin")
    if origin is None:
        return
    host = urlsplit(origin).netloc.lower()
    ours = {urlsplit(base_url).netloc.lower()} if base_url else set()
    if urlsplit(f"//{current.host}").hostname in LOOPBACK:
        ours.add(current.host.lower())
    if host not in ours or current.host.lower() not in ours:
        raise Forbidden("this request was made by another site's page")


def _is_own(origin: str, current: Request, base_url: str | None) -> bool:
    # The scheme is left out: behind a proxy the request arrives as plain http whatever the page was.
    host = urlsplit(origin).netloc.lower()
    return bool(host) and host in {current.host.lower(), urlsplit(base_url or "").netloc.lower()}


def refresh_cookie(current: Request) -> str:
    return current.cookies.get(COOKIE, "")


def set_refresh_cookie(response: Response, token: str, expires_at: float) -> None:
    """`Secure` also on plain http: browsers keep such a cookie for localhost, and nowhere else should there be http."""
    response.set_cookie(COOKIE, token, expires=int(expires_at), path="/", secure=True, httponly=True, samesite="Strict")


def clear_refresh_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
