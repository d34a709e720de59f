"""Secrets that a local start makes for itself once and keeps: without them every restart would sign everybody out."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def kept(file: Path, names: Iterable[str]) -> dict[str, str]:
    """The secrets of these names; those that the file lacks are made and written. The file is its owner's alone."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        found = {}  # none yet, or cut short by a full disk: new ones only mean signing in again
    wanted = list(names)
    missing = [name for name in wanted if not isinstance(found.get(name), str)]
    if missing:
        found |= {name: secrets.token_hex(32) for name in missing}
        write_private(file, json.dumps(found, indent=2) + "\n")
    return {name: found[name] for name in wanted}


def write_private(file: Path, text: str) -> None:
    """Replace the file whole, 0600 from its first byte on."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    unfinished.replace(file)
