"""What stands above and below a transition table: what the workflow is, how it begins and ends, how to read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import Delivery, FinalState, Outcome, Schedule, Workflow

from .words import listed

READING: Final = (
    "A row is one possible move. The rows of one event are tried in their order: the first true condition wins.",
    "A condition that cannot be judged is never true: an event is then refused, and the session stays where it is.",
    "What the table does not allow is refused, and every refusal is recorded.",
    "No timer, limit or cancellation moves a session while a write is running: it waits for the outcome.",
)
_OUTCOMES: Final[dict[Outcome, str]] = {
    "success": "done as intended",
    "stopped": "ended on purpose",
    "manual": "people take over",
    "failed": "something is broken",
}


class End(NamedTuple):
    """A state in which a session ends."""

    state: str
    outcome: Outcome
    meaning: str
    owner: str


def title_of(workflow: Workflow) -> str:
    """Give the title, or else the name."""
    return visible(workflow.title or workflow.name)


def facts_of(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Say what the workflow is and how a session of it begins, as names and values."""
    for name, value in (
        ("Workflow", workflow.name),
        ("Goal", workflow.goal),
        ("Description", workflow.description),
        ("Owner", workflow.owner),
        ("Version", str(workflow.version)),
        ("Digest", workflow.digest),
    ):
        if value:
            yield name, visible(" ".join(value.split()))
    gives = f", giving {listed(workflow.start_fields)}" if workflow.start_fields else ""
    yield "Started by", visible(f"{listed(workflow.access.start, 'or')}{gives}")
    for trigger in workflow.triggers:
        if isinstance(trigger, Schedule):
            yield "Started by", visible(f"the schedule {trigger.cron} ({trigger.zone})")
            continue
        named = "a webhook" if trigger.name is None else f"the webhook {trigger.name}"
        moves = isinstance(trigger.purpose, Delivery)
        yield "Moved by" if moves else "Started by", visible(f"{named} ({trigger.scheme})")
    yield "Begins in", workflow.initial
    yield "Driven by", visible(listed(workflow.access.drive, "or"))
    yield "Seen by", visible(listed(workflow.access.view))


def ends_of(workflow: Workflow) -> Iterator[End]:
    """Give the states in which a session ends, in the order of the file."""
    for state in workflow.states.values():
        if isinstance(state, FinalState):
            yield End(state.name, state.outcome, _OUTCOMES[state.outcome], visible(state.owner or ""))
