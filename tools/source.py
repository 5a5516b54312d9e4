"""What every source of tools looks like to the rest, and what a call tells a tool.

A source is asked once for its definitions and then called. It reports every end of a call as a
`CallResult`, never as an exception: whether a write failed or nobody knows is decided where the
call was made, because only there is it known what was sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolDefinition, ToolPolicy
from pointsman.fsm.facts import CallResult

from .errors import NothingDone
from .offers import Offer
from .talk import Talk


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a tool may know of the call it serves; a parameter named `call` receives it.

    `who` is the accountable principal who started the session. `key` is the idempotency key of a write
    (None for a read, and where the workflow says `key: none`). `talk` is how it speaks with whoever waits for
    it. `on_late` and `ours` are for the server: the one is told how a write ended that nobody waited for any more,
    the other says whether the call is still this process's to make.
    """

    session: str
    call: str
    key: str | None
    attempt: int
    who: str
    talk: Talk = field(default_factory=Talk, repr=False, compare=False)
    on_late: Callable[[CallResult], None] | None = field(default=None, repr=False, compare=False)
    ours: Callable[[], Awaitable[bool]] | None = field(default=None, repr=False, compare=False)

    async def require_ours(self) -> None:
        """Make sure, right before it is sent, that no other process has taken the call over: that one may have made it.

        Raises:
            NothingDone: one has.
        """
        if self.ours is not None and not await self.ours():
            raise NothingDone("Another server process has taken this call over, so it is not made here.")


class ToolSource(Protocol):
    """A source of tools: a Python module, an MCP server, an OpenAPI document."""

    async def definitions(self) -> Sequence[ToolDefinition]:
        """Give every tool, named `source.tool`. Raises `SourceError` if the source cannot be had."""
        ...

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call a tool once or, for a read, as often as its policy allows, within its timeouts."""
        ...

    async def prepare(self) -> None:
        """Get ready for calls, as far as that tells whether the tools are still what they were said to be."""
        ...

    def quarantined(self) -> Mapping[str, str]:
        """Give the tools that must not be called, as far as it is known, each with what is to be said of it."""
        ...

    async def aclose(self) -> None:
        """Let go of what the source holds; running calls are given up."""
        ...


class PinnedSource(ToolSource, Protocol):
    """A source that others define, and that a person has to look at: what it offers is pinned."""

    async def offer(self) -> Offer:
        """Ask it what it offers, whatever is pinned of it. Raises `SourceError` if it cannot be had."""
        ...
