"""Approvals: of a tool's calls by a person, and of one decision by several."""

from __future__ import annotations

from ..document.part import duration_ms
from ..document.states import AgentPart, ApprovalPart, EventPart, HumanPart, StatePart
from ..positions import Path
from .people import reads_starter
from .view import View
from .walk import events, live_states, uses


def check_approvals(view: View) -> None:
    """Judge who approves, for how long, and whether anybody can."""
    for path, _, state in live_states(view.document):
        if isinstance(state, AgentPart):
            for use_path, use in uses(state, path):
                if use.approval is not None:
                    _check_approval(view, (*use_path, "approval"), use.approval, state)
        for event_path, _, event in events(state, path):
            _check_number(view, event_path, event, state)
        if isinstance(state, HumanPart):
            _check_channels(view, path, state)


def _check_approval(view: View, path: Path, approval: ApprovalPart, state: StatePart) -> None:
    if not reads_starter(view, approval.exclude):
        hint = "Add `exclude: [=session.started_by]`."
        view.at_key("PM606", path, "whoever started the session could approve their own agent's call", hint)
    ends = [after.in_ for after in state.after if after.when is None]
    first = min(ends, key=duration_ms, default=None)
    if approval.within is not None and first is not None and duration_ms(approval.within) > duration_ms(first):
        message = f"the session leaves this state after {first}, before `within` has passed"
        view.at_value("PM608", (*path, "within"), message, f"Write at most `within: {first}`, or a longer `after`.")


def _check_number(view: View, path: Path, event: EventPart, state: StatePart) -> None:
    if "approvals" in event.model_fields_set and not isinstance(state, HumanPart):
        message = "only persons approve, and nobody decides this event in a review"
        view.at_key("PM609", (*path, "approvals"), message, "Remove it, or let the event lead to a human state.")


def _check_channels(view: View, path: Path, state: HumanPart) -> None:
    """Elicitation asks whoever sits at the client, and that is who drives the session."""
    if state.review.accept != ["elicitation"]:
        return
    hint = "Accept another channel too: `accept: [elicitation, console]`."
    place = (*path, "review", "accept")
    several = next((name for name, event in state.events.items() if event.approvals > 1), None)
    drive = view.document.access.drive
    if several is not None:
        message = f"`{several}` needs several persons, and `elicitation` asks only the one at the client"
        view.at_value("PM610", place, message, hint)
    elif drive in (None, ["starter"]) and reads_starter(view, state.review.exclude):
        message = (
            "`elicitation` asks who drives the session, which is the starter, and `exclude` leaves the starter out"
        )
        view.at_value("PM610", place, message, hint)
