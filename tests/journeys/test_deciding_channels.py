"""Every channel times every kind of credential, tried against deciding: only the right person can.

Whoever else tries leaves the session where it was, and a row in the audit: that of the session where they may know of
it, that of the server where they may not. The decision is called `approve`, as are an event of agents and one of other
systems in other states, so that no attempt fails by its name.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import httpx2
import pytest
from click.testing import CliRunner
from mcp.shared.exceptions import MCPError

from pointsman.contracts.values import JsonObject
from pointsman.server.command_line import main
from tests.journeys.deployed import Deployed, deployed
from tests.journeys.purchasing import trusting
from tests.server.command_line.terminal import Shell
from tests.server.console.opened import Page
from tests.server.credentials.local_issuer import local_issuer
from tests.server.elicitation.payouts import Person, accept
from tests.server.http.served import until
from tests.server.surfaces.connected import Connected

pytestmark = pytest.mark.slow

WORKFLOW: Final = Path(__file__).with_name("deciding.yaml")
SURFACES: Final = ("compact", "stable", "adaptive")
AGENTS: Final = ("agent", "owned", "starter", "issued")
CREDENTIALS: Final = ("none", "garbage", "expired", "revoked", *AGENTS, "system", "person", "excluded", "boss")
"""No token; none of ours; a boss's that has expired and one that was revoked; those of agents: one with the role of a
boss, one whose owner is the boss, the one that started the session, one of the issuer with the role; a system's and a
person's: one without the role, one whose agent started the session; and that of the boss."""
FROM_HERE: Final = {"sec-fetch-site": "same-origin"}
"""As a browser says of a form that comes from a page of the console."""
LOGIN: Final = "vendor:a long password"


@dataclass
class Offices:
    """Servers of one database, by the surface they show, and everybody's token."""

    servers: dict[str, Deployed]
    tokens: dict[str, str]
    starter: Connected

    @property
    def server(self) -> Deployed:
        return self.servers["compact"]

    async def waiting(self, item: str = "ladder") -> tuple[str, JsonObject]:
        """Bring a session to its review, and give it with what a decision must be bound to."""
        begun = await self.starter.call("start", workflow="purchase", input={"item": item})
        session = str(begun["session"])
        await self.starter.call("act", session=session, action="submit", arguments={"note": "It is high."})
        shown = (await self.server.ask("GET", f"/api/reviews/{session}", self.tokens["boss"])).json()
        return session, {"event": "approve", "shown_digest": shown["shown_digest"], "stay": shown["stay"]}

    async def state(self, session: str) -> str:
        found = (await self.server.ask("GET", f"/api/sessions/{session}", self.tokens["boss"])).json()
        return str(found["state"])

    def rows(self, session: str) -> int:
        """How many rows the server has, and the session or that of the call of this name."""
        with sqlite3.connect(self.server.shell.database) as database:
            asked = "SELECT count(*) FROM audit WHERE session_id IN (?, 'server')"
            return int(database.execute(asked, (session.partition(".")[0],)).fetchone()[0])


Attempt: TypeAlias = Callable[[Offices, str, JsonObject, str], Awaitable[object]]


@pytest.fixture(scope="module")
async def offices(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Offices]:
    place = tmp_path_factory.mktemp("offices")
    shutil.copy(WORKFLOW, place / WORKFLOW.name)
    shell = Shell(place)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VENDOR_LOGIN", LOGIN)
        async with local_issuer() as issuer, AsyncExitStack() as stack:
            trusting(shell, issuer)
            servers = {
                surface: await stack.enter_async_context(deployed(shell, WORKFLOW.name, "--surface", surface))
                for surface in SURFACES
            }
            server = servers["compact"]
            tokens = {
                "garbage": "pmh_" + "A" * 43,
                "expired": server.token("late", "human", roles=("boss",), expires_in_ms=-1_000),
                "revoked": server.token("gone", "human", roles=("boss",)),
                "boss": server.token("rosa", "human", roles=("boss",)),
                "person": server.token("peter", "human"),
                "excluded": server.token("ines", "human", roles=("boss",)),
                "agent": server.token("loner", roles=("boss",)),
                "owned": server.token("helper", owner="rosa"),
                "starter": server.token("buyer", owner="ines"),
                "system": server.token("erp", "system", roles=("boss",), owner="rosa"),
                "issued": issuer.token(),
            }
            server.revoke("gone")
            starter = await stack.enter_async_context(server.agent(tokens["starter"]))
            yield Offices(servers, tokens, starter)


