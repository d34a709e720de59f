"""Holds docs/mcp.md to what is offered to language models."""

from __future__ import annotations

import json
import re
from pathlib import Path

from lib.mcp.protocol import eras
from lib.mcp.protocol.catalogue import OFFER

PAPER = (Path(__file__).resolve().parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")


def test_the_paper_has_every_tool_in_its_order_and_says_which_act() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (acts: )?", PAPER, re.MULTILINE)
    assert [(name, bool(acts)) for name, acts in rows] == [(one.name, one.acts) for one in OFFER.tools]


def test_the_paper_has_every_resource_and_prompt() -> None:
    uris = re.findall(r"^\| `(\w+://\S+)`", PAPER, re.MULTILINE)
    assert uris == [one.uri for one in (*OFFER.resources, *OFFER.templates)]
    rows = re.findall(r"^\| `(\w+-\w+)` \| (.*?) \|", PAPER, re.MULTILINE)
    told = [(one.name, [it.name for it in one.arguments if it.name != "language"]) for one in OFFER.prompts]
    assert [(name, re.findall(r"`(\w+)`", takes)) for name, takes in rows] == told


def test_the_paper_names_the_revisions() -> None:
    assert all(version in PAPER for version in eras.SUPPORTED)


def test_settings_of_clients_can_be_pasted() -> None:
    found = re.findall(r"```json\n(.*?)```", PAPER, re.DOTALL)
    assert len(found) == 3
    for text in found:
        assert "/api/mcp" in json.dumps(json.loads(text))
