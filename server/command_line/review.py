"""`pointsman review`: what waits for a person, and that person's decision.

That is a review, named by its session, or a call of a tool, named by session and number. A decision
needs somebody at a terminal, who types the event's name once more, or the token of a person. It is
bound to the stay and to the digest of what was shown when it was read here.
"""

from __future__ import annotations

from typing import Final

import click

from pointsman.contracts.values import Json, JsonObject, as_objects
from pointsman.contracts.visible import visible

from ..store.searching import WaitingFilter
from . import calls, claims, reviews
from .columns import Column
from .confirming import confirm
from .failures import FoundProblems
from .groups import Group
from .invocation import program
from .options import json_option, limit_option, set_option
from .output import json_text, moment, print_json, print_json_lines, print_table
from .records.choosing import changes_records, reads_records
from .records.port import Errand, Person, Records
from .whereabouts import texts

LIST_COLUMNS: Final = (
    Column("id", whole=True),
    Column("workflow", rank=4),
    Column("state"),
    Column("call of", rank=1),
    Column("role"),
    Column("claimed by", rank=5),
    Column("age", whole=True, rank=3),
    Column("due", whole=True, rank=2),
)


@click.group(cls=Group)
def command() -> None:
    """See what waits for a person, claim it, and decide it."""


@command.command(name="list")
@click.option("--role", help="Only what waits for this role.")
@limit_option
@reads_records
@json_option
def list_reviews(role: str | None, limit: int, records: Records, *, as_json: bool) -> None:
    """List what waits for a person, reviews and calls of tools, the oldest first."""
    found = records.waiting(WaitingFilter(role=role), limit).items
    if as_json:
        print_json_lines(found)
        return
    if not found:
        whom = "for a person" if records.sees_all else "that you may see"
        click.echo(f"Nothing waits {whom}." if role is None else f"Nothing waits for the role {visible(role)}.")
        return
    rows = [
        [
            str(one["id"]),
            str(one["workflow"]),
            str(one["state"]),
            None if one["kind"] == "review" else str(one["tool"]),
            str(one["role"]),
            None if one["claimed_by"] is None else str(one["claimed_by"]),
            _age(one["age_s"]),
            None if one["due"] is None else moment(str(one["due"])),
        ]
        for one in found
    ]
    print_table(LIST_COLUMNS, rows)


@command.command()
@click.argument("matter_id", metavar="ID")
@reads_records
@json_option
def show(matter_id: str, records: Records, *, as_json: bool) -> None:
    """Show what a person sees of a review or a call, and which decisions there are."""
    matter = records.matter(matter_id)
    if as_json:
        print_json(matter)
    else:
        _print(matter, err=False)


@command.command()
@click.argument("matter_id", metavar="ID")
@click.argument("event")
@set_option
@click.option("--rationale", metavar="TEXT", help="Why; it stays in the history.")
@click.option("--shown", metavar="DIGEST", help="Decide only if this is still what `review show` names.")
@changes_records
@json_option
def decide(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    matter_id: str,
    event: str,
    assignments: tuple[str, ...],
    rationale: str | None,
    shown: str | None,
    records: Records,
    as_json: bool,
) -> None:
    """Decide a review or a call: at a terminal, or with a person's token.

    A call is approved or rejected as it is; what is approved runs in this process, or on the server.
    """
    from .acting import tell
    from .arguments import assigned

    person = records.person(Errand("A decision is made", "the event's name", event, matter_id))
    matter = records.matter(matter_id)
    if shown is not None and shown != matter["shown_digest"]:
        raise FoundProblems(f"What is shown has changed; its digest is {matter['shown_digest']}. Look at it again.")
    arguments = assigned(assignments, _schema(matter, event))
    if rationale is not None:
        arguments["rationale"] = rationale
    if person.confirms:
        _print(matter, err=True)
        confirm(event, f"{person.actor.id} decides {event} with {json_text(arguments)}. Type the event's name:")
    answer = records.decide(person, matter, event, arguments)
    tell(answer, as_json=as_json, hint=_hint(matter, person, event, answer), ran=_ran(matter, event))


for _one in (claims.claim, claims.release, claims.delegate):
    command.add_command(_one)


def _hint(matter: JsonObject, person: Person, event: str, answer: JsonObject) -> str:
    """Say who can decide instead, where it is the person that the workflow excludes."""
    refusal, role = answer.get("refusal"), str(matter["role"])
    if not isinstance(refusal, dict) or refusal["code"] != "FORBIDDEN" or not matter["exclude"]:
        return ""
    if role not in person.actor.roles or person.channel not in texts(matter["accept"]):
        return ""
    own = person.actor.accountable == matter["started_by"]
    why = f"{person.actor.id} started this session, and nobody decides a session of their own. " if own else ""
    return (
        f"\n{why}Another person with the role {role} decides it, at a terminal of their own:\n"
        f"  {program()} token create NAME --role {role}\n"
        f"  {program()} review decide {matter['id']} {event} --token TOKEN"
    )


def _print(matter: JsonObject, *, err: bool) -> None:
    (reviews if matter["kind"] == "review" else calls).show(matter, err=err)


def _schema(matter: JsonObject, event: str) -> JsonObject:
    """Give the schema of a decision's arguments.

    Raises:
        FoundProblems: for an event that is no decision of it.
    """
    decisions = as_objects(matter["decisions"])
    for one in decisions:
        if one["event"] == event and isinstance(one["input_schema"], dict):
            return one["input_schema"]
    whose = f"of {str(matter['state'])!r}" if matter["kind"] == "review" else "about a call"
    known = ", ".join(str(one["event"]) for one in decisions)
    raise FoundProblems(f"{event!r} is no decision {whose}. Those are: {known}.")


def _ran(matter: JsonObject, event: str) -> str | None:
    """Name the tool that a decision lets run, if it does."""
    return str(matter["tool"]) if matter["kind"] == "call" and event == "approve" else None


def _age(seconds: Json) -> str:
    total = seconds if isinstance(seconds, int) else 0
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if total >= size:
            return f"{total // size} {unit}"
    return f"{total} s"
