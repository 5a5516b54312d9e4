"""The proof of histories: whether they verify, and what a session is when it is made again from its rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject

from ..audit.replay import ReplayError, Step, compare, replay
from ..audit.verify import ChainReport, verify_and_replay
from . import sessions


def verification(connection: Connection, chain: str | None = None) -> Iterator[JsonObject]:
    """Verify a chain, or all, and give what was found of each."""
    return (_report(one) for one in verify_and_replay(connection, chain))


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
            if one.row.kind == "entered":
                path.append(sessions.step(one.row))
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
