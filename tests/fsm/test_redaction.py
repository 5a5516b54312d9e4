"""`redact` (workflow format, "tools"): paths that are never stored in clear, whatever becomes of a call."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject, as_object, canonical, digest
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Call, Observe, Settle
from pointsman.fsm.facts import CallResult, Denied, Intended, Settled, body_value
from pointsman.fsm.happenings import NOT_KEPT
from pointsman.fsm.redaction import (
    REDACTED,
    hides_argument,
    kept_arguments,
    kept_of_refused,
    kept_refusal,
    kept_result,
    secrets,
    without_secrets,
)
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.snapshots import snapshot

from .driver import ADA, SERVER, Story, workflow

PIN: JsonObject = {
    "type": "object",
    "properties": {"who": {"type": "string"}, "pin": {"type": "string", "maxLength": 20}},
    "required": ["who", "pin"],
    "additionalProperties": False,
}
CANARY = "canary-0451"

REDACT = {
    "t.login": (("args", "pin"), ("result", "token")),
    "t.pay": (("args", "pin"), ("result", "token")),
    "t.odd": (("args", "pin"),),
    "t.list": (("args", "pin"), ("result",)),
}
"""Set on the loaded workflow: `check` refuses to save or read what is redacted; the machine holds all the same."""

CLEAR = workflow(
    """
    record: {pin: {type: string}, token: {type: string}, seen: {}, n: {type: integer}}
    start: {accepts: [pin]}
    initial: hall
    tools:
      t.login: {effect: read, success: result.token.startsWith('canary')}
      t.pay: {effect: write, key: {over: [who]}}
      t.ask: {effect: read}
      t.odd: {effect: read}
      t.list: {effect: read}
    states:
      hall:
        actor: agent
        tools:
          - {use: t.login, when: args.pin != 'wrong', save: {token: =result.token}, limit: 2}
          - {use: t.pay, save: {token: =result.token}}
          - {use: t.ask, evidence: {login: {call: t.login, with: {pin: =args.pin, who: =args.who}}}}
          - {use: t.odd, when: int(args.pin) > 0}
        events:
          go: {next: server, when: "done.t.login.count == 0 || done.t.login.args.pin == '[redacted]'"}
        unknown: lost
        failed: lost
      server:
        actor: system
        entry: [{call: t.list, with: {who: a, pin: canary-0451}, save: seen}]
        run:
          - all:
              - {call: t.pay, with: {who: a, pin: =record.pin}}
              - {call: t.login, with: {who: a, pin: =record.pin}}
        next: review
        failed: lost
        unknown: lost
      review:
        actor: human
        review: {role: boss, show: [{call: t.list, with: {who: a, pin: canary-0451}, as: list}, seen]}
        events: {stop: {next: closed}}
      closed: {final: success}
      lost: {final: manual, owner: o}
    """,
    {"t.login": PIN, "t.pay": PIN, "t.ask": PIN, "t.odd": PIN, "t.list": PIN},
    header="roles: [boss]\n",
)
BANK = replace(
    CLEAR,
    tools={name: replace(policy, redact=REDACT.get(name, ())) for name, policy in CLEAR.tools.items()},
)


def written(story: Story) -> str:
    """Everything that is stored of a story."""
    return "\n".join([*(canonical(body_value(fact)) for fact in story.facts), snapshot(story.session)])


def denied(story: Story) -> Denied:
    body = story.facts[-1].body
    assert isinstance(body, Denied)
    return body


def test_of_a_read_only_the_rest_is_kept() -> None:
    """What `save`, `done` and later guards see is the marker; `when` before the call has seen the clear value."""
    story = Story(BANK)
    story.call("t.login", {"who": "ann", "pin": CANARY}, gives={"token": CANARY, "name": "Ann"})
    body = story.facts[-1].body
    assert isinstance(body, Settled)
    assert body.arguments == {"who": "ann", "pin": REDACTED}
    assert body.result == {"token": REDACTED, "name": "Ann"}
    assert story.record == {"token": REDACTED}
    story.send("go")
    assert story.state == "server"
    assert CANARY not in written(story)


def test_a_guard_before_the_call_sees_the_clear_arguments() -> None:
    """`when` is judged on what the agent asks."""
    story = Story(BANK)
    story.call("t.login", {"who": "ann", "pin": "wrong"})
    assert (story.code, denied(story).arguments) == ("GUARD_FAILED", '{"pin":"[redacted]","who":"ann"}')


def test_what_counts_as_a_success_is_judged_on_the_clear_result() -> None:
    """Only a yes or a no is kept of it."""
    story = Story(BANK)
    story.call("t.login", {"who": "ann", "pin": CANARY}, gives={"token": "other"})
    assert (story.facts[-1].outcome, "other" in written(story)) == ("failed", False)


def test_the_arguments_of_an_open_write_go_with_the_decision_alone() -> None:
    """Whoever runs the call needs them; the session does not keep them."""
    story = Story(BANK)
    decision = story.call("t.pay", {"who": "ann", "pin": CANARY})
    call = story.open_call("t.pay")
    assert (call.arguments, call.redacted) == ({"who": "ann", "pin": REDACTED}, True)
    assert decision.clear == {call.id: {"who": "ann", "pin": CANARY}}
    assert CANARY not in repr(decision)
    story.settle("t.pay", gives={"token": CANARY})
    assert CANARY not in written(story)
    assert story.last.clear == {}


def test_a_call_whose_arguments_are_all_kept_is_not_marked() -> None:
    """`redacted` says whether something is missing, not whether something might."""
    story = Story(BANK)
    story.call("t.pay", {"who": "ann", "pin": REDACTED})
    assert (story.open_call("t.pay").redacted, story.last.clear) == (False, {})


def test_equal_writes_are_told_by_what_is_kept() -> None:
    """Two pins cannot be told apart afterwards, so the second call waits."""
    story = Story(BANK)
    story.call("t.pay", {"who": "ann", "pin": CANARY})
    story.call("t.pay", {"who": "ann", "pin": "another"})
    assert (story.code, denied(story).arguments_digest) == (
        "IN_PROGRESS",
        digest({"who": "ann", "pin": REDACTED}),
    )


def test_after_a_crash_a_redacted_read_has_failed_and_a_write_is_unknown() -> None:
    """Design, section 6: the arguments were in the memory of the process that is gone."""
    story = Story(BANK, {"pin": "in the record"})
    story.send("go")
    story.settle("t.list", gives=CANARY)
    assert story.last.clear.keys() == {call.id for call in story.session.stay.open.values()}
    story.take_over("t.login")
    body = story.facts[-1].body
    assert isinstance(body, Settled)
    assert (body.error, body.step) == (NOT_KEPT, "failed")
    story.take_over("t.pay")
    assert story.state == "lost"


def test_what_a_review_shows_and_what_steps_save_is_redacted() -> None:
    """Frozen, hashed and saved without the value."""
    story = Story(BANK, {"pin": "in the record"})
    story.send("go")
    story.settle("t.list", gives=CANARY)
    story.settle("t.pay", gives={"token": CANARY})
    story.settle("t.login", gives={"token": CANARY})
    story.settle("t.list", gives=[CANARY])
    review = story.session.stay.review
    assert review is not None
    assert review.shown == {"list": REDACTED, "seen": REDACTED}
    opened = [fact.body.call for fact in story.facts if isinstance(fact.body, Intended) and fact.body.call]
    assert [call.arguments["pin"] for call in opened] == [REDACTED] * 4


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("t.login", {"who": "ann", "pin": CANARY * 2}, "INVALID_FIELDS"),
        ("t.login", {"pin": CANARY}, "MISSING_FIELDS"),
        ("t.login", {"who": "ann", "pin": {CANARY: 1}}, "INVALID_FIELDS"),
        ("t.ask", {"who": "ann", "pin": "x"}, "MISSING_EVIDENCE"),
        ("t.odd", {"who": "ann", "pin": CANARY}, "GUARD_FAILED"),
        ("t.list", {"who": "ann", "pin": CANARY}, "NOT_ALLOWED"),
        ("t_list", {"who": "ann", "pin": CANARY}, "NOT_ALLOWED"),
        ("t.lgoin", {"who": "ann", "pin": CANARY}, "NOT_ALLOWED"),
    ],
)
def test_the_arguments_of_a_refused_call_are_redacted_in_any_state(
    tool: str, arguments: dict[str, object], code: str
) -> None:
    """A tool the state does not offer, its name on the wire, and a name that was mistaken."""
    story = Story(BANK)
    story.call(tool, arguments)
    assert (story.code, CANARY in written(story)) == (code, False)


def test_a_limit_and_a_turn_of_somebody_else_redact_too() -> None:
    """Whatever the code is."""
    story = Story(BANK, {"pin": "in the record"})
    for _ in range(3):
        story.call("t.login", {"who": "ann", "pin": CANARY}, gives={"token": CANARY})
    assert story.code == "LIMIT_REACHED"
    story.call("t.login", {"who": "ann", "pin": CANARY}, expected_revision=99)
    assert story.code == "STALE"
    story.send("go")
    story.call("t.login", {"who": "ann", "pin": CANARY})
    assert story.code == "NOT_YOUR_TURN"
    assert CANARY not in written(story)


def test_redacted_arguments_are_evidence_of_nothing() -> None:
    """The marker stands for every value, so asking with it, or with any other, finds nothing."""
    story = Story(BANK)
    story.call("t.login", {"who": "ann", "pin": CANARY}, gives={"token": CANARY})
    for pin in (CANARY, REDACTED):
        story.call("t.ask", {"who": "ann", "pin": pin})
        assert story.code == "MISSING_EVIDENCE"
        assert 't.login {"pin":"[redacted]","who":"ann"}' in story.message


def test_an_event_is_kept_as_it_is() -> None:
    """What an event brings is the record's; `redact` is about tools."""
    story = Story(BANK)
    story.send("go", {"pin": "p"})
    assert denied(story).arguments == '{"pin":"p"}'


