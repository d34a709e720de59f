"""What a server of the protocol offers: tools, resources and prompts, as rows that say what they are and how to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from lib.mcp.protocol.house import House

type Arguments = Mapping[str, Any]
type Document = Mapping[str, Any] | str | bytes  # written as JSON, as it is, as base64
JSON = "application/json"
MARKDOWN = "text/markdown"
_VARIABLE = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool gives: data that fits its schema, and blocks of content beside the same data as text."""

    structured: Mapping[str, Any] | None = None
    content: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`takes` and `gives` are JSON Schemas of objects; `run` may raise what lib/domain/errors.py has, and its words are
    then for the model. `acts` changes something: only whoever may act is shown it, and it does nothing unless asked
    with `confirm`. `needs` are capabilities of the client without which it cannot run."""

    name: str
    title: str
    description: str
    run: Callable[[House, Arguments], Outcome | Mapping[str, Any]]
    takes: Mapping[str, Any]
    gives: Mapping[str, Any] | None
    acts: bool = False
    is_destructive: bool = False
    is_idempotent: bool = True
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One document. `read` raises NotFound where there is none."""

    uri: str
    name: str
    title: str
    description: str
    read: Callable[[House], Document]
    mime: str = JSON
    ttl_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Documents of one kind; `uri` has one variable, as in `server://{id}`. `listed` are those worth a line in the
    list: (id, title); `complete` are ids that begin like what was typed."""

    uri: str
    name: str
    title: str
    description: str
    read: Callable[[House, str], Document]
    listed: Callable[[House], Sequence[tuple[str, str]]]
    complete: Callable[[House, str], Sequence[str]]
    mime: str = JSON
    ttl_seconds: int = 0

    def of(self, one: str) -> str:
        """The address of one document."""
        return _VARIABLE.sub(lambda _: quote(one, safe=""), self.uri)

    def matching(self, uri: str) -> str | None:
        """The id in an address of this kind; None for any other address."""
        before, after = _VARIABLE.split(self.uri)
        fits = len(uri) > len(before) + len(after) and uri.startswith(before) and uri.endswith(after)
        found = uri[len(before) : len(uri) - len(after)] if fits else ""
        return None if not found or set(found) & set("/?#") else unquote(found)


def nothing_to_suggest(house: House, typed: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Of a prompt: a text. `complete` are values that begin like what was typed."""

    name: str
    description: str
    is_required: bool = False
    complete: Callable[[House, str], Sequence[str]] = nothing_to_suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """`run` gives the messages. Raises BadInput, NotFound."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    run: Callable[[House, Mapping[str, str]], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything, in the order it is listed in."""

    tools: tuple[Tool, ...] = ()
    resources: tuple[Resource, ...] = ()
    templates: tuple[Template, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    instructions: str = field(default="", repr=False)
