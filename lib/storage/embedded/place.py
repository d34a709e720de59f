"""Where the embedded stores' files and sockets lie, and who owns them.

Usually all of it is the data directory, ours, 0700. Postgres refuses to run as root, so root's stores belong to an
unprivileged account, and that account must be able to reach them: below a 0700 home they cannot lie.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lib.storage.embedded.process import Account, StoreFault, left_behind, run

# Linux takes 107 bytes for a socket's path, macOS 103; the longest name in the directory is `/.s.PGSQL.5432.lock`.
SOCKET_DIRECTORY_BYTES = 80
# libpq splits hosts at commas and URLs have their own ideas: a plain path needs no quoting anywhere.
_PLAIN = re.compile(r"[A-Za-z0-9._/+-]+")
# An id nobody has: files of `nobody` belong to every other service that was too lazy to make an account.
_UNUSED_UID = 64999
ROOTS_HOME = Path("/var/lib/openmanager-vibe")


@dataclass(frozen=True, slots=True)
class Place:
    data: Path  # what the person chose
    home: Path  # where the stores lie; `data` itself wherever possible
    run: Path  # their sockets
    account: Account | None  # None: they run as we do

    @property
    def logs(self) -> Path:
        return self.home / "logs"


def prepare(data: Path) -> Place:
    """Make the directories, or find those of last time. Raises StoreFault where the directory cannot be used."""
    data = data.resolve()  # by whatever name it is called, an orphan is known by this one
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = data.stat().st_uid
    except OSError as error:
        raise StoreFault(
            f"The data directory {data} cannot be made: {error.strerror}. Set OPENMANAGER_DATA to another."
        ) from error
    if owner != os.geteuid():
        raise StoreFault(f"The data directory {data} belongs to another user. Set OPENMANAGER_DATA to one of your own.")
    account = None if os.geteuid() else _roots_account(data)
    home = data if account is None else _roots_home(data, account)
    if home == data:
        # Root's stores run as somebody else, who has to pass through; what is secret inside is 0600 or 0700 itself.
        data.chmod(0o700 if account is None else 0o711)
    _own_directory(home / "logs", None)
    return Place(data, home, _run_directory(home, account), account)


def own_directory(path: Path, place: Place) -> None:
    """Make or keep a 0700 directory of the stores' account."""
    _own_directory(path, place.account)


def sweep_away(place: Place) -> None:
    """Take away the short socket directory, once no store uses it."""
    link = place.home / "run"
    if link.is_symlink():
        link.unlink()
        shutil.rmtree(place.run, ignore_errors=True)


def _own_directory(path: Path, account: Account | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if account is not None and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def _roots_account(data: Path) -> Account:
    """The account of last time, or an id that no account has."""
    for home in (data, data / "stores"):
        for path in (home / "valkey", *home.glob("postgres-*")):
            if path.is_dir() and path.stat().st_uid:
                found = path.stat()
                return Account(found.st_uid, found.st_gid)
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    uid = next(uid for uid in range(_UNUSED_UID, 1000, -1) if uid not in taken)
    return Account(uid, uid)


def _roots_home(data: Path, account: Account) -> Path:
    """`data` where the account can get there, else a directory of its own that `data` points to."""
    link = data / "stores"
    if link.is_symlink():
        if not link.is_dir():
            raise StoreFault(f"{link} points to {os.readlink(link)}, which is gone. Restore it, or delete {link}.")
        return link.resolve()
    if _reaches(account, data.parent):
        return data
    ROOTS_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
    ROOTS_HOME.chmod(0o711)
    if not _reaches(account, ROOTS_HOME):
        raise StoreFault(
            f"Postgres does not run as root, and no other account can reach {data} or {ROOTS_HOME}. "
            "Set OPENMANAGER_DATA to a directory below paths that everybody may enter."
        )
    _clear_temporary_homes()
    home = Path(tempfile.mkdtemp(prefix="", dir=ROOTS_HOME))
    (home / "belongs-to").write_text(f"{data}\n")  # for whoever wonders, after the data directory was deleted
    home.chmod(0o711)
    link.symlink_to(home)
    return home


def _clear_temporary_homes() -> None:
    """Stores of temporary data directories that are gone. Others' are left: their disk may only not be mounted."""
    temporary_places = (Path(tempfile.gettempdir()).resolve(), Path("/tmp"))  # nosec B108 # noqa: S108 - only compared with
    for home in ROOTS_HOME.iterdir():
        try:
            data = Path((home / "belongs-to").read_text().rstrip("\n"))
        except OSError:
            continue
        temporary = any(data.is_relative_to(parent) for parent in temporary_places)
        used = any(
            left_behind(pid_file, str(home))
            for pid_file in (*home.glob("*/postmaster.pid"), *home.glob("*/valkey.pid"))
        )
        if temporary and not data.exists() and not used:
            shutil.rmtree(home, ignore_errors=True)


def _reaches(account: Account | None, directory: Path) -> bool:
    """Asked of the system, not worked out of mode bits: access lists and mounts have a say too."""
    if account is None:
        return True
    return run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)], account, timeout=10).returncode == 0


def _run_directory(home: Path, account: Account | None) -> Path:
    link = home / "run"
    if not link.is_symlink() and _fits(link):
        _own_directory(link, account)
        return link
    if link.is_symlink():
        kept = Path(os.readlink(link))
        if _is_private(kept, account):
            return kept
        link.unlink()  # the temporary directory was emptied since, as at a reboot
    elif link.exists():
        shutil.rmtree(link)  # the data directory was moved to a longer path
    for parent in (tempfile.gettempdir(), "/tmp"):  # nosec B108 # noqa: S108 - mkdtemp makes a private one inside
        if not _fits(Path(parent) / "openmanager-12345678") or not _reaches(account, Path(parent)):
            continue
        made = Path(tempfile.mkdtemp(prefix="openmanager-", dir=parent))
        _own_directory(made, account)
        link.symlink_to(made)
        return made
    raise StoreFault(f"No directory is short enough for a unix socket: neither {link} nor one for temporary files.")


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory)) <= SOCKET_DIRECTORY_BYTES and _PLAIN.fullmatch(str(directory)) is not None


def _is_private(directory: Path, account: Account | None) -> bool:
    try:
        found = directory.lstat()
    except OSError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700
