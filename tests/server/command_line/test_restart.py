"""`pointsman sessions restart`: a person lets a session go on, whether it runs or has ended."""

from __future__ import annotations

import pytest

from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import ME, Ended, Shell


def restart(shell: Shell, session: str, state: str, *, typed: str) -> Ended:
    words = ("sessions", "restart", session, "--from", state, "--reason", "the shop is back")
    return shell.at_terminal(*words, typed=typed)


def test_a_session_that_has_ended_goes_on_with_what_it_holds(shell: Shell) -> None:
    session = awaiting_boss(shell)
    shell.at_terminal("sessions", "cancel", session, "--reason", "enough", typed="awaiting_boss")
    done = restart(shell, session, "drafting", typed="drafting")
    assert done.code == 0, done
    assert f"Session {session} has ended in awaiting_boss (cancelled)." in done.stdout, "it says where it was"
    assert f"Session {session} is in drafting: an agent acts." in done.stdout
    shown = shell.look("sessions", "show", session)
    assert shown["record"]["note"]["value"] == "It writes."
    acts = [row for row in shell.look("audit", "show", session) if row["kind"] == "admin"]
    assert [(row["action"], row["actor_id"], row["body"]["reason"]) for row in acts] == [
        ("cancel", ME, "enough"),
        ("restart", ME, "the shop is back"),
    ]
    assert shell.run("audit", "verify").code == 0


def test_what_a_restart_opens_is_run_to_its_end_where_its_person_may_take_the_decisions_before(shell: Shell) -> None:
    file = shell.place / "purchase.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("drive: starter", "drive: [starter, boss]"), encoding="utf-8")
    session = awaiting_boss(shell)
    refused = restart(shell, session, "ordering", typed="ordering")
    assert (refused.code, "after a decision that" in refused.stdout) == (1, True), "the starter may not approve either"
    made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))
    words = ("sessions", "restart", session, "--from", "ordering", "--reason", "the shop is back")
    done = shell.run(*words, env={"POINTSMAN_TOKEN": token})
    assert f"Session {session} has ended in bought (success)." in done.stdout
    assert shell.look("sessions", "show", session)["record"]["order"]["value"] == "pen for 12"


def test_another_word_typed_restarts_nothing(shell: Shell) -> None:
    session = drafted(shell)
    done = restart(shell, session, "ordering", typed="yes")
    assert (done.code, "Nothing was done" in done.stdout) == (2, True)
    assert shell.state(session) == "drafting"


def test_with_neither_terminal_nor_token_nothing_is_restarted(shell: Shell) -> None:
    session = drafted(shell)
    done = shell.run("sessions", "restart", session, "--from", "ordering", "--reason", "x", stdin="ordering\n")
    assert done.code == 2
    assert "the state's name is typed once more" in done.stderr
    assert shell.state(session) == "drafting"


@pytest.mark.parametrize(("token", "told"), [("pmh_guessed", "not one of this server's"), (None, "may restart it")])
def test_a_token_restarts_only_what_its_person_may_drive(shell: Shell, token: str | None, told: str) -> None:
    session = drafted(shell)
    if token is None:
        made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
        token = next(word for word in made.stdout.split() if word.startswith("pmh_"))
    words = ("sessions", "restart", session, "--from", "ordering", "--reason", "x", "--json")
    done = shell.run(*words, env={"POINTSMAN_TOKEN": token})
    assert (done.code, told in done.stderr) == (1, True)
    assert shell.state(session) == "drafting"


def test_a_state_to_end_in_is_none_to_go_on_from(shell: Shell) -> None:
    session = drafted(shell)
    done = restart(shell, session, "bought", typed="bought")
    assert (done.code, "only from: drafting, awaiting_boss, ordering." in done.stdout) == (1, True)
