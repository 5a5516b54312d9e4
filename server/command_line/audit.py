"""`pointsman audit`: what happened, the proof that nothing of it was changed, and the session made again from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, get_args

import click
from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import FactKind

from ..documents import proofs, rows
from ..store.searching import RowFilter
from ..store.tables import SERVER_CHAIN
from .columns import Column
from .database import reading_database
from .failures import NotReached, NotVerified
from .groups import Group
from .options import Choice, database_option, json_option, limit_option
from .output import moment, print_json, print_json_lines, print_pairs, print_table, value_text
from .whereabouts import objects, texts

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
        found = rows.page(connection, chosen, limit).items
    _print_rows(found, as_json=as_json, with_session=True)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--revision", type=click.IntRange(1), help="One row, with its body.")
@database_option
@json_option
def show(session_id: str, revision: int | None, database: str | None, *, as_json: bool) -> None:
    """Show the rows of a session in order. ID `server`: the calls that belong to no session."""
    with reading_database(database) as connection:
        found = list(_history(connection, session_id) if revision is None else _row(connection, session_id, revision))
    if not found:
        what = "rows" if revision is None else f"row {revision}"
        raise NotReached(
            f"There are no {what} of {session_id!r} in this database. `pointsman sessions list` lists all."
        )
    if revision is not None and not as_json:
        print_pairs([(name, _text(value)) for name, value in found[0].items()])
    else:
        _print_rows(found, as_json=as_json, with_session=False)


@command.command(short_help="Verify that rows and snapshots are untouched.")
@click.argument("session_id", metavar="[ID]", required=False)
@database_option
@json_option
def verify(session_id: str | None, database: str | None, *, as_json: bool) -> None:
    """Verify that no row was changed, removed, added or reordered, and that the rows give the snapshot.

    ID is a session, or `server`; without it everything is verified.
    """
    with reading_database(database) as connection:
        reports = list(proofs.verification(connection, session_id))
    if session_id is not None and not reports:
        raise NotReached(f"There is no session {session_id!r} in this database. `pointsman sessions list` lists all.")
    good, bad = [one for one in reports if one["ok"]], [one for one in reports if not one["ok"]]
    if as_json:
        print_json_lines((*bad, *good))
    if bad:
        raise NotVerified("\n".join(["The audit does not verify.", *map(_fault, bad)]))
    if not as_json:
        count = sum(int(str(one["rows"])) for one in good)
        unproven = sum(1 for one in good if not one["replayed"] and one["session_id"] != SERVER_CHAIN)
        erased = f" {unproven} could not be replayed, because bodies were erased." if unproven else ""
        histories = "1 history" if len(good) == 1 else f"{len(good)} histories"
        click.echo(f"Verified: {count} rows in {histories}; every snapshot is what its rows make.{erased}")


@command.command(name="replay", short_help="Make a session again from its rows, and compare.")
@click.argument("session_id", metavar="ID")
@click.option("--to", "to_revision", type=click.IntRange(1), help="Stop after this row.")
@database_option
@json_option
def replay_session(session_id: str, to_revision: int | None, database: str | None, *, as_json: bool) -> None:
    """Make a session again from its rows, and compare it with its snapshot byte for byte."""
    with reading_database(database) as connection:
        document = proofs.replayed(connection, session_id, to_revision)
    if document is None:
        raise NotReached(f"There is no session {session_id!r} in this database. `pointsman sessions list` lists all.")
    if "problem" in document:
        raise NotVerified(f"{session_id} cannot be replayed: {document['problem']}")
    if as_json:
        print_json(document)
    else:
        _print_replay(document)
    if document["differing"]:
        raise NotVerified(f"The snapshot is not what the rows make: {', '.join(texts(document['differing']))}.")


def _history(connection: Connection, chain: str) -> Iterator[JsonObject]:
    """Give a whole history, however long, page by page."""
    page = rows.history(connection, chain)
    yield from page.items
    while page.cursor is not None:
        page = rows.history(connection, chain, cursor=page.cursor)
        yield from page.items


def _row(connection: Connection, chain: str, revision: int) -> Iterator[JsonObject]:
    found = rows.document(connection, chain, revision)
    if found is not None:
        yield found


def _print_replay(document: JsonObject) -> None:
    print_table(
        STEP_COLUMNS, [[_text(one[column.name]) for column in STEP_COLUMNS] for one in objects(document["path"])]
    )
    where = f"After row {document['revision']} the session is in {document['state']}."
    equal = " The snapshot is the same, byte for byte." if document["equal"] else ""
    click.echo(f"\n{where}{equal}")


def _print_rows(found: Sequence[JsonObject], *, as_json: bool, with_session: bool) -> None:
    if as_json:
        print_json_lines(found)
        return
    if not found:
        click.echo("No row is like that.")
        return
    cells = [[str(row["session_id"]), *_cells(row)] if with_session else _cells(row) for row in found]
    print_table((Column("session", whole=True), *ROW_COLUMNS) if with_session else ROW_COLUMNS, cells)


def _cells(row: JsonObject) -> list[str | None]:
    before, after, code = row["state_before"], row["state_after"], row["code"]
    moved = after is not None and after != before
    state = f"{before or ''} → {after}".strip() if moved else _text(after)
    outcome = _text(row["outcome"]) if code is None else f"{row['outcome']} ({code})"
    return [
        str(row["revision"]),
        moment(str(row["at"])),
        _text(row["actor_id"]),
        _text(row["kind"]),
        _text(row["action"]),
        outcome,
        state,
    ]


def _fault(report: JsonObject) -> str:
    fault = report["first_bad_row"]
    where = fault if isinstance(fault, dict) else {}
    return f"{report['session_id']}: first bad row {where.get('revision')}: {where.get('problem')}"


def _text(value: Json) -> str | None:
    return None if value is None else value_text(value)


def _moment(option: str, text: str | None) -> str | None:
    """Bring a moment into the form of the column `at`, of which any beginning compares right."""
    if text is None:
        return None
    if not _MOMENT.match(text):
        raise click.UsageError(f"{option} {text!r}: write 2026-11-22 or 2026-11-22T09:00:00, in UTC.")
    return text.replace(" ", "T").removesuffix("Z")
