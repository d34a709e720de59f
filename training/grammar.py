"""Turns one line of a phrase file into sentences: `(a|b|)` chooses, `{SLOT}` is filled, a backslash takes a sign as it is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Fill = Callable[[str, Random], str]
Node = str | tuple[str, object]


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


def said(nodes: list[Node], fill: Fill, rng: Random) -> str:
    """One sentence, its spaces in order."""
    return " ".join(_spoken(nodes, fill, rng).split())


def _spoken(nodes: list[Node], fill: Fill, rng: Random) -> str:
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(node)
        elif node[0] == "slot":
            parts.append(fill(str(node[1]), rng))
        else:
            choices = node[1]
            if not isinstance(choices, list):
                raise TypeError("a choice is a list")
            parts.append(_spoken(rng.choice(choices), fill, rng))
    return "".join(parts)
