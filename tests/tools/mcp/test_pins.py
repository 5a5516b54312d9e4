"""Only what was pinned is offered and called; one changed byte quarantines a tool (fault 25)."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.tools.errors import SourceError

from .workshop import RAW_TOOLS, Docks, answer, call, pins_of

ANSWER: JsonObject = {"name": "answer", "description": "Answer.", "inputSchema": {"type": "object"}}
OK: JsonObject = {"content": [{"type": "text", "text": "ok"}]}
CHANGED = (
    "What its source says of dock.answer is not what was pinned, so it is not called. A person has to look at it and "
    "to pin it: `pointsman lock --diff FILE`, then `pointsman lock FILE`."
)


async def test_without_pins_nothing_is_offered(docks: Docks) -> None:
    source = docks.source(pins=None)
    with pytest.raises(SourceError, match=r"Nothing is pinned of the source 'dock'.*`pointsman lock FILE`"):
        await source.definitions()
    result = await call(source, "answer", {"result": OK}, effect="write")
    assert (result.outcome, result.error) == ("failed", "dock.answer is not pinned, so it is not called.")


async def test_definitions_come_from_the_pins_and_start_nothing(docks: Docks) -> None:
    source = docks.source(command="no-such-command", pins=pins_of([ANSWER]))
    (found,) = await source.definitions()
    assert (found.name, found.description) == ("dock.answer", "Answer.")


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Answer!"},
        {"inputSchema": {"type": "object", "properties": {"note": {"type": "string"}}}},
        {"outputSchema": {"type": "object"}},
        {"annotations": {"readOnlyHint": True}},
        {"name": "reply"},
    ],
)
async def test_a_tool_that_is_not_what_was_pinned_is_not_called(docks: Docks, change: JsonObject) -> None:
    source = docks.source({"tools": [{**ANSWER, **change}]}, pins=pins_of([ANSWER]))
    assert source.quarantined() == {}
    await source.prepare()
    assert source.quarantined() == {"dock.answer": CHANGED}
    result = await answer(source, OK, effect="write")
    assert (result.outcome, result.error) == ("failed", CHANGED)


async def test_one_changed_tool_leaves_the_others(docks: Docks) -> None:
    pins = pins_of([ANSWER, *(tool for tool in RAW_TOOLS if tool["name"] == "look")])
    source = docks.source(
        {"tools": [{**ANSWER, "description": "Pay."}, {"name": "look", "inputSchema": {"type": "object"}}]}, pins=pins
    )
    assert (await answer(source, OK)).outcome == "failed"
    assert (await call(source, "look")).outcome == "done"


async def test_a_pin_that_was_changed_by_hand_counts_for_nothing(docks: Docks) -> None:
    pins = pins_of([ANSWER])
    pins.tools["answer"] = pins.tools["answer"].model_copy(update={"description": "Anything."})
    source = docks.source({"tools": [ANSWER]}, pins=pins)
    assert await source.definitions() == []
    assert "was changed by hand" in source.quarantined()["dock.answer"]
    assert "was changed by hand" in ((await answer(source, OK)).error or "")


async def test_a_tool_that_changes_while_the_server_runs_is_quarantined(docks: Docks) -> None:
    pins = pins_of([*RAW_TOOLS, {"name": "grown", "description": "Other.", "inputSchema": {"type": "object"}}])
    source = docks.source(pins=pins)
    await source.prepare()
    assert set(source.quarantined()) == {"dock.grown"}
    await call(source, "grow", {"description": "Other."})
    async with asyncio.timeout(10):
        while source.quarantined():
            await call(source, "look")
    assert (await call(source, "grown", {"result": OK})).outcome == "done"
