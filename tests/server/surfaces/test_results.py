"""What a client gets back: design, section 4."""

from __future__ import annotations

import json
from dataclasses import replace

from mcp_types import TextContent

from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.allowed import Action
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Ended
from pointsman.server.replies import Reply, Sessions, Stray, WaitingFor
from pointsman.server.surfaces.names import Names
from pointsman.server.surfaces.results import in_words, result_of, session_list

WIRE = Names(())
SCHEMA: dict[str, object] = {"type": "object"}
REPLY = Reply(
    session="h" * 26,
    workflow="invoice_exception",
    state="matching",
    revision=12,
    outcome="done",
    allowed=(
        Action("docs.read", "tool", "Read. Reads only.", {"type": "object"}),
        Action("submit", "event", "Leads to review.", {"type": "object"}),
    ),
)
WHERE: dict[str, object] = {
    "session": "h" * 26,
    "workflow": "invoice_exception",
    "state": "matching",
    "revision": 12,
    "outcome": "done",
}
NAMES = [{"name": "docs_read", "kind": "tool"}, {"name": "submit", "kind": "event"}]


def text_of(reply: Reply | Stray, action: str = "docs_read") -> str:
    content = result_of(reply, action, WIRE, schemas=True).content[0]
    assert isinstance(content, TextContent)
    return content.text


def test_absent_members_are_left_out() -> None:
    assert result_of(replace(REPLY, allowed=()), "docs_read", WIRE, schemas=True).structured_content == WHERE


def test_allowed_brings_schemas_only_when_the_state_was_entered_and_the_list_does_not_show_them() -> None:
    entered = replace(REPLY, entered=True)
    with_schemas = [
        {"name": "docs_read", "kind": "tool", "description": "Read. Reads only.", "input_schema": SCHEMA},
        {"name": "submit", "kind": "event", "description": "Leads to review.", "input_schema": SCHEMA},
    ]
    assert result_of(entered, "x", WIRE, schemas=True).structured_content == {
        **WHERE,
        "allowed": with_schemas,
    }
    assert result_of(entered, "x", WIRE, schemas=False).structured_content == {**WHERE, "allowed": NAMES}
    assert result_of(REPLY, "x", WIRE, schemas=True).structured_content == {**WHERE, "allowed": NAMES}


def test_everything_a_reply_knows_is_in_the_structured_content() -> None:
    full = replace(
        REPLY,
        result={"ok": False},
        repeated=True,
        entered=True,
        goal="Match it.",
        forbid="Do not guess.",
        context={"po": None},
        allowed=(),
        waiting_for=WaitingFor("human", "manager", "2026-11-22T09:00:00.000Z"),
        ended=Ended("manual", 1_000, "ap-team"),
    )
    assert result_of(full, "x", WIRE, schemas=True).structured_content == {
        **WHERE,
        "result": {"ok": False},
        "repeated": True,
        "goal": "Match it.",
        "forbid": "Do not guess.",
        "context": {"po": None},
        "waiting_for": {"actor": "human", "role": "manager", "due": "2026-11-22T09:00:00.000Z"},
        "ended": {"outcome": "manual", "at": "1970-01-01T00:00:01.000Z", "owner": "ap-team"},
    }


def test_results_that_are_false_zero_or_empty_are_not_absent() -> None:
    values: tuple[Json, ...] = (False, 0, "", [], {})
    for value in values:
        content = result_of(replace(REPLY, result=value), "x", WIRE, schemas=True).structured_content
        assert content["result"] == value


def test_a_refusal_is_an_error_result_with_every_problem() -> None:
    unmet = (Unmet("total", "missing", missing=True, schema={"type": "number"}), Unmet("", "too many", missing=False))
    refusal = Refusal("MISSING_FIELDS", "The contract is not met.", unmet)
    result = result_of(replace(REPLY, outcome="refused", refusal=refusal), "submit", WIRE, schemas=True)
    assert result.is_error
    assert result.structured_content["refusal"] == {
        "code": "MISSING_FIELDS",
        "message": "The contract is not met.",
        "unmet": [
            {"path": "total", "problem": "missing", "schema": {"type": "number"}},
            {"path": "", "problem": "too many"},
        ],
    }
    listed = result_of(replace(REPLY, outcome="refused", refusal=refusal), "submit", WIRE, schemas=False)
    assert listed.structured_content["refusal"]["unmet"][0] == {"path": "total", "problem": "missing"}
    text = text_of(replace(REPLY, outcome="refused", refusal=refusal))
    assert text == "Refused (MISSING_FIELDS): The contract is not met.\nIn matching."


