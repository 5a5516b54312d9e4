"""Properties (issue: fsm): whatever is asked, in whatever order, the machine's promises hold.

`driver.check_promises` holds after every command: declared states, the fold of the facts through
their stored text gives the snapshot byte for byte, restore is its inverse, every field has the
provenance of the fact that wrote it. The driver also decides every command twice, the second time
on a restored session, and compares the facts. Here are the promises that need to know the workflow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Call, Cancel, Decide, Expire, Observe, Read, Request, Send, Settle, Start, TakeOver
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Accepted, CallResult, Decided, Entered, Fact, Intended
from pointsman.fsm.session import Actor, Session, snapshot

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, STRANGER, Story
from .town import AFTER_WHEN, FAILED, HUMAN, LIMITS, SESSION_LIMITS, TOOL_WHEN, TOWN, WHEN, leads_to

CHIEF = Actor("human", "cleo", ("chief",))
IMPOSTOR = Actor("agent", "maria", ("reviewer", "chief"))
ACTORS = (ADA, ADA, ADA, MARIA, CHIEF, OUTSIDE, ADA_HERSELF, SERVER, STRANGER, IMPOSTOR)
EVENTS = ("enter", "ask", "slip", "back", "forth", "stop", "answered", "clear", "plead", "give_up", "nothing")
TOOLS = ("t.look", "t.peek", "t.post", "t.deed", "t.none")

small = st.integers(0, 4)
results = st.one_of(
    st.builds(CallResult, st.just("done"), st.one_of(small, st.none(), st.just("text"), st.just({"a": 1}))),
    st.builds(CallResult, st.sampled_from(["failed", "unknown"]), error=st.just("it broke")),
)
payloads: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {},
    optional={
        "gate": small,
        "door": st.integers(0, 3),
        "note": st.sampled_from(["n", "ab", "too long"]),
        "confidence": st.sampled_from([0, 0.2, 0.6, 0.9, 1, 2]),
        "rationale": st.just("because"),
    },
)
sound: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"gate": st.integers(0, 3), "confidence": st.sampled_from([0.3, 0.8, 1]), "rationale": st.just("r")}
)


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

    @rule(
        call=st.builds(
            Call,
            st.sampled_from(TOOLS),
            small.map(lambda x: cast("JsonObject", {"x": x} if x else {})),
            st.none() | st.integers(0, 40),
            st.integers(0, 2),
        ),
        actor=st.sampled_from(ACTORS),
        ends=st.booleans(),
        result=results,
    )
    def call(self, call: Call, actor: Actor, ends: bool, result: CallResult) -> None:
        decision = self.ask(call, actor)
        if decision.read is not None:
            self.reads.append(decision.read)
            if ends:
                self.ask(Observe(decision.read, result), actor)

    @precondition(lambda self: self.reads)
    @rule(data=st.data(), result=results)
    def observe(self, data: st.DataObject, result: CallResult) -> None:
        """A read ends: late, or a second time."""
        self.ask(Observe(data.draw(st.sampled_from(self.reads)), result), ADA)

    @rule(
        event=st.sampled_from(EVENTS),
        arguments=st.one_of(payloads, sound),
        actor=st.sampled_from(ACTORS),
        stale=st.none() | st.integers(0, 40),
    )
    def send(self, event: str, arguments: JsonObject, actor: Actor, stale: int | None) -> None:
        self.ask(Send(event, arguments, stale), actor)

    @rule(arguments=sound, event=st.sampled_from(["enter", "ask", "slip", "plead"]))
    def send_well(self, arguments: JsonObject, event: str) -> None:
        """An agent that does what it should: looks, then sends."""
        decision = self.ask(Call("t.look", {"x": 1}), ADA)
        if decision.read is not None:
            self.ask(Observe(decision.read, CallResult("done", 1)), ADA)
        kept = arguments if event in ("enter", "plead") else {"rationale": "r"}
        self.ask(Send(event, {name: kept[name] for name in kept if event == "enter" or name != "gate"}), ADA)

    @rule(gate=st.integers(0, 3), door=st.integers(0, 3), actor=st.sampled_from([OUTSIDE, SERVER, ADA]))
    def deliver(self, gate: int, door: int, actor: Actor) -> None:
        self.ask(Send("answered", {"gate": gate, "door": door}), actor)

    @rule(
        event=st.sampled_from(EVENTS),
        arguments=payloads,
        actor=st.sampled_from(ACTORS),
        fresh=st.booleans(),
        channel=st.sampled_from(["cli", "console", "mcp", "elicitation"]),
        data=st.data(),
    )
    def decide(
        self, event: str, arguments: JsonObject, actor: Actor, fresh: bool, channel: str, data: st.DataObject
    ) -> None:
        review = self.story.session.stay.review
        digest = review.shown_digest if review and fresh else data.draw(st.sampled_from(self.digests))
        stay = self.story.session.stay.number if fresh else data.draw(st.integers(0, 9))
        self.ask(Decide(event, arguments, digest, stay), actor, channel=channel)

    @rule(event=st.sampled_from(["back", "forth", "stop", "clear"]), edit=st.none() | st.integers(0, 3), data=st.data())
    def decide_well(self, event: str, edit: int | None, data: st.DataObject) -> None:
        """A person who may, on what is shown."""
        review = self.story.session.stay.review
        arguments: JsonObject = {"rationale": "r"} if edit is None or self.story.state != "review" else {"door": edit}
        shown = review.shown_digest if review else ""
        actor = data.draw(st.sampled_from([MARIA, CHIEF]))
        self.ask(Decide(event, arguments, shown, self.story.session.stay.number), actor, channel="cli")

    @rule(data=st.data(), result=results, known=st.booleans(), instance=st.sampled_from(["one", "one", "one", "two"]))
    def settle(self, data: st.DataObject, result: CallResult, known: bool, instance: str) -> None:
        """A call ends: one that is open, or any there has ever been."""
        calls = sorted(self.story.session.stay.open) if known else []
        call = data.draw(st.sampled_from(calls or self.calls))
        self.ask(Settle(call, result), SERVER, instance=instance)

    @rule(data=st.data(), gone=st.sampled_from(["one", "two"]), instance=st.sampled_from(["two", "one"]))
    def take_over(self, data: st.DataObject, gone: str, instance: str) -> None:
        self.ask(TakeOver(data.draw(st.sampled_from(self.calls)), gone), SERVER, instance=instance)

    @rule(data=st.data(), actor=st.sampled_from([SERVER, SERVER, SERVER, ADA, MARIA]))
    def expire(self, data: st.DataObject, actor: Actor) -> None:
        """A timer is said to be due: one that is, one that is not, one that was."""
        self.ask(Expire(data.draw(st.sampled_from(self.timers))), actor)

    @rule(hours=st.sampled_from([-30, 1, 25, 60, 200]))
    def pass_time(self, hours: int) -> None:
        """Clocks go, and sometimes go back."""
        self.story.at += hours * 3_600_000

    @rule(hours=st.sampled_from([25, 60]))
    def be_late(self, hours: int) -> None:
        """Time passes, and everything due is fired."""
        self.story.at += hours * 3_600_000
        session = self.story.session
        for name, _ in sorted({**session.timers, **session.stay.timers}.items(), key=lambda item: item[1].at):
            self.ask(Expire(name), SERVER)

    @precondition(lambda self: self.story.session.revision > 30)
    @rule(actor=st.sampled_from(ACTORS))
    def cancel(self, actor: Actor) -> None:
        self.ask(Cancel("c"), actor)

    @rule(actor=st.sampled_from(ACTORS))
    def start_again(self, actor: Actor) -> None:
        self.ask(Start("s-1", TOWN.digest, {}), actor)

    # What must hold.

    def ask(self, request: Request, actor: Actor, *, channel: str = "mcp", instance: str = "one") -> Decision:
        before = self.story.session
        decision = self.story.submit(request, actor, channel=channel, instance=instance)
        after = self.story.session
        if before.ended is not None:
            assert unchanged(before, after), "an ended session changed"
            assert {fact.kind for fact in decision.facts} <= {"denied", "settled", "accepted"}
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
            case Intended(call=call) if call.purpose == "agent":
                assert_true(TOOL_WHEN.get((state, call.tool)), record)
            case _:
                pass

    def teardown(self) -> None:
        """A limit of the session moves it once."""
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


def unchanged(before: Session, after: Session) -> bool:
    """Whether nothing but the number of its rows tells two sessions apart."""
    return snapshot(replace(after, revision=before.revision)) == snapshot(before)


def open_writes(session: Session) -> set[str]:
    return {call.id for call in session.stay.open.values() if call.effect == "write"}


TestTown: Final = Town.TestCase
"""As many sequences as every run has time for."""
TestTown.settings = settings(max_examples=25, stateful_step_count=40)


@pytest.mark.slow
def test_the_promises_hold_for_longer() -> None:
    """As above: more sequences, and longer ones."""
    run_state_machine_as_test(Town, settings=settings(max_examples=300, stateful_step_count=80))
