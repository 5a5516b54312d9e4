"""A task that a review has opened elsewhere is closed there, by whatever way the review ends.

`docs/examples/contract.yaml`: its tickets are files.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from tests.journeys.deployed import deployed
from tests.journeys.test_examples import EXAMPLES
from tests.server.command_line.terminal import Shell

SUBMIT: Final = "{call: submit, with: {terms: Payment in thirty days.}, state: legal_review}"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("contract.yaml", "contract.script.yaml", "tickets.py"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    return Shell(tmp_path)


def tickets(shell: Shell) -> Counter[str]:
    found: list[dict[str, Any]] = [json.loads(file.read_text()) for file in (shell.place / "tickets").iterdir()]
    return Counter(str(ticket["status"]) for ticket in found)


def played(shell: Shell, *steps: str, end: str) -> None:
    script = "\n".join(["start: {customer: Acme}", "steps:", *(f"  - {step}" for step in steps), f"end: {end}"])
    (shell.place / "played.yaml").write_text(script)
    done = shell.run("run", "contract.yaml", "--script", "played.yaml")
    assert done.code == 0, done.stdout + done.stderr


async def test_a_ticket_is_open_while_its_review_waits_and_closed_when_its_session_is_cancelled(shell: Shell) -> None:
    async with deployed(shell, "contract.yaml") as server, server.agent() as agent:
        session = (await agent.call("start_contract", customer="Acme"))["session"]
        reply = await agent.call("submit", session=session, terms="Payment in thirty days.")
        assert reply["state"] == "legal_review"
        assert tickets(shell) == {"open": 1}
        shell.at_terminal("sessions", "cancel", session, "--reason", "The customer is gone.", typed="legal_review")
        assert shell.look("sessions", "show", session)["ended"]["outcome"] == "cancelled"
    assert tickets(shell) == {"closed": 1}


def test_every_review_has_a_ticket_of_its_own_that_is_closed_with_it(shell: Shell) -> None:
    done = shell.run("run", "contract.yaml", "--script", "contract.script.yaml")
    assert done.code == 0, done.stdout + done.stderr
    assert tickets(shell) == {"closed": 2}


def test_a_decision_closes_the_ticket(shell: Shell) -> None:
    played(shell, SUBMIT, "{decide: approve, as: lara}", end="signed")
    assert tickets(shell) == {"closed": 1}


def test_a_review_that_is_due_closes_the_ticket(shell: Shell) -> None:
    played(shell, SUBMIT, "{advance: 2d, state: escalated}", "{decide: approve, as: henry}", end="signed")
    assert tickets(shell) == {"closed": 1}


@pytest.mark.parametrize(
    "leave",
    [
        "after: {in: 1d, to: abandoned}",
        "limits: [{duration: 1d, then: abandoned}]",
    ],
)
def test_a_timer_and_a_limit_close_the_ticket(shell: Shell, leave: str) -> None:
    file = shell.place / "contract.yaml"
    file.write_text(file.read_text().replace("    failed: ticket_lost", f"    {leave}\n    failed: ticket_lost"))
    played(shell, SUBMIT, "{advance: 1d}", end="abandoned")
    assert tickets(shell) == {"closed": 1}


def test_the_time_of_the_whole_session_closes_the_ticket(shell: Shell) -> None:
    file = shell.place / "contract.yaml"
    file.write_text(file.read_text().replace("duration: 10d", "duration: 1d"))
    played(shell, SUBMIT, "{advance: 1d}", end="abandoned")
    assert tickets(shell) == {"closed": 1}
