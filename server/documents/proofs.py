"""The proof of histories: whether they verify, and what a session is when it is made again from its rows."""

from __future__ import annotations

from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import Entered

from ..audit.chain import AuditRow
from ..audit.raw import COLUMNS, audit_row, shown
from ..audit.replay import ReplayError, Step, compare, replay
from ..audit.verify import ChainReport, verify_and_replay, verify_row
from ..store.rows import row_as_json
from ..store.searching import StateEntered
from ..store.tables import SERVER_CHAIN
from . import sessions


def verified(connection: Connection, chain: str | None = None, most: int | None = None) -> JsonObject:
    """Verify a chain, or all, and say what was found: in sum, and of each chain, those that do not verify first.

    `most` bounds how many are told of; `unproven` counts sessions that verify and could not be replayed, because bodies
    were erased.
    """
    bad: list[Json] = []
    good: list[Json] = []
    histories = rows = unproven = faults = 0
    for one in verify_and_replay(connection, chain):
        histories += 1
        rows += one.rows
        faults += not one.ok
        unproven += one.ok and not one.replayed and one.chain != SERVER_CHAIN
        told = good if one.ok else bad
        if most is None or len(told) < most:
            told.append(_report(one))
    return {
        "ok": not faults,
        "histories": histories,
        "rows": rows,
        "faults": faults,
        "unproven": unproven,
        "items": [*bad, *good][:most],
    }


def row(connection: Connection, chain: str, revision: int) -> JsonObject | None:
    """Give one row of a chain as it lies in the file, and whether it is what it must be.

    `problem` says what is wrong with it by itself, or as the one that follows the row before; None where nothing is.
    """
    found = verify_row(connection, chain, revision)
    if found is None:
        return None
    odd = {name: shown(value) for name, value in zip(COLUMNS, found.row, strict=True) if isinstance(value, bytes)}
    return {
        "row": {**row_as_json(audit_row(found.row)), **odd},
        "problem": None if found.fault is None else found.fault.problem,
        "is_last": found.is_last,
    }


def replayed(connection: Connection, session: str, to_revision: int | None = None) -> JsonObject | None:
    """Make a session again from its rows, up to one of them, and compare it with its snapshot byte for byte.

    `problem` says why it could not be made, `differing` what of the snapshot is something else; `equal` is only said
    of all rows. None where there are no rows.
    """
    path: list[Json] = []
    last: Step | None = None
    problem: str | None = None
    try:
        for one in replay(connection, session):
            last = one
            if isinstance(one.fact.body, Entered):
                path.append(sessions.step(_entered(one.row, one.fact.body)))
            if one.row.revision == to_revision:
                break
    except ReplayError as error:
        problem = str(error)
    if last is None:
        return None if problem is None else {"session": session, "problem": problem}
    differing = compare(connection, last) if to_revision is None and problem is None else []
    document: JsonObject = {
        "session": session,
        "revision": last.session.revision,
        "state": last.session.state,
        "path": path,
        "record": last.session.record,
        "equal": not differing if to_revision is None else None,
        "differing": [*differing],
    }
    return document if problem is None else {**document, "equal": False, "problem": problem}


def _entered(row: AuditRow, body: Entered) -> StateEntered:
    return StateEntered(row.revision, row.at, row.state_before, row.state_after, body.because)


def _report(report: ChainReport) -> JsonObject:
    fault: Json = None
    if report.fault is not None:
        fault = {"revision": report.fault.revision, "problem": report.fault.problem}
    return {
        "session_id": report.chain,
        "ok": report.ok,
        "rows": report.rows,
        "erased": report.erased,
        "replayed": report.replayed,
        "first_bad_row": fault,
    }
