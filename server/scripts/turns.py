"""The turns of models among a session's rows, for those who look on while a script is played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pointsman.contracts.values import canonical
from pointsman.fsm.facts import Accepted, Denied, Fact, Intended, Settled
from pointsman.fsm.floors import MissedFloor
from pointsman.fsm.model_turns import Turned

from ..audit.chain import AuditRow
from ..models.conversation import Wish, wishes
from ..store.rows import read_fact


@dataclass(frozen=True, slots=True)
class Called:
    """Something that an answer called, and what came of it: an outcome, or the code of a refusal with its message."""

    name: str
    outcome: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """An answer of a model, and what came of it.

    `cost_usd` is None where no price is known. `path_confidence` is that along the path, with this step. `doubts` are
    the floors that were not reached, and where this reading differs from the one before it, in words. `problem` says
    why the answer could not be used, or why there is none.
    """

    model: str
    called: tuple[Called, ...]
    tokens: int
    tokens_cached: int
    cost_usd: float | None
    duration_ms: int
    attempts: int
    rationale: str
    confidence: float | None
    path_confidence: float | None
    doubts: tuple[str, ...]
    problem: str | None


def parted(rows: Iterable[AuditRow]) -> list[list[AuditRow]]:
    """Part rows in front of every answer of a model: the first part is what was before, and may be empty."""
    parts: list[list[AuditRow]] = [[]]
    for row in rows:
        if row.kind == "model":
            parts.append([])
        parts[-1].append(row)
    return parts


def turn_of(rows: Sequence[AuditRow]) -> ModelTurn | None:
    """Give the turn that these rows begin with, and what came of it in them; None where they begin with none."""
    if not rows or rows[0].kind != "model":
        return None
    facts = [read_fact(row) for row in rows]
    body = facts[0].body
    if not isinstance(body, Turned):
        return None
    accepted = next((fact.body for fact in facts if isinstance(fact.body, Accepted)), None)
    unusable = body.invalid is not None or body.error is not None
    return ModelTurn(
        model=body.answered_by or body.model,
        called=() if unusable else tuple(_called(one, rows) for one in wishes(body.stay, body.turn, body.content)),
        tokens=body.tokens.total,
        tokens_cached=body.tokens.cache_read,
        cost_usd=body.cost_usd,
        duration_ms=rows[0].duration_ms or 0,
        attempts=body.attempts,
        rationale=body.rationale or "",
        confidence=body.confidence,
        path_confidence=None if accepted is None else accepted.path_confidence,
        doubts=tuple(_doubts(facts)),
        problem=body.error or body.invalid,
    )


def _called(wish: Wish, rows: Sequence[AuditRow]) -> Called:
    """Say what came of a wish: its own rows say so, and of a write the row that settles it."""
    call: str | None = None
    name, outcome = wish.name, "not done"
    for row in rows:
        body = read_fact(row).body
        settles = isinstance(body, Settled) and call is not None and body.call == call
        if row.command_id != wish.command and not settles:
            continue
        name = row.action or name  # as the workflow writes it
        match body:
            case Denied():
                return Called(name, row.code or "refused", body.message)
            case Accepted():
                return Called(name, "done")
            case Intended(call=made) if made is not None:
                call = made.id
                outcome = "waiting"
            case Intended(approval=approval) if approval is not None:
                outcome = "waiting"
            case Settled():
                return Called(name, row.outcome or "done", body.error or "")
            case _:
                pass
    return Called(name, outcome)


def _doubts(facts: Iterable[Fact]) -> Iterator[str]:
    """Say which floors an event did not reach, and in which fields it differs from the reading before it."""
    for fact in facts:
        if not isinstance(fact.body, Accepted) or fact.outcome == "held":
            continue
        yield from (_words(one) for one in fact.body.missed)
        readings = fact.body.readings
        if readings is not None and readings.second is not None:
            for name in readings.differ:
                one, other = readings.first.values.get(name), readings.second.values.get(name)
                yield f"{name} differs: {canonical(one)} in the first reading, {canonical(other)} in this one"


def _words(missed: MissedFloor) -> str:
    what = "along the path" if missed.floor == "path" else "of the step"
    return f"the confidence {what} is {missed.actual:.4g}, and {missed.demanded:.4g} is demanded"
