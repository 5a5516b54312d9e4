"""Two readings on a real server: equal and different, by a tool and by two models, over a kill between the two."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, Final

import httpx2
import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from tests.journeys.deployed import Deployed, begun, deployed
from tests.server.command_line.terminal import Shell
from tests.server.console.opened import Browser

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
PATIENCE_S: Final = 30

SLOW_SCANNER = '''
import time
from pathlib import Path

def text(scan: str) -> str:
    """Give what stands on a scan."""
    return "TOTAL 6.40"

def fields(scan: str) -> dict[str, object]:
    """Read the shop and the total off a scan, once the light is on."""
    Path("asked").touch()
    while not Path("light").exists():
        time.sleep(0.05)
    return {"shop": "CAFE", "total": 6.4}
'''


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("receipt.yaml", "receipt_by_models.yaml", "scanner.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    return Shell(tmp_path)


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not found():  # noqa: ASYNC110 -- a server does it
            await asyncio.sleep(0.05)


def session(shell: Shell, handle: str) -> dict[str, Any]:
    found: dict[str, Any] = shell.look("sessions", "show", handle)
    return found


def happened(shell: Shell, handle: str) -> list[tuple[str, str | None]]:
    """The events, calls and questions of a session, and what came of each."""
    rows: list[dict[str, Any]] = shell.look("audit", "show", handle)
    told = ("accepted", "settled", "model")
    return [(str(row["action"]), row["outcome"]) for row in rows if row["kind"] in told]


async def read_by_agent(server: Deployed, scan: str, total: float) -> dict[str, Any]:
    async with server.agent() as agent:
        begun_ = await agent.call("start_receipt", scan=scan)
        await agent.call("scanner_text")
        reply = await agent.call("submit", shop="CAFE CENTRAL", total=total)
        return {**reply, "session": begun_["session"]}


async def console_page(server: Deployed, token: str, handle: str) -> str:
    """The text of a review's page in the console."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        browser = Browser(http)
        await browser.send("/console/sign-in", {"token": token, "next": "/console"})
        page = await browser.page(f"/console/reviews/{handle}")
    return " ".join(page.text.split())


async def test_a_tool_that_reads_the_same_lets_the_session_go_on(shell: Shell) -> None:
    async with deployed(shell, "receipt.yaml") as server:
        reply = await read_by_agent(server, "r-1", 6.40)
    assert (reply["outcome"], reply["state"]) == ("done", "booked")
    assert happened(shell, str(reply["session"])) == [
        ("scanner.text", "done"),
        ("submit", "held"),
        ("scanner.fields", "done"),
        ("submit", "done"),
    ]
    assert shell.run("audit", "verify").code == 0


async def test_a_tool_that_reads_otherwise_brings_a_person_in_who_sees_both_and_corrects(shell: Shell) -> None:
    async with deployed(shell, "receipt.yaml") as server:
        maria = server.token("maria", "human", roles=("bookkeeper",))
        reply = await read_by_agent(server, "r-2", 71)
        handle = str(reply["session"])
        assert (reply["state"], reply["waiting_for"]["role"]) == ("comparing", "bookkeeper")

        document = (await server.ask("GET", f"/api/reviews/{handle}", maria)).json()
        found = document["readings"]
        assert (found["differ"], found["events_differ"]) == (["total"], False)
        assert found["first"]["values"] == {"shop": "CAFE CENTRAL", "total": 71}
        assert (found["second"]["by"], found["second"]["kind"]) == ("scanner.fields", "tool")
        assert found["second"]["values"] == {"shop": "CAFE CENTRAL", "total": 11}
        assert document["proposal"]["event"] == "submit"

        page = await console_page(server, maria, handle)
        assert "They differ in total. The record has the first reading." in page
        assert "Second 11" in page

        body: JsonObject = {
            "event": "accept",
            "arguments": {"shop": "CAFE CENTRAL", "total": 11},
            "shown_digest": document["shown_digest"],
            "stay": document["stay"],
        }
        decided = await server.ask("POST", f"/api/reviews/{handle}/decisions", maria, body)
        assert decided.status_code == 200, decided.text
    at_end = session(shell, handle)
    assert (at_end["state"], at_end["record"]["total"]["value"]) == ("booked", 11)
    assert shell.run("audit", "verify").code == 0


async def test_the_command_line_shows_both_readings_side_by_side(shell: Shell) -> None:
    async with deployed(shell, "receipt.yaml") as server:
        handle = str((await read_by_agent(server, "r-2", 71))["session"])
    shown = shell.run("review", "show", handle)
    assert shown.code == 0, shown.stderr
    part = shown.stdout.partition("Read twice, and not the same\n")[2].partition("\n\nDecisions")[0]
    assert "second  scanner.fields (tool), row 6" in part
    lines = [line.split() for line in part.splitlines()]
    assert ["total", "71", "11", "differs"] in lines
    assert ["shop", "CAFE", "CENTRAL", "CAFE", "CENTRAL", "equal"] in lines


