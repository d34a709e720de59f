"""The two ways to the same SQL functions: PostgREST, as Supabase serves it, or psycopg by URL.

Every function is `public.omv_<name>(p jsonb) returns jsonb`, so a call is a name and a document, and one document
comes back. Errors mean the same on both roads; a test runs one list of calls through both.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from lib.domain.errors import Conflict, Forbidden, Unavailable
from lib.storage.port import BadData

QUICK_SECONDS = 1.5  # a request's calls: both stores together must answer or fail in two seconds
COMMIT_SECONDS = 8.0  # the sweep's and the roll-up's; the function itself lives 60 s


class Rpc(Protocol):
    """Calls one SQL function.

    Raises Unavailable when the outcome is unknown or the database cannot be asked, Conflict when it lost a race
    (PT409, 23505, 40001), Forbidden on 42501, and BadData when the document itself was refused (class 22 and 23).
    """

    def call(self, name: str, body: Mapping[str, object], *, timeout: float = QUICK_SECONDS) -> Any: ...

    def close(self) -> None: ...


class PostgrestRpc:
    """PostgREST by the `postgrest` library (the one inside `supabase`), without its retries."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        # New-style keys are no JWTs and go into `apikey` only; legacy service_role JWTs go into both.
        self._headers = {"apikey": key}
        if key.count(".") == 2:
            self._headers["Authorization"] = f"Bearer {key}"
        self._client: Any = None
        self._deadline: Any = None
        self._status = threading.local()
        self._lock = threading.Lock()

    def _connected(self) -> Any:
        """The client, built at the first call: a function that never asks Postgres does not pay for importing it."""
        with self._lock:
            if self._client is None:
                from postgrest import SyncPostgrestClient

                from lib.storage.rest import Deadline, bounded_client

                self._deadline = Deadline()
                http = bounded_client(self._deadline, self._headers)
                http.event_hooks = {"response": [self._note_status]}
                self._client = SyncPostgrestClient(
                    self._url, headers=self._headers, http_client=http, retry_enabled=False
                )
            return self._client

    def _note_status(self, response: Any) -> None:
        self._status.code = response.status_code

    def call(self, name: str, body: Mapping[str, object], *, timeout: float = QUICK_SECONDS) -> Any:
        client = self._connected()
        from httpx import HTTPError
        from postgrest.exceptions import APIError

        self._deadline.start(timeout)
        try:
            answer = client.rpc(name, {"p": body}).execute().data
        except APIError as error:
            # A gateway's own refusals carry no code, only their status.
            raise translated(str(error.code or self._status.code), error.message or "") from error
        except (HTTPError, OSError) as error:
            raise Unavailable(f"Postgres did not answer {name}: {type(error).__name__}") from error
        except ValueError as error:
            raise unsendable(error) from error
        if answer is not None and not isinstance(answer, dict):
            raise Unavailable(f"Postgres did not answer {name}, something else did")
        return answer

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.session.close()