@pytest.mark.parametrize(
    ("path", "value", "kept"),
    [
        ("result", {"a": 1}, REDACTED),
        ("result", None, REDACTED),
        ("result.a", {"a": {"deep": 1}, "b": 2}, {"a": REDACTED, "b": 2}),
        ("result.a", {"a": None}, {"a": REDACTED}),
        ("result.a.b", {"a": {"b": 1, "c": 2}}, {"a": {"b": REDACTED, "c": 2}}),
        ("result.*.b", {"a": {"b": 1}, "c": {"b": 2}}, {"a": {"b": REDACTED}, "c": {"b": REDACTED}}),
        ("result.a.*.b", {"a": [{"b": 1}, {"c": 2}]}, {"a": [{"b": REDACTED}, {"c": 2}]}),
        ("result.a.1", {"a": [1, 2, 3]}, {"a": [1, REDACTED, 3]}),
        ("result.a.b", {"a": [{"b": 1}, [{"b": 2}]]}, {"a": [{"b": REDACTED}, [{"b": REDACTED}]]}),
        ("result.a.b", {"a": "b is here"}, {"a": REDACTED}),
        ("result.a.b", {"a": 12.5}, {"a": REDACTED}),
        ("result.a.b", {"a": [True, None]}, {"a": [True, None]}),
        ("result.a.b", {"c": 1}, {"c": 1}),
    ],
)
def test_a_path_fails_closed(path: str, value: Json, kept: Json) -> None:
    """A list without an item named means every item; what is no object where one is expected goes as a whole."""
    assert kept_result(ToolPolicy("t.x", redact=(tuple(path.split(".")),)), value) == kept


