"""Completes what a client types: workflows, their states, and the sessions its caller may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mcp_types import Completion, PromptReference, ResourceTemplateReference

from pointsman.contracts.bounds import IDENTIFIER

from ..bounds import COMPLETIONS
from ..replies import SessionChoice, Stray
from .connection import Connection
from .names import agent_states
from .prompts import ARGUMENT, named
from .resources import SESSION, WORKFLOW


async def complete(
    connection: Connection,
    reference: PromptReference | ResourceTemplateReference,
    argument: str,
    value: str,
    given: Mapping[str, str],
) -> Completion:
    """Complete an argument of a prompt or of a resource template; nothing for one that is not known.

    Args:
        connection: Who asks.
        reference: The prompt or the template.
        argument: The argument's name.
        value: What has been typed of it.
        given: The other arguments, as far as they are known.
    """
    if value and not IDENTIFIER.match(value):
        return Completion(values=[])
    if isinstance(reference, PromptReference):
        found = named(await connection.workflows(), reference.name)
        if found is None or argument != ARGUMENT:
            return Completion(values=[])
        workflow, state = found
        return await _sessions(connection, SessionChoice(workflow.name, state.name, value or None))
    if reference.uri.startswith(SESSION) and argument == "session":
        return await _sessions(connection, SessionChoice(begins=value or None))
    workflows = await connection.workflows() if reference.uri.startswith(WORKFLOW) else ()
    if argument == "workflow":
        return _beginning(value, (workflow.name for workflow in workflows))
    if argument == "state":
        of = given.get("workflow")
        chosen = [workflow for workflow in workflows if of is None or workflow.name == of]
        return _beginning(value, (state.name for workflow in chosen for state in agent_states(workflow)))
    return Completion(values=[])


async def _sessions(connection: Connection, chosen: SessionChoice) -> Completion:
    found = await connection.governed.list_sessions(connection.caller, chosen)
    if isinstance(found, Stray):
        return Completion(values=[])
    return Completion(values=[str(one["session"]) for one in found.sessions], has_more=found.cursor is not None)


def _beginning(value: str, names: Iterable[str]) -> Completion:
    found = list(dict.fromkeys(name for name in names if name.startswith(value)))
    return Completion(values=found[:COMPLETIONS], total=len(found), has_more=len(found) > COMPLETIONS)
