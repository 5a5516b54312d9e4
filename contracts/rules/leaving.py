"""`entry` and `exit`: what the server may do there, and that guards are judged before `exit`."""

from __future__ import annotations

from ..document.states import CallPart, SetPart, StatePart
from ..positions import Path
from .tools import is_write
from .view import View
from .walk import live_states, next_lists, saved_fields, steps


def check_entry_and_exit(view: View) -> None:
    """Find writes without a key there, and fields that `exit` sets too late."""
    for path, _, state in live_states(view.document):
        for step_path, step in steps(state, path):
            if isinstance(step, CallPart) and step_path[2] != "run":
                _check_write(view, step_path, step)
        _check_late(view, path, state)


def _check_write(view: View, path: Path, step: CallPart) -> None:
    policy = view.document.tools.get(step.call)
    if is_write(view, step.call) and (policy is None or policy.key is None):
        message = f"`{path[2]}` makes no write of which nothing is said, and `{step.call}` has no `key`"
        hint = "Add a `key` to its policy, or make it in the `run` of a system state."
        view.at_value("PM713", (*path, "call"), message, hint)


def _check_late(view: View, path: Path, state: StatePart) -> None:
    read = {
        members[0]
        for _, entries in next_lists(state, path)
        for entry in entries
        if entry.when is not None
        for root, members in view.compiled.reads(entry.when)
        if root == "record" and members
    }
    for step_path, step in steps(state, path):
        if step_path[2] != "exit":
            continue
        fields = step.set_ if isinstance(step, SetPart) else saved_fields(step.save)
        for field in fields:
            if field in read:
                place = (*step_path, "set" if isinstance(step, SetPart) else "save", field)
                message = f"`exit` runs when `next` has been judged, so its guards read `{field}` as it was before"
                view.at_key("PM711", place, message, "Set it in `entry`, or in a state before.")
