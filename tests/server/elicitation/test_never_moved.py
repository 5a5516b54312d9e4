"""Whatever a client answers, a review that does not accept elicitation never moves."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import mcp_types as types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.shared.exceptions import MCPError

from tests.server.elicitation.payouts import PAYOUT, WHAT, Desk, Person, desk

VALUES = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["approve", "reject", "ask", "Why?", ""])
RESULTS = st.builds(
    types.ElicitResult,
    action=st.sampled_from(["accept", "decline", "cancel"]),
    content=st.none() | st.dictionaries(st.sampled_from(["decision", "question", "rationale"]), VALUES),
)
CALLS = st.tuples(
    st.sampled_from(["session_status", "submit", "approve", "reject", "ask", "list_sessions"]),
    st.dictionaries(st.sampled_from(["review-0", "review", "question", "decision"]), RESULTS, max_size=2),
    st.none() | st.sampled_from(["", "made up"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    mode=st.sampled_from(["legacy", "auto"]), calls=st.lists(CALLS, max_size=5), answers=st.lists(RESULTS, max_size=5)
)
def test_a_review_without_elicitation_never_moves(
    mode: str, calls: list[tuple[str, dict[str, Any], str | None]], answers: list[types.ElicitResult]
) -> None:
    async def play() -> None:
        person = Person([*answers])
        with tempfile.TemporaryDirectory() as place:
            async with desk(Path(place), mode, person, text=PAYOUT) as client:
                assert (await client.submit())["state"] == "deciding"
                for call in calls:
                    await _try(client, mode, *call)
                assert (await client.status())["state"] == "deciding"
                assert await client.rows("decided") == []
        assert person.asked == []

    asyncio.run(play())


async def _try(client: Desk, mode: str, tool: str, brought: dict[str, Any], state: str | None) -> None:
    """Call a tool as an attacker might: with answers that nobody asked for, and a state that was made up."""
    more: dict[str, Any] = {} if mode == "legacy" else {"input_responses": brought, "request_state": state}
    arguments = WHAT if tool == "submit" else {}
    try:
        await client.agent.client.session.call_tool(tool, arguments, allow_input_required=True, **more)
    except MCPError as error:
        assert "requestState" in error.message  # noqa: PT017 -- only an invented state is one
