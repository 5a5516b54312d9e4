"""Why a session is in its state: what its row `entered` keeps of that, in one document and in our words.

The words are ours alone. What a tool, a model or a guard has said of an error stands beside them.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError
from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject
from pointsman.fsm.facts import Entered, read_body
from pointsman.fsm.session import Because, Session
from pointsman.fsm.spent_limit import SpentLimit

from ..store.recalling import failed_step, rows_of
from ..store.rows import body_of
from ..table.words import counted, duration_words
from .exceptions import missed, missed_in_clauses

_WORDS: Final[dict[Because, str]] = {
    "start": "the session began",
    "after": "the time was over",
    "due": "nobody decided in time",
    "limit": "a limit was reached",
    "duration": "it has lasted too long",
    "failed": "{before} has failed",
    "unknown": "nobody knows how a write ended",
    "below": "the confidence was too low",
    "differ": "the readings differ",
    "restart": "a person restarted it",
}
"""An event that leads on says itself why; and so does a person who cancels a session."""


def reason(connection: Connection, session: Session) -> JsonObject | None:
    """Give why a session is in its state, with the row that says so; None where the body of that row was erased."""
    row = rows_of(connection, session.id, {session.stay.revision}).get(session.stay.revision)
    entered = None if row is None else entered_of(body_of(row))
    if row is None or entered is None:
        return None
    step = None
    if entered.because in ("failed", "unknown") and entered.error is None:
        step = failed_step(connection, row, entered.because)
    return {
        "revision": row.revision,
        "because": entered.because,
        "state": row.state_before,
        "words": reason_in_words(entered, row.state_before),
        "limit": None if entered.spent is None else _limit(entered.spent, of_session=entered.limit is not None),
        "step": None if step is None else {"tool": step.action, "revision": step.revision},
        "error": _error(entered.error if step is None else body_of(step).get("error")),
    }


def entered_of(body: JsonObject) -> Entered | None:
    """Read the body of a row `entered`; None where it was erased, or is of a shape that is not known."""
    try:
        found = read_body("entered", body)
    except ValidationError:
        return None
    return found if isinstance(found, Entered) else None


def reason_in_words(entered: Entered, before: str | None) -> str | None:
    """Say why a state was entered, as what follows `because`; None where an event, or the steps of a state, led on.

    Args:
        entered: What the row keeps.
        before: The state that was left, as it is called where this is read.
    """
    review = entered.review
    package = entered.exception or (review.exception if review is not None else None)
    readings = entered.readings or (review.readings if review is not None else None)
    before = before or "the session"
    if entered.spent is not None:
        return _limit_in_words(entered.spent, "the session" if entered.limit is not None else before)
    if entered.because == "below" and package is not None:
        return "; ".join(missed_in_clauses([*missed(package)]))
    if entered.because == "differ" and readings is not None:
        differing = [*(["their events"] if readings.events_differ else []), *readings.differ]
        return f"the readings differ in {', '.join(differing)}"
    words = _WORDS.get(entered.because)
    return None if words is None else words.format(before=before)


def _limit_in_words(spent: SpentLimit, whose: str) -> str:
    """Say which limit was reached, of a state or of the session; of a budget also how much was spent."""
    amount = spent.amount
    match spent.kind:
        case "duration":
            return f"{whose} has lasted {duration_words(amount)}, which is its limit"
        case "cost":
            return f"models have cost {_usd(spent.count or 0)} in {whose}, and the limit is {_usd(amount)}"
        case "tokens":
            return f"models have used {spent.count or 0:,.0f} tokens in {whose}, and the limit is {amount:,.0f}"
        case "denials":
            allowed = f"{counted(amount, 'refusal')} in a row"
        case "invalid":
            allowed = f"{counted(amount, 'invalid answer')} in a row"
        case "steps":
            allowed = counted(amount, "state")
        case _:
            allowed = counted(amount, "call")
    return f"{whose} has reached its limit of {allowed}"


def _usd(amount: float) -> str:
    return f"${f'{amount:.6f}'.rstrip('0').rstrip('.')}"


def _limit(spent: SpentLimit, *, of_session: bool) -> JsonObject:
    return {
        "kind": spent.kind,
        "amount": spent.amount,
        "count": spent.count,
        "of": "session" if of_session else "state",
    }


def _error(error: object) -> str | None:
    return error if isinstance(error, str) else None
