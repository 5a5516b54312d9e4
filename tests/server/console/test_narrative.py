"""Rows told in words: our words are ours alone, and what others wrote stands beside them."""

from __future__ import annotations

from typing import get_args

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import FactKind
from pointsman.server.console.narrative import happening
from tests.console.corpus import HOSTILE

ROW: JsonObject = {
    "revision": 7,
    "at": "2026-11-22T09:00:00.000Z",
    "actor_id": "scout",
    "actor_kind": "agent",
    "channel": "mcp",
    "action": None,
    "outcome": None,
    "code": None,
    "state_before": "drafting",
    "state_after": "awaiting_boss",
}


CANCELS: JsonObject = {"leaving": {"because": "cancel", "reason": "It came twice."}}


def row(kind: str, body: Json = None, **columns: Json) -> JsonObject:
    return {**ROW, "kind": kind, "body": body, **columns}


def entered(because: str, spent: Json = None, **columns: Json) -> JsonObject:
    body: JsonObject = {"actor": "human", "because": because, "position": {"phase": "ready"}, "spent": spent}
    return row("entered", body, **columns)


@pytest.mark.parametrize(
    ("given", "said", "tone"),
    [
        (row("started", {"writes": {"item": "pen"}}), "started the session", "move"),
        (entered("due"), "the session is in awaiting boss, because nobody decided in time", "move"),
        (entered("next"), "the session is in awaiting boss", "move"),
        (entered("limit"), "the session is in awaiting boss, because a limit was reached", "move"),
        (
            entered("limit", spent={"kind": "calls", "amount": 2, "count": 2}, state_before="in_draft"),
            "the session is in awaiting boss, because in draft has reached its limit of 2 calls",
            "move",
        ),
        (row("entered", {"because": "unheard"}), "the session is in awaiting boss", "move"),
        (row("denied", {}, action="buy_it", code="NOT_ALLOWED"), "was refused buy_it (NOT_ALLOWED)", "refused"),
        (row("intended", {"call": {"arguments": {"a": 1}}}, action="shop.order"), "began shop.order", "plain"),
        (row("intended", {"approval": {"id": "1"}}, action="x"), "asked for x, which waits for a person", "plain"),
        (row("intended", {"leaving": {"because": "due"}}), "began to leave the state", "plain"),
        (row("intended", CANCELS), "cancelled the session, and leaves the state first", "person"),
        (row("settled", {}, action="shop.order", outcome="done"), "shop.order: done", "plain"),
        (row("settled", {}, action="shop.order", outcome="failed"), "shop.order: failed", "wrong"),
        (row("settled", {}, action="x", outcome="unknown"), "x: nobody knows whether it happened", "wrong"),
        (row("settled", {}, outcome="done"), "set fields", "plain"),
        (row("accepted", {}, action="submit_it"), "sent submit_it", "plain"),
        (row("accepted", {"repeated": True}, action="submit"), "sent submit again, which changed nothing", "plain"),
        (row("decided", {}, action="approve", outcome="done", channel="console"), "decided: approve", "person"),
        (row("timer", {}, action="a.0", outcome="moved"), "the timer a.0 was due and moved the session", "plain"),
        (row("admin", {"act": "settled"}, action="settle"), "settle by hand", "person"),
        (row("admin", {"act": "claimed"}, action="claim"), "claimed it", "person"),
        (row("admin", {"act": "claimed", "held_by": "chief"}, action="claim"), "took it over", "person"),
        (row("admin", {"act": "released"}, action="release"), "released it", "person"),
        (row("admin", {"act": "delegated"}, action="delegate"), "handed it to somebody else", "person"),
        (row("admin", {"act": "cancelled"}, action="cancel"), "cancelled the session", "person"),
        (row("admin", {"act": "clock"}, action="keep_time"), "found that the machine's clock was set", "plain"),
        (row("model", {}, action="model", outcome="done"), "a model answered", "plain"),
        (row("model", {"invalid": "no event"}, action="model", outcome="done"), "a model answered", "refused"),
        (row("model", {}, outcome="failed"), "a model could not be asked, or its answer not be used", "wrong"),
        (row("model", {}, outcome="late"), "a model answered when the session had moved on", "plain"),
        (row("intended", {"turn": {"number": 2}}), "asked a model, turn 2", "plain"),
        (row("intended", {"turn": {"number": 2, "attempt": 3}}), "asked a model, turn 2, in its attempt 3", "plain"),
        (row("unheard", {}, action="of"), "unheard of", "plain"),
    ],
)  # fmt: skip
def test_a_row_is_said_in_a_sentence(given: JsonObject, said: str, tone: str) -> None:
    found = happening(given)
    assert (found.said, found.tone) == (said, tone)


def test_whom_something_was_handed_to_stands_beside_it() -> None:
    found = happening(row("admin", {"act": "delegated", "reason": "x", "holder": {"by": "otto"}, "held_by": "chief"}))
    assert dict(found.others) == {"to": "otto", "reason": "x", "held before by": "chief"}


def test_a_voice_of_several_is_told_from_a_decision() -> None:
    found = happening(row("decided", {}, action="approve", outcome="counted", channel="console"))
    assert "more persons must say the same" in found.said


def test_who_when_and_through_what_are_the_rows_own() -> None:
    found = happening(row("started"))
    assert (found.revision, found.at, found.who, found.who_kind, found.channel) == (
        7, "2026-11-22T09:00:00.000Z", "scout", "agent", "mcp",
    )  # fmt: skip


@pytest.mark.parametrize("kind", get_args(FactKind))
def test_every_kind_of_row_is_told_with_any_body_and_without_one(kind: str) -> None:
    """A body may be erased, or be no object any more."""
    bodies: list[Json] = [None, {}, "text", [], {"call": "3"}, {"call": {}}]
    for body in bodies:
        assert happening(row(kind, body)).said


@pytest.mark.parametrize("kind", get_args(FactKind))
@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_never_among_our_words(kind: str, text: str) -> None:
    names = ("message", "detail", "error", "result", "rationale", "reason", "doubt", "arguments", "confidence")
    body: JsonObject = dict.fromkeys(names, text)
    body |= {"edits": [text], "writes": {"a": text}, "call": {"arguments": {"a": text}, "doubt": text}}
    found = happening(row(kind, body, outcome="done"))
    assert text not in found.said


@pytest.mark.parametrize("text", [*HOSTILE, "approve. The session is in paid", "x" * 129, ""])
def test_a_refused_action_is_told_apart_unless_it_is_a_plain_name(text: str) -> None:
    """Whoever is refused chooses the name of what they ask for."""
    found = happening(row("denied", {"message": "No."}, action=text, code="NOT_ALLOWED"))
    assert found.said == "was refused something (NOT_ALLOWED)"
    assert ("why", "No.") in found.others
    assert dict(found.others).get("asked for", "") == text


def test_what_belongs_to_a_row_is_named_and_what_is_empty_left_out() -> None:
    body: JsonObject = {"error": "It broke.", "result": None, "writes": {}, "doubt": ""}
    assert happening(row("settled", body, action="x", outcome="unknown")).others == (("error", "It broke."),)
    body = {"call": {"doubt": "interrupted", "arguments": {"a": 0}}}
    found = happening(row("intended", body, action="x"))
    assert found.others == (("in doubt", "interrupted"), ("arguments", {"a": 0}))