async def test_a_server_that_is_killed_between_the_two_readings_goes_on_with_the_second(shell: Shell) -> None:
    (shell.place / "scanner.py").write_text(SLOW_SCANNER)
    process, server = await begun(shell, "receipt.yaml")
    async with server.agent() as agent:
        handle = str((await agent.call("start_receipt", scan="r-9"))["session"])
        await agent.call("scanner_text")
        submitted = asyncio.create_task(agent.call("submit", shop="CAFE", total=6.4))
        await until((shell.place / "asked").exists)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        submitted.cancel()
        await asyncio.gather(submitted, return_exceptions=True)
    assert (session(shell, handle)["state"], happened(shell, handle)[-1]) == ("reading", ("submit", "held"))
    (shell.place / "light").touch()
    async with deployed(shell, "receipt.yaml"):
        await until(lambda: session(shell, handle)["state"] == "booked")
    assert happened(shell, handle)[-2:] == [("scanner.fields", "done"), ("submit", "done")]
    assert shell.run("audit", "verify").code == 0


def reads(total: float, why: str, confidence: float = 0.9) -> tuple[Reply, Reply]:
    """A model that looks at the scan, and then says what it has read."""
    found: JsonObject = {"shop": "CAFE CENTRAL", "total": total, "confidence": confidence, "rationale": why}
    return Reply(calls=(Call("scanner_text"),)), Reply(calls=(Call("submit", found),))


def asking(shell: Shell, api: MessagesApi) -> Shell:
    """The same shell, where models are asked at this API."""
    return replace(shell, given=api.environment)


async def start(server: Deployed) -> str:
    async with server.agent() as agent:
        return str((await agent.call("start_receipt_by_models", scan="r-2"))["session"])


async def test_two_models_that_read_the_same_go_on_with_the_lower_confidence(shell: Shell) -> None:
    with messages_api([*reads(71, "TOTAL 71.00", 0.95), *reads(71.0, "lunch 71.00", 0.85)]) as api:
        async with deployed(asking(shell, api), "receipt_by_models.yaml") as server:
            handle = await start(server)
            await until(lambda: session(shell, handle)["state"] == "booked")
        asked = [request.body for request in api.requests]
    assert [one["model"] for one in asked] == ["claude-sonnet-5"] * 2 + ["claude-opus-4-5"] * 2
    assert "TOTAL 71.00" not in json.dumps(asked[2])  # neither what the first model has called, nor what it has found
    assert asked[2]["messages"] == asked[0]["messages"]
    assert session(shell, handle)["record"]["total"]["value"] == 71
    rows: list[dict[str, Any]] = shell.look("audit", "show", handle)
    assert [row["body"]["confidence"] for row in rows if row["kind"] == "accepted"] == [0.95, 0.85, 0.85]
    assert shell.run("audit", "verify").code == 0


async def test_two_models_that_read_differently_bring_a_person_in(shell: Shell) -> None:
    with messages_api([*reads(71, "the line TOTAL"), *reads(77, "the lines added up")]) as api:
        async with deployed(asking(shell, api), "receipt_by_models.yaml") as server:
            handle = await start(server)
            await until(lambda: session(shell, handle)["state"] == "comparing")
    found = shell.look("review", "show", handle)["readings"]
    assert found["differ"] == ["total"]
    told = [(found[one]["by"], found[one]["kind"], found[one]["rationale"]) for one in ("first", "second")]
    assert told == [
        ("claude-sonnet-5", "model", "the line TOTAL"),
        ("claude-opus-4-5", "model", "the lines added up"),
    ]


async def test_a_server_that_is_killed_while_the_second_model_is_asked_asks_the_first_no_more(
    shell: Shell,
) -> None:
    replies = iter([*reads(71, "one"), *reads(71, "other")])
    asked, goes_on = Event(), Event()

    def answer(request: JsonObject) -> Reply:
        if request["model"] == "claude-opus-4-5" and not goes_on.is_set():
            asked.set()
            goes_on.wait(PATIENCE_S)
            return Reply(say="Nobody hears this.")
        return next(replies)

    with messages_api(answer) as api:
        process, server = await begun(asking(shell, api), "receipt_by_models.yaml")
        handle = await start(server)
        await until(asked.is_set)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        goes_on.set()
        async with deployed(asking(shell, api), "receipt_by_models.yaml"):
            await until(lambda: session(shell, handle)["state"] == "booked")
        models = [request.body["model"] for request in api.requests]
    assert models == ["claude-sonnet-5"] * 2 + ["claude-opus-4-5"] * 3
    assert [one for one in happened(shell, handle) if one[0] == "submit"] == [
        ("submit", "held"),
        ("submit", "held"),
        ("submit", "done"),
    ]
    assert shell.run("audit", "verify").code == 0
