"""An approval is used once, and only for its arguments: whatever is asked, by whomever, whenever."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pointsman.contracts.values import canonical
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import (
    Call,
    Claim,
    Decide,
    Delegate,
    Observe,
    Read,
    Release,
    Request,
    Restart,
    Send,
    Settle,
    TakeOver,
)
from pointsman.fsm.facts import Administered, Decided, Entered, Fact, Intended, Settled
from pointsman.fsm.session import Actor, OpenApproval

from .driver import ADA, ADA_HERSELF, MARIA, SERVER, Story, json_object, result_of, workflow

OTTO: Final = Actor("human", "otto", ("reviewer",))
IMPOSTOR: Final = Actor("agent", "maria", ("reviewer",))
SHED: Final = workflow("""
    record: {n: {type: integer}}
    roles: [reviewer]
    access: {view: anyone, drive: anyone}
    initial: shed
    tools: {t.saw: {effect: write, key: {over: [x]}}, t.pay: {effect: write, key: none}, t.look: {effect: read}}
    states:
      shed:
        actor: agent
        tools:
          - {use: t.saw, approval: {role: reviewer, exclude: [=session.started_by], within: 2h}}
          - {use: t.pay, with: {fixed: =visits.shed}, approval: {role: reviewer}}
          - {use: t.look, approval: {role: reviewer, within: 1h}, limit: 4}
        failed: out
        unknown: out
        events: {go: {next: shed}, leave: {next: out}}
        limits: [{calls: 9, then: out}, {denials: 6, then: out}]
      out: {actor: agent, tools: [t.look], events: {back: {next: shed}}, after: {in: 9d, to: gone}}
      gone: {final: stopped}
