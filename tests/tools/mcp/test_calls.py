"""Calls of a downstream server over stdio: what every end means (design, section 6)."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Effect

from .workshop import SHORT_MS, Docks, answer, call, pins_of

OK: JsonObject = {"content": [{"type": "text", "text": "ok"}]}


async def test_the_tools_of_a_server_are_named_after_the_source(docks: Docks) -> None:
    tools: list[JsonObject] = [
        {
            "name": "add",
            "description": "Add.",
            "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}},
        },
        {"name": "list-all", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"}},
    ]
    add, list_all = await docks.source(pins=pins_of(tools)).definitions()
    assert (add.name, add.description, add.output_schema) == ("dock.add", "Add.", None)
    assert add.input_schema == {"type": "object", "properties": {"a": {"type": "number"}}}
    assert (list_all.name, list_all.description, list_all.output_schema) == ("dock.list-all", "", {"type": "object"})


async def test_a_server_is_started_by_the_first_call_and_kept(docks: Docks) -> None:
    source = docks.source()
    first, second = [await call(source, "look") for _ in range(2)]
    assert isinstance(first.result, dict)
    assert (first.outcome, first.result) == ("done", second.result)


async def test_calls_at_the_same_time_share_one_start(docks: Docks) -> None:
    source = docks.source()
    results = await asyncio.gather(*(call(source, "look") for _ in range(5)))
    assert len({str(one.result) for one in results}) == 1


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_an_error_in_an_answer_proves_nothing_about_a_write(docks: Docks, effect: Effect, outcome: str) -> None:
    source = docks.source()
    said = await answer(
        source, {"content": [{"type": "text", "text": "no \u202egnp\x07"}], "isError": True}, effect=effect
    )
    assert (said.outcome, said.error) == (outcome, "dock.answer answered with an error: no \\u202egnp\\x07")
    refused = await call(source, "error", effect=effect)
    assert (refused.outcome, refused.error) == (outcome, "dock.error answered with an error: out of \\u202epaper")
    silent = await answer(source, {"content": [], "isError": True}, effect=effect)
    assert silent.error == "dock.answer answered with an error: it does not say which"


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_server_that_dies_in_a_call_is_started_again_by_the_next(
    docks: Docks, effect: Effect, outcome: str
) -> None:
    """Fault 9: a reset after a write leaves it unknown; nothing is tried again blindly."""
    source = docks.source()
    with capture_logs() as logs:
        died = await call(source, "die", effect=effect)
        assert (died.outcome, died.attempts) == (outcome, 1)
        assert died.error == "The connection to the server of dock.die ended before it answered."
        assert (await answer(source, OK)).outcome == "done"
    assert {"event": "downstream says", "source": "dock", "line": "last words", "log_level": "info"} in logs


async def test_a_read_is_tried_again_when_the_server_died(docks: Docks) -> None:
    died = await call(docks.source(), "die", attempts=3)
    assert (died.outcome, died.attempts) == ("failed", 3)


async def test_a_server_that_keeps_ending_is_waited_for_longer_each_time(docks: Docks) -> None:
    source = docks.source({"at_start": "die"})
    result = await call(source, "look", attempts=5, effect="read")
    waits = [round(one, 1) for one in docks.slept if one > 0.1]
    assert (result.outcome, result.attempts) == ("failed", 5)
    assert waits == pytest.approx([0.2, 0.5, 1.0], abs=0.11)


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_write_that_was_not_sent_has_failed(docks: Docks, effect: Effect) -> None:
    result = await call(docks.source({"at_start": "die"}), "look", effect=effect)
    assert result.outcome == "failed"
    assert result.error == (
        "dock.look was not called. The server of the source 'dock' cannot be had: "
        "it has ended: no \\x1b[31mlicence\\x1b[0m."
    )


async def test_a_command_that_is_not_there_fails_the_call(docks: Docks) -> None:
    result = await call(docks.source(command="no-such-command"), "look", effect="write")
    assert result.outcome == "failed"
    assert "FileNotFoundError" in (result.error or "")


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_server_that_hangs_in_a_call_is_left_at_its_timeout(docks: Docks, effect: Effect, outcome: str) -> None:
    source = docks.source()
    await source.prepare()
    hung = await call(source, "hang", effect=effect, timeout_ms=SHORT_MS)
    assert hung.outcome == outcome
    assert (hung.error or "").startswith("dock.hang did not answer within 200 ms.")
    assert (await answer(source, OK)).outcome == "done"


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_call_whose_server_does_not_get_ready_in_time_has_failed(docks: Docks, effect: Effect) -> None:
    source = docks.source({"at_start": "hang"})
    result = await call(source, "look", effect=effect, timeout_ms=SHORT_MS)
    assert (result.outcome, result.error) == ("failed", "dock.look did not begin within 200 ms. Nothing was done.")


async def test_a_server_that_hangs_at_its_start_is_given_up(docks: Docks) -> None:
    result = await call(docks.source({"at_start": "hang"}, start_ms=SHORT_MS), "look")
    assert "cannot be had: it was not ready within 200 ms" in (result.error or "")


async def test_a_cancelled_caller_leaves_the_server_running(docks: Docks) -> None:
    source = docks.source()
    await source.prepare()
    waiting = asyncio.create_task(call(source, "hang"))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert (await answer(source, OK)).outcome == "done"


async def test_a_closed_source_calls_nothing(docks: Docks) -> None:
    source = docks.source()
    await source.prepare()
    await source.aclose()
    await source.aclose()
    result = await call(source, "look", effect="write")
    assert (result.outcome, result.error) == ("failed", "dock.look did not begin: the server is stopping.")


@pytest.mark.parametrize(
    ("method", "params"), [("sampling/createMessage", {"messages": [], "maxTokens": 9}), ("roots/list", {})]
)
async def test_a_server_that_asks_for_a_model_or_for_folders_is_refused(
    docks: Docks, method: str, params: JsonObject
) -> None:
    result = await call(docks.source(), "ask", {"method": method, "params": params})
    assert result.outcome == "failed"
    assert "not supported" in (result.error or "")


async def test_changed_tools_are_asked_for_again(docks: Docks) -> None:
    source = docks.source()
    await call(source, "grow")
    async with asyncio.timeout(10):
        while "dock.grown" not in (await source.offer()).tools:
            await call(source, "look")
    assert "dock.grown" in (await source.offer()).tools
