"""Sessions from the command line, read and moved by other processes than the one that made them."""

import json

import pytest

from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import ME, Ended, Shell


def test_a_session_is_started_from_a_file_in_the_local_users_name(shell: Shell) -> None:
    started = shell.run(
        "sessions", "start", "purchase.yaml", "--set", "item=12", "--set", "amount=3.5", "--json"
    ).document
    assert started["state"] == "drafting"
    assert started["waiting_for"] == {"actor": "agent"}
    shown = shell.look("sessions", "show", started["session"])
    assert shown["started_by"] == ME
    assert {name: field["value"] for name, field in shown["record"].items()} == {"item": "12", "amount": 3.5}
    assert shown["record"]["item"]["from"]["actor_kind"] == "human"


def test_a_workflow_the_database_has_seen_is_started_by_name_and_its_file_read_again(shell: Shell) -> None:
    drafted(shell)
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("version: 1", "version: 2"))
    started = shell.run("sessions", "start", "purchase", "--input", "-", "--json", stdin='{"item": "pen", "amount": 1}')
    assert shell.look("sessions", "show", started.document["session"])["version"] == 2


def test_input_and_set_together_give_the_fields(shell: Shell) -> None:
    (shell.place / "input.json").write_text(json.dumps({"item": "pen", "amount": 1}))
    started = shell.run(
        "sessions", "start", "purchase.yaml", "--input", "input.json", "--set", "amount=2", "--json"
    ).document
    shown = shell.look("sessions", "show", started["session"])
    assert {name: field["value"] for name, field in shown["record"].items()} == {"item": "pen", "amount": 2}


def test_a_start_that_misses_fields_is_refused_with_all_of_them(shell: Shell) -> None:
    done = shell.run("sessions", "start", "purchase.yaml")
    assert done.code == 1
    assert "Refused (MISSING_FIELDS)" in done.stderr
    assert "item" in done.stderr
    assert "amount" in done.stderr


def test_a_workflow_nobody_has_seen_is_not_started(shell: Shell) -> None:
    drafted(shell)
    done = shell.run("sessions", "start", "purchases")
    assert done.code == 4
    assert "neither a file nor a workflow" in done.stderr


def test_a_faulty_file_is_not_started_and_its_faults_are_named(shell: Shell) -> None:
    (shell.place / "purchase.yaml").write_text(
        "workflow: purchase\nversion: 1\ninitial: nowhere\nstates: {end: {final: success}}\n"
    )
    done = shell.run("sessions", "start", "purchase.yaml")
    assert done.code == 1
    assert "purchase.yaml:3:" in done.stderr
    assert "Traceback" not in done.stderr


def test_lists_are_newest_first_and_can_be_narrowed(shell: Shell) -> None:
    first, second = drafted(shell), awaiting_boss(shell, by="local:bob")
    assert [one["session"] for one in shell.look("sessions", "list")] == [second, first]
    for arguments, found in (
        (("--state", "drafting"), [first]),
        (("--started-by", "local:bob"), [second]),
        (("--ended",), []),
        (("--search", "PE"), [second, first]),
        (("--search", "p%"), []),
        (("--search", first[:9]), [first]),
        (("--failed",), []),
        (("--limit", "1"), [second]),
    ):
        assert [one["session"] for one in shell.look("sessions", "list", *arguments)] == found
    table = shell.run("sessions", "list").stdout
    assert first in table
    assert "boss" in table


def test_showing_a_session_needs_no_source_of_its_workflow(shell: Shell) -> None:
    """Reading commands must not import the user's modules."""
    session = awaiting_boss(shell)
    (shell.place / "shop.py").write_text("raise SystemExit('imported')")
    (shell.place / "purchase.yaml").unlink()
    for arguments in (
        ("sessions", "list"),
        ("sessions", "show", session),
        ("review", "list"),
        ("review", "show", session),
        ("audit", "show", session),
        ("audit", "verify"),
        ("audit", "replay", session),
    ):
        done = shell.run(*arguments)
        assert (done.code, done.stderr) == (0, ""), arguments


