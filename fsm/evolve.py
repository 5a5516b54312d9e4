"""`evolve`: the session after a fact. It never refuses, never asks the workflow and never looks around.

`decide` uses it for every fact it makes, so the session it answers with is the fold of its facts by
construction. Replay folds the stored facts through the same function.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pointsman.contracts.bounds import EVIDENCE_KEPT
from pointsman.contracts.values import JsonObject

from . import approvals, asked_models, comparing, holding, ledger, tracing
from .facts import (
    Accepted,
    Administered,
    Decided,
    Denied,
    Entered,
    Fact,
    Indexed,
    Intended,
    Settled,
    Started,
    TimerFired,
)
from .model_turns import Turned
from .remembered import Done, Found
from .session import (
    AcceptedEvent,
    ApprovalStatus,
    Counts,
    DecisionRecord,
    Ended,
    Leaving,
    OpenCall,
    Position,
    Session,
    Stay,
    Timer,
    shown_value,
)
from .votes import with_vote

NOWHERE: Final = Stay(state="", actor="system", number=0, since=0, revision=0, position=Position("ready"))
"""The stay of a session that has started and entered no state yet. No command ever meets it."""


_ACTS_ON_HOLDERS: Final = frozenset({"claimed", "released", "delegated"})


class HistoryError(Exception):
    """The facts do not fold: the first must be `started`, and no other may be."""


def evolve(session: Session | None, fact: Fact) -> Session:
    """Give the session after a fact.

    Raises:
        HistoryError: when a first fact does not start a session, a later one does, or one intends nothing.
    """
    body = fact.body
    if session is None:
        if not isinstance(body, Started):
            raise HistoryError(f"the first fact is {fact.kind!r}, not 'started'")
        return _started(fact, body)
    return asked_models.decided(session, _folded(session, fact), fact)


def _folded(session: Session, fact: Fact) -> Session:  # noqa: C901 -- a case a kind
    body = fact.body
    match body:
        case Started():
            raise HistoryError("a session starts once")
        case Entered():
            return _entered(session, fact, body)
        case Denied():
            return _denied(session, body)
        case Intended():
            return _intended(session, body)
        case Settled(repeats=int()):
            return _next(session)
        case Settled(purpose="late"):
            return ledger.resolved(_void(_next(session), body.voids), body.call or "", fact.outcome)
        case Settled():
            return _settled(_next(session), fact, body)
        case Accepted():
            return _accepted(_next(session), fact, body)
        case Decided():
            return _decided(_next(session), fact, body)
        case TimerFired():
            return _timer_fired(session, body)
        case Turned():
            return asked_models.answered(session, body, late=fact.outcome == "late")
        case _:
            return _administered(_next(session), fact, body)


def _next(session: Session) -> Session:
    """The session at its next revision. The facts that change one thing bring it themselves."""
    return replace(session, revision=session.revision + 1)


def _administered(session: Session, fact: Fact, body: Administered) -> Session:
    """Settle a write, or say who holds what waits; or end a session where it is, or let it begin anew. Then nothing
    stays open: what still runs counts for nothing.

    One that begins anew has a new budget: what limits count, and the path's confidence. What has happened
    stays: record, calls, visits, decisions. An event that was sent before belongs to none of its states.
    """
    if body.act == "settled":
        return ledger.resolved(_void(session, body.voids), body.call or "", fact.outcome)
    if body.act in _ACTS_ON_HOLDERS:
        return holding.held(session, body.approval, body.holder)
    stay = replace(session.stay, timers={}, open={}, branches={}, approvals={}, turn=None)
    if body.act == "restarted":
        anew = replace(session, ended=None, stay=stay, counts=Counts(), spent=(), last_event=None)
        return replace(tracing.without_confidences(anew), timers=dict(body.timers))
    return replace(session, ended=Ended("cancelled", fact.at), timers={}, stay=stay)


def _started(fact: Fact, body: Started) -> Session:
    session = Session(
        id=body.session,
        workflow=body.workflow,
        version=body.version,
        definition=fact.definition,
        started_by=body.started_by,
        started_at=fact.at,
        client=fact.client,
        revision=1,
        stay=NOWHERE,
        timers=dict(body.timers),
    )
    return tracing.write(session, fact, body.writes, "start", "")


def _entered(session: Session, fact: Fact, body: Entered) -> Session:
    state = fact.state_after or ""
    revision = session.revision + 1
    stay = Stay(
        state=state,
        actor=body.actor,
        number=session.stay.number + 1,
        since=fact.at,
        revision=revision,
        position=body.position,
        timers=dict(body.timers),
        review=body.review,
        readings=body.readings,
        exception=body.exception,
    )
    return replace(
        ledger.stay_left(session),
        revision=revision,
        stay=stay,
        visits={**session.visits, state: session.visits.get(state, 0) + 1},
        counts=replace(session.counts, steps=session.counts.steps + 1),
        timers={} if body.ending else session.timers,
        spent=session.spent if body.limit is None else (*session.spent, body.limit),
        ended=Ended(body.ending, fact.at, body.owner) if body.ending else None,
    )


def _denied(session: Session, body: Denied) -> Session:
    def count(counts: Counts) -> Counts:
        return replace(
            counts,
            denials=counts.denials + body.counts_denial,
            invalid=counts.invalid + body.counts_invalid,
        )

    if not (body.counts_denial or body.counts_invalid):
        return _next(session)
    stay = replace(session.stay, counts=count(session.stay.counts))
    return replace(session, revision=session.revision + 1, counts=count(session.counts), stay=stay)


def _intended(session: Session, body: Intended) -> Session:
    if body.leaving is not None:
        return _leaving(session, body.leaving)
    if body.approval is not None:
        return _count_call(approvals.asked(_next(session), body.approval), body.approval.tool)
    if body.turn is not None:
        return asked_models.opened(session, body.turn)
    if body.call is None:
        raise HistoryError("the fact intends nothing")
    return _opened(session, body.call, body.voids)


def _opened(session: Session, call: OpenCall, voids: list[str]) -> Session:
    stay = session.stay
    stay = replace(stay, open={**stay.open, call.id: call})
    session = ledger.intended(replace(session, revision=session.revision + 1, stay=stay), call)
    session = _void(session, voids)
    asks = call.purpose == "agent" and call.attempt == 1 and call.stored is None
    return _count_call(session, call.tool) if asks and call.approval is None else session  # counted when it was asked


def _leaving(session: Session, leaving: Leaving) -> Session:
    """Begin to leave a state, or go on leaving it for somewhere else. What still runs here is a read, and ends.

    Of a session that is cancelled no timer acts any more.
    """
    stay = session.stay
    if stay.leaving is None:
        stay = replace(stay, position=Position("exit"), open={}, branches={}, timers={}, shown={}, review=None)
        stay = replace(stay, exception=None, votes={}, approvals={}, turn=None, readings=None)
    timers = {} if leaving.because == "cancel" else session.timers
    return replace(session, revision=session.revision + 1, timers=timers, stay=replace(stay, leaving=leaving))


def _closed(stay: Stay, call: OpenCall, outcome: str | None, revision: int) -> Stay:
    stay = replace(stay, open={key: other for key, other in stay.open.items() if key != call.id})
    return stay if call.approval is None else approvals.settled(stay, call.approval, outcome, revision)


def _settled(session: Session, fact: Fact, body: Settled) -> Session:
    session = _void(session, body.voids)
    stay = session.stay
    over = stay.leaving is not None and body.purpose in ("agent", "fetch", "reconcile")
    if body.stay != stay.number or over or session.ended is not None:
        return session  # a read that outlived its stay counts for nothing
    opened = stay.open.get(body.call) if body.call is not None else None
    if opened is None and body.purpose == "agent" and body.tool is not None:
        session = _count_call(session, body.tool)
        stay = session.stay
    if opened is not None:
        session = ledger.settled(session, opened, fact.outcome, unanswered=body.unanswered)
        stay = _closed(stay, opened, fact.outcome, session.revision)
    if body.step is not None:
        stay = replace(stay, branches={**stay.branches, str(body.branch): body.step})
    if body.shown_as is not None:
        stay = replace(stay, shown={**stay.shown, body.shown_as: shown_value(body.result, body.error)})
    if body.position is not None:
        stay = replace(stay, position=body.position, branches={})
    if body.review is not None:
        stay = replace(stay, review=body.review, shown={}, exception=None, readings=None)
    stay = comparing.read_by_tool(stay, fact, body, session.revision)
    session = replace(session, stay=stay)
    return _succeeded(session, fact, body, opened) if fact.outcome == "done" else session


def _succeeded(session: Session, fact: Fact, body: Settled, opened: OpenCall | None) -> Session:
    """Remember what a call has given, and write what is saved of it; or what a `set` gives."""
    if body.tool is None:
        return tracing.write(session, fact, body.writes, "set", "set")
    calls = tracing.calls_made(session, fact, body.tool, opened)
    session = tracing.behind_events(session, calls)
    arguments = opened.arguments if opened else body.arguments
    session = _remember(session, fact, body, body.tool, arguments)
    session = _index(session, fact, body, arguments)
    return tracing.write(session, fact, body.writes, "call", body.tool, calls=calls)


def _remember(session: Session, fact: Fact, body: Settled, tool: str, arguments: JsonObject | None) -> Session:
    before = session.done.get(tool)
    done = Done(
        at=fact.at,
        count=(before.count if before else 0) + 1,
        stay=body.stay,
        revision=session.revision,
        args=arguments if body.remember else None,
        result=body.result if body.remember else None,
    )
    return replace(session, done={**session.done, tool: done})


def _void(session: Session, names: list[str]) -> Session:
    if not names:
        return session
    return replace(session, voids={**session.voids, **dict.fromkeys(names, session.revision)})


def _index(session: Session, fact: Fact, body: Settled, arguments: JsonObject | None) -> Session:
    """Put a call where evidence looks for it."""
    for one in body.indexed:
        found = Found(
            at=fact.at,
            stay=body.stay,
            revision=session.revision,
            void=tuple(one.void),
            args=arguments if one.keeps else None,
            result=body.result if one.keeps else None,
        )
        if one.within == "session":
            session = replace(session, evidence=_with_found(session.evidence, one, found))
        else:
            stay = replace(session.stay, evidence=_with_found(session.stay.evidence, one, found))
            session = replace(session, stay=stay)
    return session


def _with_found(evidence: dict[str, dict[str, Found]], one: Indexed, found: Found) -> dict[str, dict[str, Found]]:
    calls = {**evidence.get(one.index, {}), one.key: found}
    if len(calls) > EVIDENCE_KEPT:
        del calls[min(calls, key=lambda key: calls[key].revision)]
    return {**evidence, one.index: calls}


def _accepted(session: Session, fact: Fact, body: Accepted) -> Session:
    if body.repeated:
        return session
    stay = replace(session.stay, counts=replace(session.stay.counts, denials=0, invalid=0))
    session = replace(session, stay=stay, counts=replace(session.counts, denials=0, invalid=0))
    if body.delivery is not None:
        taken = f"{fact.action} {body.payload_digest}"
        session = replace(session, delivered={**session.delivered, body.delivery: taken})
    if body.reading is not None:
        return comparing.held(session, fact, body)
    last = AcceptedEvent(fact.action or "", fact.actor_id, body.payload_digest, stay.number)
    session = replace(session, last_event=last)
    if body.confidence is not None:
        session = tracing.confident(session, fact, body.confidence)
    reasoned = body.rationale is not None
    action, calls = fact.action or "", tuple(body.calls)
    return tracing.write(session, fact, body.writes, "event", action, body.confidence, calls=calls, reasoned=reasoned)


def _decided(session: Session, fact: Fact, body: Decided) -> Session:
    person = body.person or fact.actor_id
    if body.counted is not None:
        return with_vote(session, person, body.counted)
    if body.approval is not None:
        status: ApprovalStatus = "approved" if fact.action == "approve" else "rejected"
        return approvals.decided(session, body.approval, status, person, body.rationale)
    state = session.stay.state
    record = DecisionRecord(person, body.role, fact.action or "", fact.at, body.rationale)
    session = tracing.without_confidences(replace(session, decisions={**session.decisions, state: record}))
    reasoned = body.rationale is not None
    return tracing.write(session, fact, body.writes, "decision", fact.action or "", reasoned=reasoned)


def _timer_fired(session: Session, body: TimerFired) -> Session:
    stay = replace(session.stay, timers=_without(session.stay.timers, body.timer))
    if body.effect == "lapsed":
        stay = approvals.lapsed(stay, body.timer)
    timers = _without(session.timers, body.timer)
    return replace(session, revision=session.revision + 1, timers=timers, stay=stay)


def _without(timers: dict[str, Timer], name: str) -> dict[str, Timer]:
    return {key: timer for key, timer in timers.items() if key != name}


def _count_call(session: Session, tool: str) -> Session:
    stay = session.stay
    counts = replace(stay.counts, calls=stay.counts.calls + 1, denials=0)
    stay = replace(stay, counts=counts, uses={**stay.uses, tool: stay.uses.get(tool, 0) + 1})
    return replace(session, stay=stay, counts=replace(session.counts, calls=session.counts.calls + 1, denials=0))
