"""Claims from the command line: who of several persons decides, at a terminal and with tokens, here and on a server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from tests.server.command_line.remote import remote, token_of
from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import ME, Ended, Shell

EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples"


def by_token(shell: Shell, token: str, *words: str) -> Ended:
    return shell.run("review", *words, env={"POINTSMAN_TOKEN": token})


def test_a_review_is_claimed_at_a_terminal_and_decided_by_nobody_else(shell: Shell) -> None:
    session = awaiting_boss(shell, by="local:bob")
    maria = token_of(shell, "maria", "boss")
    claimed = shell.at_terminal("review", "claim", session, typed="awaiting_boss")
    assert claimed.code == 0, claimed
    assert f"{ME} has claimed {session}, and decides it." in claimed.stdout
    assert f"claimed by    {ME}, since " in shell.run("review", "show", session).stdout
    refused = by_token(shell, maria, "decide", session, "approve", "--rationale", "Fine.")
    assert (refused.code, "NOT_YOUR_TURN" in refused.stderr) == (1, True)
    assert f"pointsman review claim {session} --take-over" in refused.stderr
    assert "token create" not in refused.stderr

    assert by_token(shell, maria, "claim", session).code == 1
    taken = by_token(shell, maria, "claim", session, "--take-over")
    assert taken.code == 0, taken
    [waiting] = shell.look("review", "list")
    assert waiting["claimed_by"] == "maria"
    assert "maria" in shell.run("review", "list").stdout
    decided = by_token(shell, maria, "decide", session, "reject", "--rationale", "No.")
    assert decided.code == 0, decided


def test_people_act_on_a_session_whose_workflow_has_a_prompt_in_a_file(shell: Shell) -> None:
    """The prompts are in the digest that the session keeps, and commands that serve nothing read no file."""
    folder = shell.place / "triage"
    shutil.copytree(EXAMPLES / "prompts", folder / "prompts")
    shutil.copy(EXAMPLES / "triage.yaml", folder)
    unsure = Call("sort", {"team": "billing", "rationale": "It may be the invoices.", "confidence": 0.6})
    with messages_api([Reply(calls=(unsure,))]) as api:
        done = shell.run("run", folder / "triage.yaml", "--set", "ticket=It prints twice", env=api.environment)
    session = done.stdout.splitlines()[0].removeprefix("session ")
    drawn = shell.run("graph", folder / "triage.yaml", "--session", session)
    assert (drawn.code, drawn.stderr) == (0, "")
    [started] = (row for row in shell.look("audit", "show", session) if row["kind"] == "started")
    assert started["definition"] in shell.run("table", folder / "triage.yaml").stdout
    shutil.rmtree(folder)
    maria = token_of(shell, "maria", "dispatcher")
    for words in (("claim",), ("release",), ("delegate", "otto", "--reason", "r")):
        acted = by_token(shell, maria, words[0], session, *words[1:])
        assert acted.code == 0, acted
    [waiting] = shell.look("review", "list")
    assert waiting["claimed_by"] == "otto"


def test_what_was_claimed_is_given_back_and_handed_on(shell: Shell) -> None:
    session = awaiting_boss(shell)
    maria = token_of(shell, "maria", "boss")
    nothing = by_token(shell, maria, "release", session)
    assert (nothing.code, "Nobody has claimed" in nothing.stderr) == (1, True)
    handed = by_token(shell, maria, "delegate", session, "otto", "--reason", "I am away.")
    assert (handed.code, f"otto decides {session}." in handed.stdout) == (0, True), handed
    assert "Warning: Nobody is known here as 'otto'." in handed.stderr
    assert "delegated by maria: I am away." in shell.run("review", "show", session).stdout
    [row] = shell.look("audit", "list", "--action", "delegate")
    assert (row["actor_id"], row["body"]["holder"]["by"], row["body"]["reason"]) == ("maria", "otto", "I am away.")
    to_the_starter = by_token(shell, maria, "delegate", session, ME, "--reason", "r")
    assert to_the_starter.code == 1
    otto = token_of(shell, "otto", "boss")
    released = by_token(shell, otto, "release", session)
    assert (released.code, f"Nobody has claimed {session} now." in released.stdout) == (0, True)
    told = shell.run("audit", "show", session, env={"COLUMNS": "200"}).stdout
    assert "delegate" in told
    assert "release" in told
    assert shell.run("audit", "verify").code == 0


def test_a_name_that_nobody_has_is_warned_of_and_a_near_one_named(shell: Shell) -> None:
    session = awaiting_boss(shell)
    maria = token_of(shell, "maria", "boss")
    token_of(shell, "lena", "boss")
    mistyped = by_token(shell, maria, "delegate", session, "lenna", "--reason", "I am away.")
    assert (mistyped.code, "Did you mean 'lena'?" in mistyped.stderr) == (0, True), mistyped
    assert by_token(shell, maria, "claim", session, "--take-over").code == 0
    known = by_token(shell, maria, "delegate", session, "lena", "--reason", "I am away.")
    assert (known.code, known.stderr) == (0, ""), known


def test_the_starter_whom_the_workflow_excludes_claims_nothing(shell: Shell) -> None:
    session = awaiting_boss(shell)
    refused = shell.at_terminal("review", "claim", session, typed="awaiting_boss")
    assert (refused.code, "FORBIDDEN" in refused.stdout) == (1, True)


@pytest.mark.parametrize("words", [("claim",), ("release",), ("delegate", "otto", "--reason", "r")])
def test_a_program_without_a_token_moves_no_claim(shell: Shell, words: tuple[str, ...]) -> None:
    session = awaiting_boss(shell, by="local:bob")
    done = shell.run("review", words[0], session, *words[1:], stdin="awaiting_boss\n")
    assert (done.code, "at a terminal" in done.stderr) == (2, True)
    wrong = shell.at_terminal("review", words[0], session, *words[1:], typed="yes")
    assert (wrong.code, "Nothing was done" in wrong.stdout) == (2, True)


def test_claims_are_made_on_a_server_too(shell: Shell) -> None:
    session = awaiting_boss(shell)
    with remote(shell) as server:
        otto = token_of(shell, "otto", "boss")
        assert server.run("review", "claim", session, token=otto).code == 0
        refused = server.run("review", "claim", session)
        assert (refused.code, "otto has claimed" in refused.stderr) == (1, True)
        taken = server.run("review", "claim", session, "--take-over", "--json")
        assert (taken.document["outcome"], taken.document["state"]) == ("done", "awaiting_boss")
        assert server.run("review", "list", "--json").lines[0]["claimed_by"] == "maria"
        handed = server.run("review", "delegate", session, "otto", "--reason", "He knows.")
        assert f"otto decides {session}." in handed.stdout
        assert server.run("review", "release", session, token=otto).code == 0


def drafted_with_exit(shell: Shell) -> str:
    file: Path = shell.place / "purchase.yaml"
    order = "{call: shop.order, with: {item: =record.item, amount: =record.amount}, save: order}"
    leaving = f"    failed: lost\n    unknown: lost\n    exit: [{order}]"
    file.write_text(file.read_text().replace("    goal: Say why it is needed.", leaving))
    return drafted(shell)


def test_a_session_whose_tools_are_gone_is_cancelled_all_the_same(shell: Shell) -> None:
    """Whoever has the tools next runs what the state does on `exit`; nobody acts there any more."""
    session = drafted_with_exit(shell)
    (shell.place / "shop.py").rename(shell.place / "elsewhere.py")
    done = shell.at_terminal("sessions", "cancel", session, "--reason", "enough", typed="drafting")
    assert done.code == 0, done
    assert "the server works" in done.stdout
    assert shell.look("sessions", "show", session)["waiting_for"] == {"actor": "system"}


def test_a_session_with_an_exit_is_cancelled_when_its_steps_have_run(shell: Shell) -> None:
    """They run in this process."""
    session = drafted_with_exit(shell)
    done = shell.at_terminal("sessions", "cancel", session, "--reason", "enough", typed="drafting")
    assert done.code == 0, done
    shown = shell.look("sessions", "show", session)
    assert (shown["ended"]["outcome"], shown["state"], shown["record"]["order"]["value"]) == (
        "cancelled",
        "drafting",
        "pen for 12",
    )
    rows = shell.look("audit", "list", "--action", "cancel")
    assert {(row["kind"], row["actor_id"]) for row in rows} == {("intended", ME), ("admin", "pointsman")}
