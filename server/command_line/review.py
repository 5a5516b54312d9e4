"""`pointsman review`: what waits for a person, and that person's decision.

A decision needs somebody at a terminal, who types the event's name once more, or the token of a
person. It is bound to the stay and to the digest of what was shown when it was read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import time_ns
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import CallStep, Event, HumanState, Workflow
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import OpenReview, Session
from pointsman.fsm.stays import show_name
from pointsman.fsm.votes import votes_so_far

from ..store.searching import open_reviews
from .columns import Column
from .confirming import confirm
from .database import reading_database, session_named
from .demands import demands
from .failures import FoundProblems
from .groups import Group
from .invocation import program
from .options import database_option, json_option, limit_option, set_option, token_option
from .output import (
    json_text,
    moment,
    print_heading,
    print_json,
    print_json_lines,
    print_pairs,
    print_table,
    value_text,
)
from .persons import demand_a_person, person, turn_away
from .whereabouts import sentence, votes_in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor
    from ..replies import Caller, Reply, Stray


LIST_COLUMNS: Final = (
    Column("session", whole=True),
    Column("workflow", rank=3),
    Column("state"),
    Column("role"),
    Column("age", whole=True, rank=2),
    Column("due", whole=True, rank=1),
)


class Open(NamedTuple):
    """An open review, with the session it belongs to and the state that asks for it."""

    session: Session
    workflow: Workflow
    state: HumanState
    review: OpenReview


@click.group(cls=Group)
def command() -> None:
    """See what waits for a person, and decide it."""


@command.command(name="list")
@click.option("--role", help="Only reviews for this role.")
@limit_option
@database_option
@json_option
def list_reviews(role: str | None, limit: int, database: str | None, *, as_json: bool) -> None:
    """List what waits for a person, the oldest first."""
    with reading_database(database) as connection:
        found = [_entry(session) for session in open_reviews(connection, role, limit)]
    if as_json:
        print_json_lines(found)
        return
    if not found:
        click.echo("Nothing waits for a person." if role is None else f"Nothing waits for the role {visible(role)}.")
        return
    rows = [
        [
            str(one["session"]),
            str(one["workflow"]),
            str(one["state"]),
            str(one["role"]),
            _age(one["age_s"]),
            None if one["due"] is None else moment(str(one["due"])),
        ]
        for one in found
    ]
    print_table(LIST_COLUMNS, rows)


@command.command()
@click.argument("session_id", metavar="ID")
@database_option
@json_option
def show(session_id: str, database: str | None, *, as_json: bool) -> None:
    """Show what a reviewer sees, what they may edit, and which decisions there are."""
    with reading_database(database) as connection:
        opened = _open_review(connection, session_id)
    if as_json:
        print_json(_document(opened))
    else:
        _print_review(opened, err=False)


@command.command()
@click.argument("session_id", metavar="ID")
@click.argument("event")
@set_option
@click.option("--rationale", metavar="TEXT", help="Why; it stays in the history.")
@click.option("--shown", metavar="DIGEST", help="Decide only if this is still what `review show` names.")
@token_option
@database_option
@json_option
def decide(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    session_id: str,
    event: str,
    assignments: tuple[str, ...],
    rationale: str | None,
    shown: str | None,
    token: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Decide a review: at a terminal, or with a person's token."""
    from .acting import governed, tell
    from .arguments import assigned

    demand_a_person(token, "A decision is made", "the event's name")
    with reading_database(database) as connection:
        opened = _open_review(connection, session_id)
        caller = person(connection, token, opened.workflow.roles)
    if isinstance(caller, Refusal):
        turn_away(database, session_id, event, caller)
    if shown is not None and shown != opened.review.shown_digest:
        raise FoundProblems(f"What is shown has changed; its digest is {opened.review.shown_digest}. Look at it again.")
    arguments = assigned(assignments, _schema(opened.state, event))
    if rationale is not None:
        arguments["rationale"] = rationale
    if token is None:
        _print_review(opened, err=True)
        confirm(event, f"{caller.actor.id} decides {event} with {json_text(arguments)}. Type the event's name:")

    async def submit(governor: Governor) -> Reply | Stray:
        return await governor.decide(
            caller, session_id, event, arguments, opened.review.shown_digest, opened.session.stay.number
        )

    answer = governed(database, [], submit)
    code = answer.refusal.code if answer.refusal is not None else None
    hint = _hint(opened, caller, event) if code == "FORBIDDEN" else ""
    tell(database, answer, as_json=as_json, hint=hint)


def _hint(opened: Open, caller: Caller, event: str) -> str:
    """Say who can decide instead, where it is the person that the workflow excludes."""
    review = opened.state.review
    if review.role not in caller.actor.roles or caller.channel not in review.accept or not review.exclude:
        return ""
    own = caller.actor.id == opened.session.started_by
    why = f"{caller.actor.id} started this session, and nobody decides a session of their own. " if own else ""
    return (
        f"\n{why}Another person with the role {review.role} decides it, at a terminal of their own:\n"
        f"  {program()} token create maria --role {review.role}\n"
        f"  {program()} review decide {opened.session.id} {event} --token TOKEN"
    )


