"""What agents and models said among a session's rows, for those who look on while a script is played."""

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
class Stated:
    """How sure an event was said to be. `path_confidence` is that along the path, with this step.

    `reading` says, of one of two readings, which it is and what came of it, in words. `doubts` are the floors that were
    not reached, and where two readings differ.
    """

    confidence: float | None
    path_confidence: float | None
    reading: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """An answer of a model, and what came of it.

    `cost_usd` is None where no price is known. `problem` says why the answer could not be used, or why there is none.
    """

    model: str
    called: tuple[Called, ...]
    tokens: int
    tokens_cached: int
    cost_usd: float | None
    duration_ms: int
    attempts: int
    rationale: str
    stated: Stated
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
        stated=stated_in(facts, body.confidence),
        problem=body.error or body.invalid,
    )


def stated_by_agent(rows: Iterable[AuditRow]) -> Stated:
    """Say how sure an agent was of the event that it sent among these rows."""
    return stated_in([read_fact(row) for row in rows if row.kind == "accepted" and row.body is not None])


def stated_in(facts: Sequence[Fact], confidence: float | None = None) -> Stated:
    """Say how sure the event among these facts was said to be; `confidence` where it is known without."""
    accepted = [(fact, fact.body) for fact in facts if isinstance(fact.body, Accepted)]
    stated = (body.confidence for _, body in accepted if body.confidence is not None)
    along = (body.path_confidence for _, body in accepted if body.path_confidence is not None)
    return Stated(
        next(stated, None) if confidence is None else confidence,
        next(along, None),
        tuple(said for fact, body in accepted for said in _read(fact, body)),
        tuple(said for fact, body in accepted if fact.outcome != "held" for said in _doubts(body)),
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


def _read(fact: Fact, body: Accepted) -> Iterator[str]:
    """Say which reading of two an event is, and whether they agree."""
    if fact.outcome == "held":
        yield f"held: {'first' if body.reading == 1 else 'second'} reading"
    elif body.readings is not None and body.readings.second is not None and body.readings.agree:
        yield f"both readings agree, the second is by {body.readings.second.by}"


def _doubts(body: Accepted) -> Iterator[str]:
    """Say which floors an event did not reach, and in what its two readings differ."""
    yield from (_words(one) for one in body.missed)
    readings = body.readings
    if readings is not None and readings.second is not None:
        first, second = readings.first, readings.second
        if readings.events_differ:
            yield f"the events differ: {first.event} in the first reading, {second.event} in the second"
        for name in readings.differ:
            one, other = first.values.get(name), second.values.get(name)
            yield f"{name} differs: {canonical(one)} in the first reading, {canonical(other)} in the second"


def _words(missed: MissedFloor) -> str:
    what = "along the path" if missed.floor == "path" else "of the step"
    return f"the confidence {what} is {missed.actual}, and {missed.demanded} is demanded"
