"""The lines of docs/agents.md that are for a shell, run by one as they stand: what the hub hears of them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

from tests.api.admitted import Admitted
from tests.protocols.agents_paper import block, filled


@contextmanager
def listening() -> Iterator[int]:
    """The hub's doors on a port of this machine."""
    from api.ingest import app

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("job", "code"), [("echo all is well", 0), ("sh -c 'echo no space left >&2; exit 3'", 3)])
def test_a_job_that_fails_is_told_to_have_failed(
    hub: Admitted, tmp_path_factory: pytest.TempPathFactory, job: str, code: int
) -> None:
    log = tmp_path_factory.mktemp("job") / "backup.log"
    slug = f"backup-{code}"
    with listening() as port:
        lines = filled(block("Jobs that ping", "/start?create=1"), port, hub.secrets["write key"])
        lines = lines.replace("/usr/local/bin/backup", job).replace("/tmp/backup.log", str(log))
        lines = lines.replace("/backup\n", f"/{slug}\n")
        done = subprocess.run(["sh", "-c", lines], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    hub.services.sweeper.run()
    (check,) = [one for one in hub.services.checkbook.everything()["checks"] if one["slug"] == slug]
    assert (check["exit_code"], check["reason"]) == (code, "failed" if code else None)
    assert check["last_note"] == log.read_text().strip()


def test_points_pasted_today_are_points_of_today(hub: Admitted) -> None:
    with listening() as port:
        lines = filled(block("OpenTSDB and Graphite"), port, hub.secrets["write key"]).replace("curl ", "curl -fsS ")
        done = subprocess.run(
            ["sh", "-ec", lines.replace("web-01", "points-1")], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    hub.services.sweeper.run()
    assert [one["name"] for one in hub.services.queries.server("points-1")["sources"]] == ["graphite", "opentsdb"]
