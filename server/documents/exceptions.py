"""The exception package of an open review: why a confidence floor brought a person in, and what they judge it by."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject, as_objects, canonical
from pointsman.fsm.exception_package import ExceptionPackage
from pointsman.fsm.remembered import CallMade
from pointsman.fsm.session import Session

from ..audit.chain import AuditRow
from ..bounds import CALL_ARGUMENTS_BYTES
from ..store.recalling import rows_of
from ..store.rows import body_of


def exception(connection: Connection, session: Session, package: ExceptionPackage) -> JsonObject:
    """Give the package as it was frozen, with what its calls were made with, which stands in their rows."""
    return {
        "revision": package.revision,
        "at": iso(package.at),
        "state": package.state,
        "event": package.event,
        "instead_of": package.instead_of,
        "missed": missed(package),
        "confidence": package.confidence,
        "path_confidence": package.path_confidence,
        "path": [{"state": one.state, "confidence": one.confidence, "revision": one.revision} for one in package.path],
        "rationale": package.rationale,
        "input": {name: {"value": one.value, "revision": one.revision} for name, one in package.input.items()},
        "evidence": _evidence(connection, session, package.calls),
        "alternatives": package.alternatives,
        "left_out": [*package.left_out],
    }


def missed(package: ExceptionPackage) -> list[Json]:
    """Give the floors that were missed."""
    return [{"floor": one.floor, "demanded": one.demanded, "actual": one.actual} for one in package.missed]


def call_made(call: CallMade) -> JsonObject:
    """Give a call that something rests on."""
    return {"tool": call.tool, "revision": call.revision, "at": iso(call.at)}


def missed_in_words(missed: Json) -> list[str]:
    """Say in a sentence each which floors of an exception's document were missed, and by what."""
    return [f"{clause[0].upper()}{clause[1:]}." for clause in missed_in_clauses(missed)]


def missed_in_clauses(missed: Json) -> list[str]:
    """Say the same in clauses, which are parts of other sentences."""
    return [
        f"the confidence of the {one['floor']} is {one['actual']}, and the floor is {one['demanded']}"
        for one in as_objects(missed)
    ]


def _evidence(connection: Connection, session: Session, calls: Iterable[CallMade]) -> list[Json]:
    settled = rows_of(connection, session.id, {call.revision for call in calls})
    opened = rows_of(connection, session.id, {number for row in settled.values() for number in _opened_by(row)})
    return [{**call_made(call), "arguments": _arguments(settled.get(call.revision), opened)} for call in calls]


def _opened_by(row: AuditRow) -> Iterable[int]:
    """Name the row that says with what a call was opened; none for a read of an agent, whose only row this is."""
    call = body_of(row).get("call")
    return (int(call),) if isinstance(call, str) and call.isdecimal() else ()


def _arguments(row: AuditRow | None, opened: dict[int, AuditRow]) -> Json:
    """Give what a call was made with, as it is kept; None where that was erased, or is too large to be shown here."""
    if row is None:
        return None
    arguments = body_of(row).get("arguments")
    for number in _opened_by(row):
        call = body_of(opened[number]).get("call") if number in opened else None
        arguments = call.get("arguments") if isinstance(call, dict) else None
    if not isinstance(arguments, dict) or len(canonical(arguments).encode()) > CALL_ARGUMENTS_BYTES:
        return None
    return arguments
