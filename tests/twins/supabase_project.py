"""A Supabase project on loopback: a database with its roles and default privileges, real PostgREST, and its gateway.

Three things differ from a bare Postgres, and each has broken somebody's migration: whoever runs migrations is no
superuser, `anon` may execute every new function of `public` until that is revoked, and an API key is not a JWT.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg

from lib.storage.embedded import migrate
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.real_stores import Pair

JWT_SECRET = "the-jwt-secret-of-a-local-supabase-project"
SECRET_KEY = "sb_secret_of_a_local_project_0000"
OWNER = "supabase_owner"
MAX_ROWS = 1000

_ROLES = f"""
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'authenticator') then
    create role authenticator login noinherit;
    create role {OWNER} login createrole createdb bypassrls;
    grant anon, authenticated, service_role to authenticator;
    alter role anon set statement_timeout = '3s';
    alter role authenticated set statement_timeout = '8s';
    alter role authenticator set statement_timeout = '8s';
  end if;
end $$;
"""
_PRIVILEGES = f"""
grant usage on schema public to anon, authenticated, service_role;
alter default privileges for role {OWNER} in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role {OWNER} in schema public
  grant all on functions to anon, authenticated, service_role;
alter default privileges for role {OWNER} in schema public
  grant all on sequences to anon, authenticated, service_role;
"""


@dataclass(frozen=True)
class Project:
    """What its dashboard shows. `url` is what SUPABASE_URL says; `rest_url` what the settings make of it."""

    pair: Pair
    url: str
    service_key: str  # the legacy JWT
    anon_key: str
    secret_key: str  # the new style
    calls: list[str]  # the functions called, in order, as the gateway saw them

    @property
    def rest_url(self) -> str:
        return f"{self.url}/rest/v1"


def token(role: str, **claims: Any) -> str:
    return jwt.encode({"role": role, "iss": "supabase", "exp": int(time.time()) + 3600, **claims}, JWT_SECRET, "HS256")


def make_database(embedded: EmbeddedStores, name: str) -> Pair:
    """Migrated by a role that owns the database and is no superuser, as on a hosted project."""
    pair = Pair(
        embedded.database_url.replace("/openmanager?", f"/{name}?"),
        embedded.admin_url.replace("/openmanager?", f"/{name}?"),
        f"{embedded.redis_url}?db=255",
    )
    maintenance = embedded.admin_url.replace("/openmanager?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(_ROLES)
        connection.execute(f"create database {name} owner {OWNER} template template0")
    with psycopg.connect(pair.admin_url, autocommit=True) as connection:
        connection.execute(_PRIVILEGES)
    migrate.apply(pair.admin_url.replace("postgres@", f"{OWNER}@"))
    return pair


def clone(embedded: EmbeddedStores, template: str, name: str) -> Pair:
    maintenance = embedded.admin_url.replace("/openmanager?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"create database {name} owner {OWNER} template {template}")
    return Pair(
        embedded.database_url.replace("/openmanager?", f"/{name}?"),
        embedded.admin_url.replace("/openmanager?", f"/{name}?"),
        f"{embedded.redis_url}?db=255",
    )


@contextmanager
def project(program: Path, pair: Pair) -> Iterator[Project]:
    """PostgREST and the gateway in front of it, for as long as the context lasts."""
    service, anon, calls = token("service_role"), token("anon"), list[str]()
    jwts = {service: service, anon: anon, SECRET_KEY: service}
    with _postgrest(program, pair) as postgrest_url, _gateway(postgrest_url, jwts, calls) as url:
        yield Project(pair, url, service, anon, SECRET_KEY, calls)


@contextmanager
def _postgrest(program: Path, pair: Pair) -> Iterator[str]:
    port, admin_port = _free_ports(2)
    settings = {
        "PGRST_DB_URI": pair.admin_url.replace("postgres@", "authenticator@"),
        "PGRST_DB_SCHEMAS": "public",
        "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_DB_MAX_ROWS": str(MAX_ROWS),
        "PGRST_DB_POOL": "8",
        "PGRST_JWT_SECRET": JWT_SECRET,
        "PGRST_SERVER_HOST": "127.0.0.1",
        "PGRST_SERVER_PORT": str(port),
        "PGRST_ADMIN_SERVER_PORT": str(admin_port),
        "PGRST_LOG_LEVEL": "crit",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = subprocess.Popen(
        [str(program)], env={**environment, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        ends = time.monotonic() + 15
        while not _is_ready(admin_port):
            if process.poll() is not None or time.monotonic() > ends:
                process.kill()
                _, said = process.communicate()
                raise RuntimeError(f"PostgREST does not start:\n{said.decode(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()  # it has nothing to save
        process.communicate()


def _is_ready(admin_port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{admin_port}/ready", timeout=1.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _gateway(postgrest_url: str, jwts: dict[str, str], calls: list[str]) -> Iterator[str]:
    """What stands before a project's API: knows its keys, turns the new style into a JWT, strips /rest/v1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._pass_on("POST")

        def do_GET(self) -> None:
            self._pass_on("GET")

        def _pass_on(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.headers.get("apikey")
            if not self.path.startswith("/rest/v1/"):
                return self._say(404, b'{"message":"no Route matched with those values"}')
            if key is None:
                return self._say(401, b'{"message":"No API key found in request","hint":"No `apikey` header"}')
            if key not in jwts:
                return self._say(401, b'{"message":"Invalid API key","hint":"Double check your API keys."}')
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            if "Authorization" not in self.headers:
                headers["Authorization"] = f"Bearer {jwts[key]}"
            calls.append(self.path.rpartition("/")[2])
            answer = client.request(method, self.path.removeprefix("/rest/v1"), headers=headers, content=body)
            self._say(answer.status_code, answer.content)

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            with contextlib.suppress(OSError):  # the caller may have given up
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with httpx.Client(base_url=postgrest_url, timeout=30, trust_env=False) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


_HOP = {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "accept-encoding"}
