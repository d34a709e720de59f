"""waitress around the edge: it listens, and what it refuses before any app sees it is answered in our words too."""

from __future__ import annotations

import errno
import logging
import re
import socket
import threading
from http import HTTPStatus
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask

from lib.local.edge import Edge, problem

THREADS = 12
# Bodies up to here are read to their end, so that the 413 arrives: a client that is cut off while it still sends sees
# a broken connection instead.
READ_BYTES = 64_000_000
# Netdata ends its line of credentials so (exporting/init_connectors.c), which RFC 9112 lets a server take for an end.
_CREDENTIALS = re.compile(rb"(\r\nAuthorization: Basic [A-Za-z0-9+/=]+)\n(?=Content-)")


class PortTaken(Exception):
    """Another program listens there."""


def listen(port: int) -> socket.socket:
    """A bound socket on the loopback; 0 takes a free port. Raises PortTaken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} is taken by another program. Choose one: PORT={port + 1} make dev") from None
        if error.errno == errno.EACCES:
            raise PortTaken(f"Port {port} needs rights we do not have. Choose one above 1023: PORT=3000") from None
        raise
    return listening


class LocalServer:
    """Serves from a thread of its own between start() and stop()."""

    def __init__(self, edge: Edge, listening: socket.socket) -> None:
        self._stopping = False
        self._map: dict[int, Any] = {}
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news on localhost
        self._server = create_server(
            edge,
            map=self._map,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            max_request_body_size=READ_BYTES,
            channel_timeout=60,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,  # the edge overwrites them
        )
        self._server.channel_class = _channel_class(edge)
        self._thread = threading.Thread(target=self._serve, name="local-server", daemon=True)
        self.port = int(listening.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopping:
            wasyncore.loop(timeout=1.0, map=self._map, use_poll=True, count=1)

    def stop(self, seconds: float = 1.0) -> None:
        """Requests being answered get so long to end. Browsers' idle connections are not waited for."""
        self._stopping = True
        logging.getLogger("waitress").setLevel(logging.ERROR)  # a request that outlives us is cut, as it would be there
        self._server.pull_trigger()
        self._thread.join(timeout=2)
        self._server.task_dispatcher.shutdown(timeout=seconds)
        wasyncore.close_all(self._map)


def _channel_class(edge: Edge) -> type[Any]:
    class ProblemTask(ErrorTask):  # type: ignore[misc] # waitress has no types
        def execute(self) -> None:
            refused = self.request.error
            path = str(getattr(self.request, "path", "") or "/")
            status, headers, body = problem(HTTPStatus(refused.code), str(refused.body), path)
            self.status = status
            self.response_headers.extend([*headers, *edge.headers_for(path, "http")])
            self.set_close_on_finish()
            self.content_length = len(body)
            self.write(body)

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(_CREDENTIALS.sub(rb"\1\r\n", header_plus, count=1))

    class Channel(HTTPChannel):  # type: ignore[misc]
        error_task_class = ProblemTask
        parser_class = Parser

    return Channel
