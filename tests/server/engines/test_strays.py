from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.contracts.bounds import DENIED_ARGUMENTS_BYTES
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import canonical, digest
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Call, Cancel, Decide, Expire, Observe, Read, Request, Send, Settle, Start, TakeOver
from pointsman.fsm.facts import CallResult, Denied, body_value
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor
from pointsman.server.audit.verify import verify
from pointsman.server.bounds import SERVER_CHAIN_ROWS_PER_MINUTE, STRANGER_ROWS_PER_MINUTE
from pointsman.server.engines.embedded import Hooks
from pointsman.server.engines.strays import Frame, StrayBound, admin_fact, stray_command, stray_fact
from pointsman.server.identity import SOMEBODY
from tests.server.engines.instruments import Monotonic
from tests.server.tale import command, opened, tale

REFUSAL = Refusal("MALFORMED", "That is no message.")
FRAME = Frame("c", 1_000, Actor("agent", "ada"), "mcp", "a-client")


@pytest.mark.parametrize(
    ("request_", "action", "arguments"),
    [
        (Start("s", "d", {"n": 1}), "start", {"n": 1}),
        (Call("t.read", {"x": 1}), "t.read", {"x": 1}),
        (Send("go", {"x": 1}), "go", {"x": 1}),
        (Decide("approve", {"x": 1}, "sha256:", 1), "approve", {"x": 1}),
        (Observe(Read("r", "t.read", {"x": 1}, 1, 1), CallResult("done")), "t.read", {"x": 1}),
        (Settle("c1", CallResult("done")), "settle", {"call": "c1"}),
        (TakeOver("c1", "gone"), "takeover", {"call": "c1"}),
        (Expire("2.after.0"), "expire", {"timer": "2.after.0"}),
        (Cancel("enough"), "cancel", {"reason": "enough"}),
    ],
)
def test_a_stray_command_tells_what_was_asked_of_which_session(
    request_: Request, action: str, arguments: dict[str, object]
) -> None:
    fact = stray_command(command(request_), "handle", REFUSAL, tale())
    assert isinstance(fact.body, Denied)
    assert (fact.action, fact.code, fact.outcome) == (action, "MALFORMED", "refused")
    assert json.loads(fact.body.arguments) == {"session": "handle", "arguments": arguments}


@pytest.mark.parametrize(
    "request_",
    [Call("t.read", {"x": "secret"}), Observe(Read("r", "t.read", {"x": "secret"}, 1, 1), CallResult("done"))],
)
def test_of_a_call_that_no_workflow_is_known_for_only_the_names_of_its_arguments_are_kept(request_: Request) -> None:
    fact = stray_command(command(request_), "handle", REFUSAL, None)
    assert isinstance(fact.body, Denied)
    assert json.loads(fact.body.arguments) == {"session": "handle", "arguments": {"x": "[redacted]"}}


def test_a_stray_command_is_redacted_as_its_workflow_says() -> None:
    workflow = tale()
    redacting = replace(workflow, tools={"t.read": ToolPolicy("t.read", "read", redact=(("args", "pin"),))})
    said = Refusal("INVALID_FIELDS", "4711 is no name", (Unmet("who['4711']", "is not 4711", missing=False),))
    for request_ in (Call("t.read", {"pin": "4711"}), Send("t_read", {"pin": "4711"}), Send("tread", {"pin": "4711"})):
        fact = stray_command(command(request_), "handle", said, redacting)
        assert isinstance(fact.body, Denied)
        assert "4711" not in canonical(body_value(fact))


def test_what_comes_from_outside_is_cut_and_made_storable() -> None:
    arguments = {"text": "\ud800" + "ü" * DENIED_ARGUMENTS_BYTES}
    fact = stray_fact(FRAME, "a\ud800" * 1_000, REFUSAL, {**arguments})
    assert isinstance(fact.body, Denied)
    assert len(fact.body.arguments.encode()) <= DENIED_ARGUMENTS_BYTES
    assert fact.body.arguments_digest == digest({**arguments})
    assert fact.action is not None
    assert len(fact.action.encode()) <= 256


