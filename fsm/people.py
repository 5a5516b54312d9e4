"""What people do: decide a review, cancel a session. No command of another kind of actor can.

Who may decide is said here for calls of tools, too, which `approving` judges. How people let a session go
on from a state is in `restarting`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.expressions import EvaluationError, Expression
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.workflow import Channel, HumanState, State

from .commands import Cancel, Decide
from .decision import Decision
from .facts import Administered, Decided
from .flow import move
from .gate import deny, ended, may_drive
from .refusals import Refusal
from .scope import SessionScope
from .session import OpenReview
from .turn import Turn
from .votes import is_enough, vote_of
from .whose_turn import destination, guard, prove_event


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who decides: a person with this role, through one of these channels, whom the workflow does not exclude.

    Who is excluded must be names (a string, or a list of them): anything else excludes everybody.
    """

    role: str
    accept: frozenset[Channel]
    exclude: tuple[Expression, ...]


def decide_review(turn: Turn, request: Decide) -> Decision:
    """Judge a person's decision: the right person, on what was shown, in this stay, within the contract."""
    name, arguments = request.event, request.arguments
    state, review = turn.state, turn.stay.review
    refusal = may_not_decide(turn, state)
    if refusal is not None:
        return deny(turn, refusal, name, arguments)
    if turn.session.ended is not None:
        return deny(turn, ended(turn.session, turn.session.ended), name, arguments)
    if not isinstance(state, HumanState) or review is None:
        nothing = Refusal("NOT_YOUR_TURN", f"There is nothing to decide in {turn.session.state!r} now.")
        return deny(turn, nothing, name, arguments)
    outdated = _outdated(turn, request, review)
    if outdated is not None:
        return deny(turn, outdated, name, arguments)
    return _take(turn, state, review, request)


def _take(turn: Turn, state: HumanState, review: OpenReview, request: Decide) -> Decision:
    name, arguments = request.event, request.arguments
    event = state.events.get(name)
    if event is None:
        unknown = Refusal(
            "NOT_ALLOWED", f"{name!r} is no decision of {state.name!r}. Those are: {', '.join(state.events)}."
        )
        return deny(turn, unknown, name, arguments)
    proof = prove_event(turn, event, arguments, request.fetched)
    if proof.fetch:
        return Decision(turn.session, fetch=proof.fetch)
    scope = turn.scope(event=arguments, evidence=proof.seen)
    refusal = proof.refusal or guard(event.when, scope, f"{name} may not be decided now")
    if refusal is not None:
        return deny(turn, refusal, name, arguments)
    before = turn.session.record
    writes: dict[str, Json] = {field: arguments[field] for field in event.fields if field in arguments}
    edits: dict[str, JsonObject] = {
        field: {"before": before.get(field), "after": value}
        for field, value in writes.items()
        if field in state.review.edit and canonical(before.get(field)) != canonical(value)
    }
    rationale = arguments.get("rationale")
    target = destination(event, turn.scope(turn.session_with(writes), event=arguments, evidence=proof.seen))
    if isinstance(target, Refusal):
        return deny(turn, target, name, arguments)
    person = turn.command.actor.id
    vote = vote_of(turn.session, name, arguments, state.review.edit, event.approvals, turn.command.at)
    decides = is_enough(turn.stay, person, vote)
    turn.emit(
        "decided",
        Decided(
            role=state.review.role,
            arguments=arguments,
            writes=writes if decides else {},
            shown_digest=review.shown_digest,
            stay=turn.stay.number,
            rationale=rationale if isinstance(rationale, str) else None,
            edits=edits,
            counted=None if decides else vote,
        ),
        action=name,
        outcome="done" if decides else "counted",
    )
    if decides:
        move(turn, target, "next")
    return turn.answer()


def may_not_decide(turn: Turn, state: State) -> Refusal | None:
    """Refuse whoever is no person, lacks the role, comes through another channel, or is excluded."""
    if turn.command.actor.kind != "human":
        return Refusal("FORBIDDEN", "Only a person decides a review.")
    if not isinstance(state, HumanState):
        return None
    review = state.review
    deciders = Deciders(review.role, review.accept, review.exclude)
    return forbidden(turn, deciders, f"{state.name!r}", turn.scope())


def forbidden(turn: Turn, deciders: Deciders, what: str, scope: SessionScope) -> Refusal | None:
    """Refuse a person who is none of the deciders of `what`; `scope` is what `exclude` sees."""
    actor, channel, role = turn.command.actor, turn.command.channel, deciders.role
    if role not in actor.roles:
        return Refusal("FORBIDDEN", f"{actor.id} does not have the role {role}, which decides {what}.")
    if channel not in deciders.accept:
        accepted = ", ".join(sorted(deciders.accept))
        return Refusal("FORBIDDEN", f"{what} is not decided through {channel}, only: {accepted}.")
    excluded = _excluded(deciders.exclude, scope)
    if excluded is None:
        return Refusal("FORBIDDEN", f"Who is excluded from deciding {what} cannot be said, so nobody may.")
    if actor.id in excluded:
        return Refusal(
            "FORBIDDEN",
            f"{actor.id} may not decide this session: the workflow excludes them from {what}. "
            f"Another person with the role {role} must.",
        )
    return None


def _excluded(exclude: tuple[Expression, ...], scope: SessionScope) -> set[str] | None:
    """Who may not decide; None where that cannot be said."""
    names: list[Json] = []
    try:
        for expression in exclude:
            value = expression.evaluate(scope)
            names += value if isinstance(value, list) else [value]
    except EvaluationError:
        return None
    people = {name for name in names if isinstance(name, str)}
    return people if all(isinstance(name, str) for name in names) else None


def _outdated(turn: Turn, request: Decide, review: OpenReview) -> Refusal | None:
    if request.stay == turn.stay.number and request.shown_digest == review.shown_digest:
        return None
    return Refusal("STALE", "This decision is about an earlier review of the session; look at what is shown now.")


def cancel(turn: Turn, request: Cancel) -> Decision:
    """End a session where it is. A write that is open is never cut off."""
    arguments: JsonObject = {"reason": request.reason}
    refusal = may_not_administer(turn, "cancel")
    if refusal is None and turn.session.ended is not None:
        refusal = ended(turn.session, turn.session.ended)
    refusal = refusal or cuts_off(turn, "cancel")
    if refusal is not None:
        return deny(turn, refusal, "cancel", arguments)
    turn.emit("admin", Administered("cancelled", request.reason), action="cancel", outcome="done")
    return turn.answer()


def may_not_administer(turn: Turn, act: str) -> Refusal | None:
    """Refuse whoever is no person, or may not drive the session."""
    actor = turn.command.actor
    if actor.kind == "human" and may_drive(turn.workflow, turn.session, actor):
        return None
    return Refusal("FORBIDDEN", f"Only a person who may drive the session may {act} it.")


def cuts_off(turn: Turn, act: str) -> Refusal | None:
    """Refuse what would cut off a write that is open."""
    write = turn.session.open_write
    if write is None:
        return None
    return Refusal("IN_PROGRESS", f"{write.tool} is running; {act} again when its outcome is known.")