TEXT: JsonObject = {"type": "text", "text": CANARY}
IMAGE: JsonObject = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
OWN: JsonObject = {"type": "letter", "text": "Dear Sir"}


@pytest.mark.parametrize(
    ("path", "content", "kept"),
    [
        ("result.text", [TEXT, IMAGE], REDACTED),
        ("result.iban", [TEXT], REDACTED),
        ("result.content.*.data", [TEXT, IMAGE], REDACTED),
        ("args.pin", [TEXT, IMAGE], [TEXT, IMAGE]),
        ("result.text", [OWN, IMAGE], [OWN, IMAGE]),
        ("result.text", [TEXT, 1], [TEXT, 1]),
        ("result.text", [], []),
        ("result.text", "a letter", "a letter"),
    ],
)
def test_blocks_in_a_result_go_wherever_a_part_of_it_is_redacted(path: str, content: Json, kept: Json) -> None:
    """They may say again what the path takes out. A member `content` of a tool's own is none of MCP's."""
    policy = ToolPolicy("t.x", redact=(tuple(path.split(".")),))
    assert as_object(kept_result(policy, {"n": 1, "content": content})) == {"n": 1, "content": kept}


def test_all_arguments_together_keep_their_names() -> None:
    """`redact: [args]`."""
    policy = ToolPolicy("t.x", redact=(("args",),))
    assert kept_arguments(policy, {"a": 1, "b": [2]}) == {"a": REDACTED, "b": REDACTED}
    assert hides_argument(policy, ())
    assert not hides_argument(ToolPolicy("t.x", redact=(("args", "a"), ("result",))), ("b",))
    assert hides_argument(ToolPolicy("t.x", redact=(("args", "a", "b"),)), ("a",))