class PsycopgRpc:
    """psycopg by URL: a few connections kept open, each call its own transaction under its own deadline."""

    def __init__(self, dsn: str, *, most_idle: int = 8) -> None:
        self._dsn = dsn
        self._idle: list[Any] = []
        self._most_idle = most_idle
        self._lock = threading.Lock()

    def call(self, name: str, body: Mapping[str, object], *, timeout: float = QUICK_SECONDS) -> Any:
        import psycopg

        try:
            document = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except ValueError as error:
            raise unsendable(error) from error
        until = time.monotonic() + timeout
        connection = self._take(psycopg, timeout)
        # statement_timeout does not help against a network that has gone silent: a deadline of our own cuts the socket.
        deadline = threading.Timer(max(0.05, until - time.monotonic()), _cut, (connection,))
        deadline.daemon = True
        deadline.start()
        try:
            # The name is a literal of queries.py, never anybody's input.
            row = connection.execute(f"select public.{name}(p => %s)", (document,)).fetchone()
        except psycopg.Error as error:
            state = error.sqlstate or ""
            if connection.closed or not state:
                _close(connection)
                raise Unavailable(f"Postgres did not answer {name}: {type(error).__name__}") from error
            self._give(connection)
            raise translated(state, error.diag.message_primary or str(error)) from error
        except UnicodeEncodeError as error:
            self._give(connection)  # nothing was sent
            raise unsendable(error) from error
        finally:
            deadline.cancel()
        self._give(connection)
        return row[0] if row else None

    def _take(self, psycopg: Any, seconds: float) -> Any:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._open(psycopg, seconds)
            if not _is_dead(connection):
                return connection
            _close(connection)

    def _open(self, psycopg: Any, seconds: float) -> Any:
        """In a thread that can be left behind: libpq waits two seconds for a silent server at least."""
        opened: Future[Any] = Future()

        def connect() -> None:
            try:
                connection = psycopg.connect(
                    self._dsn,
                    autocommit=True,
                    connect_timeout=2,
                    application_name="openmanager",
                    options="-c statement_timeout=6000 -c timezone=UTC",
                    prepare_threshold=None,
                )
            except psycopg.Error as error:
                if opened.set_running_or_notify_cancel():
                    opened.set_exception(error)
                return
            if opened.set_running_or_notify_cancel():
                opened.set_result(connection)
            else:
                _close(connection)

        threading.Thread(target=connect, name="postgres-connect", daemon=True).start()
        try:
            try:
                return opened.result(seconds)
            except TimeoutError:
                if opened.cancel():
                    raise Unavailable("Postgres cannot be reached: no answer to the connection") from None
                return opened.result()
        except psycopg.Error as error:
            raise Unavailable(f"Postgres cannot be reached: {type(error).__name__}") from error

    def _give(self, connection: Any) -> None:
        with self._lock:
            if not connection.closed and len(self._idle) < self._most_idle:
                self._idle.append(connection)
                return
        _close(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            _close(connection)


def translated(state: str, message: str) -> Exception:
    """An SQLSTATE, PostgREST code or HTTP status in the house's words (Postgres, appendix A; PostgREST, errors)."""
    if state in {"PT409", "23505", "40001", "409"}:
        return Conflict(message)
    if state in {"42501", "PT403"}:
        return Forbidden(f"Postgres refused the service's role: {message}")
    if state in {"PGRST300", "PGRST301", "PGRST302", "PGRST303", "401", "403"}:
        # Ours, not the caller's: as when psycopg's password is wrong, nobody can be served until it is put right.
        return Unavailable(f"Postgres refused the service's key: {message}")
    if state[:2] in {"22", "23"}:
        return BadData(f"{state}: {message}")
    if state in {"PGRST202", "42883"}:
        return Unavailable(f"the database lacks a function, so its migrations are older than the code: {message}")
    if state in {"PT503", "429"} or state.startswith(("PGRST0", "08", "40P", "5", "XX")):
        return Unavailable(f"Postgres is not available ({state}): {message}")
    return RuntimeError(f"Postgres refused a call ({state}): {message}")


def unsendable(error: ValueError) -> BadData:
    """What JSON or UTF-8 cannot carry: NaN, infinity, a lone surrogate. Found out before anything is sent."""
    return BadData(f"the document cannot be written as JSON: {str(error)[:200]}")


def _is_dead(connection: Any) -> bool:
    """A connection the server has closed is readable at once: ask the socket, not a round trip."""
    if connection.closed:
        return True
    try:
        readable, _, _ = select.select([connection.fileno()], [], [], 0)
    except (OSError, ValueError):
        return True
    return bool(readable)


def _cut(connection: Any) -> None:
    try:
        duplicate = socket.socket(fileno=os.dup(connection.fileno()))
        duplicate.shutdown(socket.SHUT_RDWR)
        duplicate.close()
    except (OSError, ValueError):
        return  # closed between the timer's start and now: nothing left to cut


def _close(connection: Any) -> None:
    with contextlib.suppress(Exception):  # closing a broken connection may fail in every way; it is gone either way
        connection.close()
