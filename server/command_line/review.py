"""`pointsman review`: what waits for a person, and that person's decision.

That is a review, named by its session, or a call of a tool, named by session and number. A decision
needs somebody at a terminal, who types the event's name once more, or the token of a person. It is
bound to the stay and to the digest of what was shown when it was read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import click

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import Channel, Workflow
from pointsman.fsm.commands import Decide
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..store.searching import open_approvals, open_reviews
from . import calls, reviews
from .columns import Column
from .confirming import confirm
from .database import reading_database, session_named
from .failures import FoundProblems
from .groups import Group
from .invocation import program
from .options import database_option, json_option, limit_option, set_option, token_option
from .output import json_text, moment, print_json, print_json_lines, print_table
from .persons import demand_a_person, person, turn_away

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor
    from ..replies import Caller, Reply, Stray
    from .acting import Ran


LIST_COLUMNS: Final = (
    Column("id", whole=True),
    Column("workflow", rank=4),
    Column("state"),
    Column("call of", rank=1),
    Column("role"),
    Column("age", whole=True, rank=3),
    Column("due", whole=True, rank=2),
)


class Matter(Protocol):
    """Something that waits for a person's decision."""

    @property
    def session(self) -> Session:
        """The session it belongs to."""
        ...

    @property
    def workflow(self) -> Workflow:
        """The session's workflow."""
        ...

    @property
    def id(self) -> str:
        """What it is named by."""
        ...

    @property
    def role(self) -> str:
        """Who decides."""
        ...

    @property
    def shown_digest(self) -> str:
        """The digest of what is shown."""
        ...

    @property
    def accept(self) -> frozenset[Channel]:
        """Through which channels it is decided."""
        ...

    @property
    def excludes(self) -> bool:
        """Whether somebody with the role may be excluded."""
        ...

    def schema(self, event: str) -> JsonObject:
        """Give the schema of a decision's arguments. Raises FoundProblems for an event that is no decision of it."""
        ...

    def request(self, event: str, arguments: JsonObject) -> Decide:
        """Make the decision's command, bound to what was shown."""
        ...

    def runs(self, event: str) -> Ran | None:
        """Name the call that this decision lets run, if it does."""
        ...

    def document(self) -> JsonObject:
        """Give everything there is to see."""
        ...

    def show(self, *, err: bool) -> None:
        """Print it for people."""
        ...


@click.group(cls=Group)
def command() -> None:
    """See what waits for a person, and decide it."""


@command.command(name="list")
@click.option("--role", help="Only what waits for this role.")
@limit_option
@database_option
@json_option
def list_reviews(role: str | None, limit: int, database: str | None, *, as_json: bool) -> None:
    """List what waits for a person, reviews and calls of tools, the oldest first."""
    with reading_database(database) as connection:
        found = [reviews.entry(session) for session in open_reviews(connection, role, limit)]
        found += [calls.entry(session, approval) for session, approval in open_approvals(connection, role, limit)]
    found = sorted(found, key=lambda one: str(one["opened_at"]))[:limit]
    if as_json:
        print_json_lines(found)
        return
    if not found:
        click.echo("Nothing waits for a person." if role is None else f"Nothing waits for the role {visible(role)}.")
        return
    rows = [
        [
            str(one["id"]),
            str(one["workflow"]),
            str(one["state"]),
            None if one["kind"] == "review" else str(one["tool"]),
            str(one["role"]),
            _age(one["age_s"]),
            None if one["due"] is None else moment(str(one["due"])),
        ]
        for one in found
    ]
    print_table(LIST_COLUMNS, rows)


@command.command()
@click.argument("matter_id", metavar="ID")
@database_option
@json_option
def show(matter_id: str, database: str | None, *, as_json: bool) -> None:
    """Show what a person sees of a review or a call, and which decisions there are."""
    with reading_database(database) as connection:
        matter = _matter(connection, matter_id)
    if as_json:
        print_json(matter.document())
    else:
        matter.show(err=False)


@command.command()
@click.argument("matter_id", metavar="ID")
@click.argument("event")
@set_option
@click.option("--rationale", metavar="TEXT", help="Why; it stays in the history.")
@click.option("--shown", metavar="DIGEST", help="Decide only if this is still what `review show` names.")
@token_option
@database_option
@json_option
def decide(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    matter_id: str,
    event: str,
    assignments: tuple[str, ...],
    rationale: str | None,
    shown: str | None,
    token: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Decide a review or a call: at a terminal, or with a person's token.

    A call is approved or rejected as it is; what is approved runs in this process.
    """
    from .acting import governed, tell
    from .arguments import assigned

    demand_a_person(token, "A decision is made", "the event's name")
    with reading_database(database) as connection:
        matter = _matter(connection, matter_id)
        caller = person(connection, token, matter.workflow.roles)
    if isinstance(caller, Refusal):
        turn_away(database, matter_id, event, caller)
    if shown is not None and shown != matter.shown_digest:
        raise FoundProblems(f"What is shown has changed; its digest is {matter.shown_digest}. Look at it again.")
    arguments = assigned(assignments, matter.schema(event))
    if rationale is not None:
        arguments["rationale"] = rationale
    if token is None:
        matter.show(err=True)
        confirm(event, f"{caller.actor.id} decides {event} with {json_text(arguments)}. Type the event's name:")

    async def submit(governor: Governor) -> Reply | Stray:
        return await governor.decide(caller, matter.session.id, matter.request(event, arguments))

    answer = governed(database, [], submit)
    code = answer.refusal.code if answer.refusal is not None else None
    hint = _hint(matter, caller, event) if code == "FORBIDDEN" else ""
    tell(database, answer, as_json=as_json, hint=hint, call=matter.runs(event))


def _hint(matter: Matter, caller: Caller, event: str) -> str:
    """Say who can decide instead, where it is the person that the workflow excludes."""
    if matter.role not in caller.actor.roles or caller.channel not in matter.accept or not matter.excludes:
        return ""
    own = caller.actor.id == matter.session.started_by
    why = f"{caller.actor.id} started this session, and nobody decides a session of their own. " if own else ""
    return (
        f"\n{why}Another person with the role {matter.role} decides it, at a terminal of their own:\n"
        f"  {program()} token create maria --role {matter.role}\n"
        f"  {program()} review decide {matter.id} {event} --token TOKEN"
    )


def _matter(connection: Connection, matter_id: str) -> Matter:
    """Give what waits under this name: `SESSION` or `SESSION.NUMBER`.

    Raises:
        NotReached: when there is no such session, or its workflow's text is not there.
        FoundProblems: when nothing of it waits for a person.
    """
    session_id, dot, number = matter_id.partition(".")
    session = session_named(connection, session_id)
    return calls.waiting_call(connection, session, number) if dot else reviews.open_review(connection, session)


def _age(seconds: Json) -> str:
    total = seconds if isinstance(seconds, int) else 0
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if total >= size:
            return f"{total // size} {unit}"
    return f"{total} s"
