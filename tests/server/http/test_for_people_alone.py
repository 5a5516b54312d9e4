"""Two readings and the exception package are for people: no route gives them to an agent's credential.

Whoever could read the other reading would make the next one equal to it. What is looked for is what an agent cannot
know by itself: the second reading, and a field that the state does not show.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest
from click.testing import CliRunner

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.command_line import main
from pointsman.server.replies import Caller, Reply
from tests.server.http.served import connected
from tests.server.http.site import Running, running
from tests.server.http.test_every_door import EXPECTED, filled

SECOND: Final = "7706001"
HIDDEN: Final = "hidden-7706002"
TEXT: Final = """
workflow: twice
version: 1
record: {page: {type: string}, account: {type: string}, total: {type: number}}
start: {requires: [page, account]}
initial: reading
roles: [reviewer]
access: {start: anyone, drive: starter, view: [starter, reviewer]}
confidence: {floor: 0.8, below: doubtful}
sources: {d: {python: twice_tools}}
tools: {d.read: {effect: read}}
states:
  reading:
    actor: agent
    show: [page]
    agree: {fields: [total], second: {call: d.read, fields: {total: =result.total}}, differ: comparing}
    events: {submit: {requires: [total], next: done}}
    failed: broken
    after: {in: 1d, to: broken}
  comparing: &review
    actor: human
    review: {role: reviewer, show: [page, account], due: {in: 1d, then: broken}}
    events: {accept: {next: done}}
  doubtful:
    actor: human
    review: {role: reviewer, show: [page], due: {in: 1d, then: broken}}
    events: {accept: {next: done}}
  done: {final: success}
  broken: {final: failed, owner: desk}
