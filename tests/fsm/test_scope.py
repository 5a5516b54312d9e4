"""What expressions see (workflow format, "Expressions"): every name, through a workflow that writes it down."""

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.times import iso
from pointsman.fsm.commands import Cancel, Command
from pointsman.fsm.scope import SessionScope
from pointsman.fsm.turn import Turn

from .driver import ADA, MARIA, T0, Story, with_tools, workflow

SEEING = workflow(
    """
    record: {seen: {}}
    roles: [reviewer]
    initial: a
    tools: {t.read: {effect: read}, t.read-file: {effect: read}}
    states:
      a:
        actor: agent
        tools: [{use: t.read, save: {seen: "='result' in result ? args.x : 0"}}, t.read-file]
        events:
          go: {payload: {'p?': {type: boolean}}, next: [{to: review, when: has(event.p)}, {to: note}]}
      review:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: e}}
        events: {ok: {accepts: [], next: a}}
      note:
        actor: system
        run: [{set: {seen: EXPRESSION}}]
        next: e
        failed: broken
      e: {final: success}
      broken: {final: failed, owner: o}
""".replace("EXPRESSION", "=1")
)


def seeing(expression: str) -> Story:
    text = SEEING.text.replace("{seen: =1}", "{seen: '" + expression.replace("'", "''") + "'}")
    return Story(with_tools(load(text, "tale.yaml")))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("=session.id", "s-1"),
        ("=session.started_by", "ada"),
        ("=session.client", "client"),
        ("=session.age_s", 90),
        ("=session.workflow", "tale"),
        ("=session.version", 1),
        ("=visits.a", 2),
        ("=visits.e", 0),
        ("=visits.note", 1),
        ("=size(visits)", 5),
        ("=done.t.read.count", 2),
        ("=done.t.read.args.x", 4),
        ("=done.t.read.result.r", 1),
        ("=done.t.read.at", iso(T0 + 90_000)),
        ('=done.t["read-file"].count', 0),
        ("=decisions.review.by", "maria"),
        ("=decisions.review.event", "ok"),
        ("=decisions.review.at", iso(T0)),
        ("=has(decisions.review.rationale)", False),
        ("='review' in decisions", True),
        ("=size(decisions)", 1),
        ("=path_confidence", 1),
        ("=has(record.seen)", True),
    ],
)
def test_an_expression_sees(expression: str, value: object) -> None:
    """Format: the table of names."""
    story = seeing(expression)
    story.send("go", {"p": True})
    story.decide("ok", actor=MARIA)
    story.call("t.read", {"x": 3}, gives={"r": 0}, outcome="done")
    story.at += 90_000
    story.call("t.read", {"x": 4}, gives={"r": 1})
    story.send("go")
    assert (story.state, story.record) == ("e", {"seen": value})


def test_a_result_and_the_arguments_are_seen_by_save() -> None:
    """Format: `result`, structured result of the call just settled; `args`."""
    story = seeing("=1")
    story.call("t.read", {"x": 3}, gives={"result": 0})
    assert story.record == {"seen": 3}


def test_a_name_that_is_not_there_is_an_error() -> None:
    """Contracts, `Scope`: raises KeyError for a root this scope does not have."""
    story = seeing("=1")
    scope = SessionScope(story.workflow, story.session, T0, {})
    with pytest.raises(KeyError):
        scope.select("event", None)
    assert scope.select("record", None) == {}


def test_only_what_an_expression_reads_is_handed_over() -> None:
    """Design, section 13: guards get only the fields they name."""
    story = seeing("=1")
    scope = SessionScope(story.workflow, story.session, T0, {"event": {"a": 1, "b": 2}, "confidence": 0.5})
    assert scope.select("event", frozenset({"a", "c"})) == {"a": 1}
    assert scope.select("confidence", None) == 0.5
    assert scope.select("visits", frozenset({"a", "unheard"})) == {"a": 1}
    assert scope.select("done", frozenset({"unheard"})) == {}


def test_a_turn_has_no_session_before_one_has_started() -> None:
    """Fsm, `Turn`."""
    story = seeing("=1")
    turn = Turn(story.workflow, None, Command("c", T0, ADA, "mcp", "one", Cancel("c")))
    with pytest.raises(LookupError):
        _ = turn.session
