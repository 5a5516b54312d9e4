"""Gives every connection over HTTP its desk.

In the handshake era a connection lasts as long as its `Mcp-Session-Id`; in the 2026 era every request
is one of its own, and remembers nothing. So what one client does, and what it is told of changed
lists, never reaches another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.fsm.refusals import Code, Refusal
from pointsman.fsm.session import Actor

from ..replies import Caller, Governed
from ..surfaces.desk import CHANNEL, Desk, Settings
from ..surfaces.shared import shared_by_desks

if TYPE_CHECKING:
    from mcp.server.connection import Connection

    from ..mcp_server import Context
    from ..surfaces.choosing import SurfaceChoice

_DESK: Final = "desk"
_NAMED: Final = "session of the path"


class DeskPerConnection:
    """Makes a desk when a connection first needs one, and closes it with the connection.

    Args:
        governed: Answers every call.
        settings: How clients are served; its session is bound to every connection whose path names none.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """

    def __init__(self, governed: Governed, settings: Settings) -> None:
        self._governed = governed
        self._settings = settings
        self._shared = shared_by_desks(governed, settings.surface)

    @property
    def surface(self) -> SurfaceChoice:
        """Which shape of the tool list is shown."""
        return self._settings.surface

    async def of(self, context: Context) -> Desk:
        """Give the desk of the connection this request belongs to.

        Raises:
            MCPError: its path names another session than that which opened the connection, or what can be none.
        """
        connection = _connection(context)
        named: str | None = context.request.path_params.get("session") if context.request is not None else None
        if named is not None and not IDENTIFIER.match(named):
            raise MCPError(INVALID_PARAMS, "The address of this endpoint names no session.")
        desk: Desk | None = connection.state.get(_DESK)
        if desk is None:
            desk = Desk(self._governed, replace(self._settings, session=named or self._settings.session), self._shared)
            if context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS:
                desk.watch()
            connection.state[_DESK], connection.state[_NAMED] = desk, named
            connection.exit_stack.push_async_callback(desk.aclose)
        elif connection.state[_NAMED] != named:
            raise MCPError(INVALID_PARAMS, "This connection was opened at another session's endpoint: open one here.")
        return desk

    async def aclose(self) -> None:
        """Let the calls end whose clients have not come back."""
        await self._shared.parked.aclose()

    async def record(self, code: Code, problem: str) -> None:
        """Record a message that could not be read: whose connection it was for is not known."""
        caller = Caller(Actor("agent", self._settings.caller_id), None, CHANNEL)
        await self._governed.stray(caller, "message", Refusal(code, problem), None)


def _connection(context: Context) -> Connection:
    """Give what lives as long as the connection: mcp 2.3 documents its `state` and `exit_stack` for handlers, and
    hands them no other way to it.
    """
    return context.session._connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
