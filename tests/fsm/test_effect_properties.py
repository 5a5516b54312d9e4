"""Over any history of one desk (design, section 6): no key has two calls that were done, and nothing is made blindly.

The twin in `writes` reads the facts alone. Every story runs through the driver, so the fold equals the session.
"""

from __future__ import annotations

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pointsman.fsm.commands import Settle, TakeOver
from pointsman.fsm.facts import Administered, CallResult, Settled

from .driver import SERVER, Story, with_tools, workflow
from .writes import judge_writes, stored_result

DESK: Final = workflow("""
    record: {got: {}}
    roles: [reviewer]
    initial: desk
    tools:
      t.find: {effect: read}
      t.plain: {effect: write, key: {over: [x]}}
      t.keyed: {effect: write, key: {over: [x], deliver: {argument: token}}, success: result == 1}
      t.asked: {effect: write, key: {over: [x]}, reconcile: {call: t.find, with: {x: =args.x}, happened: result == 1}}
      t.stay: {effect: write, key: {over: [x], scope: stay, deliver: {argument: token}}}
      t.each: {effect: write, key: none}
      t.secret: {effect: write, key: {over: [x], deliver: {argument: token}}, redact: [args.y]}
      t.allowed: {effect: write, key: {over: [x], deliver: {argument: token}}}
    states:
      desk:
        actor: agent
        tools: [t.plain, t.keyed, t.asked, t.stay, t.each, t.secret, {use: t.allowed, approval: {role: reviewer}}]
        failed: over
        unknown: doubt
        events: {work: {next: working}}
      working:
        actor: system
        run:
          - all:
              - {call: t.plain, with: {x: 1}, save: got}
              - {call: t.keyed, with: {x: 1}}
              - {call: t.asked, with: {x: 1}}
          - {call: t.stay, with: {x: 1}}
          - {call: t.each, with: {x: 1}}
        exit: [{call: t.secret, with: {x: 1, y: hunter2}}]
        next: desk
        failed: doubt
        unknown: doubt
      doubt: {actor: agent, events: {back: {next: desk}, work: {next: working}, stop: {next: over}}}
      over: {final: success}
""")
TOOLS: Final = sorted(DESK.tools.keys() - {"t.find"})
OTHERS: Final = with_tools(DESK, {"t.allowed": {"type": "object", "properties": {"x": {}, "y": {}}}})

results = st.one_of(
    st.builds(CallResult, st.just("done"), st.sampled_from([1, 1, 2, "text"])),
    st.builds(CallResult, st.just("done"), st.just(1), doubt=st.just("it broke"), reconciled=st.booleans()),
    st.builds(CallResult, st.just("failed"), error=st.just("refused")),
    st.builds(CallResult, st.just("unknown"), error=st.just("no answer"), unanswered=st.booleans()),
)


class Desk(RuleBasedStateMachine):
    """Calls, steps, processes that die, late answers and people, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(DESK)
        self.calls: list[str] = ["0"]

    @rule(tool=st.sampled_from(TOOLS), x=st.integers(1, 2), y=st.sampled_from([None, "a", "b"]))
    def call(self, tool: str, x: int, y: str | None) -> None:
        self.story.call(tool, {"x": x} if y is None else {"x": x, "y": y})

    @precondition(lambda self: self.story.session.stay.approvals)
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        self.story.judge("approve", number=data.draw(st.sampled_from(sorted(self.story.session.stay.approvals))))

    @rule(event=st.sampled_from(["work", "work", "back"]))
    def move(self, event: str) -> None:
        self.story.send(event)

    @precondition(lambda self: self.story.session.stay.open)
    @rule(data=st.data(), result=results)
    def settle(self, data: st.DataObject, result: CallResult) -> None:
        """A call that is open ends, where it runs."""
        call = self.story.session.stay.open[data.draw(st.sampled_from(sorted(self.story.session.stay.open)))]
        said = stored_result(self.story.facts, call, result)
        self.story.submit(Settle(call.id, said), SERVER, instance=call.instance)

    @precondition(lambda self: self.story.session.stay.open)
    @rule(data=st.data(), instance=st.sampled_from(["two", "three"]), changed=st.booleans())
    def take_over(self, data: st.DataObject, instance: str, changed: bool) -> None:
        """Its process is gone; a tool may be defined otherwise for the next one."""
        call = self.story.session.stay.open[data.draw(st.sampled_from(sorted(self.story.session.stay.open)))]
        self.story.workflow = OTHERS if changed else DESK
        self.story.submit(TakeOver(call.id, call.instance), SERVER, instance=instance)

    @rule(data=st.data(), result=results, instance=st.sampled_from(["one", "two"]))
    def be_late(self, data: st.DataObject, result: CallResult, instance: str) -> None:
        """Any call there has ever been ends, once more or after all."""
        call = data.draw(st.sampled_from(self.calls))
        opened = self.story.session.stay.open.get(call)
        said = result if opened is None else stored_result(self.story.facts, opened, result)
        self.story.submit(Settle(call, said), SERVER, instance=instance)

    @rule(data=st.data(), outcome=st.sampled_from(["done", "failed"]))
    def attest(self, data: st.DataObject, outcome: str) -> None:
        call = data.draw(st.sampled_from(self.calls))
        self.story.attest(call, "done" if outcome == "done" else "failed", gives=1)

    @invariant()
    def the_ledger_keeps_its_word(self) -> None:
        session, facts = self.story.session, self.story.facts
        self.calls += [call for call in session.stay.open if call not in self.calls]
        judge_writes(DESK, session, facts)
        for effect in session.effects.values():
            if effect.status == "done":
                body = facts[(effect.settled or 0) - 1].body
                assert isinstance(body, Settled | Administered)
                assert body.result is not None, "what is done has its result"


TestDesk: Final = Desk.TestCase
TestDesk.settings = settings(max_examples=40, stateful_step_count=30)
