"""The configurations of docs/agents.md as they stand there, with a hub and a key filled in: real clients are run on
them."""

from __future__ import annotations

import re
from pathlib import Path

PAPER = Path(__file__).resolve().parents[2] / "docs" / "agents.md"


def block(client: str, holding: str = "") -> str:
    """The first fenced block of that client's chapter, or the first that holds these words."""
    _, sign, rest = PAPER.read_text(encoding="utf-8").partition(f"\n## {client}\n")
    assert sign, f"docs/agents.md has no chapter {client}"
    chapter = rest.partition("\n## ")[0]
    found = re.findall(r"^```[a-z]*\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    return next(text for text in found if holding in text)


def filled(text: str, port: int, key: str, name: str = "") -> str:
    """With the hub's address (plain HTTP on the loopback), the key, and the server's name."""
    address = f"127.0.0.1:{port}"
    for given, meant in (
        ("https://HUB", f"http://{address}"), ("HUB:443", address), (":https:", ":http:"), ("host=HUB", "host=127.0.0.1"),
        ("port=443", f"port={port}"), ("protocol=https", "protocol=http"), ("HUB", address), ("omv_live_...", key), ("NAME", name),
    ):  # fmt: skip
        text = text.replace(given, meant)
    return text
