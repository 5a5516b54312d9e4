"""Gives every connection over HTTP its desk.

In the handshake era a connection lasts as long as its `Mcp-Session-Id`; in the 2026 era every request
is one of its own, and remembers nothing. So what one client does, and what it is told of changed
lists, never reaches another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from pointsman.fsm.refusals import Code, Refusal

from ...elicitation.people import People
from ...replies import Caller, Governed
from ...surfaces.desk import CHANNEL, Desk, Settings
from ...surfaces.shared import shared_by_desks
from ..callers import caller_of

if TYPE_CHECKING:
    from mcp.server.connection import Connection
    from starlette.requests import Request

    from ...mcp_server import Context
    from ...surfaces.choosing import SurfaceChoice

_DESK: Final = "desk"
_NAMED: Final = "session of the path"


class DeskPerConnection:
    """Makes a desk when a connection first needs one, and closes it with the connection.

    Args:
        governed: Answers every call.
        surface: Which shape of the tool list to show, or `auto`.
        session: A session that is bound to every connection whose path and token name none.
        people: Knows the person behind a token; None where nobody is asked to decide reviews.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """

    def __init__(self, governed: Governed, surface: SurfaceChoice, session: str | None, people: People | None) -> None:
        self.governed = governed
        self.surface: SurfaceChoice = surface
        self._session = session
        self._shared = shared_by_desks(governed, surface, people)

    async def of(self, context: Context) -> Desk:
        """Give the desk of the connection this request belongs to.

        Raises:
            MCPError: its path names another session than that which opened the connection.
        """
        connection = _connection(context)
        request = cast("Request", context.request)  # over HTTP there is one
        named: str | None = request.path_params.get("session")
        actor = caller_of(request, CHANNEL).actor
        desk: Desk | None = connection.state.get(_DESK)
        if desk is None:
            settings = Settings(self.surface, actor, named or actor.session or self._session)
            desk = Desk(self.governed, settings, self._shared)
            if context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS:
                desk.watch()
            connection.state[_DESK], connection.state[_NAMED] = desk, named
            connection.exit_stack.push_async_callback(desk.aclose)
        elif connection.state[_NAMED] != named:
            raise MCPError(INVALID_PARAMS, "This connection was opened at another session's endpoint: open one here.")
        desk.is_asked_by(actor)
        return desk

    async def aclose(self) -> None:
        """Let the calls end whose clients have not come back."""
        await self._shared.aclose()

    async def record(self, caller: Caller, code: Code, problem: str) -> None:
        """Record a message that could not be read: whose connection it was for is not known."""
        await self.governed.stray(caller, "message", Refusal(code, problem), None)


def _connection(context: Context) -> Connection:
    """Give what lives as long as the connection: mcp 2.3 documents its `state` and `exit_stack` for handlers, and
    hands them no other way to it.
    """
    return context.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
