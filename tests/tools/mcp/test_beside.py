"""What a server offers beside its tools: asked for where a workflow names it, as requests of MCP."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp_types import ListResourcesResult, ReadResourceResult

from pointsman.contracts.values import JsonObject
from pointsman.tools.conversation import ELICIT
from pointsman.tools.mcp.source import McpSource
from tests.tools.listener import Listener, heard_by

from .workshop import Docks, call

FIXTURES = Path(__file__).parents[2] / "conformance" / "fixtures_server.py"


@pytest.fixture
def library(docks: Docks) -> McpSource:
    """A server with resources and prompts, that speaks the newest revision."""
    return docks.source(args=[str(FIXTURES)])


async def test_resources_are_listed_and_read(library: McpSource) -> None:
    listed = ListResourcesResult.model_validate((await call(library, "list_resources")).result, by_name=False)
    assert listed.resources[0].uri == "test://static-text"
    result = (await call(library, "read_resource", {"uri": "test://template/7/data"})).result
    (contents,) = ReadResourceResult.model_validate(result, by_name=False).contents
    assert (contents.uri, contents.mime_type) == ("test://template/7/data", "application/json")
    templates = await call(library, "list_resource_templates")
    assert "test://template/{id}/data" in str(templates.result)


async def test_a_resource_that_is_not_there_has_failed(library: McpSource) -> None:
    missing = await call(library, "read_resource", {"uri": "test://nothing"})
    assert (missing.outcome, missing.error) == (
        "failed",
        "dock.read_resource answered with an error: There is no such resource.",
    )


async def test_prompts_are_listed_and_got_and_may_ask(library: McpSource) -> None:
    assert "test_simple_prompt" in str((await call(library, "list_prompts")).result)
    given: JsonObject = {"name": "test_prompt_with_arguments", "arguments": {"arg1": "a", "arg2": "b"}}
    assert "arg1='a', arg2='b'" in str((await call(library, "get_prompt", given)).result)
    listener = Listener({"action": "accept", "content": {"context": "rain"}}, methods=(ELICIT,))
    asking: JsonObject = {"name": "test_input_required_result_prompt"}
    assert "rain" in str((await call(library, "get_prompt", asking, context=heard_by(listener))).result)


async def test_what_a_server_does_not_have_has_failed(library: McpSource) -> None:
    reference: JsonObject = {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": "b"}}
    failed = await call(library, "complete", reference)
    assert failed.outcome == "failed"


async def test_arguments_that_are_none_are_not_sent(library: McpSource) -> None:
    failed = await call(library, "read_resource", {"uri": 7})
    assert (failed.outcome, failed.error) == (
        "failed",
        "The arguments of dock.read_resource are not what MCP says they look like.",
    )


async def test_what_is_neither_pinned_nor_beside_is_not_called(library: McpSource) -> None:
    failed = await call(library, "simple_text")
    assert failed.error == "dock.simple_text is not pinned, so it is not called."
