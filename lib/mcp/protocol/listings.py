"""Resources and prompts as the protocol lists, reads and completes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.errors import BadInput, NotFound
from lib.mcp.protocol import cursors
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Argument, Document, Offer, Prompt, Template

PAGE = 100
MOST_URI = 600
MOST_TYPED = 200
MOST_SUGGESTED = 100


class Listings:
    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._fixed = {one.uri: one for one in offer.resources}
        self._prompts = {one.name: one for one in offer.prompts}

    # resources

    def resources(self, house: House, cursor: str | None) -> dict[str, Any]:
        """A page of `{resources, nextCursor?}`: the fixed ones, then each kind's by name."""
        after = cursors.read("resources", cursor, str)
        entries = [(f"0 {place:03}", _entry(one.uri, one)) for place, one in enumerate(self._offer.resources)]
        for kind, template in enumerate(self._offer.templates, 1):
            for name, title in template.listed(house):
                entries.append((f"{kind} {name}", _entry(template.of(name), template, name, title)))
        entries.sort(key=lambda one: one[0])
        left = [one for one in entries if after is None or one[0] > after]
        page: dict[str, Any] = {"resources": [entry for _, entry in left[:PAGE]]}
        if len(left) > PAGE:
            page["nextCursor"] = cursors.write("resources", left[PAGE - 1][0])
        return page

    def templates(self) -> dict[str, Any]:
        return {
            "resourceTemplates": [
                {
                    "uriTemplate": one.uri, "name": one.name, "title": one.title, "description": one.description,
                    "mimeType": one.mime,
                }
                for one in self._offer.templates
            ]
        }  # fmt: skip

    def read(self, house: House, uri: str) -> tuple[list[dict[str, Any]], int]:
        """(contents, seconds they stay fresh). Raises NotFound."""
        fixed = self._fixed.get(uri)
        if fixed is not None:
            return [_content(uri, fixed.mime, fixed.read(house))], fixed.ttl_seconds
        for template in self._offer.templates if len(uri) <= MOST_URI else ():
            one = template.matching(uri)
            if one is not None:
                return [_content(uri, template.mime, template.read(house, one))], template.ttl_seconds
        raise NotFound(f"resources are {', '.join([*self._fixed, *(one.uri for one in self._offer.templates)])}")

    # prompts

    def prompts(self) -> dict[str, Any]:
        return {
            "prompts": [
                {
                    "name": one.name, "title": one.title, "description": one.description,
                    "arguments": [
                        {"name": it.name, "description": it.description, "required": it.is_required}
                        for it in one.arguments
                    ],
                }
                for one in self._offer.prompts
            ]
        }  # fmt: skip

    def prompt(self, house: House, params: Mapping[str, Any]) -> dict[str, Any]:
        """`{description, messages}`. Raises BadInput, NotFound."""
        prompt = self._prompt(params.get("name"))
        given = params.get("arguments") or {}
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            raise BadInput("`arguments` are an object of texts", pointer="/arguments")
        names = [one.name for one in prompt.arguments]
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise BadInput(f"this prompt has no argument {unknown[0][:40]!r}; it has {', '.join(names) or 'none'}")
        missing = [one.name for one in prompt.arguments if one.is_required and not given.get(one.name)]
        if missing:
            raise BadInput(f"this prompt needs {', '.join(missing)}")
        messages = prompt.run(house, {name: text for name, text in given.items() if text})
        return {"description": prompt.description, "messages": list(messages)}

    def _prompt(self, name: object) -> Prompt:
        found = self._prompts.get(str(name))
        if found is None:
            raise NotFound(f"Unknown prompt: {str(name)[:100]}; there is {', '.join(self._prompts) or 'none'}")
        return found

    # completion

    def completed(self, house: House, params: Mapping[str, Any]) -> dict[str, Any]:
        """`{completion: {values, total, hasMore}}` for an argument of a prompt or the variable of a template."""
        ref, argument = params.get("ref"), params.get("argument")
        if not isinstance(ref, dict) or not isinstance(argument, dict):
            raise BadInput("send a `ref` and an `argument`")
        name, typed = argument.get("name"), argument.get("value")
        if not isinstance(name, str) or not isinstance(typed, str):
            raise BadInput("an argument has a `name` and a `value`", pointer="/argument")
        values = list(dict.fromkeys(self._suggested(house, ref, name, typed[:MOST_TYPED])))
        shown = values[:MOST_SUGGESTED]
        return {"completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}}

    def _suggested(self, house: House, ref: Mapping[str, Any], name: str, typed: str) -> Sequence[str]:
        if ref.get("type") == "ref/prompt":
            try:
                prompt = self._prompt(ref.get("name"))
            except NotFound as error:
                raise BadInput(error.detail, pointer="/ref/name") from None
            return self._argument(prompt, name).complete(house, typed)
        if ref.get("type") == "ref/resource":
            return self._template(ref.get("uri")).complete(house, typed)
        raise BadInput("`ref` is of the type ref/prompt or ref/resource", pointer="/ref/type")

    def _argument(self, prompt: Prompt, name: str) -> Argument:
        for one in prompt.arguments:
            if one.name == name:
                return one
        names = ", ".join(one.name for one in prompt.arguments) or "none"
        raise BadInput(f"this prompt has no argument {name[:40]!r}; it has {names}", pointer="/argument/name")

    def _template(self, uri: object) -> Template:
        for one in self._offer.templates:
            if uri == one.uri:
                return one
        raise BadInput("`uri` is one of " + ", ".join(one.uri for one in self._offer.templates), pointer="/ref/uri")


def _entry(uri: str, one: Any, name: str = "", title: str = "") -> dict[str, Any]:
    return {
        "uri": uri, "name": name or one.name, "title": title or one.title,
        "description": one.description, "mimeType": one.mime,
    }  # fmt: skip


def _content(uri: str, mime: str, document: Document) -> dict[str, Any]:
    if isinstance(document, bytes):
        return {"uri": uri, "mimeType": mime, "blob": base64.b64encode(document).decode()}
    if isinstance(document, str):
        return {"uri": uri, "mimeType": mime, "text": document}
    return {"uri": uri, "mimeType": mime, "text": json.dumps(document, ensure_ascii=False, separators=(",", ":"))}
