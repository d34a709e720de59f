"""The hub as a process of its own: `python -m tests.crash.hub PORT REDIS_URL DATABASE_URL`. Sweeps twice a second."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from lib import wiring
from lib.local.crons import CronLoop
from lib.local.edge import Edge
from lib.local.server import LocalServer, listen
from lib.settings import Settings
from tests.crash import hurry
from tests.real_stores import CRON_SECRET, JWT_SECRET


def main(port: str, redis_url: str, database_url: str) -> None:
    hurry.product()
    server = LocalServer(Edge(Path(__file__).resolve().parents[2]), listen(int(port)))
    settings = Settings(
        redis_url=redis_url,
        database_url=database_url,
        base_url=server.url,
        cron_secret=CRON_SECRET,
        jwt_secret=JWT_SECRET,
    )
    wiring.use(wiring.build(settings))
    server.start()
    CronLoop(server.port, CRON_SECRET, sweep_every=0.5).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
