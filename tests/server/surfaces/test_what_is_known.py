"""Who may not know a workflow does not see it, on any surface (issue: nobody sees what is not theirs)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mcp.shared.exceptions import MCPError

from pointsman.contracts.workflow import Access
from pointsman.fsm.session import Actor
from pointsman.server.surfaces.choosing import SurfaceChoice
from tests.server.surfaces.connected import connected
from tests.server.surfaces.governed import InMemoryGoverned, workflow

SECRET = replace(workflow("secret"), roles=("spy",), access=Access(start=("spy",)))
SURFACES = pytest.mark.parametrize("surface", ["adaptive", "stable", "compact"])


def both() -> InMemoryGoverned:
    return InMemoryGoverned(workflow(), SECRET)


@SURFACES
async def test_a_workflow_that_is_not_the_callers_is_nowhere(surface: SurfaceChoice) -> None:
    async with connected("claude-code", surface=surface, governed=both()) as agent:
        told = [str(tool) for tool in (await agent.tools()).values()]
        told += [str(one) for one in (await agent.client.list_resources()).resources]
        told += [str(one) for one in (await agent.client.list_prompts()).prompts]
        assert "parcel" in "".join(told)
        assert "secret" not in "".join(told)
        for name in ("secret", "secret/weighing"):
            with pytest.raises(MCPError, match="no such resource"):
                await agent.client.read_resource(f"workflow://{name}")
        with pytest.raises(MCPError, match="no such prompt"):
            await agent.client.get_prompt("secret.weighing")


@SURFACES
async def test_whoever_has_its_role_knows_it(surface: SurfaceChoice) -> None:
    spy = Actor("agent", "bond", ("spy",))
    async with connected("claude-code", surface=surface, governed=both(), actor=spy) as agent:
        assert "secret" in str(await agent.tools())
        assert "secret.weighing" in [one.name for one in (await agent.client.list_prompts()).prompts]


async def test_whoever_is_bound_to_a_session_knows_its_workflow_and_starts_none() -> None:
    governed = both()
    async with connected("claude-ai", surface="stable", governed=governed) as agent:
        session = (await agent.call("start_parcel", parcel_id="P1"))["session"]
    bound = Actor("agent", "scout", session=session)
    async with connected("claude-ai", surface="stable", governed=governed, actor=bound, session=session) as agent:
        tools = await agent.tools()
        assert {"session_status", "parcel_submit_weight"} <= set(tools)
        assert not [name for name in tools if name.startswith(("start_", "secret_"))]
        assert "parcel.weighing" in [one.name for one in (await agent.client.list_prompts()).prompts]
    async with connected("claude-ai", surface="compact", governed=governed, actor=bound, session=session) as agent:
        assert set(await agent.tools()) == {"status", "list_sessions", "act"}
