"""Tools as a state offers them: fixed arguments, `when`, `limit`, `save` (workflow format, "a tool in a state")."""

from dataclasses import replace

from pointsman.contracts.values import JsonObject
from pointsman.fsm.allowed import allowed
from pointsman.fsm.commands import Call, Expire, Settle, TakeOver
from pointsman.fsm.facts import Intended, Settled

from .driver import ADA, MARIA, OUTSIDE, Story, result_of, with_tools, workflow

SHELF = workflow("""
    record:
      id: {type: string}
      book: {type: object}
      pages: {type: integer, minimum: 1}
      open: {type: boolean}
    start: {accepts: [id, open]}
    initial: reading
    tools:
      t.read: {effect: read}
      t.count: {effect: read}
      t.shelve: {effect: write}
      t.other: {effect: read}
    states:
      reading:
        actor: agent
        tools:
          - {use: t.read, with: {fixed: =record.id}, save: book}
          - {use: t.count, save: {pages: =result.pages}, limit: 2}
          - {use: t.shelve, when: args.x < 10 && record.open, message: Only small ones., save: {pages: =result}}
          - t.other
        failed: lost
        unknown: lost
        events: {leave: {next: done}}
      done: {final: success}
      lost: {final: failed, owner: nobody}
""")


def test_a_read_is_permitted_first_and_committed_once_with_its_outcome() -> None:
    """Design, section 3: a read asked by the agent is committed once, with its outcome."""
    story = Story(SHELF, {"id": "b-1"})
    facts = len(story.facts)
    read = story.ask("t.read")
    assert (len(story.facts), read.arguments, read.stay) == (facts, {"x": 1, "fixed": "b-1"}, 1)

    story.observe(read, gives={"title": "T"})

    assert len(story.facts) == facts + 1
    assert story.record["book"] == {"title": "T"}
    provenance = story.session.provenance["book"]
    assert (provenance.how, provenance.action, provenance.actor_kind) == ("call", "t.read", "agent")
    assert story.session.stay.counts.calls == story.session.counts.calls == 1


def test_a_fixed_argument_is_decided_by_the_workflow_and_cannot_be_given() -> None:
    """Format: `with` fixes arguments: the agent neither sees nor chooses them."""
    story = Story(SHELF, {"id": "b-1"})
    story.call("t.read", {"x": 1, "fixed": "b-2"})
    assert story.code == "INVALID_FIELDS"


def test_a_fixed_argument_without_a_value_refuses_the_call() -> None:
    """Format: an error never passes."""
    story = Story(SHELF)
    story.call("t.read")
    assert story.code == "GUARD_FAILED"


def test_arguments_are_held_to_the_tools_schema() -> None:
    """Design, section 4: the contract is not met, every problem listed."""
    story = Story(SHELF)
    story.call("t.count", {})
    assert story.code == "MISSING_FIELDS"
    story.call("t.count", {"x": "one", "z": 1})
    assert story.code == "INVALID_FIELDS"


