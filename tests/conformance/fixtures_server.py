"""The suite's fixtures as an MCP server of its own, that a gateway stands in front of: stdio, both eras.

What it asks, it asks as the revision of 2026-07-28 has it: by answering that input is required.
"""

# ruff: noqa: ARG001 - what the SDK calls is given more than this needs
from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter

sys.path.append(str(Path(__file__).parents[2]))
from tests.conformance import shapes

Context = ServerRequestContext[Any, Any]
Answers = Mapping[str, types.InputResponse]
Blocks = list[types.ContentBlock]
ELICIT, SAMPLE, ROOTS = "elicitation/create", "sampling/createMessage", "roots/list"
_REQUEST: TypeAdapter[types.InputRequest] = TypeAdapter(types.InputRequest)
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


def text(said: str) -> Blocks:
    return [types.TextContent(text=said)]


def embedded(uri: str, mime_type: str, said: str) -> types.EmbeddedResource:
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, mime_type=mime_type, text=said))


IMAGE = types.ImageContent(data=shapes.PNG, mime_type="image/png")
CONTENT: dict[str, Blocks] = {
    "simple_text": text(shapes.SIMPLE_TEXT),
    "image_content": [IMAGE],
    "audio_content": [types.AudioContent(data=shapes.WAV, mime_type="audio/wav")],
    "embedded_resource": [
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
    ],
    "multiple_content_types": [
        *text("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
}

ONE_FIELD = {name: shapes.one(name) for name in ("name", "color", "words")}
CONFIRM = {"confirm": (ELICIT, shapes.form("Please confirm", shapes.one("ok", "boolean")))}
Asked = dict[str, tuple[str, dict[str, Any]]]
ASKING: dict[str, Callable[[dict[str, Any]], list[Asked]]] = {
    "sampling": lambda given: [{"input": (SAMPLE, shapes.sampling(str(given.get("prompt"))))}],
    "elicitation": lambda given: [{"input": (ELICIT, shapes.form(str(given.get("message")), shapes.USER))}],
    "elicitation_sep1034_defaults": lambda _: [{"input": (ELICIT, shapes.form("With defaults", shapes.DEFAULTS))}],
    "elicitation_sep1330_enums": lambda _: [{"input": (ELICIT, shapes.form("With choices", shapes.ENUMS))}],
    "streaming_elicitation": lambda _: [{"input": (ELICIT, shapes.form("Go on?", shapes.one("ok", "boolean")))}],
    "missing_capability": lambda _: [{"input": (SAMPLE, shapes.sampling("Anybody there?"))}],
    "input_required_result_elicitation": lambda _: [
        {"user_name": (ELICIT, shapes.form("What is your name?", ONE_FIELD["name"]))}
    ],
    "input_required_result_sampling": lambda _: [
        {"capital_question": (SAMPLE, shapes.sampling("What is the capital of France?"))}
    ],
    "input_required_result_list_roots": lambda _: [{"client_roots": (ROOTS, {})}],
    "input_required_result_request_state": lambda _: [CONFIRM],
    "input_required_result_tampered_state": lambda _: [CONFIRM],
    "input_required_result_multiple_inputs": lambda _: [
        {
            "user_name": (ELICIT, shapes.form("What is your name?", ONE_FIELD["name"])),
            "greeting": (SAMPLE, shapes.sampling("Generate a greeting", 50)),
            "client_roots": (ROOTS, {}),
        }
    ],
    "input_required_result_multi_round": lambda _: [
        {"step1": (ELICIT, shapes.form("Step 1: What is your name?", ONE_FIELD["name"]))},
        {"step2": (ELICIT, shapes.form("Step 2: What is your favorite color?", ONE_FIELD["color"]))},
    ],
    "input_required_result_capabilities": lambda _: [
        {
            "question": (SAMPLE, shapes.sampling("Say something.")),
            "form": (ELICIT, shapes.form("Say something.", ONE_FIELD["words"])),
        }
    ],
}
"""What each tool asks, round by round."""

ARGUMENTS: dict[str, dict[str, Any]] = {"sampling": shapes.one("prompt"), "elicitation": shapes.one("message")}
TALKING = ("tool_with_progress", "tool_with_logging", "logging_tool", "error_handling")


def required(asked: Asked, number: int) -> types.InputRequiredResult:
    requests = {
        key: _REQUEST.validate_python({"method": method, "params": params}, by_name=False)
        for key, (method, params) in asked.items()
    }
    return types.InputRequiredResult(input_requests=requests, request_state=f"round {number}")


async def list_tools(context: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    names = (*CONTENT, *TALKING, *ASKING)
    tools = [
        types.Tool(name=name, description=f"The fixture {name}.", input_schema=ARGUMENTS.get(name, NO_ARGUMENTS))
        for name in names
    ]
    return types.ListToolsResult(tools=tools)


async def call_tool(
    context: Context, params: types.CallToolRequestParams
) -> types.CallToolResult | types.InputRequiredResult:
    if params.name in ASKING:
        rounds = ASKING[params.name](params.arguments or {})
        number = int((params.request_state or "round -1").removeprefix("round ")) + 1
        if number < len(rounds):
            return required(rounds[number], number)
        said = {key: one.model_dump(mode="json") for key, one in (params.input_responses or {}).items()}
        return types.CallToolResult(content=text(f"Answered: {said}"))
    if params.name == "error_handling":
        return types.CallToolResult(content=text(shapes.ERROR), is_error=True)
    if params.name == "tool_with_progress":
        for done in (0, 50, 100):
            await context.session.report_progress(done, 100)
            await asyncio.sleep(0.05)
    if params.name in {"tool_with_logging", "logging_tool"}:
        for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            log = types.LoggingMessageNotificationParams(level="info", data=message)
            await context.session.send_notification(
                types.LoggingMessageNotification(params=log), related_request_id=context.request_id
            )
            await asyncio.sleep(0.05)
    return types.CallToolResult(content=CONTENT.get(params.name) or text("Done."))


async def list_resources(context: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
    return types.ListResourcesResult.model_validate(shapes.listed_resources(), by_name=False)


async def list_templates(
    context: Context, params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    return types.ListResourceTemplatesResult.model_validate(shapes.listed_templates(), by_name=False)


async def read_resource(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    found = shapes.resource(params.uri)
    if found is None:
        raise MCPError(types.INVALID_PARAMS, "There is no such resource.", {"uri": params.uri})
    return types.ReadResourceResult.model_validate(found, by_name=False)


async def list_prompts(context: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
    return types.ListPromptsResult.model_validate(shapes.listed_prompts(), by_name=False)


async def get_prompt(
    context: Context, params: types.GetPromptRequestParams
) -> types.GetPromptResult | types.InputRequiredResult:
    if params.name == "test_input_required_result_prompt":
        answer = (params.input_responses or {}).get("user_context")
        if not isinstance(answer, types.ElicitResult):
            form = shapes.form("What context should the prompt use?", shapes.one("context"))
            return required({"user_context": (ELICIT, form)}, 0)
        return types.GetPromptResult.model_validate(shapes.asked_prompt(str(answer.content)), by_name=False)
    found = shapes.prompt(params.name, params.arguments or {})
    if found is None:
        raise MCPError(types.INVALID_PARAMS, "There is no such prompt.")
    return types.GetPromptResult.model_validate(found, by_name=False)


async def main() -> None:
    server = Server(
        "fixtures",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
    )
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
