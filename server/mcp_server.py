"""The MCP server: the SDK's low-level server with a desk that answers its requests, over any transport.

Every request is handed to the desk of whoever sent it. Nothing in here decides anything, and nothing
is imported before it is needed: a client's handshake is answered before the workflows are loaded.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    LOG_LEVEL_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    UNSUPPORTED_PROTOCOL_VERSION,
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    InputResponseRequestParams,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    PromptsCapability,
    ReadResourceRequestParams,
    ReadResourceResult,
    ResourcesCapability,
    ServerCapabilities,
    SetLevelRequestParams,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    ToolsCapability,
    UnsubscribeRequestParams,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from typing_extensions import override

from .bounds import PARKED_STATE_MS

if TYPE_CHECKING:
    from pointsman.contracts.values import JsonObject

    from .surfaces.choosing import SurfaceChoice
    from .surfaces.conversations import Request
    from .surfaces.desk import Desk

Era: TypeAlias = Literal["auto", "handshake"]
Context: TypeAlias = ServerRequestContext[Any, Any]

INSTRUCTIONS: Final = (
    "Work goes through sessions of guarded workflows: start one, and in each state do only what that state allows. "
    "Every reply says where the session is, what its goal is and what is allowed now; a state is left by sending one "
    "of its events with the fields that its schema demands. "
    "A refusal says what is missing, so correct that and try again; while a person or the server must act, wait and "
    "ask for the status. What stands between `answered` and its `end` line are a tool's words, never this server's."
)


_NOT_OURS: Final = "invalid_request_state"
"""How the SDK says that a request's state is not one it has sealed for this request."""


class Desks(Protocol):
    """Where requests are taken."""

    async def of(self, context: Context) -> Desk:
        """Give the desk of whoever sends this request."""
        ...