def _open_review(connection: Connection, session_id: str) -> Open:
    """Give the open review of a session.

    Raises:
        NotReached: when there is no such session, or its workflow's text is not there.
        FoundProblems: when nothing of it waits for a person.
    """
    from .acting import workflow_of

    session = session_named(connection, session_id)
    review = session.stay.review
    if review is None or session.ended is not None:
        raise FoundProblems(f"There is nothing to decide. {sentence(session)}")
    workflow = workflow_of(connection, session)
    state = workflow.states[session.state]
    if not isinstance(state, HumanState):
        raise FoundProblems(f"There is nothing to decide. {sentence(session)}")
    return Open(session, workflow, state, review)


def _schema(state: HumanState, event: str) -> JsonObject:
    found = state.events.get(event)
    if found is None:
        raise FoundProblems(f"{event!r} is no decision of {state.name!r}. Those are: {', '.join(state.events)}.")
    return found.contract.input_schema


def _entry(session: Session) -> JsonObject:
    review = session.stay.review
    opened_at = review.opened_at if review is not None else session.stay.since
    due_at = review.due_at if review is not None else None
    return {
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "role": review.role if review is not None else None,
        "opened_at": iso(opened_at),
        "age_s": (time_ns() // 1_000_000 - opened_at) // 1000,
        "due": None if due_at is None else iso(due_at),
        "shown_digest": review.shown_digest if review is not None else None,
    }


def _document(opened: Open) -> JsonObject:
    review = opened.state.review
    decisions: list[Json] = [
        {
            "event": event.name,
            "description": event.description,
            "leads_to": list(dict.fromkeys(transition.to for transition in event.next)),
            "approvals": event.approvals,
            "input_schema": event.contract.input_schema,
        }
        for event in opened.state.events.values()
    ]
    return {
        **_entry(opened.session),
        "votes": votes_so_far(opened.session.stay),
        "revision": opened.session.revision,
        "started_by": opened.session.started_by,
        "goal": opened.state.goal,
        "shown": opened.review.shown,
        "edit": list(review.edit),
        "rationale": "required" if review.rationale_required else "optional",
        "accept": [*sorted(review.accept)],
        "decisions": decisions,
    }


def _print_review(opened: Open, *, err: bool) -> None:
    document = _document(opened)
    review = opened.state.review
    due = document["due"]
    print_pairs(
        [
            ("session", opened.session.id),
            ("workflow", f"{opened.session.workflow}, version {opened.session.version}"),
            ("state", opened.session.state),
            ("goal", opened.state.goal),
            ("role", review.role),
            ("started by", opened.session.started_by),
            ("open since", moment(str(document["opened_at"]))),
            ("due", None if due is None else moment(str(due))),
            ("shown digest", opened.review.shown_digest),
            ("may edit", ", ".join(review.edit) or "nothing"),
            ("rationale", str(document["rationale"])),
        ],
        err=err,
    )
    print_heading("Shown (frozen)", err=err)
    print_pairs([(name, value_text(value)) for name, value in _in_order(opened)], err=err)
    print_heading("Decisions", err=err)
    for event in opened.state.events.values():
        _print_decision(event, err=err)
    votes = votes_in_words(opened.session)
    if votes:
        print_heading("Votes so far", err=err)
        click.echo(visible("\n".join(votes), lines=True), err=err)


def _in_order(opened: Open) -> Iterator[tuple[str, Json]]:
    """What is shown, in the order of the workflow's `show`; what has no value is left out."""
    shown = opened.review.shown
    wanted = [show_name(item) if isinstance(item, CallStep) else item for item in opened.state.review.show]
    for name in dict.fromkeys([*wanted, *shown]):
        if name in shown:
            yield name, shown[name]


def _print_decision(event: Event, *, err: bool) -> None:
    """Print a decision: where it leads, what it is, what it takes."""
    targets = " or ".join(dict.fromkeys(transition.to for transition in event.next))
    takes = "" if event.approvals == 1 else f" ({event.approvals} persons must decide the same)"
    click.echo(f"{click.style(visible(event.name), bold=True)} → {targets}{takes}", err=err)
    if event.description:
        print_pairs([("  ", event.description)], err=err)
    lines = list(demands(event.contract.input_schema))
    if lines:
        print_pairs([(f"  {name} ({need})", said) for name, need, said in lines], err=err)


def _age(seconds: Json) -> str:
    total = seconds if isinstance(seconds, int) else 0
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if total >= size:
            return f"{total // size} {unit}"
    return f"{total} s"
