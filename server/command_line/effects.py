"""`pointsman effects`: the writes of sessions, and settling one of which nobody knows whether it has happened.

A write is named by its session and the number of the row that intended it, `SESSION.NUMBER`. Settling it needs
somebody at a terminal, who types the outcome once more, or the token of a person; it moves the session nowhere.
"""

from __future__ import annotations

from typing import Final, Literal

import click

from pointsman.contracts.values import Json, JsonObject, as_objects
from pointsman.contracts.visible import visible

from .columns import Column
from .confirming import confirm
from .failures import FoundProblems
from .groups import Group
from .options import Choice, json_option, limit_option
from .output import json_text, moment, print_heading, print_json, print_json_lines, print_pairs, print_table, value_text
from .records.choosing import changes_records, reads_records
from .records.port import Errand, Records
from .whereabouts import sentence, texts

LIST_COLUMNS: Final = (
    Column("id", whole=True),
    Column("workflow", rank=3),
    Column("tool"),
    Column("status", whole=True),
    Column("state", rank=2),
    Column("since", whole=True, rank=1),
)
ROW_COLUMNS: Final = (Column("at", whole=True), Column("row", whole=True, rank=1), Column("what happened"))


@click.group(cls=Group)
def command() -> None:
    """See the writes of sessions, and settle one that nobody knows the outcome of."""


@command.command(name="list")
@click.option("--session", "session_id", metavar="ID", help="All writes of this session, those that were done too.")
@click.option("--status", type=Choice(["intended", "unknown", "done"]), help="Only those of this status.")
@limit_option
@reads_records
@json_option
def list_effects(session_id: str | None, status: str | None, limit: int, records: Records, *, as_json: bool) -> None:
    """List writes that run or that nobody knows the outcome of, the oldest first."""
    if status == "done" and session_id is None:
        raise click.UsageError("--status done goes with --session ID: `audit list` searches all sessions.")
    found = records.effects(session_id, status, limit).items
    if as_json:
        print_json_lines(found)
    elif not found:
        click.echo("No write is like that." if session_id or status else "No write runs, and none is in doubt.")
    else:
        print_table(LIST_COLUMNS, [[_cell(one, column.name) for column in LIST_COLUMNS] for one in found])


@command.command()
@click.argument("effect_id", metavar="ID")
@reads_records
@json_option
def show(effect_id: str, records: Records, *, as_json: bool) -> None:
    """Show a write: with what it was called, under which key, and all that is known of it."""
    write = records.effect(effect_id)
    if as_json:
        print_json(write)
    else:
        _print(write, err=False)


@command.command()
@click.argument("effect_id", metavar="ID")
@click.argument("outcome", type=Choice(["done", "failed"]))
@click.option("--reason", metavar="TEXT", required=True, help="How you know; it stays in the history.")
@click.option("--result", "result_text", metavar="JSON", help="What it gave, for steps that save it.")
@changes_records
@json_option
def settle(
    *,
    effect_id: str,
    outcome: Literal["done", "failed"],
    reason: str,
    result_text: str | None,
    records: Records,
    as_json: bool,
) -> None:
    """Say how a write has ended that nobody knows the outcome of: at a terminal, or with a person's token.

    `done`: it has happened, and is never made again. `failed`: it has not, and may be asked again. The session stays
    where it is; `sessions restart` lets it go on.
    """
    from .acting import refusal_text
    from .arguments import read_json

    if outcome == "failed" and result_text is not None:
        raise click.UsageError("--result goes with `done`: what has not happened gave nothing.")
    result: Json = None if result_text is None else read_json("--result", result_text)
    person = records.person(Errand("A write is settled", "the outcome", "settle", effect_id))
    write = records.effect(effect_id)
    if person.confirms and write["status"] == "unknown":
        _print(write, err=True)
        what = "has happened" if outcome == "done" else "has not happened"
        confirm(outcome, f"{person.actor.id} says that it {what}. The reason: {reason!r}. Type {outcome!r}:")
    answer = records.settle(person, effect_id, outcome, reason, result)
    refusal = answer.get("refusal")
    if as_json:
        print_json(answer)
    if isinstance(refusal, dict):
        raise FoundProblems(refusal_text(refusal))
    if not as_json:
        click.echo(visible(f"{write['tool']}: {outcome}.\n{sentence(answer)}", lines=True))


def _print(write: JsonObject, *, err: bool) -> None:
    key = write["key"]
    print_pairs(
        [
            ("id", str(write["id"])),
            ("tool", str(write["tool"])),
            ("status", str(write["status"])),
            ("arguments", value_text(write["arguments"])),
            ("key", None if key is None else str(key)),
            ("session", sentence(write)),
        ],
        err=err,
    )
    print_heading("What happened", err=err)
    rows: list[list[str | None]] = [
        [moment(str(one["at"])), str(one["revision"]), "\n".join(texts(one["lines"]))]
        for one in as_objects(write["story"])
    ]
    print_table(ROW_COLUMNS, rows, err=err)
    if write["result"] is not None:
        print_heading("Result", err=err)
        click.echo(json_text(write["result"], indent=2), err=err)


def _cell(one: JsonObject, name: str) -> str:
    return str(moment(str(one["opened_at"])) if name == "since" else one[name])