""".replace(" &review", "")
TOOLS: Final = f'''
def read() -> dict[str, int]:
    """Read the page once more."""
    return {{"total": {SECOND}}}
'''
ANN: Final = Caller(Actor("agent", "ann"), None, "mcp")
DOORS: Final = [path for method, path in EXPECTED if method == "GET" and path.startswith("/api")]
LOOKS: Final = (
    ("sessions", "list"),
    ("sessions", "show", "{id}"),
    ("review", "list"),
    ("review", "show", "{id}"),
    ("audit", "list"),
    ("audit", "show", "{id}"),
    ("audit", "show", "{id}", "--revision", "{revision}"),
    ("audit", "replay", "{id}"),
    ("effects", "list"),
    ("stats",),
    ("corrections", "export"),
)
FORMS: Final[Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
    ("sessions", "show"): ((), ("--json",)),
    ("corrections", "export"): ((),),
}
"""Forms that differ in what is asked for; the others print in words what they print as JSON."""


@dataclass(frozen=True)
class Reviewing:
    """A server with two sessions in review, and what opens it to an agent of the starter's and to the reviewer."""

    server: Running
    agent: str
    reviewer: str
    sessions: dict[str, str]

    def bearer(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
async def reviewing(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Reviewing]:
    place = tmp_path_factory.mktemp("twice")
    (place / "twice_tools.py").write_text(TOOLS, encoding="utf-8")
    async with running(place, TEXT) as server:
        await server.token("ann", "agent")
        await server.token("rita", "human", ("reviewer",))
        differ = await brought(server, total=1, confidence=0.95)
        below = await brought(server, total=int(SECOND), confidence=0.2)
        assert [await server.state(one) for one in (differ, below)] == ["comparing", "doubtful"]
        sessions = {"readings that differ": differ, "a floor that was missed": below}
        yield Reviewing(server, "token-of-ann", "token-of-rita", sessions)


async def brought(server: Running, **given: float) -> str:
    governor = server.application.governor
    begun = await governor.start(ANN, "twice", {"page": "p", "account": HIDDEN})
    assert isinstance(begun, Reply)
    arguments: JsonObject = {**given, "rationale": "as printed"}
    assert isinstance(await governor.act(ANN, begun.session, "submit", arguments), Reply)
    return begun.session


def kept_secrets(text: str) -> list[str]:
    """What of it may not stand in a text that an agent is given."""
    members = ('"readings":{', '"readings": {', '"exception":{', '"exception": {', "path_floor", "as frozen")
    return [one for one in (HIDDEN, *members) if one in text]


@pytest.mark.parametrize("case", ["readings that differ", "a floor that was missed"])
async def test_a_person_is_given_them(reviewing: Reviewing, case: str) -> None:
    """Otherwise the tests below would look for what is nowhere."""
    path = f"/api/reviews/{reviewing.sessions[case]}"
    answer = await reviewing.server.client.get(path, headers=reviewing.bearer(reviewing.reviewer))
    member = "readings" if case == "readings that differ" else "exception"
    assert answer.json()[member] is not None
    assert (SECOND in answer.text, HIDDEN in answer.text) == (True, True)


@pytest.mark.parametrize("path", DOORS)
async def test_no_door_gives_them_to_an_agent(reviewing: Reviewing, path: str) -> None:
    for case, session in reviewing.sessions.items():
        there = {"sessions": session, "reviews": session, "workflows": "twice", "effects": f"{session}.1"}
        answer = await reviewing.server.client.get(filled(path, there), headers=reviewing.bearer(reviewing.agent))
        assert answer.status_code != 401
        assert told_of(answer, case) == []


def told_of(answer: httpx2.Response, case: str) -> list[str]:
    """What an agent is told that it may not be. The total of the second session is its own."""
    second = [SECOND] if case == "readings that differ" and SECOND in answer.text else []
    openly = "openapi" in str(answer.url)  # it names the members, and knows no session
    return [*second, *([] if openly else kept_secrets(answer.text))]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_nor_do_the_tools_resources_and_prompts_of_mcp(reviewing: Reviewing, mode: str) -> None:
    async with connected(reviewing.server, mode=mode, token=reviewing.agent) as agent:
        everywhere = [str(await agent.call("list_sessions")), str(await agent.tools())]
        everywhere += [str(one.model_dump()) for one in (await agent.client.list_resources()).resources]
        everywhere += [str(one.model_dump()) for one in (await agent.client.list_prompts()).prompts]
        for case, session in reviewing.sessions.items():
            status = str(await agent.call("session_status", session=session))
            assert session in status
            parts = ("", "/contract", "/diagram", "/audit")
            said = [await agent.resource(f"session://{session}{part}") for part in parts]
            for text in (*everywhere, status, *said):
                assert kept_secrets(text) == []
                assert case != "readings that differ" or SECOND not in text


@pytest.mark.parametrize("words", LOOKS, ids=" ".join)
async def test_nor_does_the_command_line_against_a_server(
    reviewing: Reviewing, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for case, session in reviewing.sessions.items():
        revision = len(await reviewing.server.rows(session))
        asked = [word.format(id=session, revision=revision) for word in words]
        for form in FORMS.get(words[:2], (("--json",),)):
            output = await look(reviewing, tmp_path, [*asked, *form], reviewing.agent)
            assert kept_secrets(output) == []
            assert case != "readings that differ" or SECOND not in output


async def test_the_command_line_gives_them_to_a_person(reviewing: Reviewing, tmp_path: Path) -> None:
    for case, session in reviewing.sessions.items():
        output = await look(reviewing, tmp_path, ["review", "show", session, "--json"], reviewing.reviewer)
        assert SECOND in output, case


async def look(reviewing: Reviewing, place: Path, words: list[str], token: str) -> str:
    """Run a command against the server, in this process because it is faster; give all that it says."""
    environment = {
        "POINTSMAN_DATABASE": "",
        "POINTSMAN_SERVER": reviewing.server.url,
        "POINTSMAN_TOKEN": token,
        "HOME": str(place),
    }
    done = await asyncio.to_thread(CliRunner().invoke, main, words, env=environment)
    assert done.exit_code != 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output
