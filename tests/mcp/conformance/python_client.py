"""Runs under the official client's own Python, apart from ours: connects in one era, uses everything, prints it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from mcp import Client
from mcp.types import ElicitResult, PromptReference, ResourceTemplateReference


async def main(url: str, era: str) -> dict[str, Any]:
    asked: list[str] = []

    async def person(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"agree": True})

    mode = "legacy" if era == "legacy" else "auto"
    async with Client(url, mode=mode, elicitation_callback=person) as client:
        tools = await client.list_tools()
        summary = await client.call_tool("fleet_summary", {})
        wrong = await client.call_tool("get_server", {"server": "nobody"})
        silenced = await client.call_tool("silence_alert", {"server": "pay-1", "minutes": 5, "confirm": True})
        resources = await client.list_resources()
        read = await client.read_resource("server://pay-1")
        templates = await client.list_resource_templates()
        prompts = await client.list_prompts()
        prompt = await client.get_prompt("daily-report", {"language": "ko"})
        reference = ResourceTemplateReference(type="ref/resource", uri="server://{id}")
        completed = await client.complete(reference, {"name": "id", "value": "pay"})
        of_prompt = PromptReference(type="ref/prompt", name="daily-report")
        languages = await client.complete(of_prompt, {"name": "language", "value": ""})
        return {
            "version": client.protocol_version,
            "tools": [one.name for one in tools.tools],
            "total": summary.structured_content["servers"]["total"],
            "wrong": wrong.is_error,
            "done": silenced.structured_content["done"],
            "asked": asked,
            "resources": [str(one.uri) for one in resources.resources],
            "read": json.loads(read.contents[0].text)["server"],
            "templates": len(templates.resource_templates),
            "prompts": [one.name for one in prompts.prompts],
            "messages": len(prompt.messages),
            "completed": completed.completion.values,
            "languages": languages.completion.values,
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:3]))))