def over_mcp(surface: str, mode: str) -> Attempt:
    """An MCP client that sends the decision as if it were an event of its own."""

    async def attempt(offices: Offices, session: str, _decision: JsonObject, who: str) -> None:
        server, token = offices.servers[surface], offices.tokens.get(who)
        path = f"/sessions/{session}/mcp" if surface == "adaptive" else "/mcp"
        if who not in AGENTS:
            assert (await server.initialize(token, path)).status_code in (401, 403)
            return
        try:
            async with server.agent(token, mode=mode, path=path) as agent:
                if surface == "compact":
                    answer = await agent.call("act", session=session, action="approve", arguments={})
                else:
                    named = {} if surface == "adaptive" else {"session": session}
                    answer = await agent.call("approve", **named)
                assert answer["is_error"]
        except (MCPError, ExceptionGroup, httpx2.HTTPStatusError):  # the session's endpoint is not there for them
            assert surface == "adaptive"

    return attempt


async def over_api(offices: Offices, session: str, decision: JsonObject, who: str) -> httpx2.Response:
    return await offices.server.ask("POST", f"/api/reviews/{session}/decisions", offices.tokens.get(who), decision)


async def over_events(offices: Offices, session: str, _decision: JsonObject, who: str) -> object:
    return await offices.server.ask(
        "POST", f"/sessions/{session}/events/approve", offices.tokens.get(who), {"note": "x"}
    )


async def over_webhook(offices: Offices, session: str, _decision: JsonObject, who: str) -> object:
    body: JsonObject = {"session": session, "note": "x", "number": f"{session} {who}"}
    return await offices.server.ask("POST", "/workflows/purchase/webhooks/vendor", offices.tokens.get(who), body)


def by_command(*, remote: bool) -> Attempt:
    """The command line: beside the database, or asking a server."""

    async def attempt(offices: Offices, session: str, _decision: JsonObject, who: str) -> None:
        server, token = offices.server, offices.tokens.get(who)
        where = ["--server", server.url] if remote else ["--database", str(server.shell.database)]
        shown = ["--token", token] if token is not None else []
        arguments = ["review", "decide", session, "approve", *where, *shown]
        ended = await asyncio.to_thread(CliRunner().invoke, main, arguments)
        assert ended.exit_code == (0 if who == "boss" else ended.exit_code or 1), ended.output

    return attempt


async def in_console(offices: Offices, session: str, decision: JsonObject, who: str) -> None:
    """Sign in with the token, and send what the page of the review would."""
    async with httpx2.AsyncClient(verify=False, base_url=offices.server.url, headers=FROM_HERE, timeout=30) as browser:
        await browser.post("/console/sign-in", data={"token": offices.tokens.get(who, ""), "next": "/console"})
        page = Page((await browser.get("/console/reviews")).text)
        mark = page.forms.get("/console/sign-out", {}).get("forgery", "")
        await browser.post(f"/console/reviews/{session}/decisions", data=form(decision, mark))