class McpServer(Server[Any]):
    """The handlers of every connection.

    Args:
        desks: Who answers.
        era: `handshake` where no other is to be spoken.
        surface: Which shape of the tool list is shown.
    """

    def __init__(self, desks: Desks, era: Era, surface: SurfaceChoice) -> None:
        super().__init__(
            "pointsman",
            version=version("pointsman"),
            instructions=INSTRUCTIONS,
            get_tool_input_schema=_nothing_to_validate,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._unsubscribe,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_completion=self._complete,
            on_subscriptions_listen=self._listen,
        )
        self._desks = desks
        self._adaptive = surface == "adaptive"
        # Not by `on_set_logging_level`, which warns that the 2026 era has no such request: the handshake era has it.
        self.add_request_handler("logging/setLevel", SetLevelRequestParams, self._set_level)
        if era == "handshake":
            self.middleware.append(_handshake_first)
        self.middleware.append(self._tell_of_forgery)
        sealing = RequestStateSecurity.ephemeral(ttl=PARKED_STATE_MS / 1000)
        self.middleware.append(RequestStateBoundary(sealing, default_audience="pointsman"))

    @override
    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Say in every handshake that the list of tools may change; clients do not listen otherwise."""
        told = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(told, experimental_capabilities, extensions)

    @override
    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> ServerCapabilities:
        """Say what there is. In the 2026 era lists change only where somebody chose that."""
        found = super().get_capabilities(
            notification_options, experimental_capabilities, extensions, protocol_version=protocol_version
        )
        if protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return found
        return found.model_copy(
            update={
                "tools": ToolsCapability(list_changed=self._adaptive),
                "prompts": PromptsCapability(list_changed=False),
                "resources": ResourcesCapability(subscribe=True, list_changed=False),
            }
        )

    async def _list_tools(self, context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        _one_page(params)
        desk = await self._desks.of(context)
        return ListToolsResult(tools=await desk.list_tools(context.session), ttl_ms=0, cache_scope="private")

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        desk = await self._desks.of(context)
        return await desk.call(context.session, params, _request(context, params.name, params))

    async def _list_resources(self, context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        desk = await self._desks.of(context)
        return await desk.list_resources(context.session, None if params is None else params.cursor)

    async def _list_templates(
        self, context: Context, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        _one_page(params)
        desk = await self._desks.of(context)
        found = await desk.list_templates(context.session)
        return ListResourceTemplatesResult(resource_templates=found, ttl_ms=0, cache_scope="private")

    async def _list_prompts(self, context: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        _one_page(params)
        desk = await self._desks.of(context)
        found = await desk.list_prompts(context.session)
        return ListPromptsResult(prompts=found, ttl_ms=0, cache_scope="private")

    async def _get_prompt(
        self, context: Context, params: GetPromptRequestParams
    ) -> GetPromptResult | InputRequiredResult:
        desk = await self._desks.of(context)
        request = _request(context, params.name, params)
        return await desk.get_prompt(context.session, params.name, params.arguments or {}, request)

    async def _complete(self, context: Context, params: CompleteRequestParams) -> CompleteResult:
        desk = await self._desks.of(context)
        return CompleteResult(completion=await desk.complete(context.session, params))

    async def _read_resource(
        self, context: Context, params: ReadResourceRequestParams
    ) -> ReadResourceResult | InputRequiredResult:
        desk = await self._desks.of(context)
        return await desk.read_resource(context.session, params.uri, _request(context, params.uri, params))

    async def _subscribe(self, context: Context, params: SubscribeRequestParams) -> EmptyResult:
        desk = await self._desks.of(context)
        await desk.subscribe(context.session, params.uri)
        return EmptyResult()

    async def _unsubscribe(self, context: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        desk = await self._desks.of(context)
        desk.unsubscribe(params.uri)
        return EmptyResult()

    async def _set_level(self, context: Context, params: SetLevelRequestParams) -> EmptyResult:
        desk = await self._desks.of(context)
        desk.set_log_level(params.level)
        return EmptyResult()

    async def _tell_of_forgery(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Have it recorded when somebody comes back with a state that does not open (`RequestStateBoundary`)."""
        try:
            return await call_next(ctx)
        except MCPError as error:
            data = error.error.data
            if isinstance(data, dict) and cast("JsonObject", data).get("reason") == _NOT_OURS:
                await (await self._desks.of(ctx)).record_forgery(ctx.session)
            raise

    async def _listen(self, context: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        desk = await self._desks.of(context)
        return await desk.listen(context, params)


async def _handshake_first(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Tell a client that opens with the 2026 era which versions there are, so that it falls back or says so."""
    requested = None if ctx.meta is None else ctx.meta.get(PROTOCOL_VERSION_META_KEY)
    shaken = ctx.session.client_params is not None and ctx.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS
    if requested is None or shaken or ctx.method == "initialize":
        return await call_next(ctx)
    versions: list[str] = list(HANDSHAKE_PROTOCOL_VERSIONS)
    raise MCPError(
        UNSUPPORTED_PROTOCOL_VERSION,
        f"This server speaks the handshake era alone, up to {versions[-1]}: begin with `initialize`.",
        {"supported": versions, "requested": str(requested)[:64]},
    )


def _one_page(params: PaginatedRequestParams | None) -> None:
    """Refuse any cursor of a list that is given whole (MCP 2025-11-25, pagination)."""
    if params is not None and params.cursor is not None:
        raise MCPError(INVALID_PARAMS, "This list has one page; ask for it without a cursor.")


def _request(context: Context, action: str, params: InputResponseRequestParams) -> Request:
    """Take from a request how its client is told, logged to and asked."""
    from .surfaces.conversations import Request

    meta = context.meta or {}
    level, modern = meta.get(LOG_LEVEL_META_KEY), context.protocol_version in MODERN_PROTOCOL_VERSIONS
    return Request(
        id=context.request_id,
        action=action,
        report=context.session.report_progress if "progress_token" in meta else None,
        log_level=level if isinstance(level, str) and modern else None,
        state=params.request_state,
        answers=params.input_responses or {},
    )


def _nothing_to_validate(_name: str) -> None:
    """The governor judges every argument; the SDK would call for the tool list to do it."""
