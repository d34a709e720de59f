"""`make dev`: stores, functions, page, clock and agent on this machine, started in order and stopped in reverse."""

from __future__ import annotations

import base64
import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from lib import wiring
from lib.domain.errors import DomainError
from lib.local.agent import KeyRevoked, LocalAgent, agent_key
from lib.local.crons import CronLoop
from lib.local.demo import start_demo
from lib.local.edge import Edge
from lib.local.secrets_file import kept
from lib.local.server import LocalServer, PortTaken, listen
from lib.settings import Settings, SettingsError
from lib.storage.embedded import migrate
from lib.storage.embedded.process import Cancelled, StoreFault
from lib.storage.embedded.supervisor import EmbeddedStores
from lib.web import logs

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("OPENMANAGER_JWT_SECRET", "CRON_SECRET", "OPENMANAGER_ENCRYPTION_KEYS")  # made once, and kept
USUAL_PORT = 3000
USUAL_EMAIL = "admin@localhost"
READY_SECONDS = 30.0

_OWN_REDIS = ("REDIS_URL", "UPSTASH_REDIS_REST_URL", "KV_REST_API_URL")
_OWN_POSTGRES = ("DATABASE_URL", "POSTGRES_URL", "SUPABASE_URL")


class CannotStart(Exception):
    """Told to the person as it is, without a traceback."""


class Asked(BaseException):
    """Somebody asked us to stop while we were still starting."""


def main(environment: Mapping[str, str] | None = None) -> int:
    """Runs until Ctrl-C or SIGTERM. 0 after either, 1 when it cannot start."""
    logs.configure()
    stop = _Stop()
    try:
        with stop.listening(), ExitStack() as running:
            start(dict(os.environ if environment is None else environment), running, stop)
            stop.wait()
            print("stopping", flush=True)
    except (Asked, Cancelled):
        return 0
    except (CannotStart, StoreFault, PortTaken, SettingsError, DomainError, migrate.MigrationFault) as error:
        print(f"OpenManager cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def start(environment: dict[str, str], running: ExitStack, stop: _Stop) -> None:
    """Bring everything up; what is up is closed by `running`, in reverse."""
    data = _data_directory(environment)
    stores = EmbeddedStores(data, valkey=_none(environment, _OWN_REDIS), postgres=_none(environment, _OWN_POSTGRES))
    running.callback(stores.stop)
    stores.claim()
    stop.then(stores.cancel)
    listening = listen(_port(environment))
    running.callback(listening.close)
    stores.start()
    stop.check()
    _migrate(stores, environment)

    edge = Edge(ROOT)
    server = LocalServer(edge, listening)
    settings = _settings(environment, stores, server.url, data)
    services = wiring.build(settings)
    running.callback(services.storage.close)
    wiring.use(services)
    password = services.accounts.ensure_first_admin(settings.admin_email or USUAL_EMAIL, settings.admin_password)
    stop.check()

    server.start()
    running.callback(server.stop)
    crons = CronLoop(server.port, settings.cron_secret or "")
    crons.start()
    running.callback(crons.stop)
    _await_ready(server.port, stop)
    if environment.get("OPENMANAGER_AGENT", "1") != "0":
        _start_agent(services, server.url, data, environment, running)
    if environment.get("OPENMANAGER_DEMO") == "1":
        start_demo(services, server.port, data / "demo.key", running)
    print(f"ready: {server.url}", flush=True)
    if password is not None:
        email = settings.admin_email or USUAL_EMAIL
        print(f"sign in as {email} with the password {password} (it is not shown again)", flush=True)


def _data_directory(environment: Mapping[str, str]) -> Path:
    given = environment.get("OPENMANAGER_DATA", "").strip()
    if given:
        return Path(given).expanduser().resolve()
    home = environment.get("XDG_DATA_HOME", "").strip()
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "share"
    return (base / "openmanager-vibe").resolve()


def _port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT", "").strip() or str(USUAL_PORT)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise CannotStart(f"PORT is a number from 0 to 65535, not {text!r}")
    return int(text)


def _none(environment: Mapping[str, str], names: tuple[str, ...]) -> bool:
    return not any(environment.get(name, "").strip() for name in names)


def _migrate(stores: EmbeddedStores, environment: Mapping[str, str]) -> None:
    """Our own database is brought up to date; somebody's own is only looked at, it may be one that others use."""
    if stores.postgres is not None:
        migrate.apply(stores.admin_url)
        return
    url = environment.get("DATABASE_URL", "").strip()
    pending = migrate.pending(url) if url else []
    if pending:
        raise CannotStart(f"the database of DATABASE_URL lacks {', '.join(pending)}. Run `make migrate` first.")


def _settings(environment: dict[str, str], stores: EmbeddedStores, url: str, data: Path) -> Settings:
    given = dict(environment)
    if stores.valkey is not None:
        given["REDIS_URL"] = stores.redis_url
    if stores.postgres is not None:
        given["DATABASE_URL"] = stores.database_url
    for name, secret in kept(data / "secrets.json", SECRETS).items():
        if name == "OPENMANAGER_ENCRYPTION_KEYS":  # 32 bytes too, but in the form of Fernet
            secret = base64.urlsafe_b64encode(bytes.fromhex(secret)).decode()
        given[name] = given.get(name, "").strip() or secret
    given["OPENMANAGER_BASE_URL"] = given.get("OPENMANAGER_BASE_URL", "").strip() or url
    given.pop("VERCEL", None)  # set by `vercel env pull`; this is not the platform
    return Settings.from_environment(given, on_a_desk=True)


def _start_agent(
    services: wiring.Services, hub: str, data: Path, environment: Mapping[str, str], running: ExitStack
) -> None:
    script = ROOT / "public" / "agent.py"
    key_file = data / "agent.key"
    try:
        agent_key(services.keyring, key_file)
    except (KeyRevoked, DomainError) as error:
        print(f"the local agent is not started: {error}", file=sys.stderr, flush=True)
        return
    agent = LocalAgent(script, hub, data, key_file, environment)
    running.callback(agent.stop)
    agent.start()


def _await_ready(port: int, stop: _Stop) -> None:
    """Until the page and the health check answer: `ready` must be true when it is said."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        trouble = _trouble(port, "/") or _trouble(port, "/api/health")
        if trouble is None:
            return
        if time.monotonic() > deadline:
            raise CannotStart(f"it does not come up: {trouble}")
        stop.check()
        time.sleep(0.1)


def _trouble(port: int, path: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
        return None if response.status == 200 else f"GET {path} answers {response.status}: {body}"
    except (OSError, http.client.HTTPException) as error:
        return f"GET {path}: {type(error).__name__}: {error}"
    finally:
        connection.close()


class _Stop:
    """Signals as a flag, looked at between steps: an exception in the middle of one could lose a child just started."""

    def __init__(self) -> None:
        self._asked = False  # an Event would not do: its lock may be held when the handler runs
        self._then: Callable[[], None] | None = None

    def then(self, call: Callable[[], None]) -> None:
        """Called when somebody asks: only sets a flag of its own."""
        self._then = call

    @contextmanager
    def listening(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # `nohup make dev` lives on
                signal.signal(number, self._ask)
        yield

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if self._then is not None:
            self._then()

    def check(self) -> None:
        if self._asked:
            raise Asked

    def wait(self) -> None:
        while not self._asked:
            time.sleep(0.1)