def test_what_is_redacted_is_not_repeated_in_words() -> None:
    """Values, names of members and their form in JSON; what is shorter than three characters stands everywhere."""
    clear: JsonObject = {"pin": {"code": 'a"b\n', "list": [12345, True, "xy"]}, "who": "ann", "old": REDACTED}
    kept = kept_arguments(ToolPolicy("t.x", redact=(("args", "pin"), ("args", "old"))), clear)
    hidden = secrets(clear, kept)
    assert hidden == ('a\\"b\\n', "12345", 'a"b\n', "code", "list")
    assert without_secrets('ann said "a\\"b\\n" and 12345', hidden) == 'ann said "[redacted]" and [redacted]'
    unmet = Unmet("pin.code", "is not 12345", missing=False)
    said = kept_refusal(Refusal("INVALID_FIELDS", "12345 is wrong", (unmet,), detail="not 12345"), clear, kept)
    assert said == Refusal(
        "INVALID_FIELDS", "[redacted] is wrong", (replace(unmet, path="pin.[redacted]", problem="is not [redacted]"),)
    )
    assert secrets([{"a": "secret"}], [{"a": REDACTED}]) == ("secret",)


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(CANARY)
names = st.sampled_from(["pin", "a", "b", "*", "0"])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
outcomes = st.sampled_from(["done", "failed", "unknown"])


@given(st.dictionaries(st.sampled_from(["who", "pin", "x"]), trees, max_size=3), trees, outcomes, st.booleans())
def test_no_fact_and_no_snapshot_holds_a_redacted_value(
    rest: dict[str, Json], result: Json, outcome: str, late: bool
) -> None:
    """Whatever is asked and answered, however the call ends, and also when it is refused."""
    story = Story(BANK)
    arguments: JsonObject = {"who": "ann", **{k: v for k, v in rest.items() if k == "pin"}}
    policy = BANK.tools["t.pay"]
    asked: JsonObject = {**arguments, "pin": {"deep": [CANARY, rest.get("pin")]}}
    story.submit(Call("t.pay", asked), ADA)
    story.submit(Call("t.pay", {"who": "ann", "pin": CANARY}), ADA)
    answer: Json = {"token": [result, CANARY], "other": 1}
    ended = CallResult("done" if outcome == "done" else "failed", answer)
    story.submit(Settle(story.open_call("t.pay").id, ended), SERVER)
    story.submit(Call("t.login", {"who": "ann", "pin": CANARY}), ADA)
    assert story.last.read is not None
    read = story.last.read
    if late:
        story.send("go")
    story.submit(Observe(read, ended), ADA)
    assert CANARY not in written(story)
    assert kept_arguments(policy, asked)["pin"] == REDACTED


def test_a_tool_is_known_by_its_name_on_the_wire() -> None:
    """On the wire the dot is written `_`."""
    assert kept_of_refused(BANK, "t_login", {"pin": "x", "other": 1}) == {"pin": REDACTED, "other": 1}


@pytest.mark.parametrize("redacted", [True, False])
def test_content_beside_a_result_is_kept_only_where_nothing_of_the_result_is_redacted(*, redacted: bool) -> None:
    """The blocks may say again what the path takes out."""
    paths = (("args", "pin"), ("result", "token")) if redacted else (("args", "pin"),)
    tools = {**BANK.tools, "t.pay": replace(BANK.tools["t.pay"], redact=paths)}
    story = Story(replace(BANK, tools=tools))
    story.submit(Call("t.pay", {"who": "ann", "pin": CANARY}), ADA)
    ended = CallResult("done", {"other": 1}, content=["block"])
    story.submit(Settle(story.open_call("t.pay").id, ended), SERVER)
    (settled,) = [fact.body for fact in story.facts if isinstance(fact.body, Settled) and fact.body.call]
    assert settled.content == (None if redacted else ["block"])
