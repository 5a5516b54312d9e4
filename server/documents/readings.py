"""The two readings of a review: what each reader has given, side by side, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject, as_list, as_object
from pointsman.fsm.reading import Reading, Readings
from pointsman.fsm.session import Session

from ..audit.chain import AuditRow
from ..store.recalling import rows_of
from ..store.rows import body_of


def readings(connection: Connection, session: Session, found: Readings) -> JsonObject | None:
    """Give two readings as they were frozen, with the alternatives that each reader saw, which stand in its row.

    None where the second one is missing.
    """
    if found.second is None:
        return None
    rows = rows_of(connection, session.id, {found.first.revision, found.second.revision})
    return {
        "fields": [*found.fields],
        "differ": [*found.differ],
        "events_differ": found.events_differ,
        "first": _reading(found.first, rows.get(found.first.revision)),
        "second": _reading(found.second, rows.get(found.second.revision)),
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """A compared field. `given` is what the first and what the second reader gave: one value, or none."""

    name: str
    given: tuple[tuple[Json, ...], tuple[Json, ...]]
    differs: bool


def side_by_side(document: JsonObject) -> list[Compared]:
    """Give each compared field of a document of two readings."""
    fields, differ = document["fields"], document["differ"]
    one, other = (_values(document[name]) for name in ("first", "second"))
    names = [name for name in as_list(fields) if isinstance(name, str)]
    apart = as_list(differ)
    return [Compared(name, (_given(one, name), _given(other, name)), name in apart) for name in names]


def _given(values: JsonObject, name: str) -> tuple[Json, ...]:
    return (values[name],) if name in values else ()


def reader_in_words(reading: Json) -> str:
    """Say in words who has read, by what event, and how sure they were."""
    if not isinstance(reading, dict):
        return ""
    event = "" if reading["event"] is None else f", {reading['event']}"
    confidence = "" if reading["confidence"] is None else f", confidence {reading['confidence']}"
    return f"{reading['by']} ({reading['kind']}), row {reading['revision']}{event}{confidence}"


def _values(reading: Json) -> JsonObject:
    if not isinstance(reading, dict):
        return {}
    return as_object(reading["values"])


def _reading(reading: Reading, row: AuditRow | None) -> JsonObject:
    arguments = {} if row is None or reading.event is None else as_object(body_of(row).get("arguments"))
    return {
        "by": reading.by,
        "kind": reading.kind,
        "revision": reading.revision,
        "at": iso(reading.at),
        "event": reading.event,
        "confidence": reading.confidence,
        "rationale": reading.rationale,
        "alternatives": as_list(arguments.get("alternatives")),
        "values": reading.values,
    }
