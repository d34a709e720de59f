"""The two ways to a Redis: Upstash over REST, or any Redis or Valkey by URL. Both answer alike and fail alike.

Neither retries. A command whose answer was lost may have run, and an XADD sent twice is a post stored twice in the
stream; whoever calls decides what a repeated command would mean.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from lib.domain.errors import Unavailable

TIMEOUT_SECONDS = 1.5

type Argument = str | int | float


class Redis(Protocol):
    """What the house asks of a Redis connection. Answers are plain RESP values as str, int, None and lists."""

    def execute(self, *command: Argument) -> Any:
        """Run one command in one round trip. Raises Unavailable when it cannot be known whether it ran, or did not."""

    def close(self) -> None: ...


class RestRedis:
    """Upstash's REST API by its SDK, without the SDK's defaults: no time-out, and a blind retry after 3 s."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        from upstash_redis import Redis as Sdk

        from lib.storage.rest import Deadline, bounded_client

        self._timeout = timeout
        self._deadline = Deadline()
        self._sdk: Any = Sdk(url=url, token=token, rest_encoding=None, rest_retries=0, allow_telemetry=False)
        # The SDK offers no time-out of its own (upstash-redis 1.8: `httpx.Client(timeout=None)`): give it our client.
        http: Any = self._sdk._http
        http.close()
        http._client = bounded_client(self._deadline)

    def execute(self, *command: Argument) -> Any:
        from httpx import HTTPError, InvalidURL
        from upstash_redis.errors import UpstashError

        self._deadline.start(self._timeout)
        try:
            return self._sdk.execute(list(command))
        except UpstashError as error:
            raise refused(command[0], str(error)) from error
        except UnicodeEncodeError as error:
            raise unsendable(command[0]) from error
        except (HTTPError, InvalidURL, OSError) as error:
            raise Unavailable(f"Redis did not answer {command[0]}: {type(error).__name__}") from error
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            # What the SDK trips over when a gateway answers with a page, a bare list or nothing.
            raise Unavailable(f"Redis did not answer {command[0]}, something else did") from error

    def close(self) -> None:
        self._sdk.close()


class UrlRedis:
    """A Redis or Valkey by URL (`redis://`, `rediss://`, `unix://`), through redis-py with its retries off."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        options: dict[str, Any] = {
            "socket_timeout": timeout, "retry": Retry(NoBackoff(), 0), "decode_responses": True, "protocol": 2,
            "max_connections": 64,
            "driver_info": None,  # else two CLIENT SETINFO a connection, which a plan may bill
        }  # fmt: skip
        if not url.startswith("unix"):
            options["socket_connect_timeout"] = min(timeout, 1.0)
        self._client: Any = redis.Redis.from_url(url, **options)
        # Plain RESP, as the REST API answers: redis-py would turn stream entries into dicts and tuples.
        self._client.response_callbacks.clear()
        self._error = redis.RedisError
        self._response_error = redis.ResponseError

    def execute(self, *command: Argument) -> Any:
        try:
            answer = self._client.execute_command(*command)
        except (self._error, OSError) as error:
            # redis-py takes the code off the message of the errors it knows.
            code = getattr(error, "status_code", None)
            if code or isinstance(error, self._response_error):
                raise refused(command[0], f"{code} {error}" if code else str(error)) from error
            raise Unavailable(f"Redis did not answer {command[0]}: {type(error).__name__}") from error
        except UnicodeEncodeError as error:
            raise unsendable(command[0]) from error
        if command[0] == "SET":
            return answer == "OK"
        return [] if command[0] == "XREAD" and answer is None else answer

    def close(self) -> None:
        self._client.close()


class NoRedis:
    """Stands where no Redis is configured or it is known to be gone: every command says so at once."""

    def execute(self, *command: Argument) -> Any:
        raise Unavailable("no Redis is configured")

    def close(self) -> None:
        return


class Counting:
    """Counts commands on their way through; `/api/health` shows the figure and tests hold posts to one."""

    def __init__(self, inner: Redis) -> None:
        self.inner = inner
        self.commands = 0
        self._lock = threading.Lock()

    def execute(self, *command: Argument) -> Any:
        with self._lock:
            self.commands += 1
        return self.inner.execute(*command)

    def close(self) -> None:
        self.inner.close()


class Resting:
    """Leaves a Redis alone for a while after it did not answer: a request must not pay its time-out again."""

    def __init__(self, inner: Redis, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._seconds = seconds
        self._monotonic = monotonic
        self._until = float("-inf")

    def execute(self, *command: Argument) -> Any:
        if self._monotonic() < self._until:
            raise Unavailable("Redis did not answer a moment ago")
        try:
            return self._inner.execute(*command)
        except Unavailable:
            self._until = self._monotonic() + self._seconds
            raise

    def close(self) -> None:
        self._inner.close()


# Refusals that pass by themselves or by an operator's hand; the post goes to the inbox meanwhile.
_PASSING = frozenset({
    "OOM", "LOADING", "BUSY", "READONLY", "MASTERDOWN", "MISCONF", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS",
    "NOAUTH", "WRONGPASS", "NOPERM", "Unauthorized",
})  # fmt: skip


def refused(name: Argument, message: str) -> Exception:
    """Redis' own error answer, in the house's words. What may pass is Unavailable; a bug of ours must stay visible."""
    code, _, rest = message.partition(" ")
    # "ERR max daily request limit exceeded", "ERR AUTH <password> called without any password configured ..."
    if code in _PASSING or (code == "ERR" and rest.startswith(("max ", "AUTH "))):
        return Unavailable(f"Redis refused {name}: {message[:200]}")
    return RuntimeError(f"Redis refused {name}: {message[:200]}")


def unsendable(name: Argument) -> Exception:
    return RuntimeError(f"{name} was not sent: a lone surrogate cannot be written as UTF-8")
