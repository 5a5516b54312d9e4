"""docs/confidence.md, with real processes: an agent over MCP that is not sure enough, and the person who is asked.

Issue 7: 0.94 then 0.91 continues at path floor 0.85 and stops at 0.86, and the review says why.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import httpx2
import pytest

from pointsman.contracts.values import JsonObject
from tests.journeys.deployed import deployed
from tests.server.command_line.terminal import Shell
from tests.server.console.opened import Page

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "docs" / "examples"
PAGE: Final = (ROOT / "docs" / "confidence.md").read_text(encoding="utf-8")
WHY: Final = "The confidence of the path is 0.8554, and the floor is 0.86."


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copy(EXAMPLES / "claim_files.py", tmp_path)
    text = (EXAMPLES / "settlement.yaml").read_text(encoding="utf-8")
    (tmp_path / "settlement.yaml").write_text(text)
    lower = text.replace("workflow: settlement", "workflow: lenient").replace("path_floor: 0.86", "path_floor: 0.85")
    (tmp_path / "lenient.yaml").write_text(lower)
    return Shell(tmp_path)


@pytest.mark.slow
async def test_a_claim_that_is_not_sure_enough_comes_to_a_person_who_sees_why(shell: Shell) -> None:
    async with deployed(shell, "settlement.yaml", "lenient.yaml", "--surface", "compact") as server:
        sessions: dict[str, str] = {}
        async with server.agent(server.token("reader", owner="ines")) as agent:
            for name, ends in (("lenient", "settled"), ("settlement", "adjusting")):
                begun = await agent.call("start", workflow=name, input={"claim": "C-1041", "policy": "home"})
                session = sessions[name] = str(begun["session"])

                async def act(action: str, arguments: JsonObject, session: str = session) -> str:
                    told = await agent.call("act", session=session, action=action, arguments=arguments)
                    return str(told["state"])

                await act("files.letter", {})
                sure: JsonObject = {"category": "water", "confidence": 0.94, "rationale": "A pipe has burst."}
                assert await act("sort", sure) == "valuing"
                await act("files.estimates", {})
                why: JsonObject = {"rationale": "The two estimates differ.", "alternatives": [2900]}
                assert await act("value", {"amount": 3100, "confidence": 0.91, **why}) == ends
        adjuster = server.token("maria", "human", roles=("adjuster",))
        session = sessions["settlement"]

        review = (await server.ask("GET", f"/api/reviews/{session}", adjuster)).json()
        package = review["exception"]
        assert package["missed"] == [{"floor": "path", "demanded": 0.86, "actual": 0.8554}]
        assert (package["instead_of"], package["confidence"], package["alternatives"]) == ("settled", 0.91, [2900])
        assert [(one["state"], one["confidence"]) for one in package["path"]] == [("sorting", 0.94), ("valuing", 0.91)]
        assert {name: one["value"] for name, one in package["input"].items()} == {
            "claim": "C-1041",
            "policy": "home",
            "category": "water",
        }
        [evidence] = package["evidence"]
        assert (evidence["tool"], evidence["arguments"]) == ("files.estimates", {"claim": "C-1041"})
        told = (await server.ask("GET", f"/api/reviews/{session}", server.token("agent", owner="ines"))).json()
        assert "exception" not in told, "what a step started from is for people"

        printed = " ".join(shell.run("review", "show", session).stdout.split())
        for said in (WHY, "0.8554: 0.94 in sorting, 0.91 in valuing", "The two estimates differ.", "files.estimates"):
            assert said in printed
        record = shell.look("sessions", "show", session)["record"]
        assert [record[name]["from"]["origin"] for name in ("claim", "amount")] == ["given", "inferred"]
        [call] = record["amount"]["from"]["calls"]
        assert (call["tool"], call["revision"]) == ("files.estimates", evidence["revision"])
        assert record["amount"]["from"]["as_of"] == call["at"]
        assert record["amount"]["from"]["rationale"] == package["revision"]

        async with httpx2.AsyncClient(verify=False, base_url=server.url, timeout=30) as browser:
            browser.headers["sec-fetch-site"] = "same-origin"
            await browser.post("/console/sign-in", data={"token": adjuster, "next": "/console"})
            page = Page((await browser.get(f"/console/reviews/{session}")).text)
        shown = " ".join(page.text.split())
        for said in (WHY, "So a person decides instead of settled.", "The two estimates differ.", "C-1041"):
            assert said in shown

        binding = {"shown_digest": review["shown_digest"], "stay": review["stay"]}
        decision: JsonObject = {"event": "settle", "arguments": {"rationale": "Seen."}, **binding}
        decided = await server.ask("POST", f"/api/reviews/{session}/decisions", adjuster, decision)
        assert decided.json()["state"] == "settled"


def test_the_page_shows_what_is_in_the_example() -> None:
    text = (EXAMPLES / "settlement.yaml").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        assert block in text