async def in_console_by_header(offices: Offices, session: str, decision: JsonObject, who: str) -> object:
    """Show the token as programs do, and send what the page of the review would."""
    token = offices.tokens.get(who)
    bearer = {} if token is None else {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(verify=False, base_url=offices.server.url, headers=bearer, timeout=30) as browser:
        return await browser.post(f"/console/reviews/{session}/decisions", data=form(decision, "x"))


def form(decision: JsonObject, mark: str) -> dict[str, str]:
    """What a page of the console sends to decide."""
    return {**{name: str(value) for name, value in decision.items()}, "arguments": "{}", "forgery": mark}


CHANNELS: Final[dict[str, Attempt]] = {
    **{f"MCP, {s}, {mode}": over_mcp(s, mode) for s in SURFACES for mode in ("legacy", "auto")},
    "the API": over_api,
    "the event's endpoint": over_events,
    "a webhook": over_webhook,
    "the command line": by_command(remote=False),
    "the command line of a server": by_command(remote=True),
    "the console": in_console,
    "the console, by a header": in_console_by_header,
}
WHERE_THE_BOSS_DECIDES: Final = ("the API", "the command line", "the command line of a server", "the console")
ASKS_NOBODY: Final = ("the command line", "the command line of a server")
"""There a program without a token is told that a person is needed, before anything is opened or asked."""


@pytest.mark.parametrize("who", CREDENTIALS)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_only_the_right_person_decides_and_who_else_tries_is_written_down(
    offices: Offices, channel: str, who: str
) -> None:
    session, decision = await offices.waiting()
    before = offices.rows(session)
    await CHANNELS[channel](offices, session, decision, who)
    decides = who == "boss" and channel in WHERE_THE_BOSS_DECIDES
    assert await offices.state(session) == ("bought" if decides else "awaiting_boss")
    if who != "none" or channel not in ASKS_NOBODY:
        await until(lambda: offices.rows(session) > before)


async def test_a_webhook_whose_sender_is_known_delivers_no_decision(offices: Offices) -> None:
    session, _ = await offices.waiting()
    before = offices.rows(session)
    login = base64.b64encode(LOGIN.encode()).decode()
    body: JsonObject = {"session": session, "note": "x", "number": "1"}
    answer = await offices.server.ask(
        "POST", "/workflows/purchase/webhooks/vendor", None, body, authorization=f"Basic {login}"
    )
    assert answer.status_code != 401
    assert await offices.state(session) == "awaiting_boss"
    await until(lambda: offices.rows(session) > before)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_nobody_is_asked_inside_a_client_where_the_workflow_does_not_accept_it(
    offices: Offices, mode: str
) -> None:
    """The client would say yes, and its owner is the boss."""
    person = Person([accept("approve")])
    async with offices.server.agent(offices.tokens["owned"], mode=mode, answer=person.answer) as agent:
        begun = await agent.call("start", workflow="purchase", input={"item": "pen"})
        session = str(begun["session"])
        sent = await agent.call("act", session=session, action="submit", arguments={"note": "It writes."})
        assert sent["state"] == "awaiting_boss"
        await agent.call("status", session=session)
    assert person.asked == []
    assert await offices.state(session) == "awaiting_boss"


async def refused(offices: Offices, session: str, decision: JsonObject, who: str = "boss") -> str:
    """Decide over the API in vain, and give the code; the attempt is in the audit."""
    before = offices.rows(session)
    answer = (await over_api(offices, session, decision, who)).json()
    await until(lambda: offices.rows(session) > before)
    return str(answer["refusal"]["code"])


async def test_a_decision_counts_once_for_what_was_shown_in_its_own_session(offices: Offices) -> None:
    """Replayed, of another session, stale, forged."""
    session, decision = await offices.waiting()
    other, others = await offices.waiting("pen")
    assert await refused(offices, session, others) == "STALE"
    assert await refused(offices, session, {**decision, "shown_digest": "sha256:" + "0" * 64}) == "STALE"
    assert await refused(offices, session, {**decision, "stay": 10**6}) == "STALE"
    assert await refused(offices, session, {**decision, "event": "bought"}) == "NOT_ALLOWED"
    assert await refused(offices, f"{session}.1", decision) == "STALE"
    assert await offices.state(session) == "awaiting_boss"
    await over_api(offices, session, decision, "boss")
    assert await offices.state(session) == "bought"
    assert await refused(offices, session, decision) in ("SESSION_ENDED", "NOT_YOUR_TURN")
    assert await offices.state(other) == "awaiting_boss"


async def test_a_form_of_the_console_is_no_other_persons_and_no_other_sign_ins(offices: Offices) -> None:
    """The mark of a form belongs to the sign-in that it was made for."""
    session, decision = await offices.waiting()
    async with (
        httpx2.AsyncClient(verify=False, base_url=offices.server.url, headers=FROM_HERE) as boss,
        httpx2.AsyncClient(verify=False, base_url=offices.server.url, headers=FROM_HERE) as other,
    ):
        for browser, who in ((boss, "boss"), (other, "excluded")):
            await browser.post("/console/sign-in", data={"token": offices.tokens[who], "next": "/console"})
        mark = Page((await other.get("/console/reviews")).text).forms["/console/sign-out"]["forgery"]
        for forged in (mark, "", "x" * 64):
            before = offices.rows(session)
            answer = await boss.post(f"/console/reviews/{session}/decisions", data=form(decision, forged))
            assert answer.status_code == 403
            await until(lambda count=before: offices.rows(session) > count)  # type: ignore[misc] # mypy infers no default's type
        own = Page((await boss.get("/console/reviews")).text).forms["/console/sign-out"]["forgery"]
        headers = {"sec-fetch-site": "cross-site"}
        answer = await boss.post(f"/console/reviews/{session}/decisions", data=form(decision, own), headers=headers)
        assert answer.status_code == 403
    assert await offices.state(session) == "awaiting_boss"
