"""`pointsman audit`: what happened, the proof that nothing of it was changed, and the session made again from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

import click

from pointsman.contracts.values import JsonObject, as_object, as_objects
from pointsman.fsm.facts import FactKind

from ..documents.channels import attestation, in_words
from ..store.searching import RowFilter
from .columns import Column
from .failures import NotVerified
from .groups import Group
from .options import Choice, json_option, limit_option, moment_said
from .output import cell, moment, print_json, print_json_lines, print_pairs, print_table
from .records.choosing import reads_records
from .records.port import Records
from .whereabouts import texts

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
@reads_records
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
    records: Records,
    as_json: bool,
) -> None:
    """List rows of all sessions, newest first."""
    chosen = RowFilter(session, kind, actor, action, code, moment_said("--since", since), moment_said("--until", until))
    _print_rows(records.rows(chosen, limit).items, as_json=as_json, with_session=True)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--revision", type=click.IntRange(1), help="One row, with its body.")
@reads_records
@json_option
def show(session_id: str, revision: int | None, records: Records, *, as_json: bool) -> None:
    """Show the rows of a session in order. ID `server`: the calls that belong to no session."""
    found = list(records.history(session_id)) if revision is None else [records.row(session_id, revision)]
    if revision is not None and not as_json:
        row = {**found[0], "channel": in_words(str(found[0]["channel"]))}
        print_pairs([(name, cell(value)) for name, value in row.items()])
    else:
        _print_rows(found, as_json=as_json, with_session=False)


@command.command(short_help="Verify that rows and snapshots are untouched.")
@click.argument("session_id", metavar="[ID]", required=False)
@reads_records
@json_option
def verify(session_id: str | None, records: Records, *, as_json: bool) -> None:
    """Verify that no row was changed, removed, added or reordered, and that the rows give the snapshot.

    ID is a session, or `server`; without it everything is verified.
    """
    proof = records.verification(session_id)
    reports = as_objects(proof["items"])
    if as_json:
        print_json_lines(reports)
        if len(reports) != proof["histories"]:
            click.echo(f"There are {proof['histories']} histories; these are the first of them.", err=True)
    if not proof["ok"]:
        bad = [_fault(one) for one in reports if not one["ok"]]
        raise NotVerified("\n".join(["The audit does not verify.", *bad]))
    if not as_json:
        unproven, histories = proof["unproven"], proof["histories"]
        erased = f" {unproven} could not be replayed, because bodies were erased." if unproven else ""
        told = "1 history" if histories == 1 else f"{histories} histories"
        click.echo(f"Verified: {proof['rows']} rows in {told}; every snapshot is what its rows make.{erased}")


@command.command(name="replay", short_help="Make a session again from its rows, and compare.")
@click.argument("session_id", metavar="ID")
@click.option("--to", "to_revision", type=click.IntRange(1), help="Stop after this row.")
@reads_records
@json_option
def replay_session(session_id: str, to_revision: int | None, records: Records, *, as_json: bool) -> None:
    """Make a session again from its rows, and compare it with its snapshot byte for byte."""
    document = records.replayed(session_id, to_revision)
    if "problem" in document:
        raise NotVerified(f"{session_id} cannot be replayed: {document['problem']}")
    if as_json:
        print_json(document)
    else:
        _print_replay(document)
    if document["differing"]:
        raise NotVerified(f"The snapshot is not what the rows make: {', '.join(texts(document['differing']))}.")


def _print_replay(document: JsonObject) -> None:
    print_table(
        STEP_COLUMNS, [[cell(one[column.name]) for column in STEP_COLUMNS] for one in as_objects(document["path"])]
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
    state = f"{before or ''} → {after}".strip() if moved else cell(after)
    outcome = cell(row["outcome"]) if code is None else f"{row['outcome']} ({code})"
    return [
        str(row["revision"]),
        moment(str(row["at"])),
        _actor(row),
        cell(row["kind"]),
        cell(row["action"]),
        outcome,
        state,
    ]


def _actor(row: JsonObject) -> str | None:
    """Say who has acted, and where it is only a client that says so, that."""
    word = attestation(str(row["channel"]))
    return cell(row["actor_id"]) if word is None else f"{row['actor_id']} ({word})"


def _fault(report: JsonObject) -> str:
    fault = report["first_bad_row"]
    where = as_object(fault)
    return f"{report['session_id']}: first bad row {where.get('revision')}: {where.get('problem')}"
