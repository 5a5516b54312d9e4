"""Access and roles: somebody may act, reviewers may look, and a role is there for something."""

from __future__ import annotations

from ..document.states import AgentPart, HumanPart
from .view import View
from .walk import live_states, uses


def check_access(view: View) -> None:
    """Judge who may start, drive and view, and the roles."""
    _check_nobody(view)
    _check_viewers(view)
    used = {role for _, role in deciding_roles(view)}
    access = view.document.access
    used.update(*(grants for grants in (access.start, access.drive, access.view) if grants is not None))
    for index, role in enumerate(view.document.roles):
        if role not in used:
            hint = "Remove it, or name it in a review, an approval or `access`."
            view.at_value("PM314", ("roles", index), f"nothing asks for the role `{role}`", hint)


def deciding_roles(view: View) -> list[tuple[tuple[str | int, ...], str]]:
    """Give the roles that decide something, each with the path of its name."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for path, _, state in live_states(view.document):
        if isinstance(state, HumanPart):
            found.append(((*path, "review", "role"), state.review.role))
        if isinstance(state, AgentPart):
            approvals = ((use_path, use.approval) for use_path, use in uses(state, path))
            found += [((*at, "approval", "role"), one.role) for at, one in approvals if one is not None]
    return found


def _check_nobody(view: View) -> None:
    access, triggers = view.document.access, view.document.triggers
    starts = triggers.schedule or any(webhook.start is not None for webhook in triggers.webhook)
    if access.start == [] and not starts:
        hint = "Name `anyone`, or roles; or add `triggers`."
        view.at_value("PM611", ("access", "start"), "nobody may start this workflow, and nothing triggers it", hint)
    agents = (state for state in view.document.states.values() if isinstance(state, AgentPart))
    if access.drive == [] and any(state.actor == "agent" for state in agents):
        hint = "Name `starter`, `anyone`, or roles."
        view.at_value("PM611", ("access", "drive"), "nobody may act in the states of an agent", hint)


def _check_viewers(view: View) -> None:
    viewers = view.document.access.view
    if viewers is None or "anyone" in viewers:
        return
    for path, role in deciding_roles(view):
        if role not in viewers and role in view.document.roles:
            hint = f"Add it: `view: [{', '.join((*viewers, role))}]`."
            view.at_value("PM612", path, f"`{role}` decides here, and `access.view` does not let them look", hint)
