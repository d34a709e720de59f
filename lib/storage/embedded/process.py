"""Starting, finding and ending a store's process: as another account where we are root, and never by a bare pid."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG_BYTES = 2_000_000
POLL_SECONDS = 0.01

# A store must not inherit PG*, LD_* or a locale: the same files have to behave the same in everybody's shell.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class StoreFault(Exception):
    """An embedded store cannot be brought up here. The message says why and what to do."""


class Cancelled(StoreFault):
    """Somebody asked to stop while the store was still starting; it was ended again."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged owner of the stores' files and processes where we are root."""

    uid: int
    gid: int


def spawn(argv: Sequence[str], account: Account | None, log: Path) -> subprocess.Popen[bytes]:
    """Start a store in a session of its own, so that a Ctrl-C in the terminal reaches us alone."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(  # nosec B603 # noqa: S603 - the programs are the wheels' own
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            **_as(account),
        )


def run(argv: Sequence[str], account: Account | None, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end as `account`. Raises OSError where that account cannot even execute it."""
    return subprocess.run(  # nosec B603 # noqa: S603 - the programs are the wheels' own
        list(argv),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
        env=ENVIRONMENT,
        cwd="/",
        umask=0o077,
        **_as(account),
    )


def _as(account: Account | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def runs(pid: int) -> bool:
    """Whether this process still works. A zombie does not, although signals still find it: where nobody reaps
    orphans (a container's first process often does not), it stays one for ever."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) not in {"Z", "X"}


def _state(pid: int) -> str:
    try:
        # The name in parentheses may hold anything, also spaces: the state follows the last one.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return _ps(pid, "state")[:1]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return _ps(pid, "command")


def _ps(pid: int, column: str) -> str:
    """What /proc tells on Linux, from macOS' ps; empty where neither knows."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(  # nosec B603 # noqa: S603 - a fixed program, and a number
            ["/bin/ps", "-ww", "-o", f"{column}=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
        return done.stdout.strip()
    return ""


def left_behind(pid_file: Path, marker: str) -> int | None:
    """The process that an earlier supervisor, killed, left running on our files: the pid file names it and its
    command line holds `marker`. A pid alone proves nothing: after a reboot it is anybody's."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if runs(pid) and marker in command_line(pid) else None


def end(pid: int, steps: Sequence[tuple[signal.Signals, float]], is_gone: Callable[[], bool] | None = None) -> bool:
    """Send each signal and wait its seconds, until the process is gone. False when it outlived all of them."""
    gone = is_gone or (lambda: not runs(pid))
    for number, seconds in steps:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(gone, seconds):
            return True
    return False


def tail(log: Path, lines: int = 8) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
