"""A review that two persons decide, from the command line (workflow format, "event": `approvals: n`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.server.command_line.story import awaiting_boss
from tests.server.command_line.terminal import Ended, Shell


@pytest.fixture
def people(shell: Shell) -> Callable[..., Ended]:
    """Maria and Otto, two bosses with their tokens; buying takes both."""
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("approve: {description", "approve: {approvals: 2, description"))
    tokens: dict[str, str] = {}
    for name in ("maria", "otto"):
        made = shell.at_terminal("token", "create", name, "--role", "boss", typed=name)
        tokens[name] = next(word for word in made.stdout.split() if word.startswith("pmh_"))

    def decide(name: str, session: str, event: str, *arguments: str) -> Ended:
        environment = {"POINTSMAN_TOKEN": tokens[name]}
        return shell.run("review", "decide", session, event, "--rationale", "x", *arguments, env=environment)

    return decide


def test_two_persons_with_equal_edits_decide_and_everybody_sees_who_has_said_what(
    shell: Shell, people: Callable[..., Ended]
) -> None:
    session = awaiting_boss(shell)
    [decision] = [one for one in shell.look("review", "show", session)["decisions"] if one["event"] == "approve"]
    assert decision["approvals"] == 2

    first = people("maria", session, "approve", "--set", "amount=9")
    assert first.code == 0, first
    assert first.stdout.splitlines()[1:] == ['approve with {"amount": 9}: 1 of 2 (maria)']
    again = people("maria", session, "approve", "--set", "amount=9", "--json").document
    assert (again["state"], again["outcome"]) == ("awaiting_boss", "done")
    vote = {"event": "approve", "with": {"amount": 9}, "by": ["maria"], "count": 1, "of": 2}
    assert again["votes"] == shell.look("review", "show", session)["votes"] == [vote]

    people("otto", session, "approve", "--set", "amount=10")
    text = shell.run("review", "show", session).stdout
    assert "2 persons" in text
    assert 'approve with {"amount": 9}: 1 of 2 (maria)\napprove with {"amount": 10}: 1 of 2 (otto)' in text

    taken = people("otto", session, "approve", "--set", "amount=9")
    assert taken.stdout == f"Session {session} has ended in bought (success).\n"
    rows = shell.look("audit", "list", "--kind", "decided")
    assert {(row["actor_id"], row["outcome"]) for row in rows} == {
        ("maria", "counted"),
        ("otto", "counted"),
        ("otto", "done"),
    }
    assert shell.look("sessions", "show", session)["record"]["order"]["value"] == "pen for 9"
    assert shell.run("audit", "verify").code == 0


def test_one_person_is_enough_for_the_event_that_says_nothing_else(shell: Shell, people: Callable[..., Ended]) -> None:
    session = awaiting_boss(shell)
    people("maria", session, "approve")
    assert people("otto", session, "reject").stdout == f"Session {session} has ended in dropped (stopped).\n"
