"""What an explanation of a term is, and of the difference between two."""

from __future__ import annotations

from dataclasses import dataclass

from lib.mcp.knowledge.texts import Text

type Said = tuple[str, str]  # Korean, English


@dataclass(frozen=True, slots=True)
class Term:
    """`words` are phrases people use for it, with `|` between, as lib/mcp/core/patterns.py reads them. `metric` is the
    one whose live values show it, if any."""

    key: str
    name: Text
    words: str
    what: Text
    measured: Text | None = None
    usual: Text | None = None
    high: Text | None = None
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How two terms that are taken for each other differ."""

    keys: frozenset[str]
    name: Text
    what: Text


def term(
    key: str,
    name: Said,
    words: str,
    what: Said,
    measured: Said | None = None,
    usual: Said | None = None,
    high: Said | None = None,
    metric: str | None = None,
) -> Term:
    return Term(key, Text(*name), words, Text(*what), _text(measured), _text(usual), _text(high), metric)


def _text(said: Said | None) -> Text | None:
    return Text(*said) if said else None
