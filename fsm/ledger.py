"""The ledger as a session holds it: every write that was intended and has not failed, by its idempotency key.

Of the session alone: `effects` has the rules. A write that was done stays in the ledger as long as its key is
good, so that the same write asked again is told from a new one; one whose outcome nobody knows stays until it is known.
One with a key of its own (`key: none`) is there only while it is open or unknown.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.contracts.values import digest

from .session import EffectStatus, LedgerEntry, OpenCall, Session


def intended(session: Session, call: OpenCall) -> Session:
    """The session after a write was committed to. One that is taken over is there already."""
    if call.key is None or call.stored is not None or call.attempt > 1:
        return session
    effect = LedgerEntry(
        tool=call.tool,
        call=call.id,
        arguments_digest=digest(call.arguments),
        opened_at=call.opened_at,
        stay=session.stay.number if call.scope == "stay" else None,
    )
    return replace(session, effects={**session.effects, call.key: effect})


def settled(session: Session, call: OpenCall, outcome: str | None) -> Session:
    """The session after an open write has ended, with the fact of its revision."""
    if call.key is None or call.stored is not None:
        return session
    if outcome == "failed" or (outcome == "done" and call.scope == "call"):
        return _without(session, call.key)
    effect = session.effects[call.key]
    status: EffectStatus = "done" if outcome == "done" else "unknown"
    return _with(session, call.key, replace(effect, status=status, settled=session.revision))


def resolved(session: Session, call: str, outcome: str | None) -> Session:
    """The session after it has become known, late or from a person, how the unknown write of this number ended."""
    key = next(key for key, effect in session.effects.items() if effect.call == call)
    if outcome == "failed":
        return _without(session, key)
    return _with(session, key, replace(session.effects[key], status="done", settled=session.revision))


def stay_left(session: Session) -> Session:
    """The session without the keys that were good in the stay it has left; what is in doubt stays."""
    kept = {key: effect for key, effect in session.effects.items() if effect.stay is None or effect.status != "done"}
    return session if len(kept) == len(session.effects) else replace(session, effects=kept)


def _with(session: Session, key: str, effect: LedgerEntry) -> Session:
    return replace(session, effects={**session.effects, key: effect})


def _without(session: Session, key: str) -> Session:
    return replace(session, effects={name: effect for name, effect in session.effects.items() if name != key})
