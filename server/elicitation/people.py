"""Who answers for the calls of an MCP client: the person that is asked, with the roles they have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.session import Actor

from ..store.principals import Principal


class People(Protocol):
    """Knows the person behind an agent."""

    async def behind(self, agent: Actor, workflow: Workflow) -> Actor | None:
        """Give the person who answers for an agent, as they may act in a workflow; None where none is known."""
        ...


class LocalPerson:
    """The user of this machine, behind the client that has started this process. Fills the port `People`.

    As at the command line they have every role of the workflow: whoever can write the database could do more than that.
    """

    async def behind(self, agent: Actor, workflow: Workflow) -> Actor | None:
        """Give the user of this machine."""
        return Actor("human", agent.accountable, workflow.roles)


class TokenOwners:
    """The owners of agents' tokens, if they are people who have a token here. Fills the port `People`.

    Args:
        by_name: Gives a principal of the database.
        now_ms: The time, in milliseconds since the epoch.
    """

    def __init__(self, by_name: Callable[[str], Awaitable[Principal | None]], now_ms: Callable[[], int]) -> None:
        self._by_name = by_name
        self._now_ms = now_ms

    async def behind(self, agent: Actor, workflow: Workflow) -> Actor | None:
        """Give the owner, with the roles of their own token, as long as that opens anything."""
        del workflow  # roles over HTTP are those of tokens
        found = None if agent.owner is None else await self._by_name(agent.owner)
        if found is None or found.kind != "human" or not found.valid_at(self._now_ms()):
            return None
        return Actor("human", found.id, found.roles, found.owner, found.session)
