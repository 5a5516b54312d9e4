"""Plays a workflow through `decide`, and holds every command to the machine's promises as it goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from textwrap import dedent
from typing import Literal, cast

from pointsman.contracts.bounds import EFFECTS_PER_SESSION
from pointsman.contracts.building import bound
from pointsman.contracts.loading import load
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.workflow import ToolDefinition, Workflow
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import (
    Attest,
    Call,
    Cancel,
    Command,
    Decide,
    Expire,
    Observe,
    Read,
    Request,
    Send,
    Settle,
    Start,
    TakeOver,
)
from pointsman.fsm.decide import decide
from pointsman.fsm.decision import Decision
from pointsman.fsm.evolve import evolve
from pointsman.fsm.facts import Administered, CallResult, Fact, Settled, body_value, read_body
from pointsman.fsm.session import Actor, LedgerEntry, OpenCall, Session
from pointsman.fsm.snapshots import restore, snapshot

T0 = 1_800_000_000_000
"""When every story begins, in milliseconds since the epoch."""

ADA = Actor("agent", "ada")
"""The agent that starts and drives; its principal is the person Ada."""
ADA_HERSELF = Actor("human", "ada", ("reviewer",))
MARIA = Actor("human", "maria", ("reviewer",))
STRANGER = Actor("agent", "mallory")
OUTSIDE = Actor("external", "webhook", owner="ada")
"""A system that answers for who started the session."""
SERVER = Actor("system", "pointsman")

ANY_ARGUMENTS: JsonObject = {
    "type": "object",
    "properties": {"x": {"type": "integer"}, "y": {"type": "string"}, "fixed": {}},
    "required": ["x"],
    "additionalProperties": False,
}


def workflow(text: str, definitions: Mapping[str, JsonObject] | None = None, header: str = "") -> Workflow:
    """Load a workflow of these states, with a name, a version and a source `t`, and bind its tools."""
    whole = f"workflow: tale\nversion: 1\nsources: {{t: {{python: tale_tools}}}}\n{header}{dedent(text)}"
    return with_tools(load(whole, "tale.yaml"), definitions)


def with_tools(loaded: Workflow, definitions: Mapping[str, JsonObject] | None = None) -> Workflow:
    """Bind every tool: to the schema given for it, otherwise to one that takes `x`, `y` and `fixed`."""
    schemas = definitions or {}
    return bound(
        loaded,
        {name: ToolDefinition(name, f"Does {name}.", schemas.get(name, ANY_ARGUMENTS)) for name in loaded.tools},
    )


def fold(session: Session | None, facts: Iterable[Fact]) -> Session:
    """Fold facts as replay does: through the canonical text of their bodies."""
    for fact in facts:
        stored = canonical(body_value(fact))
        session = evolve(session, replace(fact, body=read_body(fact.kind, json.loads(stored))))
    assert session is not None
    return session


class Story:
    """One session played through the machine."""

    def __init__(
        self,
        played: Workflow,
        fields: Mapping[str, object] | None = None,
        *,
        starter: Actor = ADA,
        at: int = T0,
        named: str = "s-1",
        asks_models: bool = False,
    ) -> None:
        self.workflow = played
        self.asks_models = asks_models
        self.at = at
        self.facts: list[Fact] = []
        self.commands = 0
        self._session: Session | None = None
        self._folded: Session | None = None
        self.last = self.submit(Start(named, played.digest, json_object(fields)), starter)

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    @property
    def state(self) -> str:
        return self.session.state

    @property
    def record(self) -> JsonObject:
        return self.session.record

    @property
    def code(self) -> str | None:
        """Code of the last refusal."""
        return None if self.last.refusal is None else self.last.refusal.code

    @property
    def message(self) -> str:
        assert self.last.refusal is not None
        return self.last.refusal.message

    def submit(
        self,
        request: Request,
        actor: Actor = SERVER,
        *,
        channel: str = "mcp",
        instance: str = "one",
        command_id: str = "",
    ) -> Decision:
        """Decide a command, and check what holds after every command."""
        self.commands += 1
        command = Command(
            command_id or f"c{self.commands}", self.at, actor, channel, instance, request, "client", self.asks_models
        )
        before = self._session
        decision = decide(self.workflow, before, command)
        again = decide(self.workflow, before and restore(snapshot(before)), command)
        assert [body_value(fact) for fact in again.facts] == [body_value(fact) for fact in decision.facts]
        assert replace(again, session=None, facts=()) == replace(decision, session=None, facts=())
        self.facts += decision.facts
        self._session = decision.session
        self.last = decision
        if decision.session is not None:
            self._folded = fold(self._folded, decision.facts)
            assert snapshot(self._folded) == snapshot(decision.session), (
                "the fold of the facts differs from the session"
            )
            check_promises(self.workflow, decision.session, self.facts)
        return decision

    # What an agent does.

    def call(
        self,
        tool: str,
        arguments: Mapping[str, object] | None = None,
        *,
        gives: object = None,
        outcome: str = "done",
        actor: Actor = ADA,
        expected_revision: int | None = None,
        in_flight: int = 0,
    ) -> Decision:
        """Call a tool; a read that is permitted ends at once with this outcome."""
        asked = json_object({"x": 1} if arguments is None else arguments)
        decision = self.submit(Call(tool, asked, expected_revision, in_flight), actor)
        if decision.read is not None:
            return self.observe(decision.read, gives=gives, outcome=outcome, actor=actor)
        return decision

    def ask(self, tool: str, arguments: Mapping[str, object] | None = None, *, in_flight: int = 0) -> Read:
        """Ask for a read without ending it, while `in_flight` others of the same tool run."""
        asked = json_object({"x": 1} if arguments is None else arguments)
        decision = self.submit(Call(tool, asked, None, in_flight, in_flight), ADA)
        assert decision.read is not None
        return decision.read

    def observe(self, read: Read, *, gives: object = None, outcome: str = "done", actor: Actor = ADA) -> Decision:
        return self.submit(Observe(read, result_of(outcome, gives)), actor, command_id=read.id)

    def send(
        self,
        event: str,
        arguments: Mapping[str, object] | None = None,
        *,
        actor: Actor = ADA,
        expected_revision: int | None = None,
        delivery: str | None = None,
    ) -> Decision:
        return self.submit(Send(event, json_object(arguments), expected_revision, delivery=delivery), actor)

    # What happens by itself.

    def open_call(self, tool: str) -> OpenCall:
        return next(call for call in self.session.stay.open.values() if call.tool == tool)

    def settle(self, tool: str, *, gives: object = None, outcome: str = "done", instance: str = "one") -> Decision:
        """End the first open call of this tool."""
        return self.submit(Settle(self.open_call(tool).id, result_of(outcome, gives)), instance=instance)

    def end(self, tool: str, result: CallResult, *, instance: str = "one") -> Decision:
        """End the first open call of this tool, with all that the tools report."""
        return self.submit(Settle(self.open_call(tool).id, result), instance=instance)

    def late(self, call: str, *, gives: object = None, outcome: str = "done", instance: str = "one") -> Decision:
        """A call that was settled as unknown has ended after all."""
        return self.submit(Settle(call, result_of(outcome, gives)), instance=instance)

    def restart(self, left: Session | None = None) -> None:
        """Go on in another process, with what was stored, or with what another version has `left`."""
        self._session = restore(snapshot(left or self.session))
        self._folded = left or self._folded

    def effect(self, tool: str) -> LedgerEntry:
        """The newest write of this tool in the ledger."""
        return max((one for one in self.session.effects.values() if one.tool == tool), key=lambda one: int(one.call))

    def take_over(self, tool: str, *, instance: str = "two", gone: str = "one") -> Decision:
        return self.submit(TakeOver(self.open_call(tool).id, gone), instance=instance)

    def expire(self, timer: str) -> Decision:
        return self.submit(Expire(timer))

    def pass_time(self, ms: int) -> None:
        """Let time pass, and fire what becomes due, in order, as a server does."""
        self.at += ms
        for _ in range(1000):
            timers = {**self.session.timers, **self.session.stay.timers}
            due = sorted((timer.at, name) for name, timer in timers.items() if timer.at <= self.at)
            before = self.session.revision
            for _, name in due:
                self.expire(name)
            if self.session.revision == before or self.session.ended:
                return

    # What people do.

    def decide(
        self,
        event: str,
        arguments: Mapping[str, object] | None = None,
        *,
        actor: Actor = MARIA,
        channel: str = "cli",
        stay: int | None = None,
        digest: str | None = None,
    ) -> Decision:
        """Decide the open review, on what it shows unless said otherwise."""
        review = self.session.stay.review
        shown = digest if digest is not None else review.shown_digest if review else ""
        number = self.session.stay.number if stay is None else stay
        return self.submit(Decide(event, json_object(arguments), shown, number), actor, channel=channel)

    def judge(
        self,
        event: str,
        arguments: Mapping[str, object] | None = None,
        *,
        number: str = "",
        actor: Actor = MARIA,
        channel: str = "cli",
        stay: int | None = None,
        digest: str | None = None,
    ) -> Decision:
        """Approve or reject a call that waits, the last one unless said otherwise, on what it shows."""
        approvals = self.session.stay.approvals
        approval = approvals.get(number or max(approvals, key=int, default=""))
        shown = digest if digest is not None else shown_digest(approval) if approval else ""
        named = number or (approval.id if approval else "none")
        stay_number = self.session.stay.number if stay is None else stay
        request = Decide(event, json_object(arguments), shown, stay_number, approval=named)
        return self.submit(request, actor, channel=channel)

    def cancel(self, reason: str = "no longer needed", *, actor: Actor = ADA_HERSELF) -> Decision:
        return self.submit(Cancel(reason), actor, channel="cli")

    def attest(
        self, call: str, outcome: Literal["done", "failed"] = "done", *, gives: object = None, actor: Actor = MARIA
    ) -> Decision:
        """Say how the write with this number ended."""
        return self.submit(Attest(call, outcome, "the bank says so", cast("Json", gives)), actor, channel="cli")

    def path(self) -> list[str]:
        """The states entered, in order."""
        return [fact.state_after or "" for fact in self.facts if fact.kind == "entered"]


def json_object(value: Mapping[str, object] | None) -> JsonObject:
    """Take what a test writes down as JSON."""
    return cast("JsonObject", dict(value or {}))


def result_of(outcome: str, gives: object = None) -> CallResult:
    """How a call ended."""
    match outcome:
        case "done":
            return CallResult("done", cast("Json", gives))
        case "failed":
            return CallResult("failed", error="it did not work")
        case _:
            return CallResult("unknown", error="the connection broke")


def check_promises(played: Workflow, session: Session, facts: list[Fact]) -> None:
    """What holds for every session after every command (design, section 1)."""
    text = snapshot(session)
    assert restore(text) == session
    assert snapshot(restore(text)) == text
    assert session.revision == len(facts)
    assert session.state in played.states
    assert session.record.keys() == session.provenance.keys(), "a field without provenance, or the reverse"
    for name, provenance in session.provenance.items():
        assert 1 <= provenance.revision <= session.revision
        fact = facts[provenance.revision - 1]
        writes: JsonObject = getattr(fact.body, "writes")  # noqa: B009 -- which body it is, is what is tested
        assert canonical(writes[name]) == canonical(session.record[name])
        assert (provenance.at, provenance.actor_kind, provenance.actor_id) == (fact.at, fact.actor_kind, fact.actor_id)
        assert not played.record[name].schema.unmet(session.record[name])
    check_ledger(session, facts)


def check_ledger(session: Session, facts: list[Fact]) -> None:
    """What holds of the ledger after every command (design, section 6)."""
    assert len(session.effects) <= EFFECTS_PER_SESSION
    writes = [call for call in session.stay.open.values() if call.effect == "write" and call.stored is None]
    made = {call.key: call for call in writes}
    assert len(made) == len(writes), "two writes with one key are open"
    for key, effect in session.effects.items():
        assert (effect.status == "intended") == (key in made)
        if effect.settled is not None:
            fact = facts[effect.settled - 1]
            assert fact.outcome == effect.status
            assert isinstance(fact.body, Settled | Administered)
            assert fact.body.call == effect.call
    for name, call in made.items():
        effect = session.effects[name or ""]
        assert (effect.call, effect.tool, effect.attempt) == (call.id, call.tool, call.attempt)
