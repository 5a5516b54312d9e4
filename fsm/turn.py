"""One command being decided: the facts made so far and the session they have led to."""

from __future__ import annotations

from dataclasses import replace

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Condition, State, Transition, Workflow

from .commands import Command
from .decision import Decision
from .evolve import evolve
from .facts import Body, Fact, FactKind
from .refusals import Refusal
from .scope import SessionScope
from .session import ActorKind, Session, Stay


class Turn:
    """The only mutable thing of the machine; it lives as long as one `decide`.

    Every fact goes through `emit`, which folds it at once, so what the next rule sees is what
    replay will see.
    """

    def __init__(self, workflow: Workflow, session: Session | None, command: Command) -> None:
        self.workflow = workflow
        self.command = command
        self.facts: list[Fact] = []
        self.states_entered = 0
        self.clear: dict[str, JsonObject] = {}
        self._session = session

    @property
    def session(self) -> Session:
        """The session now. Raises LookupError before a session has started."""
        if self._session is None:
            raise LookupError(self.command.id)
        return self._session

    @property
    def stay(self) -> Stay:
        """The current stay."""
        return self.session.stay

    @property
    def state(self) -> State:
        """The current state, as the workflow has it."""
        return self.workflow.states[self.session.state]

    def emit(  # noqa: PLR0913 -- a fact has this many columns
        self,
        kind: FactKind,
        body: Body,
        *,
        action: str | None = None,
        outcome: str | None = None,
        code: str | None = None,
        state_after: str | None = None,
        duration_ms: int | None = None,
        by: tuple[ActorKind, str] | None = None,
    ) -> None:
        """Make a fact and fold it. `state_after` is given where the state changes, `by` where it is the act of another
        than the actor of the command.
        """
        actor_kind, actor_id = by or (self.command.actor.kind, self.command.actor.id)
        before = self._session.state or None if self._session is not None else None
        fact = Fact(
            kind=kind,
            command=self.command.id,
            at=self.command.at,
            actor_kind=actor_kind,
            actor_id=actor_id,
            client=self.command.client,
            channel=self.command.channel,
            definition=self.workflow.digest,
            body=body,
            action=action,
            outcome=outcome,
            code=code,
            state_before=before,
            state_after=state_after if state_after is not None else before,
            duration_ms=duration_ms,
        )
        self.facts.append(fact)
        self._session = evolve(self._session, fact)

    def scope(self, session: Session | None = None, **extra: Json) -> SessionScope:
        """What an expression sees now, or would see in this other session."""
        return SessionScope(self.workflow, session or self.session, self.command.at, extra)

    def session_with(self, writes: JsonObject, confidence: float | None = None) -> Session:
        """The session as these writes, and this confidence of the step, would make it."""
        session = replace(self.session, record={**self.session.record, **writes})
        if confidence is None:
            return session
        return replace(session, confidences={**session.confidences, session.state: confidence})

    def answer(self, refusal: Refusal | None = None) -> Decision:
        """Close the turn."""
        return Decision(self._session, tuple(self.facts), refusal, clear=self.clear)


class UndecidableError(Exception):
    """A guard could not be judged. Inside this folder only: it becomes a refusal or a failed step."""


def passes(condition: Condition | None, scope: SessionScope) -> bool:
    """Judge a guard that may be absent.

    Raises:
        UndecidableError: when it is neither true nor false.
    """
    if condition is None:
        return True
    verdict = condition.guard.judge(scope)
    if verdict.error is not None:
        raise UndecidableError(verdict.error)
    return verdict.passed


def choose(transitions: tuple[Transition, ...], scope: SessionScope) -> str | None:
    """Give the first target whose guard passes, or None. Only `false` goes on to the next entry.

    Raises:
        UndecidableError: when a guard on the way is neither true nor false.
    """
    for transition in transitions:
        if passes(transition.when, scope):
            return transition.to
    return None
