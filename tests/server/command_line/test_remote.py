"""The commands against a server: they ask the same, print the same, and end the same, as beside its database."""

from __future__ import annotations

import json
import re

import pytest

from tests.server.command_line.remote import remote, token_of
from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import ME, Shell
from tests.server.command_line.test_audit import change
from tests.server.command_line.test_effects import RESULT, bank, paid

__all__ = ["bank"]  # a fixture is found by its name


def without_ages(text: str) -> str:
    """Leave out how long something has waited, and how wide that is: it is asked for twice."""
    return re.sub(r" +", " ", re.sub(r'"age_s": ?\d+|\b\d+ (s|min)\b', "age", text))


@pytest.mark.slow
def test_everything_that_is_looked_at_is_the_same_on_a_server_as_in_its_database(shell: Shell) -> None:
    drafted(shell)
    handle = awaiting_boss(shell)
    looks = [
        ("sessions", "list"),
        ("sessions", "list", "--workflow", "purchase", "--open", "--limit", "1"),
        ("sessions", "list", "--search", "pen"),
        ("sessions", "list", "--failed"),
        ("sessions", "show", handle),
        ("review", "list"),
        ("review", "list", "--role", "nobody"),
        ("review", "show", handle),
        ("effects", "list"),
        ("effects", "list", "--session", handle),
        ("audit", "list", "--session", handle, "--limit", "3"),
        ("audit", "show", handle),
        ("audit", "show", handle, "--revision", "2"),
        ("audit", "verify", handle),
        ("audit", "replay", handle),
        ("audit", "replay", handle, "--to", "2"),
    ]
    with remote(shell) as far:
        for words in looks:
            for form in ((), ("--json",)):
                here, there = shell.run(*words, *form), far.run(*words, *form)
                assert here.code == 0, here.stderr
                assert without_ages(there.stdout + there.stderr) == without_ages(here.stdout + here.stderr), words


@pytest.mark.slow
def test_what_is_not_there_or_not_allowed_ends_as_beside_the_database(shell: Shell) -> None:
    handle = drafted(shell)
    missing = [
        ("sessions", "show", "abc"),
        ("review", "show", "abc"),
        ("effects", "show", "abc.1"),
        ("effects", "show", f"{handle}.7"),
        ("audit", "show", "abc"),
        ("audit", "show", handle, "--revision", "99"),
        ("audit", "verify", "abc"),
        ("audit", "replay", "abc"),
        ("sessions", "show", "../principal"),
        ("sessions", "show", ""),
    ]
    with remote(shell) as far:
        for words in missing:
            here, there = shell.run(*words), far.run(*words)
            assert (there.code, there.stdout) == (here.code, here.stdout) == (4, ""), words
            assert "Traceback" not in there.stderr
        here, there = shell.run("review", "show", handle), far.run("review", "show", handle)
        assert (here.code, there.code) == (1, 1)
        assert here.stderr == there.stderr


@pytest.mark.slow
def test_a_history_that_was_changed_is_told_by_a_server_too(shell: Shell) -> None:
    handle = drafted(shell)
    change(shell, "UPDATE audit SET actor_id = 'otto' WHERE revision = 1 AND session_id = ?", handle)
    with remote(shell) as far:
        for words in (("audit", "verify"), ("audit", "verify", handle), ("audit", "verify", handle, "--json")):
            here, there = shell.run(*words), far.run(*words)
            assert (here.code, there.code) == (3, 3)
            assert (here.stdout, here.stderr) == (there.stdout, there.stderr)
            assert f"{handle}: first bad row 1" in there.stderr


@pytest.mark.slow
def test_a_person_decides_on_a_server_with_a_token_and_nothing_is_typed(shell: Shell) -> None:
    handle = awaiting_boss(shell)
    with remote(shell) as far:
        looked = far.run("review", "show", handle, "--json").document
        stale = far.run("review", "decide", handle, "approve", "--rationale", "Yes.", "--shown", "sha256:0")
        assert (stale.code, "has changed" in stale.stderr) == (1, True)
        unknown = far.run("review", "decide", handle, "aprove", "--rationale", "Yes.")
        assert "'aprove' is no decision of 'awaiting_boss'" in unknown.stderr
        incomplete = far.run("review", "decide", handle, "approve", "--json")
        assert incomplete.code == 1
        assert "rationale" in incomplete.stderr
        assert (incomplete.document["state"], incomplete.document["outcome"]) == ("awaiting_boss", "refused")
        words = ("--set", "amount=10", "--rationale", "Yes.", "--shown", str(looked["shown_digest"]))
        done = far.run("review", "decide", handle, "approve", *words, "--json")
        assert done.code == 0, done.stderr
        assert (done.document["state"], done.document["outcome"]) == ("bought", "done")
    (row,) = [row for row in shell.look("audit", "show", handle) if row["action"] == "approve"][:1]
    assert (row["actor_id"], row["channel"]) == ("maria", "api")