def test_beyond_the_bound_calls_are_counted_and_told_when_the_minute_is_over() -> None:
    """Fault 38: the audit cannot fill the disk."""
    clock = Monotonic()
    bound = StrayBound(clock)
    fact = stray_fact(FRAME, "x", REFUSAL, {})
    other = stray_fact(FRAME, "x", Refusal("TOO_LARGE", ""), {})
    passed = [bound.admit(fact) for _ in range(SERVER_CHAIN_ROWS_PER_MINUTE)]
    assert passed == [[fact]] * SERVER_CHAIN_ROWS_PER_MINUTE
    assert not bound.counting
    assert bound.admit(fact) == bound.admit(fact) == bound.admit(other) == []
    assert bound.counting
    clock.seconds += 61
    told, written = bound.admit(fact)
    assert written == fact
    assert told.action == "counted"
    assert isinstance(told.body, Denied)
    assert told.body.message.startswith("3 more calls")
    assert json.loads(told.body.arguments) == {"MALFORMED": 2, "TOO_LARGE": 1}
    assert not bound.counting
    assert bound.tally() == []


def test_strangers_cannot_keep_what_a_known_caller_tries_from_being_written() -> None:
    """Whoever cheats could else send some hundred wrong tokens first."""
    clock = Monotonic()
    bound = StrayBound(clock)
    known, strange = (stray_fact(replace(FRAME, actor=actor), "x", REFUSAL, {}) for actor in (FRAME.actor, SOMEBODY))
    for _ in range(2):
        passed = [fact for _ in range(SERVER_CHAIN_ROWS_PER_MINUTE) for fact in bound.admit(strange)]
        assert passed.count(strange) == STRANGER_ROWS_PER_MINUTE
        assert bound.admit(known) == [known]
        clock.seconds += 61


async def test_a_flood_makes_a_bounded_number_of_rows_and_one_that_counts_the_rest(tmp_path: Path) -> None:
    clock = Monotonic()
    async with opened(tmp_path / "p.sqlite3", hooks=Hooks(monotonic=clock)) as engine:
        for _ in range(SERVER_CHAIN_ROWS_PER_MINUTE + 50):
            await engine.record_stray(FRAME, "x", REFUSAL, {})
        assert len(await engine.audit_rows("server")) == SERVER_CHAIN_ROWS_PER_MINUTE
    async with opened(tmp_path / "p.sqlite3") as engine:
        rows = await engine.audit_rows("server")
        (report,) = await engine.reading(lambda connection: list(verify(connection, "server")))
    assert len(rows) == SERVER_CHAIN_ROWS_PER_MINUTE + 1
    assert rows[-1]["action"] == "counted"
    assert report.ok


async def test_what_was_counted_is_written_when_the_minute_is_over_without_another_call(tmp_path: Path) -> None:
    clock = Monotonic()
    async with opened(tmp_path / "p.sqlite3", hooks=Hooks(monotonic=clock)) as engine:
        for _ in range(SERVER_CHAIN_ROWS_PER_MINUTE):
            await engine.record_stray(FRAME, "x", REFUSAL, {})
        clock.seconds += 59.95
        await engine.record_stray(FRAME, "x", REFUSAL, {})
        clock.seconds += 1
        while (rows := await engine.audit_rows("server"))[-1]["action"] != "counted":
            assert len(rows) == SERVER_CHAIN_ROWS_PER_MINUTE


def test_what_is_done_to_the_server_itself_is_written_whatever_else_is_refused() -> None:
    """A jump of the clock is audited; and so is a token that somebody makes meanwhile."""
    bound = StrayBound(Monotonic())
    refused = stray_fact(FRAME, "act", REFUSAL, {})
    for _ in range(SERVER_CHAIN_ROWS_PER_MINUTE + 1):
        bound.admit(refused)
    assert bound.admit(refused) == []
    act = admin_fact(FRAME, "clock", {"step_ms": 1}, "The clock was set.")
    assert bound.admit(act) == [act]
    assert bound.counting
