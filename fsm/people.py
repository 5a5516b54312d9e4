"""What people do: decide a review. No command of another kind of actor can.

Who may decide is said here for calls of tools, too, which `approving` judges, and for claims of either, which
`claiming` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.expressions import EvaluationError, Expression
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.workflow import Channel, HumanState, State

from .commands import Decide
from .decision import Decision
from .facts import Decided
from .flow import move
from .gate import deny, ended
from .holder import Holder
from .refusals import Refusal
from .scope import SessionScope
from .session import OpenReview
from .turn import Turn
from .votes import is_enough, vote_of
from .whose_turn import destination, guard, prove_event


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who decides `what`: a person with this role, through one of these channels, whom the workflow does not exclude.

    Who is excluded must be names (a string, or a list of them): anything else excludes everybody. `scope` is what
    these expressions see. Where there are any, `asked_by` is excluded too: whoever asked for what is decided.
    """

    what: str
    role: str
    accept: frozenset[Channel]
    exclude: tuple[Expression, ...]
    scope: SessionScope
    asked_by: tuple[str, ...] = ()

    def excluded(self) -> set[str] | None:
        """Name who may not decide; None where that cannot be said. `NAME/CLIENT` is an agent of the person NAME."""
        names: list[Json] = [*self.asked_by] if self.exclude else []
        try:
            for expression in self.exclude:
                value = expression.evaluate(self.scope)
                names += value if isinstance(value, list) else [value]
        except EvaluationError:
            return None
        people = {part for name in names if isinstance(name, str) for part in (name, name.partition("/")[0])}
        return people if all(isinstance(name, str) for name in names) else None


def decide_review(turn: Turn, request: Decide) -> Decision:
    """Judge a person's decision: the right person, on what was shown, in this stay, within the contract."""
    name, arguments = request.event, request.arguments
    found = review_to_decide(turn, request.owns)
    if isinstance(found, Refusal):
        return deny(turn, found, name, arguments)
    state, review = found
    refusal = held_by_another(turn, review.holder, turn.session.id) or _outdated(turn, request, review)
    if refusal is not None:
        return deny(turn, refusal, name, arguments)
    return _take(turn, state, review, request)


def review_to_decide(turn: Turn, owns: tuple[str, ...]) -> tuple[HumanState, OpenReview] | Refusal:
    """Give the review that is open, or say why this person has none to decide."""
    state, review = turn.state, turn.stay.review
    refusal = may_not_decide(turn, state, owns)
    if refusal is not None:
        return refusal
    if turn.session.ended is not None:
        return ended(turn.session, turn.session.ended)
    if not isinstance(state, HumanState) or review is None:
        return Refusal("NOT_YOUR_TURN", f"There is nothing to decide in {turn.session.state!r} now.")
    return state, review


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
    writes: dict[str, Json] = {field: arguments[field] for field in event.fields if field in arguments}
    rationale = arguments.get("rationale")
    target = destination(event, turn.scope(turn.session_with(writes), event=arguments, evidence=proof.seen))
    if isinstance(target, Refusal):
        return deny(turn, target, name, arguments)
    actor = turn.command.actor
    person = actor.accountable
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
            edits=_edits(turn, state, writes),
            counted=None if decides else vote,
            person=None if person == actor.id else person,
        ),
        action=name,
        outcome="done" if decides else "counted",
    )
    if decides:
        move(turn, target, "next")
    return turn.answer()


def _edits(turn: Turn, state: HumanState, writes: JsonObject) -> dict[str, JsonObject]:
    """Give what these writes change of what the reviewer may edit, beside what was there and which fact wrote it."""
    edits: dict[str, JsonObject] = {}
    for field, value in writes.items():
        before = turn.session.record.get(field)
        if field in state.review.edit and canonical(before) != canonical(value):
            written = turn.session.provenance.get(field)
            revision: JsonObject = {} if written is None else {"revision": written.revision}
            edits[field] = {"before": before, "after": value, **revision}
    return edits


def may_not_decide(turn: Turn, state: State, owns: tuple[str, ...]) -> Refusal | None:
    """Refuse whoever is no person, lacks the role, comes through another channel, or is excluded.

    `owns` names the agents and systems that they answer for.
    """
    if turn.command.actor.kind != "human":
        return Refusal("FORBIDDEN", "Only a person decides a review.")
    return forbidden(turn, deciders_of(turn, state), owns) if isinstance(state, HumanState) else None


def deciders_of(turn: Turn, state: HumanState) -> Deciders:
    """Say who decides the review of a state."""
    review = state.review
    return Deciders(f"{state.name!r}", review.role, review.accept, review.exclude, turn.scope())


def forbidden(turn: Turn, deciders: Deciders, owns: tuple[str, ...]) -> Refusal | None:
    """Refuse a person who is none of the deciders. They are whomever they answer for, and who answers for them."""
    actor, channel, role, what = turn.command.actor, turn.command.channel, deciders.role, deciders.what
    if role not in actor.roles:
        return Refusal("FORBIDDEN", f"{actor.id} does not have the role {role}, which decides {what}.")
    if channel not in deciders.accept:
        accepted = ", ".join(sorted(deciders.accept))
        return Refusal("FORBIDDEN", f"{what} is not decided through {channel}, only: {accepted}.")
    excluded = deciders.excluded()
    if excluded is None:
        return Refusal("FORBIDDEN", f"Who is excluded from deciding {what} cannot be said, so nobody may.")
    if not excluded.isdisjoint((actor.id, actor.accountable, *owns)):
        return Refusal(
            "FORBIDDEN",
            f"{actor.id} may not decide this session: the workflow excludes them from {what}. "
            f"Another person with the role {role} must.",
        )
    return None


def held_by_another(turn: Turn, holder: Holder | None, name: str) -> Refusal | None:
    """Refuse what is another person's to decide, because they have claimed it; `name` is what it is called by."""
    if holder is None or holder.by == turn.command.actor.accountable:
        return None
    return Refusal(
        "NOT_YOUR_TURN",
        f"{holder.by} has claimed {name}, and decides it. Whoever may decide it too takes it over first: "
        f"`pointsman review claim {name} --take-over`, or the API's claim with `take_over`.",
    )


def _outdated(turn: Turn, request: Decide, review: OpenReview) -> Refusal | None:
    if request.stay == turn.stay.number and request.shown_digest == review.shown_digest:
        return None
    return Refusal("STALE", "This decision is about an earlier review of the session; look at what is shown now.")