def test_a_session_is_shown_with_its_path_its_timers_and_where_each_field_came_from(shell: Shell) -> None:
    session = awaiting_boss(shell)
    shown = shell.look("sessions", "show", session)
    assert [step["state"] for step in shown["path"]] == ["drafting", "awaiting_boss"]
    assert shown["waiting_for"]["role"] == "boss"
    assert [timer["kind"] for timer in shown["timers"]] == ["due"]
    assert shown["record"]["note"]["from"] | {"at": "", "as_of": "", "revision": 0} == {
        "origin": "inferred",
        "how": "event",
        "action": "submit",
        "state": "drafting",
        "actor_kind": "agent",
        "actor_id": ME,
        "at": "",
        "as_of": "",
        "revision": 0,
    }
    text = shell.run("sessions", "show", session).stdout
    assert "drafting → awaiting_boss" in text
    assert f"event submit in drafting, by {ME} (agent), row" in text


def test_what_an_agent_wrote_cannot_steer_the_terminal(shell: Shell) -> None:
    session = awaiting_boss(shell, note="fine\x1b[2K\x1b[1Aapproved \u202egnihton [red]")
    for arguments in (("sessions", "show", session), ("review", "show", session)):
        for more in ((), ("--json",)):
            text = shell.run(*arguments, *more).stdout
            assert "\x1b" not in text
            assert "\u202e" not in text
    assert r"fine\x1b[2K\x1b[1Aapproved \u202egnihton [red]" in shell.run("review", "show", session).stdout
    assert shell.look("review", "show", session)["shown"]["note"] == "fine\x1b[2K\x1b[1Aapproved \u202egnihton [red]"


def cancel(shell: Shell, session: str, *more: str, typed: str = "drafting") -> Ended:
    return shell.at_terminal("sessions", "cancel", session, "--reason", "not needed", *more, typed=typed)


def test_a_session_is_cancelled_at_a_terminal_without_its_sources(shell: Shell) -> None:
    session = drafted(shell)
    (shell.place / "shop.py").unlink()
    done = cancel(shell, session)
    assert done.code == 0, done
    assert f"Session {session} has ended in drafting (cancelled)." in done.stdout
    row = shell.look("audit", "list", "--kind", "admin")[0]
    assert (row["actor_id"], row["channel"], row["body"]["reason"]) == (ME, "cli", "not needed")
    again = cancel(shell, session)
    assert again.code == 1
    assert "SESSION_ENDED" in again.stdout


def test_without_a_terminal_or_with_another_word_typed_nothing_is_cancelled(shell: Shell) -> None:
    session = drafted(shell)
    done = shell.run("sessions", "cancel", session, "--reason", "no", stdin="drafting\n")
    assert done.code == 2
    assert "at a terminal, where the state's name is typed once more, or with a person's token" in done.stderr
    assert cancel(shell, session, typed="yes").code == 2
    assert shell.run("sessions", "cancel", session, "--reason", "no", "--token", "pmh_guessed").code == 1
    assert shell.state(session) == "drafting"
    [stray] = shell.look("audit", "show", "server")
    assert (stray["action"], stray["code"]) == ("cancel", "FORBIDDEN")


def test_only_who_may_drive_a_session_cancels_it(shell: Shell) -> None:
    done = cancel(shell, awaiting_boss(shell, by="local:bob"), typed="awaiting_boss")
    assert done.code == 1
    assert "FORBIDDEN" in done.stdout


def test_a_person_with_a_token_cancels_a_session_of_their_own(shell: Shell) -> None:
    made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))
    words = ("sessions", "cancel", drafted(shell, by="maria"), "--reason", "mine", "--json", "--token", token)
    assert shell.run(*words).document["ended"]["outcome"] == "cancelled"


@pytest.mark.parametrize("command", [("sessions", "show"), ("review", "show"), ("audit", "show"), ("audit", "replay")])
def test_a_session_that_is_not_there_exits_4(shell: Shell, command: tuple[str, str]) -> None:
    drafted(shell)
    done = shell.run(*command, "nosuchsession")
    assert done.code == 4
    assert "nosuchsession" in done.stderr
