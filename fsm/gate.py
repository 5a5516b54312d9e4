"""Refusing: who may do what at all, the row a refusal leaves, and where the limits lead that it may exhaust."""

from __future__ import annotations

from pointsman.contracts.bounds import DENIED_ARGUMENTS_BYTES
from pointsman.contracts.schemas import Contract, Unmet
from pointsman.contracts.values import JsonObject, canonical, digest_text
from pointsman.contracts.workflow import HumanState, Workflow

from .decision import Decision
from .facts import Denied
from .flow import move_by
from .limits import Exhausted, exhausted_limit
from .redaction import kept_of_refused, kept_refusal
from .refusals import Code, Refusal, unmet_values
from .session import Actor, Ended, Session
from .turn import Turn

_INVALID_CODES: frozenset[Code] = frozenset({"MISSING_FIELDS", "INVALID_FIELDS"})


NOT_FOUND = Refusal(
    "NOT_FOUND", "There is no session with this handle that you may use. `list_sessions` lists those you may."
)
"""The same words for a session that is unknown, expired or somebody else's."""


def may_view(workflow: Workflow, session: Session, actor: Actor) -> bool:
    """Whether a principal may know that a session exists. The server itself may, and a model that it asks."""
    if actor.session not in (None, session.id):
        return False
    if actor.kind in ("system", "model") or _granted(workflow.access.view, session, actor):
        return True
    state = workflow.states[session.state]
    decides = {one.role for one in session.stay.approvals.values()}
    if isinstance(state, HumanState):
        decides.add(state.review.role)
    return not decides.isdisjoint(actor.roles) or _granted(workflow.access.drive, session, actor)


def may_drive(workflow: Workflow, session: Session, actor: Actor) -> bool:
    """Whether a principal may act for the session's agent, and cancel it."""
    return _granted(workflow.access.drive, session, actor)


def may_start(workflow: Workflow, actor: Actor) -> bool:
    """Whether a principal may start a session. A trigger of the server may; who is bound to a session starts none."""
    if actor.session is not None:
        return False
    return actor.kind == "system" or _has(workflow.access.start, actor)


def may_know(workflow: Workflow, actor: Actor) -> bool:
    """Whether a principal may know that a workflow is served: who may start it, or has a role that it names.

    Whoever is bound to a session may know its workflow, which is not judged here.
    """
    if may_start(workflow, actor) or not set(workflow.roles).isdisjoint(actor.roles):
        return True
    return "anyone" in (*workflow.access.drive, *workflow.access.view)


def _granted(grants: tuple[str, ...], session: Session, actor: Actor) -> bool:
    return _has(grants, actor) or ("starter" in grants and actor.accountable == session.started_by)


def _has(grants: tuple[str, ...], actor: Actor) -> bool:
    return "anyone" in grants or any(role in grants for role in actor.roles)


def ended(session: Session, how: Ended) -> Refusal:
    """What everybody is told of a session that has ended."""
    return Refusal("SESSION_ENDED", f"The session has ended in {session.state!r} ({how.outcome}).")


def deny(turn: Turn, refusal: Refusal, action: str, arguments: JsonObject) -> Decision:
    """Refuse: one row and nothing else. Limits do not count it."""
    _write_row(turn, refusal, action, arguments)
    return turn.answer(refusal)


def deny_in_turn(
    turn: Turn, refusal: Refusal, action: str, arguments: JsonObject, *, payload: bool = False
) -> Decision:
    """Refuse the actor whose turn it is. Limits count it, and one that is exhausted moves the session.

    `payload` marks the arguments of an event, which the limit `invalid` counts.
    """
    invalid = payload and refusal.code in _INVALID_CODES
    exhausted = exhausted_limit(turn, "denials")
    if invalid and (exhausted is None or exhausted.then is None):
        exhausted = exhausted_limit(turn, "invalid")
    if exhausted is None or exhausted.then is None or turn.session.open_write is not None:
        _write_row(turn, refusal, action, arguments, denial=True, invalid=invalid)
        return turn.answer(refusal)
    return exhaust(turn, exhausted, exhausted.then, action, arguments, refusal, invalid=invalid)


def exhaust(  # noqa: PLR0913 -- a refusal, and the limit it goes over
    turn: Turn,
    limit: Exhausted,
    target: str,
    action: str,
    arguments: JsonObject,
    cause: Refusal | None = None,
    *,
    invalid: bool = False,
) -> Decision:
    """Refuse what goes over a limit, and send the session where the limit says.

    `cause` is the refusal that was one too many, where the limit counts refusals; `invalid` says that
    it is one that the limit of this name counts.
    """
    said = f" What was wrong this time: {cause.message}" if cause else ""
    refusal = Refusal(
        "LIMIT_REACHED",
        f"The limit on {limit.spent.kind} is spent; the session goes to {target!r}.{said}",
        cause.unmet if cause else (),
        cause.detail if cause else None,
    )
    code = cause.code if cause else None
    _write_row(turn, refusal, action, arguments, denial=True, invalid=invalid, cause=code)
    move_by(turn, limit.way_to(target))
    return turn.answer(refusal)


def spent_calls(turn: Turn, in_flight: int) -> Exhausted | None:
    """The limit that one more call would go over, with the calls that are running counted."""
    return exhausted_limit(turn, "calls", in_flight)


def contract_refusal(contract: Contract, arguments: JsonObject, what: str) -> Refusal | None:
    """Hold arguments to a contract; every problem is listed."""
    unmet = contract.unmet(arguments)
    if not unmet:
        return None
    code: Code = "MISSING_FIELDS" if any(one.missing for one in unmet) else "INVALID_FIELDS"
    return Refusal(code, f"{what}: {_listed(unmet)}", unmet)


def _listed(unmet: tuple[Unmet, ...]) -> str:
    shown = "; ".join(f"{one.path or 'arguments'} {one.problem}" for one in unmet[:8])
    return shown if len(unmet) <= 8 else f"{shown}; and {len(unmet) - 8} more"


def _write_row(  # noqa: PLR0913 -- the flags are columns of the row
    turn: Turn,
    refusal: Refusal,
    action: str,
    arguments: JsonObject,
    *,
    denial: bool = False,
    invalid: bool = False,
    cause: Code | None = None,
) -> None:
    kept = kept_of_refused(turn.workflow, action, arguments)
    said = kept_refusal(refusal, arguments, kept)
    text = canonical(kept)
    turn.emit(
        "denied",
        Denied(
            message=_cut(said.message),
            arguments_digest=digest_text(text),
            arguments=_cut(text),
            unmet=_within_bound(unmet_values(said.unmet)),
            counts_denial=denial,
            counts_invalid=invalid,
            cause=cause,
            detail=None if said.detail is None else _cut(said.detail),
        ),
        action=action,
        outcome="refused",
        code=refusal.code,
    )


def _cut(text: str) -> str:
    return text.encode("utf-8", "surrogatepass")[:DENIED_ARGUMENTS_BYTES].decode("utf-8", "ignore")


def _within_bound(unmet: list[JsonObject]) -> list[JsonObject]:
    """The first demands that fit: their paths hold names that the caller made up, of any length."""
    kept: list[JsonObject] = []
    left_bytes = DENIED_ARGUMENTS_BYTES
    for one in unmet:
        left_bytes -= len(canonical(one).encode("utf-8", "surrogatepass"))
        if left_bytes < 0:
            break
        kept.append(one)
    return kept