def test_a_refusal_without_a_session_tells_nothing_but_the_refusal() -> None:
    result = result_of(Stray(Refusal("NOT_FOUND", "There is no such session.")), "x", WIRE, schemas=True)
    assert result.is_error
    assert result.structured_content == {
        "outcome": "refused",
        "refusal": {"code": "NOT_FOUND", "message": "There is no such session."},
    }


def test_failed_is_an_error_and_unknown_and_waiting_are_not() -> None:
    errors = {
        outcome: result_of(replace(REPLY, outcome=outcome), "x", WIRE, schemas=True).is_error
        for outcome in ("done", "failed", "unknown", "waiting")
    }
    assert errors == {"done": False, "failed": True, "unknown": False, "waiting": False}


def test_the_text_is_a_short_summary_and_not_the_json_again() -> None:
    long = replace(REPLY, result={"lines": ["x" * 50] * 100}, entered=True, goal="Match it.")
    text = text_of(long)
    assert text == "docs_read: done.\nIn matching. Goal: Match it."
    assert "{" not in text


def test_for_those_who_read_text_alone_the_json_says_everything_and_nothing_is_said_twice() -> None:
    refusal = Refusal("GUARD_FAILED", "The total is not that of the order.")
    for reply, brief in (
        (replace(REPLY, entered=True, goal="Match it."), "done, in matching."),
        (replace(REPLY, outcome="refused", refusal=refusal), "Refused (GUARD_FAILED), in matching."),
        (Stray(refusal), "Refused (GUARD_FAILED)."),
    ):
        result = result_of(reply, "x", WIRE, schemas=True)
        first, second = in_words(result).content
        assert isinstance(first, TextContent)
        assert isinstance(second, TextContent)
        assert first.text == brief
        assert json.loads(second.text) == result.structured_content
        assert next(iter(json.loads(second.text))) == next(iter(result.structured_content))
    listed = in_words(session_list(Sessions(({"session": "a"},)), "ada")).content
    assert [block.text for block in listed if isinstance(block, TextContent)] == [
        "1 session.",
        '{"sessions":[{"session":"a"}]}',
    ]


def test_the_text_says_who_must_act_how_it_ended_and_why_it_failed() -> None:
    waiting = replace(REPLY, waiting_for=WaitingFor("human", "manager", "2026-11-22T09:00:00.000Z"))
    assert text_of(waiting).endswith("In matching, waiting for: human (manager) until 2026-11-22T09:00:00.000Z.")
    ended = replace(REPLY, state="done", ended=Ended("manual", 1, "ap-team"))
    assert text_of(ended).endswith("The session has ended in done (manual; ap-team takes over).")
    failed = replace(REPLY, outcome="failed", result={"error": "no such document"})
    assert text_of(failed).startswith("docs_read: failed (no such document).")
    assert text_of(replace(REPLY, repeated=True)).startswith("docs_read: done before; nothing was done again.")


def test_a_reply_to_a_tool_call_stays_small() -> None:
    """Notes: 85 tokens (characters / 4) for a tool's reply, without its result."""
    result = result_of(REPLY, "docs_read", WIRE, schemas=True)
    size = len(json.dumps(result.structured_content)) + len(text_of(REPLY))
    assert size / 4 < 85


def test_of_a_listed_session_it_is_said_where_it_is_and_who_started_it_if_that_is_somebody_else() -> None:
    mine: JsonObject = {"session": "a", "state": "matching", "started_by": "ada", "definition": "sha256:…"}
    theirs: JsonObject = {"session": "b", "state": "matching", "started_by": "bob"}
    shown = session_list(Sessions((mine, theirs), "next"), "ada").structured_content
    assert shown == {"sessions": [{"session": "a", "state": "matching"}, theirs], "cursor": "next"}
    assert session_list(Sessions(()), "ada").structured_content == {"sessions": []}
