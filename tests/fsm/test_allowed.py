"""What is allowed now, and who must act (design, section 4): `allowed` and `waiting_for`."""

from dataclasses import replace

from pointsman.contracts.workflow import Source
from pointsman.fsm.allowed import Waiting, allowed, waiting

from .driver import OUTSIDE, Story, workflow

TOUR = workflow("""
    record: {n: {type: integer}}
    roles: [reviewer]
    initial: a
    tools: {t.read: {effect: read}, t.post: {effect: write, key: {over: [x]}}}
    states:
      a:
        actor: agent
        entry: [{call: t.read, with: {x: 1}}]
        tools: [{use: t.read, with: {fixed: 1}, limit: 3}, t.post]
        failed: e
        unknown: e
        events:
          go: {description: Goes on., requires: [n], evidence: [t.read], next: [{to: out, when: record.n > 1}, {to: e}]}
          stop: {next: e}
        after: {in: 1h, to: e}
      out: {actor: external, events: {answered: {next: review}}, after: {in: 1h, to: e}}
      review:
        actor: human
        review: {role: reviewer, due: {in: 2h, then: e}}
        events: {ok: {next: pause}}
      pause: {actor: system, next: [{to: e, when: visits.pause > 1}], after: {in: 1h, to: e}}
      e: {final: success}
""")


def names(story: Story) -> list[str]:
    return [action.name for action in allowed(story.workflow, story.session)]


def test_each_state_offers_its_tools_and_events_to_whose_turn_it_is() -> None:
    """a second pure function says what is allowed now, with schemas."""
    story = Story(TOUR)
    assert (names(story), waiting(story.session)) == ([], Waiting("system", due_at=story.at + 3_600_000))
    story.settle("t.read")
    assert names(story) == ["t.read", "t.post", "go", "stop"]
    assert waiting(story.session) == Waiting("agent", due_at=story.at + 3_600_000)
    story.call("t.post")
    assert waiting(story.session) == Waiting("system", due_at=story.at + 3_600_000)
    story.settle("t.post")
    story.call("t.read")
    story.send("go", {"n": 2})
    assert names(story) == ["answered"]
    assert waiting(story.session) == Waiting("external", due_at=story.at + 3_600_000)
    story.send("answered", actor=OUTSIDE)
    assert names(story) == ["ok"]
    assert waiting(story.session) == Waiting("human", "reviewer", story.at + 7_200_000)
    story.decide("ok")
    assert (names(story), waiting(story.session)) == ([], Waiting("system", due_at=story.at + 3_600_000))
    story.pass_time(3_600_000)
    assert (names(story), waiting(story.session)) == ([], None)


def test_an_action_says_what_it_is_and_takes() -> None:
    """Format: an agent sees an event as a tool whose input schema is exactly this contract."""
    story = Story(TOUR)
    story.settle("t.read")
    read, post, go, stop = allowed(story.workflow, story.session)
    assert (read.kind, go.kind) == ("tool", "event")
    assert "Reads only." in read.description
    assert "At most 3 calls" in read.description
    assert "Changes something" in post.description
    properties = read.input_schema["properties"]
    assert isinstance(properties, dict)
    assert "fixed" not in properties
    assert go.description == "Goes on. Leads to out or e. Needs t.read called here first."
    assert stop.description == "Leads to e."
    assert go.input_schema["required"] == ["n"]


def test_a_tool_without_a_definition_is_not_offered() -> None:
    """Fail closed: it could not be called."""
    story = Story(TOUR)
    story.settle("t.read")
    unbound = replace(story.workflow, definitions={}, tool_contracts={})
    assert [action.name for action in allowed(unbound, story.session)] == ["go", "stop"]


def test_what_a_server_says_of_its_tool_is_said_to_be_its_words() -> None:
    """Issue 4: a tool's description says its effect and its place in the workflow, and so where it comes from."""
    story = Story(TOUR)
    story.settle("t.read")
    said = {"t.read": "", "t.post": "Post."}
    definitions = {name: replace(one, description=said[name]) for name, one in story.workflow.definitions.items()}
    sources = {"t": Source("t", "mcp", {"command": "python"})}
    read, post, *_ = allowed(replace(story.workflow, sources=sources, definitions=definitions), story.session)
    assert read.description.startswith("Reads only.")
    assert post.description == "`t` says: Post. Changes something outside."
