"""What the end of a call means (design, section 6, and the table in `calling`)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.workflow import Effect, Retry
from pointsman.tools import CallContext, NothingDone, ToolError
from pointsman.tools.talk import Talk

from .workshop import CONTEXT, Workshop, call

FAILING = """
    import sys
    from pointsman.tools import CallContext, NothingDone, ToolError

    tries: list[int] = []

    def stumble(times: int, call: CallContext) -> str:
        tries.append(call.attempt)
        if len(tries) <= times:
            raise ConnectionError("password=hunter2")
        return "up"

    def refuse() -> None:
        tries.append(1)
        raise NothingDone("INV-9 is unknown.")

    def complain() -> None:
        tries.append(1)
        raise ToolError("The ledger is closed.\\ud800" + "." * 5000)

    def leak(secret: str) -> None:
        raise ValueError(f"cannot use {secret}")

    async def leak_async(secret: str) -> None:
        raise ValueError(f"cannot use {secret}")

    def leave() -> None:
        sys.exit(1)

    async def leave_async() -> None:
        sys.exit(1)

    def stop() -> None:
        next(iter([]))

    def infinite() -> object:
        tries.append(1)
        return {"a": float("inf")}
"""
THREE = Retry(attempts=3, backoff_ms=200)


async def test_what_returns_is_done_with_its_duration(workshop: Workshop) -> None:
    result = await call(workshop.source("def it() -> int:\n    return 3"), "it", effect="write")
    assert (result.outcome, result.result, result.error, result.attempts) == ("done", 3, None, 1)
    assert result.duration_ms >= 0


async def test_a_read_is_retried_with_growing_pauses_and_each_try_knows_its_number(workshop: Workshop) -> None:
    """Format: the n-th repetition waits `backoff * 2**(n-1)`."""
    source = workshop.source(FAILING)
    result = await call(source, "stumble", {"times": 2}, retry=THREE)
    assert (result.outcome, result.result, result.attempts) == ("done", "up", 3)
    assert workshop.slept == [0.2, 0.4]
    assert workshop.module().tries == [1, 2, 3]


async def test_a_read_that_has_asked_a_person_is_not_tried_again(workshop: Workshop) -> None:
    """Whoever has answered is not asked the same once more."""
    source = workshop.source("""
        from pointsman.tools import CallContext, ToolError
        FORM = {"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}}
        asked: list[object] = []
        async def it(call: CallContext) -> None:
            asked.append(await call.talk.elicit("The tool", {"sure": FORM}))
            raise ToolError("Nobody is sure.")
    """)
    context = replace(CONTEXT, talk=Talk())
    result = await call(source, "it", retry=THREE, context=context)
    assert (result.outcome, result.attempts, len(workshop.module().asked)) == ("failed", 1, 1)


async def test_a_call_taken_over_counts_its_tries_on(workshop: Workshop) -> None:
    source = workshop.source(FAILING)
    again = CallContext(CONTEXT.session, CONTEXT.call, None, 2, CONTEXT.who)
    await call(source, "stumble", {"times": 1}, retry=THREE, context=again)
    assert workshop.module().tries == [2, 3]


async def test_a_read_fails_when_its_tries_are_spent(workshop: Workshop) -> None:
    result = await call(workshop.source(FAILING), "stumble", {"times": 9}, retry=THREE)
    assert (result.outcome, result.attempts) == ("failed", 3)
    assert result.error == "shop.stumble failed with ConnectionError."


async def test_a_write_is_tried_once_whatever_its_policy_says(workshop: Workshop) -> None:
    """Design, section 6: a write is never blindly retried, and an error alone proves nothing."""
    result = await call(workshop.source(FAILING), "stumble", {"times": 1}, effect="write", retry=THREE)
    assert (result.outcome, result.attempts) == ("unknown", 1)
    assert result.error == "shop.stumble failed with ConnectionError. Whether it happened is not known."
    assert workshop.slept == []


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_nothing_done_is_a_failure_with_its_message_and_not_retried(workshop: Workshop, effect: Effect) -> None:
    result = await call(workshop.source(FAILING), "refuse", effect=effect, retry=THREE)
    assert (result.outcome, result.error, result.attempts) == ("failed", "INV-9 is unknown.", 1)


@pytest.mark.parametrize(("effect", "outcome", "attempts"), [("read", "failed", 3), ("write", "unknown", 1)])
async def test_a_tool_error_is_shown_as_it_is_within_bounds(
    workshop: Workshop, effect: Effect, outcome: str, attempts: int
) -> None:
    result = await call(workshop.source(FAILING), "complain", effect=effect, retry=THREE)
    assert (result.outcome, result.attempts) == (outcome, attempts)
    assert result.error is not None
    assert result.error.startswith("The ledger is closed.?...")
    assert len(result.error) == 2000


@pytest.mark.parametrize("tool", ["leak", "leak_async"])
async def test_another_exception_shows_its_type_alone_and_the_log_where_it_was(workshop: Workshop, tool: str) -> None:
    """Design, section 4 and 9: an agent is told no other values, and no secret reaches a log."""
    source = workshop.source(FAILING)
    with capture_logs() as logs:
        result = await call(source, tool, {"secret": "hunter2"})
    assert result.error == f"shop.{tool} failed with ValueError."
    (row,) = logs
    assert (row["event"], row["tool"], row["raised"]) == ("tool raised", f"shop.{tool}", "ValueError")
    assert row["where"][-1].endswith(f" {tool}")
    assert "hunter2" not in str(logs)


@pytest.mark.parametrize(
    ("tool", "type_name"), [("leave", "SystemExit"), ("leave_async", "ToolExit"), ("stop", "RuntimeError")]
)
async def test_a_tool_cannot_end_the_process_or_the_loop(workshop: Workshop, tool: str, type_name: str) -> None:
    result = await call(workshop.source(FAILING), tool)
    assert result.error == f"shop.{tool} failed with {type_name}."


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_result_that_cannot_be_kept_says_that_the_tool_ran(
    workshop: Workshop, effect: Effect, outcome: str
) -> None:
    result = await call(workshop.source(FAILING), "infinite", effect=effect, retry=THREE)
    assert (result.outcome, result.attempts, result.result) == (outcome, 1, None)
    assert result.error is not None
    assert result.error.startswith("shop.infinite ran, but its result cannot be kept: it holds NaN")


async def test_a_tool_that_does_not_exist_fails(workshop: Workshop) -> None:
    result = await call(workshop.source(FAILING), "gone", effect="write")
    assert (result.outcome, result.error, result.attempts) == ("failed", "There is no tool 'shop.gone'.", 0)


def test_the_errors_of_the_public_face_say_how_to_mend_them_by_default() -> None:
    """House style: a subclass's docstring is its default message."""
    assert isinstance(NothingDone("x"), ToolError)
    assert str(ToolError()).startswith("The tool could not do what was asked.")
    assert str(ToolError("Closed.")) == "Closed."