""")
PEOPLE: Final = (MARIA, MARIA, OTTO, ADA_HERSELF, IMPOSTOR, ADA, SERVER)
arguments: Final = st.fixed_dictionaries({"x": st.integers(1, 2)}, optional={"y": st.sampled_from(["a", "b"])})


class Shed(RuleBasedStateMachine):
    """Agents ask again and again, people decide about anything there has been, clocks and servers do what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(SHED)
        self.asked: dict[str, OpenApproval] = {}
        self.shown: list[str] = ["sha256:none"]
        self.holders: dict[str, str | None] = {}
        self.mark = 0

    @initialize()
    def start(self) -> None:
        self.story = Story(SHED)
        self.look_back()

    @rule(tool=st.sampled_from(["t.saw", "t.pay", "t.look"]), given=arguments)
    def call(self, tool: str, given: dict[str, object]) -> None:
        decision = self.story.submit(Call(tool, json_object(given)), ADA)
        assert decision.read is None or self.story.state == "out"
        self.look_back()

    @rule(
        data=st.data(),
        event=st.sampled_from(["approve", "approve", "approve", "reject", "go"]),
        actor=st.sampled_from(PEOPLE),
        odd=st.sampled_from(["", "", "", "digest", "stay", "channel"]),
    )
    def decide(self, data: st.DataObject, event: str, actor: Actor, odd: str) -> None:
        """Somebody decides: mostly what waits, as it is shown, now."""
        stay = self.story.session.stay
        number = data.draw(st.sampled_from([*self.asked, "7"]))
        held = stay.approvals.get(number)
        digest = data.draw(st.sampled_from(self.shown)) if odd == "digest" or held is None else shown_digest(held)
        number_of_stay = data.draw(st.integers(0, stay.number)) if odd == "stay" else stay.number
        channel = "elicitation" if odd == "channel" else "cli"
        self.story.submit(Decide(event, {}, digest, number_of_stay, approval=number), actor, channel=channel)
        self.look_back()

    @rule(data=st.data(), outcome=st.sampled_from(["done", "done", "failed", "unknown"]), again=st.booleans())
    def end(self, data: st.DataObject, outcome: str, again: bool) -> None:
        """A call ends, or the process that ran it does."""
        stay = self.story.session.stay
        call = stay.open[data.draw(st.sampled_from(sorted(stay.open)))] if stay.open else None
        named = call.id if call is not None else "3"
        request = TakeOver(named, "one") if again else Settle(named, result_of(outcome, 1))
        self.story.submit(request, SERVER, instance=call.instance if call is not None and not again else "two")
        self.look_back()

    @rule(event=st.sampled_from(["go", "leave", "back", "back"]))
    def send(self, event: str) -> None:
        self.story.submit(Send(event, {}), ADA)
        self.look_back()

    @rule(minutes=st.sampled_from([-10, 5, 61, 130]), fires=st.booleans())
    def pass_time(self, minutes: int, fires: bool) -> None:
        """Time passes; the timers fire now, or later."""
        self.story.at += minutes * 60_000
        if fires:
            self.story.pass_time(0)
        self.look_back()

    @rule()
    def restart(self) -> None:
        self.story.submit(Restart("shed", "r"), ADA_HERSELF, channel="cli")
        self.look_back()

    @rule(data=st.data(), actor=st.sampled_from(PEOPLE), how=st.sampled_from(["claim", "take", "release", "delegate"]))
    def hold(self, data: st.DataObject, actor: Actor, how: str) -> None:
        """Somebody claims a call that waits or waited, gives it back, or hands it on."""
        number = data.draw(st.sampled_from([*self.asked, "7"]))
        requests: dict[str, Request] = {
            "claim": Claim(number),
            "take": Claim(number, take_over=True),
            "release": Release(number),
            "delegate": Delegate("otto", "r", number),
        }
        self.story.submit(requests[how], actor, channel="cli")
        self.look_back()

    @rule(tool=st.sampled_from(["t.look", "t.saw"]))
    def claim(self, tool: str) -> None:
        """An agent claims that a read was permitted, which nothing permitted: it opens nothing and answers nothing."""
        before = self.story.session.stay.approvals
        self.story.submit(Observe(Read("r", tool, {"x": 1}, 0, 1), result_of("done", 1)), ADA)
        assert self.story.session.stay.approvals == before
        self.look_back()

    def look_back(self) -> None:
        facts = self.story.facts
        for index in range(self.mark, len(facts)):
            self.judge(index, facts[index])
        self.mark = len(facts)
        for approval in self.story.session.stay.approvals.values():
            assert approval.arguments == self.asked[approval.id].arguments

    def judge(self, index: int, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, Administered) and body.approval is not None:
            assert fact.actor_kind == "human"
            self.holders[body.approval] = None if body.holder is None else body.holder.by
            assert self.asked[body.approval].tool != "t.saw" or self.holders[body.approval] != "ada"
        elif isinstance(body, Intended) and body.approval is not None:
            assert body.approval.id == str(index + 1)
            self.asked[body.approval.id] = body.approval
            self.shown.append(shown_digest(body.approval))
        elif isinstance(body, Intended) and body.call is not None and body.call.attempt == 1:
            self.judge_run(index, body)
        elif isinstance(body, Settled) and body.repeats is not None:
            done = self.story.facts[body.repeats - 1]
            assert isinstance(done.body, Settled)
            assert (done.outcome, done.action) == ("done", fact.action)
            assert fact.action != "t.pay"

    def judge_run(self, index: int, body: Intended) -> None:
        """A call of a tool that needs a person runs right after that person's decision about this very call."""
        call, facts = body.call, self.story.facts
        assert call is not None
        decided = facts[index - 1]
        assert isinstance(decided.body, Decided)
        asked = self.asked[decided.body.approval or ""]
        assert (decided.kind, decided.action, decided.actor_kind) == ("decided", "approve", "human")
        assert decided.channel == "cli"
        assert call.approval == asked.id
        assert (call.tool, canonical(call.arguments)) == (asked.tool, canonical(asked.arguments))
        assert decided.body.shown_digest == shown_digest(asked)
        assert asked.tool != "t.saw" or decided.actor_id != "ada"
        assert self.holders.get(asked.id) in (None, decided.actor_id)
        assert asked.expires_at is None or decided.at < asked.expires_at
        since = facts[int(asked.id) : index - 1]
        assert not any(isinstance(other.body, Entered) for other in since), "of another stay"
        for other in since:
            taken = isinstance(other.body, Decided) and other.body.approval == asked.id
            assert not taken, "decided twice"


TestShed: Final = Shed.TestCase
TestShed.settings = settings(max_examples=40, stateful_step_count=40)


@pytest.mark.slow
def test_an_approval_is_used_once_and_only_for_its_arguments_for_longer() -> None:
    """As above: more sequences, and longer ones."""
    run_state_machine_as_test(Shed, settings=settings(max_examples=300, stateful_step_count=60))
