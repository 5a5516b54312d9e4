"""Answers that nobody was asked for: brought along, replayed, invented, or somebody else's. Faults 19 to 21."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Actor
from pointsman.server.elicitation.offer import CHANNEL
from pointsman.server.replies import Caller
from tests.server.elicitation.payouts import ACCEPTED, PAYOUT, WHAT, Chief, Desk, Person, accept, desk


async def raw(client: Desk, tool: str, arguments: dict[str, Any], **more: Any) -> types.Result:  # noqa: ANN401 -- of the SDK
    """Call a tool, and come back with nothing by itself."""
    found = await client.agent.client.session.call_tool(tool, arguments, allow_input_required=True, **more)
    assert isinstance(found, types.CallToolResult | types.InputRequiredResult)
    return found


async def asked(client: Desk) -> tuple[str, str]:
    """Bring the session to its review; give the key of what is asked, and the state to come back with."""
    first = await raw(client, "submit", WHAT)
    assert isinstance(first, types.InputRequiredResult)
    assert first.input_requests is not None
    assert first.request_state is not None
    (key,) = first.input_requests
    return key, first.request_state


async def refusals(client: Desk) -> list[tuple[object, object]]:
    return [(row["action"], row["code"]) for row in await client.strays()]


async def test_an_answer_that_is_brought_along_decides_nothing_and_is_recorded(tmp_path: Path) -> None:
    async with desk(tmp_path, "auto", Person([])) as client:
        first = await raw(client, "submit", WHAT, input_responses={"review-0123456789abcdef": accept("approve")})
        assert isinstance(first, types.InputRequiredResult)
        assert (await client.status())["state"] == "deciding"
        assert await refusals(client) == [("answer", "FORBIDDEN")]
        assert await client.rows("decided") == []


async def test_an_answer_counts_once(tmp_path: Path) -> None:
    """Faults 20: single use."""
    async with desk(tmp_path, "auto", Person([])) as client:
        key, state = await asked(client)
        answers = {key: accept("ask", question="Why?")}
        said, again = [
            await raw(client, "submit", WHAT, input_responses=answers, request_state=state) for _ in range(2)
        ]
        assert isinstance(said, types.CallToolResult)
        assert isinstance(again, types.CallToolResult)
        assert said.structured_content["state"] == "preparing"
        assert again.structured_content["refusal"]["code"] == "NOT_ALLOWED"
        assert len(await client.rows("decided")) == 1
        assert await refusals(client) == [("answer", "NOT_ALLOWED")]


async def test_a_state_that_was_tampered_with_opens_nothing_and_is_recorded(tmp_path: Path) -> None:
    """Faults 19."""
    async with desk(tmp_path, "auto", Person([])) as client:
        key, state = await asked(client)
        for forged in (state[:-2] + "AA", "made up"):
            with pytest.raises(MCPError, match="requestState"):
                await raw(client, "submit", WHAT, input_responses={key: accept("approve")}, request_state=forged)
        answers = {key: accept("approve")}
        with pytest.raises(MCPError, match="requestState"):  # that of another call
            await raw(client, "session_status", {}, input_responses=answers, request_state=state)
        assert await client.rows("decided") == []
        assert await refusals(client) == [("answer", "FORBIDDEN")] * 3


async def test_an_answer_under_another_key_is_none(tmp_path: Path) -> None:
    async with desk(tmp_path, "auto", Person([])) as client:
        _, state = await asked(client)
        answers = {"review-0123456789abcdef": accept("approve")}
        again = await raw(client, "submit", WHAT, input_responses=answers, request_state=state)
        assert isinstance(again, types.InputRequiredResult)
        assert await client.rows("decided") == []


async def test_a_client_that_never_comes_back_leaves_the_review_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.surfaces.waiting.ASK_WAIT_MS", 30)
    async with desk(tmp_path, "auto", Person([])) as client:
        key, state = await asked(client)
        await asyncio.sleep(0.1)
        late = await raw(client, "submit", WHAT, input_responses={key: accept("approve")}, request_state=state)
        assert isinstance(late, types.CallToolResult)
        assert "too late" in late.structured_content["refusal"]["message"]
        assert await client.rows("decided") == []


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (PAYOUT, Actor("human", "local:chief", ("chief",))),
        (ACCEPTED, Actor("human", "local:chief", ("clerk",))),
        (ACCEPTED, Actor("agent", "local:tester", ("chief",))),
        (ACCEPTED, Actor("system", "pointsman", ("chief",))),
        (
            ACCEPTED.replace("role: chief", "role: chief\n      exclude: [=session.started_by]"),
            Actor("human", "local:tester", ("chief",)),
        ),
    ],
    ids=["not accepted", "without the role", "an agent", "a system", "excluded"],
)
async def test_the_machine_refuses_whoever_was_not_to_be_asked(tmp_path: Path, text: str, person: Actor) -> None:
    """Faults 21: what a surface should never send is refused where it counts, and recorded."""
    async with desk(tmp_path, "legacy", None, text=text) as client:
        await client.submit()
        session = await client.application.engine.read(client.session)
        assert session is not None
        assert session.stay.review is not None
        request = Decide("approve", {}, session.stay.review.shown_digest, session.stay.number)
        forger = Caller(person, "evil-client", CHANNEL)
        reply = await client.application.governor.decide(forger, client.session, request)
        assert reply.refusal is not None
        assert reply.refusal.code == "FORBIDDEN"
        (denied,) = await client.rows("denied")
        assert (denied["actor_id"], denied["channel"], denied["code"]) == (person.id, CHANNEL, "FORBIDDEN")
        assert (await client.status())["state"] == "deciding"


async def test_who_sits_at_the_client_is_told_apart_from_its_agent(tmp_path: Path) -> None:
    """An agent with the name of the person is none."""
    async with desk(tmp_path, "legacy", Person([accept("approve")]), people=Chief("local:tester")) as client:
        assert (await client.submit())["state"] == "paid"
        kinds = [(row["actor_kind"], row["actor_id"]) for row in await client.rows("decided")]
        assert kinds == [("human", "local:tester")]
