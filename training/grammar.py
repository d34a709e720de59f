"""Turns one line of a phrase file into sentences: `(a|b|)` chooses, `{SLOT}` is filled, a backslash takes a sign as it is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Fill = Callable[[str, Random], str]
type Node = str | tuple[str, Any]


def parsed(line: str) -> list[Node]:
    """The line as a sequence of text, ("slot", name) and ("choice", sequences). An open bracket is a ValueError."""
    sequence, end = _sequence(line, 0, "")
    if end != len(line):
        raise ValueError(f"a bracket too many: {line}")
    return sequence


def _sequence(line: str, start: int, stops: str) -> tuple[list[Node], int]:
    nodes: list[Node] = []
    place = start
    while place < len(line) and line[place] not in stops:
        sign = line[place]
        if sign == "\\":
            nodes.append(line[place + 1])
            place += 2
        elif sign == "{":
            end = line.index("}", place)
            nodes.append(("slot", line[place + 1 : end]))
            place = end + 1
        elif sign == "(":
            choices = []
            while line[place] != ")":
                choice, place = _sequence(line, place + 1, "|)")
                choices.append(choice)
                if place >= len(line):
                    raise ValueError(f"a bracket is left open: {line}")
            nodes.append(("choice", choices))
            place += 1
        elif sign == ")":
            raise ValueError(f"a bracket too many: {line}")
        else:
            nodes.append(sign)
            place += 1
    return nodes, place


def breadth(nodes: list[Node]) -> int:
    """Of how many the longest choice of a line is."""
    return max((len(node[1]) for node in nodes if _is_choice(node)), default=1)


def said(nodes: list[Node], fill: Fill, rng: Random, turn: int | None = None) -> str:
    """One sentence, its spaces in order. With `turn` the longest choice takes its members one after the other."""
    if turn is not None and (choices := [node for node in nodes if _is_choice(node)]):
        longest = max(choices, key=lambda node: len(node[1]))
        members = longest[1]
        nodes = [("choice", [members[turn % len(members)]]) if node is longest else node for node in nodes]
    return " ".join(_spoken(nodes, fill, rng).split())


def _is_choice(node: Node) -> bool:
    return isinstance(node, tuple) and node[0] == "choice"


def _spoken(nodes: list[Node], fill: Fill, rng: Random) -> str:
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(node)
        elif node[0] == "slot":
            parts.append(fill(str(node[1]), rng))
        else:
            parts.append(_spoken(rng.choice(node[1]), fill, rng))
    return "".join(parts)
