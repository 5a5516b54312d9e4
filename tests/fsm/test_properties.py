"""Properties (issue: fsm): whatever is asked, in whatever order, the machine's promises hold.

`driver.check_promises` holds after every command: declared states, the fold of the facts through
their stored text gives the snapshot byte for byte, restore is its inverse, every field has the
provenance of the fact that wrote it. The driver also decides every command twice, the second time
on a restored session, and compares the facts. Here are the promises that need to know the workflow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import (
    Attest,
    Call,
    Cancel,
    Claim,
    Decide,
    Delegate,
    Expire,
    Observe,
    Read,
    Release,
    Request,
    Send,
    Settle,
    Start,
    TakeOver,
)
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Accepted, Administered, CallResult, Decided, Entered, Fact, Intended
from pointsman.fsm.session import Actor, OpenCall, Session
from pointsman.fsm.snapshots import snapshot

from .driver import ADA, MARIA, OUTSIDE, SERVER, Story
from .town import AFTER_WHEN, FAILED, HUMAN, LIMITS, SESSION_LIMITS, TOOL_WHEN, TOWN, WHEN, leads_to
from .townsfolk import (
    ACTORS,
    CHIEF,
    DECISIONS,
    EVENTS,
    SENT,
    TOOLS,
    decisions_of,
    good_results,
    payloads,
    results,
    small,
)
from .writes import judge_writes, stored_result


class Town(RuleBasedStateMachine):
    """Any sequence of commands, by anybody, late, early, twice and out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(TOWN)
        self.reads: list[Read] = []
        self.calls: list[str] = ["0"]
        self.timers: list[str] = ["nonsense"]
        self.digests: list[str] = ["sha256:none"]
        self.mark = 0

    @initialize(gate=st.none() | small, door=st.none() | st.integers(0, 3))
    def start(self, gate: int | None, door: int | None) -> None:
        fields: dict[str, object] = {
            name: value for name, value in (("gate", gate), ("door", door)) if value is not None
        }
        self.story = Story(TOWN, fields if gate != 4 else {})
        self.look_back(None)

    # What may be asked.

    @rule(data=st.data(), steps=st.integers(1, 6))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Whoever must act does what the state is there for."""
        for _ in range(steps):
            self.go_one_step_on(data)

    @rule(data=st.data())
    def go_on_further(self, data: st.DataObject) -> None:
        """As above, so that stories get somewhere between the disturbances."""
        for _ in range(6):
            self.go_one_step_on(data)

    def go_one_step_on(self, data: st.DataObject) -> None:
        stay = self.story.session.stay
        settles = bool(stay.open) and data.draw(st.sampled_from([True, True, True, False]))
        if settles:
            name = data.draw(st.sampled_from(sorted(stay.open)))
            call = stay.open[name]
            result = stored_result(self.story.facts, call, data.draw(good_results))
            self.ask(Settle(call.id, result), SERVER, instance=call.instance)
        elif stay.review is not None:
            arguments, actor = data.draw(DECISIONS[stay.state]), MARIA if stay.state == "review" else CHIEF
            event = data.draw(st.sampled_from(sorted(decisions_of(stay.state))))
            self.ask(Decide(event, arguments, stay.review.shown_digest, stay.number), actor, channel="cli")
        elif stay.actor == "agent":
            self.act(data, stay.state)
        elif stay.actor == "external":
            self.ask(Send("answered", data.draw(DECISIONS["review"])), OUTSIDE)
        else:
            self.be_late(data.draw(st.sampled_from([25, 60])))

    def act(self, data: st.DataObject, state: str) -> None:
        """An agent calls a tool, or looks and sends an event."""
        if data.draw(st.booleans()):
            tool = data.draw(st.sampled_from(TOOLS[:-1]))
            self.call(Call(tool, {"x": data.draw(st.integers(1, 3))}), ADA, data.draw(good_results))
            return
        event = data.draw(
            st.sampled_from(["enter", "enter", "enter", "slip", "ask"] if state == "gatehouse" else EVENTS)
        )
        if event == "enter":
            self.call(Call("t.look", {"x": 1}), ADA, CallResult("done", 1))
        self.ask(Send(event, data.draw(SENT.get(event, payloads))), ADA)

    def call(self, call: Call, actor: Actor, result: CallResult | None) -> None:
        """Call a tool; a permitted read ends now, or later when `result` is None."""
        decision = self.ask(call, actor)
        if decision.read is not None:
            self.reads.append(decision.read)
            if result is not None:
                self.ask(Observe(decision.read, result), actor)

    @rule(data=st.data(), actor=st.sampled_from(ACTORS), kind=st.sampled_from(("call", "send", "decide", "start")))
    def ask_anything(self, data: st.DataObject, actor: Actor, kind: str) -> None:
        """Anybody asks for anything, on any revision, with any digest there has been."""
        stale = data.draw(st.none() | st.integers(0, 40))
        if kind == "call":
            arguments: JsonObject = {"x": 1} if data.draw(st.booleans()) else {}
            tool = data.draw(st.sampled_from(TOOLS))
            flight = data.draw(st.integers(0, 2))
            self.call(Call(tool, arguments, stale, flight, flight), actor, data.draw(st.none() | results))
        elif kind == "send":
            self.ask(Send(data.draw(st.sampled_from(EVENTS)), data.draw(payloads), stale), actor)
        elif kind == "decide":
            stay = data.draw(st.sampled_from([0, 1, self.story.session.stay.number]))
            digest = data.draw(st.sampled_from(self.digests))
            channel = data.draw(st.sampled_from(["cli", "console", "mcp", "elicitation"]))
            decide = Decide(data.draw(st.sampled_from(EVENTS)), data.draw(payloads), digest, stay)
            self.ask(decide, actor, channel=channel)
        else:
            self.ask(Start("s-1", TOWN.digest, {}), actor)

    @rule(
        data=st.data(),
        actor=st.sampled_from(ACTORS),
        request=st.sampled_from(
            [Claim(), Claim(take_over=True), Claim("7"), Release(), Delegate("maria", "r"), Delegate("ada", "r")]
        ),
        channel=st.sampled_from(["cli", "cli", "mcp"]),
    )
    def hold(self, data: st.DataObject, actor: Actor, request: Request, channel: str) -> None:
        """Somebody claims a review, gives it back or hands it on; mostly it is given back before long."""
        self.ask(request, actor, channel=channel)
        review = self.story.session.stay.review
        if review is not None and review.holder is not None and data.draw(st.sampled_from([True, True, False])):
            self.ask(Release(), Actor("human", review.holder.by), channel="cli")

    @precondition(lambda self: self.reads)
    @rule(data=st.data(), result=results)
    def observe(self, data: st.DataObject, result: CallResult) -> None:
        """A read ends: late, or a second time."""
        self.ask(Observe(data.draw(st.sampled_from(self.reads)), result), ADA)

    @rule(
        data=st.data(), result=results, instance=st.sampled_from(["one", "two"]), gone=st.sampled_from(["one", "two"])
    )
    def settle(self, data: st.DataObject, result: CallResult, instance: str, gone: str) -> None:
        """Any call there has ever been ends, or is taken over."""
        call = data.draw(st.sampled_from(self.calls))
        opened = self.story.session.stay.open.get(call)
        said = result if opened is None else stored_result(self.story.facts, opened, result)
        request = TakeOver(call, gone) if data.draw(st.booleans()) else Settle(call, said)
        self.ask(request, SERVER, instance=instance)

    @rule(data=st.data(), actor=st.sampled_from([MARIA, CHIEF, ADA]), outcome=st.sampled_from(["done", "failed"]))
    def attest(self, data: st.DataObject, actor: Actor, outcome: Literal["done", "failed"]) -> None:
        """Somebody says how a write has ended."""
        self.ask(Attest(data.draw(st.sampled_from(self.calls)), outcome, "r", 1), actor, channel="cli")

    @rule(data=st.data(), actor=st.sampled_from([SERVER, SERVER, SERVER, ADA, MARIA]))
    def expire(self, data: st.DataObject, actor: Actor) -> None:
        """A timer is said to be due: one that is, one that is not, one that was."""
        self.ask(Expire(data.draw(st.sampled_from(self.timers))), actor)

    @rule(hours=st.sampled_from([-30, 1, 25]))
    def pass_time(self, hours: int) -> None:
        """Clocks go, and sometimes go back."""
        self.story.at += hours * 3_600_000

    def be_late(self, hours: int) -> None:
        """Time passes, and everything due is fired."""
        self.story.at += hours * 3_600_000
        session = self.story.session
        for name, _ in sorted({**session.timers, **session.stay.timers}.items(), key=lambda item: item[1].at):
            self.ask(Expire(name), SERVER)

    @precondition(lambda self: self.story.session.revision > 40)
    @rule(actor=st.sampled_from(ACTORS))
    def cancel(self, actor: Actor) -> None:
        self.ask(Cancel("c"), actor)

    # What must hold.

    def ask(self, request: Request, actor: Actor, *, channel: str = "mcp", instance: str = "one") -> Decision:
        before = self.story.session
        decision = self.story.submit(request, actor, channel=channel, instance=instance)
        after = self.story.session
        if before.ended is not None:
            assert unchanged(before, after), "an ended session changed"
            assert {fact.kind for fact in decision.facts} <= {"denied", "settled", "accepted", "admin"}
        check_holder(before, after, decision, actor)
        named = request.call if isinstance(request, Settle | TakeOver) and actor.kind == "system" else None
        lost = open_writes(before) - open_writes(after)
        assert lost <= {named}, f"an open write was lost by {request}"
        assert (decision.refusal is None) or (decision.read is None)
        if decision.refusal is not None:
            moved = after.stay.number != before.stay.number
            assert not moved or decision.refusal.code == "LIMIT_REACHED"
            assert (decision.refusal.code == "NOT_FOUND") == (not decision.facts)
        self.look_back(before)
        return decision

    def look_back(self, before: Session | None) -> None:
        """Judge the new facts by the twins of the guards."""
        facts = self.story.facts
        record: dict[str, Any] = dict(before.record) if before else {}
        for number in range(self.mark, len(facts)):
            self.judge(facts[number], facts[number - 1] if number else None, record)
            record.update(getattr(facts[number].body, "writes", {}))
        self.mark = len(facts)
        stay = self.story.session.stay
        self.calls += [call for call in stay.open if call not in self.calls]
        timers = [*stay.timers, *self.story.session.timers]
        self.timers += [timer for timer in timers if timer not in self.timers]
        if stay.review is not None and stay.review.shown_digest not in self.digests:
            self.digests.append(stay.review.shown_digest)

    def judge(self, fact: Fact, cause: Fact | None, record: dict[str, Any]) -> None:
        """Judge one fact, made on this record; `cause` is the fact before it."""
        state = fact.state_before or ""
        match fact.body:
            case Entered():
                judge_entered(fact, fact.body, cause, record)
            case Accepted(repeated=False):
                assert fact.actor_kind in (("external", "system") if state == "abroad" else ("agent",))
                assert_true(WHEN.get((state, fact.action or "")), record)
                assert state not in HUMAN
            case Decided():
                assert fact.actor_kind == "human"
                assert state in HUMAN
                assert fact.actor_id != "ada" or state != "review"
                assert_true(WHEN.get((state, fact.action or "")), record)
            case Intended(call=OpenCall(purpose="agent") as call):
                assert_true(TOOL_WHEN.get((state, call.tool)), record)
            case _:
                pass

    def teardown(self) -> None:
        """A limit of the session moves it once; a write happens once."""
        judge_writes(TOWN, self.story.session, self.story.facts)
        assert len(set(self.moved_by_session_limit())) == len(self.moved_by_session_limit())

    def moved_by_session_limit(self) -> list[str]:
        return [f.body.limit for f in self.story.facts if isinstance(f.body, Entered) and f.body.limit is not None]


def assert_true(guard: str | None, record: dict[str, Any]) -> None:
    """The twin of a guard: one field, which must be there and be 1."""
    assert guard is None or record.get(guard) == 1


def judge_entered(fact: Fact, body: Entered, cause: Fact | None, record: dict[str, Any]) -> None:
    """A state may be entered only from where, and on what, the workflow says."""
    state, target = fact.state_before or "", fact.state_after or ""
    came_by = cause.body if cause is not None else None
    event = (cause.action or "") if cause is not None and isinstance(came_by, Accepted | Decided) else ""
    match body.because:
        case "next":
            assert target == leads_to(state, event, record)
        case "below":
            assert isinstance(came_by, Accepted)
            assert leads_to(state, event, record) not in {None, *HUMAN}
            assert (came_by.confidence or 0) < 0.5 or (came_by.path_confidence or 0) < 0.3
            assert target == "review"
        case "after":
            assert_true(AFTER_WHEN.get((state, target)), record)
        case "limit":
            assert target in (LIMITS[state] if body.limit is None else SESSION_LIMITS)
        case "failed":
            assert target == FAILED[state]
        case "unknown":
            assert target == "doubt"
        case _:
            assert body.because in ("start", "due", "duration")


def check_holder(before: Session, after: Session, decision: Decision, actor: Actor) -> None:
    """Whoever holds a review alone decides it, and only a person's own row says who does."""
    held, holds = (stay.review.holder if stay.review is not None else None for stay in (before.stay, after.stay))
    acts = [fact.body.act for fact in decision.facts if isinstance(fact.body, Administered)]
    if any(isinstance(fact.body, Decided) for fact in decision.facts):
        assert held is None or held.by == actor.accountable
    if before.stay.number == after.stay.number and after.stay.review is not None and held != holds:
        assert actor.kind == "human"
        assert acts in (["claimed"], ["released"], ["delegated"])
        assert holds is None or holds.by != "ada" or after.state != "review", "who is excluded holds it"


def unchanged(before: Session, after: Session) -> bool:
    """Whether nothing but the number of its rows, and what became known of a write, tells two sessions apart."""
    known = replace(after, revision=before.revision, effects=before.effects, voids=before.voids)
    return snapshot(known) == snapshot(before)


def open_writes(session: Session) -> set[str]:
    return {call.id for call in session.stay.open.values() if call.effect == "write" and call.stored is None}


TestTown: Final = Town.TestCase
"""As many sequences as every run has time for."""
TestTown.settings = settings(max_examples=25, stateful_step_count=40)


@pytest.mark.slow
def test_the_promises_hold_for_longer() -> None:
    """As above: more sequences, and longer ones."""
    run_state_machine_as_test(Town, settings=settings(max_examples=150, stateful_step_count=60))
