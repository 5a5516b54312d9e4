"""`pointsman sessions`: what runs and has run.

Starting, restarting and cancelling go through the same gate as an agent's calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.fsm.refusals import Refusal

from ..documents import sessions
from ..documents.places import place
from ..store.reading import SessionFilter
from ..store.searching import newest_definition
from .callers import local_caller
from .columns import Column
from .confirming import confirm
from .database import reading_database, session_named, workflow_of
from .failures import FoundProblems, NotReached
from .groups import Group
from .options import database_option, json_option, limit_option, set_option, token_option
from .output import moment, print_heading, print_json, print_json_lines, print_pairs, print_table, value_text
from .persons import demand_a_person, person, turn_away
from .whereabouts import came_from, objects, sentence, turn

if TYPE_CHECKING:
    from ..governor import Governor
    from ..replies import Reply, Stray

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
@click.option("--open/--ended", "is_open", default=None, help="Only sessions that run, or only those that have ended.")
@limit_option
@database_option
@json_option
def list_sessions(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    workflow: str | None,
    state: str | None,
    started_by: str | None,
    is_open: bool | None,
    limit: int,
    database: str | None,
    as_json: bool,
) -> None:
    """List sessions, newest first."""
    ended = None if is_open is None else not is_open
    chosen = SessionFilter(workflow=workflow, state=state, started_by=started_by, ended=ended)
    with reading_database(database) as connection:
        page = sessions.page(connection, chosen, limit)
    if as_json:
        print_json_lines(page.items)
        return
    if not page.items:
        chosen_at_all = any(value is not None for value in (workflow, state, started_by, ended))
        click.echo("No session is like that." if chosen_at_all else "There are no sessions yet.")
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
@database_option
@json_option
def show(session_id: str, database: str | None, *, as_json: bool) -> None:
    """Show where a session is, what it holds and how it came there."""
    with reading_database(database) as connection:
        document = sessions.document(connection, session_named(connection, session_id))
    if as_json:
        print_json(document)
    else:
        _print_session(document)


@command.command()
@click.argument("workflow", metavar="NAME|FILE")
@click.option("--input", "source", metavar="FILE|-", help="A JSON object with the fields; - reads standard input.")
@set_option
@database_option
@json_option
def start(
    workflow: str, source: str | None, assignments: tuple[str, ...], database: str | None, *, as_json: bool
) -> None:
    """Start a session, in your own name.

    NAME is a workflow this database has seen before; its file is read again.
    """
    from .acting import answer_document, governed, tell
    from .arguments import assigned, read_input

    file = Path(workflow) if Path(workflow).is_file() else _file_of(workflow, database)
    fields = read_input(source) if source is not None else {}

    async def begin(governor: Governor) -> Reply | Stray:
        served = governor.workflows()[0]
        given: JsonObject = {**fields, **assigned(assignments, served.start.input_schema)}
        return await governor.start(local_caller(served.roles), served.name, given)

    tell(answer_document(database, governed(database, [file], begin)), as_json=as_json)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@token_option
@database_option
@json_option
def cancel(*, session_id: str, reason: str, token: str | None, database: str | None, as_json: bool) -> None:
    """End a session where it is. A write that runs is never cut off: cancel again when it has ended.

    At a terminal, where the state's name is typed once more, or with a person's token.
    """
    from pointsman.fsm.commands import Cancel

    from ..documents.answers import done, refused
    from .acting import refusal_text, submitted, tell

    demand_a_person(token, "A session is cancelled", "the state's name")
    with reading_database(database) as connection:
        session = session_named(connection, session_id)
        workflow = workflow_of(connection, session)
        caller = person(connection, token, workflow.roles)
    if isinstance(caller, Refusal):
        turn_away(database, session_id, "cancel", caller)
    if token is None and session.ended is None:
        click.echo(visible(sentence(place(session))), err=True)
        confirm(session.state, f"{caller.actor.id} ends it there: {reason}. Type the state's name:")
    decision = submitted(database, session_id, workflow, caller, Cancel(reason))
    if decision.refusal is not None:
        raise FoundProblems(refusal_text(refused(decision.refusal)))
    if decision.session is not None:
        tell(done(decision.session), as_json=as_json)


@command.command()
@click.argument("session_id", metavar="ID")
@click.option("--from", "state", metavar="STATE", required=True, help="The state it goes on from.")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@token_option
@database_option
@json_option
def restart(
    *, session_id: str, state: str, reason: str, token: str | None, database: str | None, as_json: bool
) -> None:
    """Let a session go on from a state, whether it runs or has ended.

    It keeps its record, its calls and its decisions, and gets a new budget: limits count from zero, and what has
    taken its time begins anew. At a terminal, where the state's name is typed once more, or with a person's token.
    """
    from .acting import answer_document, governed, tell

    demand_a_person(token, "A session is restarted", "the state's name")
    with reading_database(database) as connection:
        session = session_named(connection, session_id)
        caller = person(connection, token, workflow_of(connection, session).roles)
    if isinstance(caller, Refusal):
        turn_away(database, session_id, "restart", caller)
    if token is None:
        click.echo(visible(sentence(place(session))), err=True)
        confirm(state, f"{caller.actor.id} lets it go on from {state}: {reason}. Type the state's name:")

    async def go_on(governor: Governor) -> Reply | Stray:
        return await governor.restart(caller, session_id, state, reason)

    tell(answer_document(database, governed(database, [], go_on)), as_json=as_json)


def _file_of(name: str, database: str | None) -> Path:
    """Give the file of a workflow that the database has seen.

    Raises:
        NotReached: when it has not, or the file is not there any more.
    """
    with reading_database(database) as connection:
        known = newest_definition(connection, name)
    if known is None:
        raise NotReached(f"{name!r} is neither a file nor a workflow that this database has seen. Name the file.")
    if known.path is None or not Path(known.path).is_file():
        raise NotReached(f"The file of {name} stood at {known.path}, and is not there any more. Name the file.")
    return Path(known.path)


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
            ("path", _path(objects(document["path"]))),
        ]
    )
    record = document["record"]
    if isinstance(record, dict) and record:
        print_heading("Record")
        rows: list[list[str | None]] = []
        for name, entry in record.items():
            if isinstance(entry, dict) and isinstance(entry["from"], dict):
                rows.append([name, value_text(entry["value"]), came_from(entry["from"])])
        print_table(RECORD, rows)
    _print_listed("Open calls", OPEN_CALL, objects(document["open_calls"]))
    _print_listed("Calls put before a person", APPROVAL, objects(document["approvals"]))
    doubtful = [one for one in objects(document["effects"]) if one["status"] == "unknown"]
    _print_listed("Writes of which nobody knows whether they have happened", EFFECT, doubtful)
    _print_listed("Timers", TIMER, objects(document["timers"]))


def _print_listed(heading: str, columns: Sequence[Column], listed: Sequence[JsonObject]) -> None:
    if listed:
        print_heading(heading)
        print_table(columns, [[_cell(one.get(column.name)) for column in columns] for one in listed])


def _path(steps: list[JsonObject]) -> str:
    names = [str(one["state"]) for one in steps]
    left_out = len(names) - SHOWN_STATES
    return (f"({left_out} states before) → " if left_out > 0 else "") + " → ".join(names[-SHOWN_STATES:])


def _cell(value: Json) -> str | None:
    return None if value is None else value_text(value)