def test_a_guard_of_a_tool_sees_its_arguments_and_says_its_message() -> None:
    """Format: `args` are the arguments of the tool call being judged."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve", {"x": 10})
    assert (story.code, story.message) == ("GUARD_FAILED", "Only small ones.")
    story.call("t.shelve", {"x": 9})
    assert story.code is None


def test_a_guard_of_a_tool_that_cannot_be_judged_refuses() -> None:
    """Format: a missing value never passes."""
    story = Story(SHELF)
    story.call("t.shelve", {"x": 9})
    assert story.code == "GUARD_FAILED"


def test_a_tool_may_be_called_as_often_as_its_limit_says_in_one_stay() -> None:
    """Format: `limit` of a tool in a state."""
    story = Story(SHELF)
    story.call("t.count", gives={"pages": 1})
    story.call("t.count", gives={"pages": 2})
    story.call("t.count", gives={"pages": 3})
    assert (story.code, story.state, story.record["pages"]) == ("LIMIT_REACHED", "reading", 2)
    assert "leave" in story.message


def test_reads_of_a_tool_that_are_in_flight_count_for_its_limit() -> None:
    """Format: `limit` of a tool; parallel calls must not go over it."""
    story = Story(SHELF)
    first = story.ask("t.count", in_flight=0)
    second = story.ask("t.count", in_flight=1)
    story.submit(Call("t.count", {"x": 1}, in_flight=2, in_flight_of_tool=2), ADA)
    assert story.code == "LIMIT_REACHED"
    story.observe(first, gives={"pages": 1})
    story.observe(second, gives={"pages": 2})
    story.call("t.count")
    assert story.code == "LIMIT_REACHED"


def test_a_tool_of_another_state_is_not_allowed() -> None:
    """Design, section 4: NOT_ALLOWED."""
    story = Story(SHELF)
    story.call("t.unheard")
    assert (story.code, "t.read" in story.message) == ("NOT_ALLOWED", True)


def test_a_tool_whose_definition_is_not_bound_is_not_allowed() -> None:
    """Fail closed: without a definition there is no contract to judge by."""
    story = Story(replace(SHELF, tool_contracts={}))
    story.call("t.count")
    assert story.code == "NOT_ALLOWED"


def test_a_call_of_an_earlier_stay_is_stale() -> None:
    """Design, section 3."""
    story = Story(SHELF)
    story.call("t.count", expected_revision=1)
    assert story.code == "STALE"


def test_a_result_that_does_not_fit_the_record_is_not_written_and_the_call_stays_done() -> None:
    """Design, section 6: the effect stays done, the field is not written, INVALID_FIELDS."""
    story = Story(SHELF)
    story.call("t.count", gives={"pages": 0})
    settled = story.facts[-1]
    assert isinstance(settled.body, Settled)
    assert (settled.outcome, settled.code) == ("done", "INVALID_FIELDS")
    assert settled.body.unmet[0]["path"] == "pages"
    assert "pages" not in story.record
    assert story.session.done["t.count"].count == 1


def test_a_result_without_what_is_saved_is_not_written() -> None:
    """Format: an expression that errs gives no value."""
    story = Story(SHELF)
    story.call("t.count", gives={})
    assert isinstance(story.facts[-1].body, Settled)
    assert story.facts[-1].body.error is not None
    assert story.record == {}


def test_a_read_that_failed_saves_nothing_and_is_counted() -> None:
    """Format: `calls` asked by an agent; whatever came of them."""
    story = Story(SHELF)
    story.call("t.count", gives={"pages": 1}, outcome="failed")
    assert (story.record, story.session.done) == ({}, {})
    assert story.session.stay.uses == {"t.count": 1}


def test_the_intent_of_a_write_is_committed_before_it_runs() -> None:
    """Design, section 3: a write's intent is committed before it runs."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    assert isinstance(story.facts[-1].body, Intended)
    assert story.session.open_write is not None

    story.settle("t.shelve", gives=7)

    assert story.record["pages"] == 7
    assert story.session.open_write is None
    assert story.session.stay.uses == {"t.shelve": 1}
    assert story.session.provenance["pages"].action == "t.shelve"


def test_the_result_of_a_write_that_does_not_fit_is_not_written() -> None:
    """Design, section 6, as for reads."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    story.settle("t.shelve", gives=0)
    assert (story.record.get("pages"), story.facts[-1].code, story.state) == (None, "INVALID_FIELDS", "reading")


def test_a_write_that_failed_leaves_the_agent_where_it_is() -> None:
    """Fsm: the agent is told, and goes on."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    story.settle("t.shelve", outcome="failed")
    assert (story.state, story.session.done) == ("reading", {})


def test_the_same_write_is_in_progress_while_it_runs() -> None:
    """Design, section 4: IN_PROGRESS, the same write is running."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve", {"x": 1})
    story.call("t.shelve", {"x": 1})
    assert story.code == "IN_PROGRESS"
    story.call("t.shelve", {"x": 2})
    assert story.code is None
    assert len(story.session.stay.open) == 2


def test_an_event_waits_for_the_outcome_of_an_open_write() -> None:
    """Design, section 4: IN_PROGRESS, a write that this would cut off."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    story.send("leave")
    assert (story.code, "t.shelve" in story.message) == ("IN_PROGRESS", True)
    story.settle("t.shelve", gives=7)
    story.send("leave")
    assert story.state == "done"


