"""Calls of tools that wait for a person, as people see them at the command line: listed, as documents, printed.

Such a call is named by the session and a number: `SESSION.N`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, Channel, ToolUse, Workflow
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.approving import CHANNELS, DECISION, EVENTS
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import OpenApproval, Session

from .failures import FoundProblems
from .output import moment, print_heading, print_pairs, value_text
from .whereabouts import age_s, sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .acting import Ran


@dataclass(frozen=True, slots=True)
class CallMatter:
    """A call that waits, with its session and what the state says of the tool. Fills the port `Matter`."""

    session: Session
    workflow: Workflow
    use: ToolUse
    approval: OpenApproval

    @property
    def id(self) -> str:
        return f"{self.session.id}.{self.approval.id}"

    @property
    def role(self) -> str:
        return self.approval.role

    @property
    def shown_digest(self) -> str:
        return shown_digest(self.approval)

    @property
    def accept(self) -> frozenset[Channel]:
        return CHANNELS

    @property
    def excludes(self) -> bool:
        return self.use.approval is not None and bool(self.use.approval.exclude)

    def schema(self, event: str) -> JsonObject:
        if event not in EVENTS:
            raise FoundProblems(f"{event!r} is no decision about a call. Those are: {', '.join(EVENTS)}.")
        return DECISION.input_schema

    def request(self, event: str, arguments: JsonObject) -> Decide:
        return Decide(event, arguments, self.shown_digest, self.session.stay.number, approval=self.approval.id)

    def runs(self, event: str) -> Ran | None:
        from .acting import Ran

        return Ran(self.approval.id, self.approval.tool) if event == "approve" else None

    def document(self) -> JsonObject:
        decisions: list[Json] = [{"event": event, "input_schema": DECISION.input_schema} for event in EVENTS]
        return {
            **entry(self.session, self.approval),
            "revision": self.session.revision,
            "started_by": self.session.started_by,
            "goal": self.workflow.states[self.session.state].goal,
            "effect": self.workflow.tools[self.approval.tool].effect,
            "decisions": decisions,
        }

    def show(self, *, err: bool) -> None:
        document = self.document()
        due = document["due"]
        print_pairs(
            [
                ("call", self.id),
                ("tool", self.approval.tool),
                ("effect", str(document["effect"])),
                ("workflow", f"{self.session.workflow}, version {self.session.version}"),
                ("state", self.session.state),
                ("goal", self.workflow.states[self.session.state].goal),
                ("role", self.role),
                ("asked by", f"{self.approval.asked_by}, with {self.session.client or 'a client without a name'}"),
                ("started by", self.session.started_by),
                ("open since", moment(str(document["opened_at"]))),
                ("due", None if due is None else moment(str(due))),
                ("shown digest", self.shown_digest),
            ],
            err=err,
        )
        print_heading("Arguments (exactly these, once)", err=err)
        print_pairs([(name, value_text(value)) for name, value in self.approval.arguments.items()], err=err)
        print_heading("Decisions", err=err)
        print_pairs(
            [("approve", "the call runs, in this process"), ("reject", "it does not; the agent is told who and why")],
            err=err,
        )


def waiting_call(connection: Connection, session: Session, number: str) -> CallMatter:
    """Give a call of a session that waits for a person.

    Raises:
        NotReached: when its workflow's text is not there.
        FoundProblems: when no call of this number waits.
    """
    from .acting import workflow_of

    approval = session.stay.approvals.get(number)
    if approval is None:
        raise FoundProblems(f"No call waits for the approval {session.id}.{number}. {sentence(session)}")
    if approval.status != "pending":
        by = "" if approval.by is None else f" by {approval.by}"
        how = "rejected" if approval.status == "rejected" else "lapsed" if approval.by is None else "approved"
        came = f", and is {approval.status}" if how == "approved" and approval.status != how else ""
        raise FoundProblems(f"There is nothing to decide: this call of {approval.tool} was {how}{by}{came}.")
    workflow = workflow_of(connection, session)
    state = workflow.states[session.state]
    use = state.tools.get(approval.tool) if isinstance(state, AgentState) else None
    if use is None:
        raise FoundProblems(f"There is nothing to decide. {sentence(session)}")
    return CallMatter(session, workflow, use, approval)


def entry(session: Session, approval: OpenApproval) -> JsonObject:
    """Give what a list has of a call that waits."""
    return {
        "id": f"{session.id}.{approval.id}",
        "kind": "call",
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "tool": approval.tool,
        "arguments": approval.arguments,
        "role": approval.role,
        "asked_by": approval.asked_by,
        "opened_at": iso(approval.opened_at),
        "age_s": age_s(approval.opened_at),
        "due": None if approval.expires_at is None else iso(approval.expires_at),
        "shown_digest": shown_digest(approval),
    }
