"""Resources, prompts and completions of sources: governed reads, passed on in the forms of MCP."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated

from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.replies import Caller, Reply
from tests.server.surfaces.connected import Connected, connected

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "docs" / "examples"
CALLER = Caller(Actor("agent", "local:tester"), "test", "mcp")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("library.yaml", "library.py", "library_archive.py"):
        shutil.copy(HERE / name, tmp_path / name)
    return tmp_path


@asynccontextmanager
async def reader(
    place: Path, *, mode: str = "legacy", started: bool = True
) -> AsyncGenerator[tuple[Connected, Application, str]]:
    """A client whose session is in the state that reads."""
    async with open_application(str(place / "db.sqlite3"), [place / "library.yaml"], caretaking=False) as application:
        reply = await application.governor.start(CALLER, "library", {})
        assert isinstance(reply, Reply)
        session = reply.session if started else ""
        async with connected("claude-ai", mode=mode, session=session, governed=application.governor) as client:
            yield client, application, reply.session


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_resources_are_listed_after_ours_and_marked_with_their_source(place: Path, mode: str) -> None:
    async with reader(place, mode=mode) as (agent, _, session):
        found = (await agent.client.list_resources()).resources
        assert [one.uri for one in found[:2]] == ["workflow://library", f"session://{session}"]
        passed = [one for one in found if one.uri.startswith("book://")]
        assert [one.name for one in passed] == ["emma", "cover"], "over pages, without what is no resource"
        assert passed[1].meta == {"shelf": 3, "pointsman/source": "books"}
        templates = (await agent.client.list_resource_templates()).resource_templates
        assert templates[-1].uri_template == "book://{title}"


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_resource_is_read_through_the_gate(place: Path, mode: str) -> None:
    async with reader(place, mode=mode) as (agent, application, session):
        text, blob = [(await agent.client.read_resource(f"book://{title}")).contents[0] for title in ("emma", "cover")]
        assert isinstance(text, types.TextResourceContents)
        assert (text.text, text.mime_type) == ("The book at book://emma.", "text/plain")
        assert text.meta == {"pointsman/source": "books"}
        assert isinstance(blob, types.BlobResourceContents)
        page = await application.engine.audit_rows(session, 0, 100)
        assert [row["action"] for row in page if row["kind"] == "settled"] == ["books.read_resource"] * 2


async def test_the_first_source_that_has_it_gives_it(place: Path) -> None:
    async with reader(place) as (agent, _, _):
        scroll = (await agent.client.read_resource("scroll://1")).contents[0]
        assert scroll.meta == {"pointsman/source": "archive"}


@pytest.mark.parametrize(
    ("uri", "why"),
    [("scroll://2", "There is no such resource."), ("book://shelf/secret", "That shelf is closed.")],
    ids=["missing", "guarded"],
)
async def test_what_is_missing_or_refused_is_told(place: Path, uri: str, why: str) -> None:
    """MCP 2026-07-28, resources: -32602 with the address."""
    async with reader(place, mode="auto") as (agent, application, session):
        with pytest.raises(MCPError) as raised:
            await agent.client.read_resource(uri)
        assert (raised.value.code, raised.value.error.data) == (types.INVALID_PARAMS, {"uri": uri})
        assert why in raised.value.message
        denied = [row for row in await application.engine.audit_rows(session, 0, 100) if row["kind"] == "denied"]
        assert [row["code"] for row in denied] == (["GUARD_FAILED"] if uri.startswith("book") else [])


async def test_prompts_are_listed_after_ours_and_names_that_are_taken_get_the_sources_before_them(place: Path) -> None:
    async with reader(place) as (agent, _, _):
        names = [one.name for one in (await agent.client.list_prompts()).prompts]
        assert names == ["library.reading", "summary", "books_library.reading", "archive_summary"]
        texts: list[str] = []
        for name in names[1:]:
            message = (await agent.client.get_prompt(name, {"title": "Emma"})).messages[0]
            assert isinstance(message.content, types.TextContent)
            texts.append(message.content.text)
        assert texts[:2] == ["Of Emma: summary.", "Of Emma: library.reading."]
        ours = (await agent.client.get_prompt("library.reading")).messages[0]
        assert isinstance(ours.content, types.TextContent)
        assert ours.content.text.startswith("Work on a session")


async def test_arguments_are_completed_by_the_source(place: Path) -> None:
    async with reader(place) as (agent, _, _):
        prompt = types.PromptReference(name="summary")
        assert (await agent.client.complete(prompt, {"name": "title", "value": "em"})).completion.values == [
            "emma",
            "emile",
        ]
        assert (await agent.client.complete(prompt, {"name": "title", "value": "x"})).completion.values == []


async def test_nothing_is_passed_on_where_no_session_is_bound_or_its_state_does_not_say_so(place: Path) -> None:
    async with reader(place, started=False) as (agent, application, session):
        assert not any(one.uri.startswith("book") for one in (await agent.client.list_resources()).resources)
        with pytest.raises(MCPError, match="no such resource"):
            await agent.client.read_resource("book://emma")
        await application.governor.act(CALLER, session, "leave", {})
    async with reader(place) as (agent, application, session):
        await application.governor.act(CALLER, session, "leave", {})
        assert [one.name for one in (await agent.client.list_prompts()).prompts] == ["library.reading"]
        with pytest.raises(MCPError, match="no such prompt"):
            await agent.client.get_prompt("summary")


async def test_a_client_that_subscribes_to_a_session_is_told_when_it_moves(place: Path) -> None:
    async with reader(place) as (agent, application, session):
        address = f"session://{session}"
        for uri in (address, "book://emma", "nowhere://"):
            subscribing = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=uri))
            await agent.client.session.send_request(subscribing, types.EmptyResult)
        await application.governor.act(CALLER, session, "leave", {})
        assert await agent.update() == address
        for uri in (address, "book://emma", "never://"):
            leaving = types.UnsubscribeRequest(params=types.UnsubscribeRequestParams(uri=uri))
            await agent.client.session.send_request(leaving, types.EmptyResult)


async def test_a_client_of_the_2026_era_that_listens_is_told_too(place: Path) -> None:
    async with reader(place, mode="auto") as (agent, application, session):
        address = f"session://{session}"
        async with agent.client.listen(resource_subscriptions=[address]) as news:
            await application.governor.act(CALLER, session, "leave", {})
            with anyio.fail_after(5):
                assert await anext(aiter(news)) == ResourceUpdated(uri=address)


async def test_the_wiki_of_the_documentation_shows_the_page_in_question_alone(tmp_path: Path) -> None:
    """docs/mcp-servers.md: a resource of an MCP server, read where the workflow says so."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    file = tmp_path / "examples" / "wiki.yaml"
    async with open_application(str(tmp_path / "db.sqlite3"), [file], caretaking=False) as application:
        reply = await application.governor.start(CALLER, "wiki", {"page": "travel"})
        assert isinstance(reply, Reply)
        async with connected("claude-ai", session=reply.session, governed=application.governor) as agent:
            assert await agent.resource("wiki://travel") == "Second class."
            with pytest.raises(MCPError, match="Only the page in question"):
                await agent.client.read_resource("wiki://holidays")
