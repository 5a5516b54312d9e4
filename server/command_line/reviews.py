"""Open reviews as people see them at the command line: in a list, as a document, and printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import CallStep, Channel, Event, HumanState, Workflow
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import OpenReview, Session
from pointsman.fsm.stays import show_name
from pointsman.fsm.votes import votes_so_far

from .demands import demands
from .failures import FoundProblems
from .output import moment, print_heading, print_pairs, value_text
from .whereabouts import age_s, sentence, votes_in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ReviewMatter:
    """An open review, with the session it belongs to and the state that asks for it. Fills the port `Matter`."""

    session: Session
    workflow: Workflow
    state: HumanState
    review: OpenReview

    @property
    def id(self) -> str:
        return self.session.id

    @property
    def role(self) -> str:
        return self.state.review.role

    @property
    def shown_digest(self) -> str:
        return self.review.shown_digest

    @property
    def accept(self) -> frozenset[Channel]:
        return self.state.review.accept

    @property
    def excludes(self) -> bool:
        return bool(self.state.review.exclude)

    def schema(self, event: str) -> JsonObject:
        found = self.state.events.get(event)
        if found is None:
            known = ", ".join(self.state.events)
            raise FoundProblems(f"{event!r} is no decision of {self.state.name!r}. Those are: {known}.")
        return found.contract.input_schema

    def request(self, event: str, arguments: JsonObject) -> Decide:
        return Decide(event, arguments, self.review.shown_digest, self.session.stay.number)

    def runs(self, event: str) -> None:
        """A review lets no single call run."""

    def document(self) -> JsonObject:
        review = self.state.review
        decisions: list[Json] = [
            {
                "event": event.name,
                "description": event.description,
                "leads_to": list(dict.fromkeys(transition.to for transition in event.next)),
                "approvals": event.approvals,
                "input_schema": event.contract.input_schema,
            }
            for event in self.state.events.values()
        ]
        return {
            **entry(self.session),
            "votes": votes_so_far(self.session.stay),
            "revision": self.session.revision,
            "started_by": self.session.started_by,
            "goal": self.state.goal,
            "shown": self.review.shown,
            "edit": list(review.edit),
            "rationale": "required" if review.rationale_required else "optional",
            "accept": [*sorted(review.accept)],
            "decisions": decisions,
        }

    def show(self, *, err: bool) -> None:
        document = self.document()
        due = document["due"]
        print_pairs(
            [
                ("session", self.session.id),
                ("workflow", f"{self.session.workflow}, version {self.session.version}"),
                ("state", self.session.state),
                ("goal", self.state.goal),
                ("role", self.role),
                ("started by", self.session.started_by),
                ("open since", moment(str(document["opened_at"]))),
                ("due", None if due is None else moment(str(due))),
                ("shown digest", self.review.shown_digest),
                ("may edit", ", ".join(self.state.review.edit) or "nothing"),
                ("rationale", str(document["rationale"])),
            ],
            err=err,
        )
        print_heading("Shown (frozen)", err=err)
        print_pairs([(name, value_text(value)) for name, value in self._in_order()], err=err)
        print_heading("Decisions", err=err)
        for event in self.state.events.values():
            _print_decision(event, err=err)
        votes = votes_in_words(self.session)
        if votes:
            print_heading("Votes so far", err=err)
            click.echo(visible("\n".join(votes), lines=True), err=err)

    def _in_order(self) -> Iterator[tuple[str, Json]]:
        """What is shown, in the order of the workflow's `show`; what has no value is left out."""
        shown = self.review.shown
        wanted = [show_name(item) if isinstance(item, CallStep) else item for item in self.state.review.show]
        for name in dict.fromkeys([*wanted, *shown]):
            if name in shown:
                yield name, shown[name]


def open_review(connection: Connection, session: Session) -> ReviewMatter:
    """Give the open review of a session.

    Raises:
        NotReached: when its workflow's text is not there.
        FoundProblems: when no review of it is open.
    """
    from .acting import workflow_of

    review = session.stay.review
    workflow = workflow_of(connection, session) if review is not None and session.ended is None else None
    state = workflow.states[session.state] if workflow is not None else None
    if review is None or workflow is None or not isinstance(state, HumanState):
        raise FoundProblems(f"There is nothing to decide. {sentence(session)}")
    return ReviewMatter(session, workflow, state, review)


def entry(session: Session) -> JsonObject:
    """Give what a list has of a session whose review is open."""
    review = session.stay.review
    opened_at = review.opened_at if review is not None else session.stay.since
    due_at = review.due_at if review is not None else None
    return {
        "id": session.id,
        "kind": "review",
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "role": review.role if review is not None else None,
        "opened_at": iso(opened_at),
        "age_s": age_s(opened_at),
        "due": None if due_at is None else iso(due_at),
        "shown_digest": review.shown_digest if review is not None else None,
    }


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
