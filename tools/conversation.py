"""Whoever waits for a call, as its tool may speak with them while it runs: the port that surfaces fill.

A call that nobody waits for (a step of the workflow, one that another process has taken over, one
whose client has gone) has no conversation. What is asked here is for the tool alone: it decides no
review, approves no call, and writes nothing to a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from pointsman.contracts.values import Json, JsonObject

_End = TypeVar("_End")

ELICIT: Final = "elicitation/create"
SAMPLE: Final = "sampling/createMessage"
ROOTS: Final = "roots/list"
_SHORTEST_WAIT_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a client: a request of MCP, by its method and its parameters as MCP writes them."""

    method: str
    params: JsonObject

    def as_mcp(self) -> JsonObject:
        """Write it as MCP does."""
        return {"method": self.method, "params": self.params}


class Conversation(Protocol):
    """The one who waits for a call."""

    @property
    def listens(self) -> bool:
        """Whether the client has asked to be told of progress, and still waits."""
        ...

    @property
    def asked_s(self) -> float:
        """How long it has been waited for answers so far, in seconds."""
        ...

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Tell how far the call is. It never waits; what is too much is dropped."""
        ...

    async def log(self, level: str, data: Json, logger: str) -> None:
        """Tell what a tool has for the client's log, if the client wants to know; what is too much is dropped."""
        ...

    def takes(self, method: str) -> bool:
        """Whether the client can be asked this, now."""
        ...

    def lack(self, method: str) -> None:
        """Hear that the call cannot go on, because the client cannot be asked this."""
        ...

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        """Ask all of this at once; give the answers by the same keys, as results of MCP. Nothing of them is judged.

        Raises:
            Unanswered: the client has gone, it refuses, or the time is up.
        """
        ...


async def ended_within(call: asyncio.Future[_End], seconds: float, conversation: Conversation | None) -> bool:
    """Wait for a call to end, so long as somebody who is asked meanwhile has not answered and for `seconds` besides.

    That ends, because every question has its own bound. The call is not cancelled.
    """
    clock = asyncio.get_running_loop().time
    began_s = clock()
    asked_before_s = 0.0 if conversation is None else conversation.asked_s
    while not call.done():
        asked_s = 0.0 if conversation is None else conversation.asked_s - asked_before_s
        left_s = seconds - (clock() - began_s - asked_s)
        if left_s <= 0:
            return False
        await asyncio.wait({call}, timeout=left_s if conversation is None else max(left_s, _SHORTEST_WAIT_S))
    return True
