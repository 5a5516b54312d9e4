"""`pointsman audit`: what happened, the proof that nothing of it was changed, and the session made again from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, get_args

import click
from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import FactKind

from ..audit.chain import AuditRow
from ..audit.replay import ReplayError, Step, compare, replay
from ..audit.verify import ChainReport, verify_and_replay
from ..store.reading import audit_rows
from ..store.rows import row_as_json
from ..store.searching import RowFilter, audit_row, find_rows
from ..store.tables import SERVER_CHAIN
from .columns import Column
from .database import reading_database
from .failures import NotReached, NotVerified
from .groups import Group
from .options import Choice, database_option, json_option, limit_option
from .output import moment, print_json, print_json_lines, print_pairs, print_table, value_text
from .whereabouts import step

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?)?Z?\Z")


STEP_COLUMNS: Final = (Column("revision"), Column("at", whole=True), Column("state"), Column("because", whole=True))
ROW_COLUMNS: Final = (
    Column("revision", whole=True),
    Column("at", whole=True, rank=3),
    Column("actor", rank=4),
    Column("kind", whole=True, rank=1),
    Column("action"),
    Column("outcome"),
    Column("state", rank=2),
)


@click.group(cls=Group)
def command() -> None:
    """Read, prove and replay what happened."""


@command.command(name="list")
@click.option("--session", metavar="ID", help="Only rows of this session; `server` for calls that belong to none.")
@click.option("--kind", type=Choice(get_args(FactKind)), help="Only rows of this kind.")
@click.option("--actor", metavar="WHO", help="Only rows of this actor, such as local:alice.")
@click.option("--action", metavar="NAME", help="Only rows of this tool or event.")
@click.option("--code", metavar="CODE", help="Only refusals with this code.")
@click.option("--since", metavar="TIME", help="Only rows from this moment (UTC) on: 2026-11-22 or 2026-11-22T09:00:00.")
@click.option("--until", metavar="TIME", help="Only rows before this moment (UTC).")
@limit_option
@database_option
@json_option
def list_rows(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    session: str | None,
    kind: str | None,
    actor: str | None,
    action: str | None,
    code: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    database: str | None,
    as_json: bool,
) -> None:
    """List rows of all sessions, newest first."""
    chosen = RowFilter(session, kind, actor, action, code, _moment("--since", since), _moment("--until", until))
    with reading_database(database) as connection:
        rows = find_rows(connection, chosen, limit)
    _print_rows(rows, as_json=as_json, with_session=True)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--revision", type=click.IntRange(1), help="One row, with its body.")
@database_option
@json_option
def show(session_id: str, revision: int | None, database: str | None, *, as_json: bool) -> None:
    """Show the rows of a session in order. ID `server`: the calls that belong to no session."""
    with reading_database(database) as connection:
        if revision is None:
            rows = list(_all_rows(connection, session_id))
        else:
            found = audit_row(connection, session_id, revision)
            rows = [found] if found is not None else []
    if not rows:
        what = "rows" if revision is None else f"row {revision}"
        raise NotReached(
            f"There are no {what} of {session_id!r} in this database. `pointsman sessions list` lists all."
        )
    if revision is not None and not as_json:
        print_pairs([(name, _text(value)) for name, value in row_as_json(rows[0]).items()])
    else:
        _print_rows(rows, as_json=as_json, with_session=False)


@command.command(short_help="Verify that rows and snapshots are untouched.")
@click.argument("session_id", metavar="[ID]", required=False)
@database_option
@json_option
def verify(session_id: str | None, database: str | None, *, as_json: bool) -> None:
    """Verify that no row was changed, removed, added or reordered, and that the rows give the snapshot.

    ID is a session, or `server`; without it everything is verified.
    """
    good: list[ChainReport] = []
    bad: list[ChainReport] = []
    with reading_database(database) as connection:
        for report in verify_and_replay(connection, session_id):
            (good if report.ok else bad).append(report)
    if session_id is not None and not good and not bad:
        raise NotReached(f"There is no session {session_id!r} in this database. `pointsman sessions list` lists all.")
    if as_json:
        print_json_lines(_report(report) for report in (*bad, *good))
    if bad:
        named = [f"{one.chain}: first bad row {one.fault.revision}: {one.fault.problem}" for one in bad if one.fault]
        raise NotVerified("\n".join(["The audit does not verify.", *named]))
    if not as_json:
        rows = sum(one.rows for one in good)
        unproven = sum(1 for one in good if not one.replayed and one.chain != SERVER_CHAIN)
        erased = f" {unproven} could not be replayed, because bodies were erased." if unproven else ""
        histories = "1 history" if len(good) == 1 else f"{len(good)} histories"
        click.echo(f"Verified: {rows} rows in {histories}; every snapshot is what its rows make.{erased}")


@command.command(name="replay", short_help="Make a session again from its rows, and compare.")
@click.argument("session_id", metavar="ID")
@click.option("--to", "to_revision", type=click.IntRange(1), help="Stop after this row.")
@database_option
@json_option
def replay_session(session_id: str, to_revision: int | None, database: str | None, *, as_json: bool) -> None:
    """Make a session again from its rows, and compare it with its snapshot byte for byte."""
    path: list[JsonObject] = []
    last: Step | None = None
    with reading_database(database) as connection:
        try:
            for one in replay(connection, session_id):
                last = one
                if one.row.kind == "entered":
                    path.append(step(one.row))
                if one.row.revision == to_revision:
                    break
        except ReplayError as error:
            raise NotVerified(f"{session_id} cannot be replayed: {error}") from error
        differing = compare(connection, last) if last is not None and to_revision is None else []
    if last is None:
        raise NotReached(f"There is no session {session_id!r} in this database. `pointsman sessions list` lists all.")
    _tell_replay(last, path, differing, whole=to_revision is None, as_json=as_json)
    if differing:
        raise NotVerified(f"The snapshot is not what the rows make: {', '.join(differing)}.")


def _all_rows(connection: Connection, chain: str) -> Iterator[AuditRow]:
    """Give a whole history, however long, page by page."""
    last = 0
    while page := audit_rows(connection, chain, last):
        yield from page
        last = page[-1].revision


def _tell_replay(last: Step, path: list[JsonObject], differing: list[str], *, whole: bool, as_json: bool) -> None:
    if as_json:
        document: JsonObject = {
            "session": last.session.id,
            "revision": last.session.revision,
            "state": last.session.state,
            "path": [*path],
            "record": last.session.record,
            "equal": not differing if whole else None,
            "differing": [*differing],
        }
        print_json(document)
        return
    print_table(STEP_COLUMNS, [[_text(one[column.name]) for column in STEP_COLUMNS] for one in path])
    where = f"After row {last.session.revision} the session is in {last.session.state}."
    equal = " The snapshot is the same, byte for byte." if whole and not differing else ""
    click.echo(f"\n{where}{equal}")


def _print_rows(rows: Sequence[AuditRow], *, as_json: bool, with_session: bool) -> None:
    if as_json:
        print_json_lines(row_as_json(row) for row in rows)
        return
    if not rows:
        click.echo("No row is like that.")
        return
    cells: list[list[str | None]] = []
    for row in rows:
        moved = row.state_after is not None and row.state_after != row.state_before
        state = f"{row.state_before or ''} → {row.state_after}".strip() if moved else row.state_after
        outcome = row.outcome if row.code is None else f"{row.outcome} ({row.code})"
        line = [str(row.revision), moment(row.at), row.actor_id, row.kind, row.action, outcome, state]
        cells.append([row.session_id, *line] if with_session else line)
    print_table((Column("session", whole=True), *ROW_COLUMNS) if with_session else ROW_COLUMNS, cells)


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


def _text(value: Json) -> str | None:
    return None if value is None else value_text(value)


def _moment(option: str, text: str | None) -> str | None:
    """Bring a moment into the form of the column `at`, of which any beginning compares right."""
    if text is None:
        return None
    if not _MOMENT.match(text):
        raise click.UsageError(f"{option} {text!r}: write 2026-11-22 or 2026-11-22T09:00:00, in UTC.")
    return text.replace(" ", "T").removesuffix("Z")