def test_a_write_that_stays_unknown_sends_the_session_to_unknown() -> None:
    """Design, section 6: the effect is unknown, the session takes the state's `unknown`."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    story.settle("t.shelve", outcome="unknown")
    assert story.state == "lost"
    assert story.facts[-1].kind == "entered"


def test_a_write_that_stays_unknown_waits_for_the_other_open_writes() -> None:
    """Format: nothing moves a session that has an open write: it waits for the outcome."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve", {"x": 1})
    story.call("t.shelve", {"x": 2})
    story.settle("t.shelve", outcome="unknown")
    assert (story.state, len(story.session.stay.open)) == ("reading", 1)

    story.call("t.shelve", {"x": 3})
    assert (story.code, "lost" in story.message) == ("OUTCOME_UNKNOWN", True)
    story.call("t.other")
    assert story.code is None
    story.send("leave")
    assert story.code == "IN_PROGRESS"

    story.settle("t.shelve", gives=4)
    assert (story.state, story.record["pages"]) == ("lost", 4)


def test_an_open_write_settles_once_and_only_from_the_process_that_runs_it() -> None:
    """Fsm, `Settle`: ignored if it is not open any more, or another process runs it."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    call = story.open_call("t.shelve")
    facts = len(story.facts)
    story.settle("t.shelve", gives=7, instance="another")
    assert len(story.facts) == facts
    story.settle("t.shelve", gives=7)
    story.submit(Settle(call.id, result_of("done", 8)))
    assert (len(story.facts), story.record["pages"]) == (facts + 1, 7)


def test_only_the_server_says_how_a_call_ended() -> None:
    """Fsm: no agent, person or outside settles, takes over or fires timers."""
    story = Story(SHELF, {"open": True})
    story.call("t.shelve")
    call = story.open_call("t.shelve")
    for actor in (ADA, OUTSIDE):
        for request in (Settle(call.id, result_of("done", 7)), TakeOver(call.id, "one"), Expire("1.after.0")):
            story.submit(request, actor)
            assert story.code == "FORBIDDEN"
    story.submit(Settle(call.id, result_of("done", 7)), MARIA)
    assert story.code == "NOT_FOUND"
    assert story.session.open_write is not None


def test_a_fixed_argument_holds_even_where_a_tool_takes_any_argument() -> None:
    """Format: `with` fixes arguments. A definition that is open must not let the agent choose them."""
    anything: JsonObject = {"type": "object", "properties": {"fixed": {}}, "additionalProperties": True}
    story = Story(with_tools(SHELF, {"t.read": anything}), {"id": "b-1"})
    read = story.ask("t.read", {"fixed": "b-2", "more": 1})
    assert read.arguments == {"fixed": "b-1", "more": 1}


def test_a_read_that_outlived_its_stay_saves_nothing() -> None:
    """Fsm: it is recorded and counts for nothing."""
    story = Story(SHELF, {"id": "b-1"})
    read = story.ask("t.read")
    story.send("leave")
    story.observe(read, gives={"title": "T"})
    settled = story.facts[-1].body
    assert isinstance(settled, Settled)
    assert (settled.writes, settled.stay, settled.result) == ({}, 1, {"title": "T"})
    assert "book" not in story.record


def test_a_tool_that_is_not_what_was_pinned_is_neither_offered_nor_called() -> None:
    """Fault 25, design section 4: `TOOL_CHANGED`, and how to mend it."""
    story = Story(replace(SHELF, quarantined={"t.read": "Look at it."}), {"id": "b-1"})
    assert [one.name for one in allowed(story.workflow, story.session)] == ["t.count", "t.shelve", "t.other", "leave"]
    story.call("t.read")
    assert (story.code, story.message) == ("TOOL_CHANGED", "Look at it.")
