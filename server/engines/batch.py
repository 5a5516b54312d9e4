"""The commands of one commit: decided one after the other in memory, then written together.

A batch belongs to one transaction, and its sessions are the committed ones when it begins. Only
`write` touches the database. A command that cannot be decided, or whose facts cannot be written
down, fails alone and leaves nothing behind for the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pointsman.contracts.values import canonical
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Command, Start
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Fact, Started
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.model_turns import is_wish
from pointsman.fsm.session import Session

from ..audit.chain import GENESIS, AuditRow
from ..errors import UnknownDefinition
from ..store.notices import NoticeRow
from ..store.projections import Projection, SessionKey, projection, session_keys
from ..store.rows import SessionRow, audit_row, listed_by, session_row
from ..store.tables import SERVER_CHAIN
from ..store.writing import DefinitionRow, Head, SessionWriter
from .cache import Current
from .notices import notices_of
from .strays import SENT_TOO_OFTEN, StrayBound, only_said, stray_command

Decider: TypeAlias = Callable[[Workflow, Session | None, Command], Decision]
Definitions: TypeAlias = Callable[[str], Workflow | None]
Paths: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a batch decides by: the machine, the workflows by digest, and where their files stand."""

    decide: Decider
    definitions: Definitions
    paths: Paths


class Batch:
    """One commit in the making.

    Args:
        rules: What to decide by.
        current: The committed sessions of the commands; whatever is missing does not exist.
        server_head: Asked for the server chain's last row when the first stray call comes.
        bound: How many stray calls are written down.
    """

    def __init__(
        self,
        rules: Rules,
        current: Mapping[str, Current],
        server_head: Callable[[], Head],
        bound: StrayBound,
    ) -> None:
        self._rules = rules
        self._running = dict(current)
        self._server_head = server_head
        self._bound = bound
        self._rows: list[AuditRow] = []
        self._sessions: dict[str, SessionRow] = {}
        self._moved: set[str] = set()
        self._projections: dict[str, Projection] = {}
        self._keys: list[SessionKey] = []
        self._definitions: dict[str, DefinitionRow] = {}
        self._notices: list[NoticeRow] = []
        self._server: Head | None = None

    @property
    def changed(self) -> list[Current]:
        """The sessions that this batch moves on, as they are at its end."""
        return [self._running[session_id] for session_id in self._sessions]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self._rows

    def decide(self, session_id: str, command: Command) -> Decision:
        """Decide a command on its session as the commands before it have left it.

        Raises:
            UnknownDefinition: when the session's workflow is not loaded.
            Exception: whatever `decide` raises by mistake.
        """
        found = self._running.get(session_id)
        before = None if found is None else found.session
        digest = _definition(before, command)
        workflow = None if digest is None else self._workflow(digest)
        if workflow is None:
            decision = Decision(None, refusal=NOT_FOUND)
        else:
            decision = self._rules.decide(workflow, before, command)
            says = decision.facts and only_said(workflow, before, decision) and not is_wish(command.id)
            if says and not self._bound.admits_of(session_id):
                answer = decision.refusal or SENT_TOO_OFTEN
                self.stray(stray_command(command, session_id, answer, workflow))
                return replace(decision, session=before, facts=())
            if decision.facts:
                self._accept(session_id, before, decision, workflow)
        if decision.refusal is not None and not decision.facts:
            self.stray(stray_command(command, session_id, decision.refusal, workflow))
        return decision

    def stray(self, fact: Fact) -> None:
        """Write down a call that belongs to no session, as far as the bound allows."""
        for each in self._bound.admit(fact):
            self._append_to_server_chain(each)

    def tally(self) -> None:
        """Write down how many stray calls were only counted."""
        for each in self._bound.tally():
            self._append_to_server_chain(each)

    def write(self, writer: SessionWriter) -> None:
        """Put everything into the transaction that is open."""
        if self._definitions:
            writer.put_definitions(self._definitions.values())
        if self._sessions:
            writer.put_sessions(row for name, row in self._sessions.items() if name in self._moved)
            writer.put_snapshots(row for name, row in self._sessions.items() if name not in self._moved)
        if self._projections:
            writer.put_projections(self._projections)
        if self._keys:
            writer.put_session_keys(self._keys)
        if self._server is not None:
            writer.put_server_head(self._server)
        writer.append(self._rows)
        if self._notices:
            writer.put_notices(self._notices)

    def _workflow(self, digest: str) -> Workflow:
        workflow = self._rules.definitions(digest)
        if workflow is None:
            raise UnknownDefinition
        return workflow

    def _accept(self, session_id: str, before: Session | None, decision: Decision, workflow: Workflow) -> None:
        if session_id == SERVER_CHAIN:
            raise ValueError(f"{SERVER_CHAIN!r} is the name of a chain, and no session's handle")
        session = decision.session
        revision = before.revision if before is not None else 0
        if session is None or session.id != session_id or session.revision != revision + len(decision.facts):
            raise RuntimeError(f"the facts of session {session_id} after revision {revision} lead somewhere else")
        head = self._running[session_id].head if before is not None else GENESIS
        rows: list[AuditRow] = []
        for number, fact in enumerate(decision.facts, start=revision + 1):
            rows.append(audit_row(fact, session_id, number, head, secrets.token_hex(16)))
            head = rows[-1].hash
        row, listed = session_row(session, head), projection(session)
        keys = _keys(decision.facts) if before is None else []
        told = [*notices_of(workflow, session, decision.facts)]
        # From here on nothing fails: the command is in, as a whole.
        if before is None:
            self._define(workflow, session.started_at)
        self._rows += rows
        self._notices += told
        self._sessions[session_id] = row
        if before is None or listed_by(before) != listed_by(session):
            self._moved.add(session_id)
        if session_id in self._projections or listed != projection(before):
            self._projections[session_id] = listed
        self._keys += keys
        self._running[session_id] = Current(session, head)

    def _define(self, workflow: Workflow, now_ms: int) -> None:
        path = self._rules.paths(workflow.digest)
        prompts = canonical(dict(workflow.prompts)) if workflow.prompts else None
        self._definitions[workflow.digest] = DefinitionRow(
            workflow.digest, workflow.text, workflow.name, workflow.version, path, now_ms, prompts
        )

    def _append_to_server_chain(self, fact: Fact) -> None:
        head = self._server if self._server is not None else self._server_head()
        row = audit_row(fact, SERVER_CHAIN, head.revision + 1, head.hash, secrets.token_hex(16))
        self._server = Head(row.revision, row.hash)
        self._rows.append(row)


def _keys(facts: Sequence[Fact]) -> list[SessionKey]:
    """Give what a session is searched by, of its first facts."""
    return [key for fact in facts if isinstance(fact.body, Started) for key in session_keys(fact.body)]


def _definition(session: Session | None, command: Command) -> str | None:
    """Give the digest of the workflow to decide by; None where there is no session and none is started."""
    if session is not None:
        return session.definition
    return command.request.definition if isinstance(command.request, Start) else None
