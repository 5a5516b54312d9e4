"""Claims: which of the people who may decide something does, so that two of them do not work on the same.

Whoever claims a review, or a call that waits, alone decides it, until they release it or it is over. Anybody else who
may decide it can take it over, explicitly, and whoever may decide it can hand it to another person. None of this
widens who may decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from pointsman.contracts.bounds import PRINCIPAL_CHARACTERS, RATIONALE_CHARACTERS
from pointsman.contracts.problems import Unmet
from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import UNSEEN
from pointsman.contracts.workflow import HumanState

from .approving import call_to_decide, no_longer_waits
from .commands import Claim, Delegate, Release
from .decision import Decision
from .facts import Administered
from .gate import deny
from .holder import Holder
from .people import Deciders, deciders_of, held_by_another, review_to_decide
from .refusals import Refusal
from .turn import Turn

_ACTIONS: Final = {"claimed": "claim", "released": "release", "delegated": "delegate"}


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a person may decide and claim: what it is called by, who holds it, and who decides it."""

    name: str
    holder: Holder | None
    deciders: Deciders


def claim(turn: Turn, request: Claim) -> Decision:
    """Let a person who may decide something be the one who does. What is theirs already stays theirs, without a row."""
    matter = _matter(turn, request.approval, request.owns)
    if isinstance(matter, Refusal):
        return _refused(turn, request, matter)
    person = turn.command.actor.accountable
    if matter.holder is not None and matter.holder.by == person:
        return replace(turn.answer(), repeated=True)
    refusal = None if request.take_over else held_by_another(turn, matter.holder, matter.name)
    if refusal is not None:
        return _refused(turn, request, refusal)
    return _held(turn, "claimed", request.approval, matter.holder, Holder(person, turn.command.at))


def release(turn: Turn, request: Release) -> Decision:
    """Let a person give back what they hold, whether they may decide it still or not."""
    if turn.command.actor.kind != "human":
        return _refused(turn, request, Refusal("FORBIDDEN", "Only a person releases what they have claimed."))
    name, holder = _name(turn, request.approval), _holder(turn, request.approval)
    if holder is None:
        nothing = Refusal("NOT_ALLOWED", f"Nobody has claimed {name}, so there is nothing to release.")
        return _refused(turn, request, nothing)
    refusal = held_by_another(turn, holder, name)
    if refusal is not None:
        return _refused(turn, request, refusal)
    return _held(turn, "released", request.approval, holder, None)


def delegate(turn: Turn, request: Delegate) -> Decision:
    """Let a person hand what they may decide to another one, who is judged like anybody when they decide."""
    matter = _matter(turn, request.approval, request.owns)
    if isinstance(matter, Refusal):
        return _refused(turn, request, matter)
    refusal = held_by_another(turn, matter.holder, matter.name) or _no_delegate(turn, request, matter.deciders)
    if refusal is not None:
        return _refused(turn, request, refusal)
    other = Holder(request.to, turn.command.at, turn.command.actor.accountable, request.reason)
    return _held(turn, "delegated", request.approval, matter.holder, other, request.reason)


def asked_for(request: Claim | Release | Delegate) -> tuple[str, JsonObject]:
    """Name what is asked, as the audit does, with its arguments."""
    of: JsonObject = {} if request.approval is None else {"approval": request.approval}
    match request:
        case Claim():
            return "claim", {**of, "take_over": request.take_over}
        case Delegate():
            return "delegate", {**of, "to": request.to, "reason": request.reason}
        case _:
            return "release", of


def _matter(turn: Turn, approval: str | None, owns: tuple[str, ...]) -> _Matter | Refusal:
    """Give what is to be claimed, or say why this person may not decide it."""
    name = _name(turn, approval)
    if approval is not None:
        call = call_to_decide(turn, approval, owns, turn.stay.number)
        if isinstance(call, Refusal):
            return call
        waiting, _, deciders = call
        return no_longer_waits(turn, waiting) or _Matter(name, waiting.holder, deciders)
    found = review_to_decide(turn, owns)
    if isinstance(found, Refusal):
        return found
    state, review = found
    return _decided_by_several(state) or _Matter(name, review.holder, deciders_of(turn, state))


def _decided_by_several(state: HumanState) -> Refusal | None:
    several = max((event.approvals for event in state.events.values()), default=1)
    if several == 1:
        return None
    return Refusal("NOT_ALLOWED", f"Up to {several} persons decide {state.name!r} together, so nobody claims it.")


def _no_delegate(turn: Turn, request: Delegate, deciders: Deciders) -> Refusal | None:
    """Refuse to hand something to whom it cannot be handed: to no person, to oneself, or to whoever is excluded."""
    to = request.to
    if not 0 < len(to) <= PRINCIPAL_CHARACTERS or UNSEEN.search(to) or to != to.strip():
        return _unfit("to", f"must be a person's name, of at most {PRINCIPAL_CHARACTERS} characters that can be seen")
    if not 0 < len(request.reason) <= RATIONALE_CHARACTERS:
        return _unfit("reason", f"must have 1 to {RATIONALE_CHARACTERS} characters")
    if request.to_kind not in (None, "human") or "/" in to:  # as in the names of an issuer's agents
        return Refusal("NOT_ALLOWED", f"{to} is no person, and only a person decides.")
    if to in (turn.command.actor.id, turn.command.actor.accountable):
        return Refusal("NOT_ALLOWED", f"{to} cannot delegate to {to}; claim it instead.")
    excluded = deciders.excluded()
    if excluded is None or not excluded.isdisjoint((to, *request.to_owns)):
        return Refusal(
            "FORBIDDEN",
            f"{to} may not decide this session: the workflow excludes them from {deciders.what}. "
            f"Delegate to another person with the role {deciders.role}.",
        )
    return None


def _unfit(path: str, problem: str) -> Refusal:
    return Refusal("INVALID_FIELDS", f"{path} {problem}.", (Unmet(path, problem, missing=False),))


def _name(turn: Turn, approval: str | None) -> str:
    return turn.session.id if approval is None else f"{turn.session.id}.{approval}"


def _holder(turn: Turn, approval: str | None) -> Holder | None:
    """Say who holds the open review, or the call that waits for this approval; nobody holds what is over."""
    stay = turn.stay
    if turn.session.ended is not None:
        return None
    if approval is None:
        return None if stay.review is None else stay.review.holder
    waiting = stay.approvals.get(approval)
    return None if waiting is None or no_longer_waits(turn, waiting) is not None else waiting.holder


def _held(
    turn: Turn,
    act: Literal["claimed", "released", "delegated"],
    approval: str | None,
    before: Holder | None,
    holder: Holder | None,
    reason: str = "",
) -> Decision:
    held_by = None if before is None else before.by
    body = Administered(act, reason, approval=approval, holder=holder, held_by=held_by)
    turn.emit("admin", body, action=_ACTIONS[act], outcome="done")
    return turn.answer()


def _refused(turn: Turn, request: Claim | Release | Delegate, refusal: Refusal) -> Decision:
    return deny(turn, refusal, *asked_for(request))