@pytest.mark.slow
def test_who_may_not_decide_is_told_who_can(shell: Shell) -> None:
    handle = awaiting_boss(shell, by="maria")
    with remote(shell) as far:
        refused = far.run("review", "decide", handle, "approve", "--rationale", "Mine.")
    assert refused.code == 1
    assert "FORBIDDEN" in refused.stderr
    assert "maria started this session" in refused.stderr


@pytest.mark.slow
def test_a_session_is_started_on_a_server_with_the_fields_that_its_workflow_has(shell: Shell) -> None:
    with remote(shell) as far:
        words = ("sessions", "start", "purchase", "--set", "item=12", "--set", "amount=12", "--json")
        started = far.run(*words)
        assert started.code == 0, started.stderr
        assert started.document.keys() == shell.run(*words).document.keys()
        refused, there = (
            one.run("sessions", "start", "purchase", "--set", "item=pen", "--json") for one in (shell, far)
        )
        assert refused.code == there.code == 1
        assert refused.stderr == there.stderr
        assert refused.document == there.document
        assert far.run("sessions", "start", "nothing").code == 4
    sessions = {session["session"]: session["started_by"] for session in shell.look("sessions", "list")}
    assert sessions[started.document["session"]] == "maria"
    record = shell.look("sessions", "show", started.document["session"])["record"]
    assert record["item"]["value"] == "12"


@pytest.mark.slow
def test_a_session_is_cancelled_and_restarted_on_a_server(shell: Shell) -> None:
    handle = drafted(shell, by="maria")
    with remote(shell) as far:
        cancelled = far.run("sessions", "cancel", handle, "--reason", "Not needed.", "--json")
        assert cancelled.code == 0, cancelled.stderr
        assert cancelled.document["ended"]["outcome"] == "cancelled"
        again = far.run("sessions", "cancel", handle, "--reason", "Twice.", "--json")
        assert (again.code, again.document["outcome"]) == (1, "refused")
        restarted = far.run("sessions", "restart", handle, "--from", "drafting", "--reason", "Needed after all.")
        assert restarted.code == 0, restarted.stderr
        assert f"Session {handle} is in drafting: an agent acts" in restarted.stdout


@pytest.mark.slow
def test_a_write_in_doubt_is_settled_on_a_server(bank: Shell) -> None:
    of_tellers = "version: 1\nroles: [teller]\naccess: {drive: [starter, teller], view: [starter, teller]}"
    workflow = bank.place / "payment.yaml"
    workflow.write_text(workflow.read_text().replace("version: 1", of_tellers))
    handle = paid(bank, "lost-1")
    with remote(bank, "payment.yaml", "teller") as far:
        (write,) = far.run("effects", "list", "--session", handle, "--json").lines
        assert write["status"] == "unknown"
        shown = [far.run("effects", "show", str(write["id"])), bank.run("effects", "show", str(write["id"]))]
        assert shown[0].stdout == shown[1].stdout
        reason = ("--reason", "The statement shows it.", "--result", RESULT)
        settled = far.run("effects", "settle", str(write["id"]), "done", *reason)
        assert settled.code == 0, settled.stderr
        assert settled.stdout.startswith("bank.pay: done.")
        again = far.run("effects", "settle", str(write["id"]), "failed", "--reason", "No.", "--json")
        assert (again.code, again.document["outcome"]) == (1, "refused")


@pytest.mark.slow
def test_whoever_has_no_token_that_opens_it_is_told_so(shell: Shell) -> None:
    handle = awaiting_boss(shell)
    agent = shell.run("token", "create", "desk", "--kind", "agent", "--owner", "maria").stdout.strip()
    with remote(shell) as far:
        here = {"POINTSMAN_DATABASE": "", "POINTSMAN_SERVER": far.url}
        bare = shell.run("sessions", "list", env=here)
        assert bare.code == 1
        assert "does not know who you are" in bare.stderr
        assert "POINTSMAN_TOKEN" in bare.stderr
        act = shell.run("review", "decide", handle, "approve", env=here)
        assert act.code == 2
        assert "with a person's token" in act.stderr
        assert far.run("sessions", "list", token="pmh_nonsense").code == 1
        wrong_kind = far.run("review", "list", token=agent)
        assert wrong_kind.code == 1
        assert "token of kind human" in wrong_kind.stderr
        stranger = token_of(shell, "otto", "clerk")
        assert far.run("sessions", "show", handle, token=stranger).code == 4
        assert far.run("sessions", "list", "--json", token=stranger).stdout == ""
    assert json.dumps(ME) not in bare.stdout
