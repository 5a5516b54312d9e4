"""Which of the served workflows a caller may know of."""

from __future__ import annotations

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.gate import may_know

from .replies import Caller, Governed


async def known_workflows(governed: Governed, caller: Caller) -> list[Workflow]:
    """Give the served workflows that a caller may know, in their order; to one bound to a session that session's."""
    served, actor = governed.workflows(), caller.actor
    if actor.session is None:
        return [one for one in served if may_know(one, actor)]
    own = await governed.workflow_of(caller, actor.session)
    return [one for one in served if one.name == own]
