"""What a server offers beside its tools, as requests of MCP: resources, templates, prompts and completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from mcp_types import (
    CallToolRequest,
    CallToolResult,
    CompleteRequest,
    CompleteResult,
    GetPromptRequest,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsRequest,
    ListPromptsResult,
    ListResourcesRequest,
    ListResourcesResult,
    ListResourceTemplatesRequest,
    ListResourceTemplatesResult,
    ReadResourceRequest,
    ReadResourceResult,
)
from pydantic import TypeAdapter, ValidationError

from pointsman.contracts import passed_on
from pointsman.contracts.values import JsonObject

from ..errors import NothingDone

Asking: TypeAlias = (
    CallToolRequest
    | CompleteRequest
    | GetPromptRequest
    | ListPromptsRequest
    | ListResourcesRequest
    | ListResourceTemplatesRequest
    | ReadResourceRequest
)
Answered: TypeAlias = (
    CallToolResult
    | CompleteResult
    | GetPromptResult
    | ListPromptsResult
    | ListResourcesResult
    | ListResourceTemplatesResult
    | ReadResourceResult
)

_REQUESTS: Final[Mapping[str, type[Asking]]] = {
    passed_on.LIST_RESOURCES: ListResourcesRequest,
    passed_on.LIST_TEMPLATES: ListResourceTemplatesRequest,
    passed_on.READ_RESOURCE: ReadResourceRequest,
    passed_on.LIST_PROMPTS: ListPromptsRequest,
    passed_on.GET_PROMPT: GetPromptRequest,
    passed_on.COMPLETE: CompleteRequest,
}
_ANSWERS: Final[Mapping[type[Asking], TypeAdapter[Any]]] = {
    CallToolRequest: TypeAdapter(CallToolResult | InputRequiredResult),
    ListResourcesRequest: TypeAdapter(ListResourcesResult),
    ListResourceTemplatesRequest: TypeAdapter(ListResourceTemplatesResult),
    ReadResourceRequest: TypeAdapter(ReadResourceResult | InputRequiredResult),
    ListPromptsRequest: TypeAdapter(ListPromptsResult),
    GetPromptRequest: TypeAdapter(GetPromptResult | InputRequiredResult),
    CompleteRequest: TypeAdapter(CompleteResult),
}


def request_beside(tool: str, arguments: JsonObject) -> Asking | None:
    """Write the request that `source.<what>` stands for, with these arguments; None where it stands for none.

    Raises:
        NothingDone: they are none that MCP knows.
    """
    kind = _REQUESTS.get(tool.partition(".")[2])
    if kind is None:
        return None
    try:
        return kind.model_validate({"params": arguments}, by_name=False)
    except ValidationError as error:
        raise NothingDone(f"The arguments of {tool} are not what MCP says they look like.") from error


def answer_to(request: Asking) -> TypeAdapter[Answered | InputRequiredResult]:
    """Give what an answer to a request is read by."""
    return _ANSWERS[type(request)]
