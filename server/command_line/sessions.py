"""`pointsman sessions`: what runs and has run.

Starting, restarting and cancelling go through the same gate as an agent's calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from pointsman.contracts.values import JsonObject, as_objects
from pointsman.contracts.visible import visible

from ..store.reading import SessionFilter
from .columns import Column
from .confirming import confirm
from .groups import Group
from .options import json_option, limit_option, set_option
from .output import cell, moment, print_heading, print_json, print_json_lines, print_pairs, print_table, value_text
from .records.choosing import changes_records, reads_records
from .records.port import Errand, Records
from .whereabouts import came_from, models_in_words, sentence, turn, was_in_words

SHOWN_STATES: Final = 50
"""States of a path that people are shown, the last ones; `--json` gives all."""
LIST_COLUMNS: Final = (
    Column("session", whole=True),
    Column("workflow", rank=1),
    Column("state"),
    Column("turn"),
    Column("started by", rank=3),
    Column("started", whole=True, rank=2),
)
OPEN_CALL: Final = (
    Column("call", whole=True),
    Column("tool"),
    Column("effect", whole=True),
    Column("purpose", rank=2),
    Column("instance", rank=4),
    Column("opened_at", whole=True, rank=3),
    Column("attempt", rank=1),
)
APPROVAL: Final = (
    Column("approval", whole=True),
    Column("tool"),
    Column("arguments", rank=3),
    Column("role", rank=2),
    Column("status"),
    Column("by"),
    Column("due", whole=True, rank=1),
)
EFFECT: Final = (Column("id", whole=True), Column("tool"), Column("opened_at", whole=True, rank=1))
TIMER: Final = (Column("timer"), Column("kind", whole=True), Column("at", whole=True), Column("to"))
RECORD: Final = (Column("field", whole=True), Column("value"), Column("from", rank=1))


@click.group(cls=Group)
def command() -> None:
    """List, show, start, restart and cancel sessions."""


@command.command(name="list")
@click.option("--workflow", help="Only sessions of this workflow.")
@click.option("--state", help="Only sessions in this state.")
@click.option("--started-by", metavar="WHO", help="Only sessions of this principal, such as local:alice.")
@click.option("--search", metavar="TEXT", help="Only sessions whose handle, or a value given at the start, begins so.")
@click.option("--failed", is_flag=True, help="Only those that ended as failed or manual, or have a write in doubt.")
@click.option("--open/--ended", "is_open", default=None, help="Only sessions that run, or only those that have ended.")
@limit_option
@reads_records
@json_option
def list_sessions(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    workflow: str | None,
    state: str | None,
    started_by: str | None,
    search: str | None,
    failed: bool,
    is_open: bool | None,
    limit: int,
    records: Records,
    as_json: bool,
) -> None:
    """List sessions, newest first."""
    ended = None if is_open is None else not is_open
    chosen = SessionFilter(
        workflow=workflow, state=state, started_by=started_by, ended=ended, search=search, failed=failed or None
    )
    page = records.sessions(chosen, limit)
    if as_json:
        print_json_lines(page.items)
        return
    if not page.items:
        which = "yet" if records.sees_all else "that you may see"
        click.echo("No session is like that." if chosen != SessionFilter() else f"There are no sessions {which}.")
        return
    rows: list[list[str | None]] = [
        [
            str(one["session"]),
            str(one["workflow"]),
            str(one["state"]),
            "ended" if "ended_at" in one else str(one.get("role") or one["actor"]),
            str(one["started_by"]),
            moment(str(one["started_at"])),
        ]
        for one in page.items
    ]
    print_table(LIST_COLUMNS, rows)
    if page.cursor is not None:
        click.echo(f"There are more than {limit}: choose fewer, or raise --limit.", err=True)


@command.command()
@click.argument("session_id", metavar="ID")
@reads_records
@json_option
def show(session_id: str, records: Records, *, as_json: bool) -> None:
    """Show where a session is, what it holds and how it came there."""
    document = records.session(session_id)
    if as_json:
        print_json(document)
    else:
        _print_session(document)


@command.command()
@click.argument("workflow", metavar="NAME|FILE")
@click.option("--input", "source", metavar="FILE|-", help="A JSON object with the fields; - reads standard input.")
@set_option
@reads_records
@json_option
def start(workflow: str, source: str | None, assignments: tuple[str, ...], records: Records, *, as_json: bool) -> None:
    """Start a session, in your own name.

    NAME is a workflow this database has seen before, whose file is read again, or one that the server serves.
    """
    from .acting import tell
    from .arguments import assigned, read_input

    fields = read_input(source) if source is not None else {}
    tell(records.start(workflow, lambda schema: {**fields, **assigned(assignments, schema)}), as_json=as_json)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@changes_records
@json_option
def cancel(*, session_id: str, reason: str, records: Records, as_json: bool) -> None:
    """End a session where it is. A write that runs is never cut off: cancel again when it has ended.

    At a terminal, where the state's name is typed once more, or with a person's token.
    """
    from .acting import tell

    person = records.person(Errand("A session is cancelled", "the state's name", "cancel", session_id))
    if person.confirms:
        session = records.session(session_id)
        if "ended" not in session:
            click.echo(visible(sentence(session)), err=True)
            confirm(str(session["state"]), f"{person.actor.id} ends it there: {reason}. Type the state's name:")
    tell(records.cancel(person, session_id, reason), as_json=as_json)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--from", "state", metavar="STATE", required=True, help="The state it goes on from.")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@changes_records
@json_option
def restart(*, session_id: str, state: str, reason: str, records: Records, as_json: bool) -> None:
    """Let a session go on from a state, whether it runs or has ended.

    It keeps its record, its calls and its decisions, and gets a new budget: limits count from zero, and what has
    taken its time begins anew. At a terminal, where the state's name is typed once more, or with a person's token.
    """
    from .acting import tell

    person = records.person(Errand("A session is restarted", "the state's name", "restart", session_id))
    if person.confirms:
        click.echo(visible(sentence(records.session(session_id))), err=True)
        confirm(state, f"{person.actor.id} lets it go on from {state}: {reason}. Type the state's name:")
    tell(records.restart(person, session_id, state, reason), as_json=as_json)


def _print_session(document: JsonObject) -> None:
    client = document["client"]
    print_pairs(
        [
            ("session", str(document["session"])),
            ("workflow", f"{document['workflow']}, version {document['version']}"),
            ("definition", str(document["definition"])),
            ("state", f"{document['state']}, since {moment(str(document['since']))}"),
            ("turn", turn(document)),
            ("ended", sentence(document) if "ended" in document else None),
            ("started", f"by {document['started_by']} at {moment(str(document['started_at']))}"),
            ("client", None if client is None else str(client)),
            ("revision", str(document["revision"])),
            ("models", models_in_words(document["models"])),
            ("path", _path(as_objects(document["path"]))),
        ]
    )
    record = document["record"]
    if isinstance(record, dict) and record:
        print_heading("Record")
        rows: list[list[str | None]] = []
        for name, entry in record.items():
            if isinstance(entry, dict) and isinstance(entry["from"], dict):
                was = entry.get("was")
                before = f"; it was {was_in_words(was)}" if isinstance(was, dict) else ""
                rows.append([name, value_text(entry["value"]), came_from(entry["from"]) + before])
        print_table(RECORD, rows)
    _print_listed("Open calls", OPEN_CALL, as_objects(document["open_calls"]))
    _print_listed("Calls put before a person", APPROVAL, as_objects(document["approvals"]))
    doubtful = [one for one in as_objects(document["effects"]) if one["status"] == "unknown"]
    _print_listed("Writes of which nobody knows whether they have happened", EFFECT, doubtful)
    _print_listed("Timers", TIMER, as_objects(document["timers"]))


def _print_listed(heading: str, columns: Sequence[Column], listed: Sequence[JsonObject]) -> None:
    if listed:
        print_heading(heading)
        print_table(columns, [[cell(one.get(column.name)) for column in columns] for one in listed])


def _path(steps: list[JsonObject]) -> str:
    names = [str(one["state"]) for one in steps]
    left_out = len(names) - SHOWN_STATES
    return (f"({left_out} states before) → " if left_out > 0 else "") + " → ".join(names[-SHOWN_STATES:])
