"""docs/api.md: what it shows is run against a server, as its reader would."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Final

import anyio
import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.clock import ShiftedClock
from pointsman.server.http.api.endpoints import endpoints
from pointsman.server.inquiry import Inquiry
from tests.server.governor.desks import AGENT, Desk, acted, replied
from tests.server.http.api.offices import Office

ROOT: Final = Path(__file__).parents[4]
PAGE: Final = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
COMMANDS: Final = [
    command
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for command in re.findall(r"^curl (?:.*\\\n)*.*$", block, re.MULTILINE)
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("expense.yaml", "budget.py"):
        shutil.copy(ROOT / "docs" / "examples" / name, tmp_path / name)
    return Desk(tmp_path, ShiftedClock(), "expense")


async def claimed(served: Office) -> str:
    """Start a session of which a manager decides."""
    fields: JsonObject = {"purpose": "A new press", "amount": 1_000_000}
    session = replied(await served.application.governor.start(AGENT, "expense", fields)).session
    await acted(served.application, session, "budget.left")
    reply = await acted(served.application, session, "claim", {"reason": "The old one is broken."})
    assert reply.state == "deciding"
    return session


async def test_every_command_in_it_does_what_it_says(served: Office) -> None:
    session = await claimed(served)
    review = await served.seen(f"/reviews/{session}", "maria")
    environment = {"POINTSMAN_SERVER": served.url, "POINTSMAN_TOKEN": "maria", "REVIEW": session}
    said: dict[str, object] = {}
    for shown in COMMANDS:
        command = shown.replace("sha256:…", str(review["shown_digest"])).replace(
            '"stay": 2', f'"stay": {review["stay"]}'
        )
        quiet = command.replace("curl ", "curl --silent --show-error --fail-with-body --max-time 20 ", 1)
        done = await anyio.run_process(["sh", "-c", quiet], env={**environment, "PATH": "/usr/bin:/bin"}, check=False)
        assert done.returncode == 0, (shown, done.stdout, done.stderr)
        said[shown] = json.loads(done.stdout)
    [decided] = [answer for command, answer in said.items() if "/decisions" in command]
    assert isinstance(decided, dict)
    assert (decided["state"], decided["outcome"]) == ("paid", "done")
    assert len(said) == 6


async def test_it_names_every_endpoint_and_every_filter(served: Office) -> None:
    for one in endpoints(Inquiry(served.application.governor)):
        path = re.sub(r"\{[a-z]+\}", lambda found: found[0][1:-1].upper(), one.path)
        assert f"{path}`" in PAGE, path
        for name in {*one.parameters.model_fields, *one.body.model_fields}:
            assert name in PAGE, (path, name)


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
