"""Limits and timers: they can be reached, and leave somebody time to act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..document.part import duration_ms
from ..document.states import AgentPart, FinalPart, HumanPart, LimitPart, StatePart, SystemPart
from ..positions import Path
from .view import View
from .walk import live_states

_KINDS = ("calls", "denials", "invalid", "steps", "duration", "cost", "tokens")


def check_limits(view: View) -> None:
    """Judge the limits of the session and of each state, and the timers."""
    _check_session(view)
    whole = {kind: min(amounts) for kind, amounts in _by_kind(view.document.limits).items()}
    for path, name, state in live_states(view.document):
        _check_state(view, path, state)
        _check_order(view, (*path, "limits"), state.limits, {limit.then for limit in state.limits})
        for index, limit in enumerate(state.limits):
            kind, amount = _amount(limit)
            if kind in whole and amount > whole[kind]:
                message = f"the session's own limit of {kind} is lower, so this one is never reached"
                view.at_value("PM507", (*path, "limits", index), message, "Lower it, or remove it.")
        _check_timers(view, path, name, state)
        if isinstance(state, HumanPart) and state.review.due is not None:
            due = state.review.due
            if due.remind is not None and duration_ms(due.remind) >= duration_ms(due.in_):
                message = f"the review ends after {due.in_}, before anybody would be reminded"
                place = (*path, "review", "due", "remind")
                view.at_value("PM507", place, message, "Remind earlier than `in`.")


def _amount(limit: LimitPart) -> tuple[str, float]:
    """Give kind and amount of a limit, a duration in milliseconds."""
    if limit.duration is not None:
        return "duration", duration_ms(limit.duration)
    return next((kind, float(amount)) for kind in _KINDS if (amount := getattr(limit, kind)) is not None)


def _by_kind(limits: Sequence[LimitPart]) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = {}
    for limit in limits:
        kind, amount = _amount(limit)
        found.setdefault(kind, []).append(amount)
    return found


def _check_session(view: View) -> None:
    states = view.document.states.values()
    if not any(isinstance(state, AgentPart) and state.actor == "model" for state in states):
        _never(view, (), view.document.limits, "cost", "only model states cost anything, and there is none")
        _never(view, (), view.document.limits, "tokens", "only model states have tokens, and there is none")
    finals = {name for name, state in view.document.states.items() if isinstance(state, FinalPart)}
    _check_order(view, ("limits",), view.document.limits, finals)


def _check_order(view: View, path: Path, limits: Sequence[LimitPart], leaving: AbstractSet[str]) -> None:
    """Find limits that a lower one of their kind comes before, if that leads to a state after which none counts."""
    for index, limit in enumerate(limits):
        kind, amount = _amount(limit)
        for other, lower in enumerate(limits):
            first = _amount(lower)
            if lower.then in leaving and first[0] == kind and (first[1], other) < (amount, index):
                message = f"the limit on {kind} that leads to `{lower.then}` is reached first, so this one never is"
                view.at_value("PM507", (*path, index), message, "Keep one of them.")
                break


def _check_state(view: View, path: Path, state: StatePart) -> None:
    limits = state.limits
    _never(view, path, limits, "steps", "a stay enters no further state, so this is never reached")
    if not isinstance(state, AgentPart):
        _never(view, path, limits, "calls", "only an agent or a model makes calls, and none acts here")
    elif not state.tools:
        _never(view, path, limits, "calls", "no tool is offered here, so nothing is called")
    if isinstance(state, SystemPart):
        for kind in ("denials", "invalid"):
            _never(view, path, limits, kind, "only the server acts here, so nothing is refused")
    if not (isinstance(state, AgentPart) and state.actor == "model"):
        _never(view, path, limits, "cost", "only model states cost anything")
        _never(view, path, limits, "tokens", "only model states have tokens")


def _never(view: View, path: Path, limits: Sequence[LimitPart], kind: str, why: str) -> None:
    for index, limit in enumerate(limits):
        if _amount(limit)[0] == kind:
            view.at_key("PM507", (*path, "limits", index, kind), why, "Remove this limit.")


def _check_timers(view: View, path: Path, name: str, state: StatePart) -> None:
    always = [(duration_ms(after.in_), after.in_) for after in state.after if after.when is None]
    first = min(always, default=None)
    for index, after in enumerate(state.after):
        place = (*path, "after", index)
        duration = duration_ms(after.in_)
        if first is not None and (duration > first[0] or (duration == first[0] and _behind(state, index))):
            message = f"the session leaves this state after {first[1]}, so this timer is never reached"
            view.at_value("PM507", place, message, "Make it shorter, or give the other one a `when`.")
        elif duration == 0 and after.to == name:
            message = f"`{name}` is left at once and entered again, without end"
            view.at_value("PM508", (*place, "in"), message, "Give it a time to wait, such as `15m`.")
        elif duration == 0 and after.when is None and not isinstance(state, SystemPart):
            message = f"the session leaves `{name}` at once, before anybody can act"
            view.at_value("PM508", (*place, "in"), message, "Give it a time to wait, such as `1d`.")
    for index, limit in enumerate(state.limits):
        if first is not None and limit.duration is not None and duration_ms(limit.duration) >= first[0]:
            message = f"the session leaves this state after {first[1]}, so this limit is never reached"
            view.at_value("PM507", (*path, "limits", index), message, "Keep the shorter of the two.")


def _behind(state: StatePart, index: int) -> bool:
    """Whether an unconditional timer of the same length stands before this one."""
    own = duration_ms(state.after[index].in_)
    return any(after.when is None and duration_ms(after.in_) == own for after in state.after[:index])
