"""Upstash's REST API in front of a Valkey: POST /, /pipeline and /multi-exec, bearer token, base64, Upstash's errors.

Written after https://upstash.com/docs/redis/features/restapi; the real SDK is what talks to it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TOKEN = "a-token-of-the-local-twin"
MOST_BYTES = 1_000_000  # a request on the free plan


class UpstashTwin:
    """Use as a context. `round_trips` counts requests, `commands` what was in them; both as the service bills them."""

    def __init__(self, redis_url: str, token: str = TOKEN) -> None:
        self.token = token
        self.round_trips = 0
        self.commands: list[str] = []
        # Quota and memory refusals cannot be had from a small Valkey: set one, and it is the answer to everything.
        self.refusal: str | None = None
        self._lock = threading.Lock()
        self._valkey = redis.Redis.from_url(
            redis_url, protocol=2, decode_responses=True, retry=Retry(NoBackoff(), 0), driver_info=None
        )
        self._valkey.response_callbacks.clear()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._valkey.close()

    def answer(self, path: str, authorization: str, body: bytes, encoding: str) -> tuple[int, Any]:
        if authorization != f"Bearer {self.token}":
            return 401, {"error": "WRONGPASS invalid or missing auth token"}
        if len(body) > MOST_BYTES:
            return 400, {"error": f"ERR max request size exceeded. Limit: {MOST_BYTES} bytes"}
        try:
            sent = json.loads(body)
        except ValueError:
            return 400, {"error": "ERR failed to parse the request body"}
        commands = [sent] if path == "/" else sent
        if not isinstance(commands, list) or not all(isinstance(one, list) and one for one in commands):
            return 400, {"error": "ERR failed to parse command"}
        with self._lock:
            self.round_trips += 1
            self.commands += [str(one[0]).upper() for one in commands]
        if self.refusal:
            return 400, {"error": self.refusal}
        if path == "/":
            answer = self._run(self._valkey, sent, encoding)
            return (400 if "error" in answer else 200), answer
        if path == "/pipeline":
            return 200, [self._run(self._valkey, one, encoding) for one in commands]
        if path == "/multi-exec":
            return self._transaction(commands, encoding)
        return 404, {"error": "ERR not found"}

    def _run(self, client: redis.Redis, command: list[Any], encoding: str) -> dict[str, Any]:
        try:
            answer = client.execute_command(*[_argument(one) for one in command])
        except redis.RedisError as error:
            return {"error": _message(error)}
        return {"result": _encoded(answer, encoding)}

    def _transaction(self, commands: list[list[Any]], encoding: str) -> tuple[int, Any]:
        pipeline = self._valkey.pipeline(transaction=True)
        pipeline.response_callbacks.clear()
        for command in commands:
            pipeline.execute_command(*[_argument(one) for one in command])
        try:
            answers = pipeline.execute(raise_on_error=False)
        except redis.RedisError as error:
            return 400, {"error": _message(error)}
        return 200, [
            {"error": _message(one)} if isinstance(one, redis.RedisError) else {"result": _encoded(one, encoding)}
            for one in answers
        ]


def _argument(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _message(error: Exception) -> str:
    code = getattr(error, "status_code", None)
    return f"{code} {error}" if code else str(error)


def _encoded(answer: Any, encoding: str) -> Any:
    if isinstance(answer, list):
        return [_encoded(one, encoding) for one in answer]
    if isinstance(answer, str) and encoding == "base64" and answer != "OK":
        return base64.b64encode(answer.encode()).decode()
    return str(answer) if isinstance(answer, redis.RedisError) else answer


def _handler(twin: UpstashTwin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = twin.answer(
                self.path,
                self.headers.get("Authorization", ""),
                body,
                self.headers.get("Upstash-Encoding", ""),
            )
            text = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Upstash-Sync-Token", "twin")
            with contextlib.suppress(OSError):  # the caller may have given up
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
