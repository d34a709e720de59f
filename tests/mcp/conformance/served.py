"""The real function /api/mcp on a loopback port, for programs that are not ours. The suite sends no credentials: a
key is put into its requests on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from waitress.server import create_server

from lib import wiring
from lib.mcp.protocol.catalogue import OFFER
from lib.mcp.protocol.offer import Offer
from lib.mcp.protocol.server import Server


@contextmanager
def serving(services: wiring.Services, secret: str, offer: Offer = OFFER) -> Iterator[str]:
    """The address of the endpoint, which has this offer while it is served."""
    from api.mcp import app

    before = services.protocol
    services.protocol = Server(offer, services.settings.version, services.settings.jwt_secret)

    def let_in(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ.setdefault("HTTP_AUTHORIZATION", f"Bearer {secret}")
        answer: Iterable[bytes] = app.wsgi_app(environ, start)
        return answer

    server = create_server(let_in, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/api/mcp"
    finally:
        server.close()
        thread.join(timeout=5)
        services.protocol = before
