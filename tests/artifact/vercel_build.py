"""The real `vercel build` of a copy of this tree, and each function of its output laid out by itself on disk.

The builder writes pyproject.toml and uv.lock into the root it builds, where they would override requirements.txt from
then on: hence the copy. It needs no account and no network but PyPI.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DECOY = "DECOY-SECRET-4f1c"

# What must not get into a bundle or onto the web, put where careless people leave it. The names are those that
# .gitignore, .vercelignore and excludeFiles promise to keep out.
DECOYS = (
    ".env", ".env.production", ".env.local", "lib/.env", "api/.env.local", "server.pem", "lib/secret.pem", "lib/a.key",
    "data.sqlite", "lib/deep/data.sqlite", "lib/trace.log", "NOTES.md", "lib/NOTES.md", "docs/private.md",
    "tests/decoy/test_decoy.py", "artifacts/decoy.txt", "lib/local/decoy.py", "lib/storage/embedded/decoy.py",
    "supabase/decoy.sql", ".ci/decoy", "public/.env", "public/secret.pem", "public/dump.sqlite", "public/a.key",
)  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """One function as it would be uploaded."""

    name: str  # /api/ingest
    directory: Path  # only what is bundled, under the names it is bundled by
    config: dict[str, Any]
    files: tuple[str, ...]
    bytes: int

    @property
    def own_files(self) -> list[str]:
        """Ours: without the packages from PyPI."""
        return [file for file in self.files if not file.startswith("_vendor/")]


@dataclass(frozen=True)
class Output:
    config: dict[str, Any]  # .vercel/output/config.json
    static: Path
    bundles: dict[str, Bundle] = field(default_factory=dict)
    seconds: float = 0.0
    middleware: Path | None = None  # what runs at the edge, as built


def build(vercel: Path, into: Path) -> Output:
    """Raises CalledProcessError with the builder's own words when it fails."""
    tree = into / "tree"
    _copy_tree(tree)
    for decoy in DECOYS:
        (tree / decoy).parent.mkdir(parents=True, exist_ok=True)
        (tree / decoy).write_text(f"# {DECOY}\n", encoding="utf-8")
    (tree / ".vercel").mkdir()
    project = {"projectId": "prj_dummy", "orgId": "team_dummy", "settings": {"framework": None}}
    (tree / ".vercel" / "project.json").write_text(json.dumps(project), encoding="utf-8")
    began = time.monotonic()
    done = subprocess.run(
        [str(vercel), "build", "--yes"],
        cwd=tree,
        env=_environment(into),
        capture_output=True,
        text=True,
        timeout=900,  # ends one that hangs; a busy machine took more than 280 s
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f"vercel build failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    output = tree / ".vercel" / "output"
    bundles = {}
    middleware = output / "functions" / "middleware.func"
    for folder in sorted((output / "functions").rglob("*.func")):
        if folder == middleware:
            continue
        name = "/" + folder.relative_to(output / "functions").as_posix().removesuffix(".func")
        bundles[name] = _lay_out(name, folder, tree, into / "functions" / name.strip("/").replace("/", "-"))
    return Output(json.loads((output / "config.json").read_text()), output / "static", bundles, seconds, middleware)


def _copy_tree(to: Path) -> None:
    """What git would deploy, uncommitted changes included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:  # an unpacked archive, or a tree that is somebody else's
        ignored = shutil.ignore_patterns(".*_cache", ".git", ".venv", ".vercel", "__pycache__", "node_modules", ".env*")
        shutil.copytree(ROOT, to, ignore=ignored)
        return
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to / name)


def _environment(home: Path) -> dict[str, str]:
    """Nobody's login, no telemetry; uv from beside this Python, its cache where everybody's is."""
    kept = {
        "LANG",
        "HOME",
        "LD_LIBRARY_PATH",
        "SSL_CERT_DIR",
        "UV_CACHE_DIR",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "PIP_INDEX_URL",
        "SSL_CERT_FILE",
    }
    kept |= {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "NODE_EXTRA_CA_CERTS"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    # The base interpreter is on the path too: uv looks for 3.12 there and must not download one.
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    path = [str(Path(sys.executable).parent), str(base), os.environ.get("PATH", "")]
    return {
        **environment,
        "PATH": os.pathsep.join(path),
        "XDG_DATA_HOME": str(home / "vercel-data"),
        "VERCEL_TELEMETRY_DISABLED": "1",
        "VERCEL_PYTHON_COMPILEALL": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "CI": "1",
    }


def _lay_out(name: str, folder: Path, tree: Path, to: Path) -> Bundle:
    config = json.loads((folder / ".vc-config.json").read_text())
    files = {bundled: tree / source for bundled, source in config.pop("filePathMap").items()}
    files |= {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.name != ".vc-config.json"}
    size = 0
    for bundled, source in files.items():
        target = to / bundled
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source.resolve(), target)
        size += target.stat().st_size
    return Bundle(name, to, config, tuple(sorted(files)), size)
