"""The ledger as a session holds it: every write that was intended and has not failed, by its idempotency key.

Of the session alone: `effects` has the rules. A write that was done stays in the ledger as long as its key is
good, so that the same write asked again is told from a new one; one whose outcome nobody knows stays until it is known.
One with a key of its own (`key: none`) is there only while it is open or unknown.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.contracts.values import digest

from .session import LedgerEntry, OpenCall, Session


def intended(session: Session, call: OpenCall) -> Session:
    """The session after a write was committed to, or taken over by another process."""
    if call.key is None or call.stored is not None:
        return session
    if call.attempt > 1:
        return _with(session, call.key, replace(session.effects[call.key], attempt=call.attempt))
    effect = LedgerEntry(
        tool=call.tool,
        call=call.id,
        arguments_digest=digest(call.arguments),
        opened_at=call.opened_at,
        scope=call.scope or "session",
        stay=session.stay.number if call.scope == "stay" else None,
    )
    return _with(session, call.key, effect)


def settled(session: Session, call: OpenCall, outcome: str | None, *, unanswered: bool) -> Session:
    """The session after an open write has ended, with the fact of its revision; or a lookup of one that was done."""
    if call.key is None:
        return session
    if call.stored is not None:
        return _taken(session, call.key) if outcome == "done" else session
    if outcome != "unknown":
        return _taken(_known(session, call.key, outcome), call.key)
    effect = replace(session.effects[call.key], status="unknown", settled=session.revision, unanswered=unanswered)
    return _with(session, call.key, effect)


def resolved(session: Session, call: str, outcome: str | None) -> Session:
    """The session after it has become known, late or from a person, how the unknown write of this number ended."""
    return _known(session, next(key for key, effect in session.effects.items() if effect.call == call), outcome)


def stay_left(session: Session) -> Session:
    """The session without the keys that were good in the stay it has left; what is in doubt stays."""
    kept = {key: effect for key, effect in session.effects.items() if effect.stay is None or effect.status != "done"}
    return session if len(kept) == len(session.effects) else replace(session, effects=kept)


def _known(session: Session, key: str, outcome: str | None) -> Session:
    """The session after a write was done or has failed: it stays in the ledger while its key is good."""
    effect = session.effects[key]
    good = effect.scope != "call" and effect.stay in (None, session.stay.number)
    if outcome != "done" or not good:
        return _without(session, key)
    return _with(session, key, replace(effect, status="done", settled=session.revision, unanswered=False))


def _taken(session: Session, key: str) -> Session:
    """The session after the current stay has had the result of a write, if it is in the ledger."""
    effect = session.effects.get(key)
    return session if effect is None else _with(session, key, replace(effect, taken=session.stay.number))


def _with(session: Session, key: str, effect: LedgerEntry) -> Session:
    return replace(session, effects={**session.effects, key: effect})


def _without(session: Session, key: str) -> Session:
    return replace(session, effects={name: effect for name, effect in session.effects.items() if name != key})
