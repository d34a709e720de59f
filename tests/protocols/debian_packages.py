"""Programs out of Debian's packages, unpacked into a cache folder and not installed: no root, no service started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openmanager-debian"


def unpacked(*packages: str) -> Path:
    """A folder with these packages and what they need besides what is installed; made once."""
    root = CACHE / packages[0]
    done = root / "unpacked"
    if done.exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    archives = root / "archives"
    archives.mkdir(parents=True)
    names = sorted({*packages, *_needed(*packages)})
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", *names, folder=archives)
    for archive in sorted(archives.glob("*.deb")):
        _run("dpkg", "-x", str(archive), str(root))
    done.touch()
    return root


def environment(root: Path) -> dict[str, str]:
    """In which a program below `root` finds the libraries unpacked beside it."""
    libraries = [str(path) for path in sorted(root.glob("usr/lib/*-linux-gnu"))]
    return {"PATH": os.environ["PATH"], "HOME": str(root), "LD_LIBRARY_PATH": ":".join(libraries)}


def _needed(*packages: str) -> list[str]:
    """What apt would install with them; its lists are brought up to date where they do not know them."""
    asked = ("apt-get", "--simulate", "--no-install-recommends", "install", *packages)
    told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    if told.returncode:
        _run("apt-get", "update")
        told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    return re.findall(r"^Inst (\S+)", told.stdout, re.MULTILINE)


def _run(*command: str, folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2_000:]}"
