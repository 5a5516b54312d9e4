"""Where the requests of one connection arrive: picks the surface for whoever asks, and lets it answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParams,
    Completion,
    GetPromptResult,
    InputRequiredResult,
    ListResourcesResult,
    Prompt,
    PromptReference,
    ReadResourceResult,
    ResourceTemplate,
    ResourceTemplateReference,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    Tool,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.refusals import Code, Refusal
from pointsman.fsm.session import Actor

from ..replies import Governed, Waiter
from . import passed_on, prompts, resources
from .changes import ListChanges
from .choosing import SurfaceChoice, choose, reads_structured_content
from .completing import complete
from .connection import Connection
from .conversations import ANSWER, Conversations, Request
from .results import in_words
from .shared import Shared
from .surface import Surface
from .updates import ResourceUpdates

CHANNEL: Final = "mcp"

_Result = TypeVar("_Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a client is served.

    Args:
        surface: which shape of the tool list to show, or `auto`.
        actor: who calls.
        session: a session to bind from the beginning.
    """

    surface: SurfaceChoice
    actor: Actor
    session: str | None = None


class Desk:
    """Answers one connection's requests. `shared` is what all desks of a server share."""

    def __init__(self, governed: Governed, settings: Settings, shared: Shared) -> None:
        self._choice: SurfaceChoice = settings.surface
        self._bus = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._bus)
        self._conversations = Conversations(governed, shared.parked)
        self._log_level: str | None = None
        self._changes = ListChanges()
        self._surfaces = shared.surfaces
        self._watching: asyncio.Task[None] | None = None
        self._connection = Connection(governed, settings.actor, CHANNEL, self._changes.maybe, shared.elicitation)
        self._updates = ResourceUpdates(self._connection)
        if settings.session is not None:
            self._connection.bind(settings.session)

    def is_asked_by(self, actor: Actor) -> None:
        """Note what the caller is now: a principal's roles may be others than at the request before."""
        self._connection.act_as(actor)

    def watch(self) -> None:
        """Tell the client from now on when its list of tools has changed."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._changes.run(self._connection))

    async def list_tools(self, client: ServerSession) -> list[Tool]:
        """Give the tools this client is shown now."""
        return await self._surface(client).list_tools(self._connection)

    async def call(
        self, client: ServerSession, called: CallToolRequestParams, request: Request
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool, listed or not. A client of the 2026 era may be answered with what the tool asks."""
        surface = self._surface(client)

        async def make(waiter: Waiter) -> CallToolResult:
            result = await surface.call(self._connection, called.name, called.arguments or {}, waiter)
            return result if reads_structured_content(self._connection.caller.client) else in_words(result)

        return await self._hold(client, request, CallToolResult, make)

    async def list_resources(self, client: ServerSession, cursor: str | None) -> ListResourcesResult:
        """List the workflows and the sessions the caller may see, and after the last of them what sources offer.

        Raises:
            MCPError: for a cursor that is none of ours.
        """
        self._surface(client)
        page = await resources.listed(self._connection, cursor)
        if page.next_cursor is not None:
            return page
        return page.model_copy(update={"resources": [*page.resources, *await passed_on.resources(self._connection)]})

    async def list_templates(self, client: ServerSession) -> list[ResourceTemplate]:
        """Give the shapes of all addresses of resources, ours and those of sources."""
        self._surface(client)
        return [*resources.templates(), *await passed_on.templates(self._connection)]

    async def read_resource(
        self, client: ServerSession, uri: str, request: Request
    ) -> ReadResourceResult | InputRequiredResult:
        """Read a resource of ours, or whatever source has one at this address.

        Raises:
            MCPError: where there is none for this caller.
        """
        surface = self._surface(client)
        if not uri.startswith((resources.SESSION, resources.WORKFLOW)):

            async def make(waiter: Waiter) -> ReadResourceResult:
                return await passed_on.read(self._connection, uri, waiter)

            return await self._hold(client, request, ReadResourceResult, make)
        return await resources.read(self._connection, uri, surface.names)

    async def subscribe(self, client: ServerSession, uri: str) -> None:
        """Tell a client of the handshake era when a resource changes.

        Raises:
            MCPError: when it follows too many.
        """
        self._surface(client)
        await self._updates.follow(uri, client.send_resource_updated)

    def unsubscribe(self, uri: str) -> None:
        """Tell of a resource no more."""
        self._updates.let_go(uri)

    async def list_prompts(self, client: ServerSession) -> list[Prompt]:
        """List the contracts of all states in which an agent acts, and what sources offer."""
        self._surface(client)
        ours = prompts.prompts(await self._connection.workflows())
        return [*ours, *await passed_on.prompts(self._connection, ours)]

    async def get_prompt(
        self, client: ServerSession, name: str, arguments: Mapping[str, str], request: Request
    ) -> GetPromptResult | InputRequiredResult:
        """Give a state's contract, or the prompt of a source.

        Raises:
            MCPError: where there is none for this caller.
        """
        surface = self._surface(client)
        if prompts.named(await self._connection.workflows(), name) is None:

            async def make(waiter: Waiter) -> GetPromptResult:
                return await passed_on.prompt(self._connection, name, dict(arguments), waiter)

            return await self._hold(client, request, GetPromptResult, make)
        return await prompts.prompt(self._connection, surface, name, arguments)

    def set_log_level(self, level: str) -> None:
        """Pass on what tools have for the log of a client of the handshake era, from this level on."""
        self._log_level = level

    async def complete(self, client: ServerSession, asked: CompleteRequestParams) -> Completion:
        """Complete an argument of a prompt or of a resource template, ours or a source's."""
        self._surface(client)
        if not _is_ours(await self._connection.workflows(), asked.ref):
            return await passed_on.completion(self._connection, asked)
        given = asked.context.arguments if asked.context is not None else None
        name, value = asked.argument.name, asked.argument.value
        return await complete(self._connection, asked.ref, name, value, given or {})

    async def listen(
        self, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Tell a client of the 2026 era what it has asked to hear of, until it goes."""
        self._surface(context.session)
        self.watch()
        for uri in params.notifications.resource_subscriptions or ():
            await self._updates.follow(uri, self._publish_update)
        return await self._listen(context, params)

    async def record(self, code: Code, problem: str) -> None:
        """Record a message that could not be read."""
        await self._connection.governed.stray(self._connection.caller, "message", Refusal(code, problem), None)

    async def record_forgery(self, client: ServerSession) -> None:
        """Record answers that came with a state which this server has not made for this call."""
        self._surface(client)
        forged = Refusal("FORBIDDEN", "The state that came with these answers is not one that this call was given.")
        await self._connection.governed.stray(self._connection.caller, ANSWER, forged, None)

    async def aclose(self) -> None:
        """Stop watching."""
        self._updates.close()
        self._connection.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _hold(
        self,
        client: ServerSession,
        request: Request,
        kind: type[_Result],
        make: Callable[[Waiter], Awaitable[_Result]],
    ) -> _Result | InputRequiredResult:
        level = self._log_level if request.log_level is None else request.log_level
        held = replace(request, log_level=level)
        return await self._conversations.hold(client, self._connection.caller, held, kind, make)

    def _surface(self, client: ServerSession) -> Surface:
        """Choose the surface, and note who asks: in the 2026 era both may differ from request to request."""
        parameters = client.client_params
        name = None if parameters is None else parameters.client_info.name
        self._connection.identify(name)
        modern = client.protocol_version in MODERN_PROTOCOL_VERSIONS
        chosen = choose(self._choice, name, modern=modern)
        if chosen == "adaptive":
            self._changes.tell_through(self._publish if modern else client.send_tool_list_changed)
        return self._surfaces[chosen]

    async def _publish(self) -> None:
        await self._bus.publish(ToolsListChanged())

    async def _publish_update(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri=uri))


def _is_ours(workflows: Sequence[Workflow], reference: PromptReference | ResourceTemplateReference) -> bool:
    if isinstance(reference, PromptReference):
        return prompts.named(workflows, reference.name) is not None
    return reference.uri.startswith((resources.SESSION, resources.WORKFLOW))
