"""`pointsman run` without a script: models drive a session from a terminal, the real SDK against a local API."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.replies import Caller
from pointsman.server.replies import Reply as Replied
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from pointsman.tools.models.key import HOW

from . import warm
from .terminal import ME, PATIENCE_S, Shell

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
TRIAGE = EXAMPLES / "triage.yaml"
EXPENSE = EXAMPLES / "expense.yaml"
ARCHIVE = EXAMPLES / "archive.yaml"
CHAIR = ("--set", "purpose=A chair", "--set", "amount=10")
TICKET = "ticket=My printer prints invoices twice"
SORTS = Call("sort", {"team": "hardware", "rationale": "It is about a printer.", "confidence": 0.93})
CLAIMS = (Call("budget_left"), Call("claim", {"reason": "The old chair is broken."}))
UNSURE = Call("sort", {"team": "billing", "rationale": "It may be the invoices.", "confidence": 0.6})


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def session_of(stdout: str) -> str:
    return stdout.splitlines()[0].removeprefix("session ")


def test_a_model_drives_a_session_to_its_end_and_the_audit_proves_it(shell: Shell) -> None:
    with messages_api([Reply(say="A printer.", calls=(SORTS,))]) as api:
        done = shell.run("run", TRIAGE, "--set", TICKET, env=api.environment)
    assert (done.code, done.stderr) == (0, "")
    assert "claude-sonnet-5, turn 1:" in done.stdout
    assert "sort: done, confidence 0.93: It is about a printer." in done.stdout
    assert "It has ended in sorted (success). 1 turns" in done.stdout
    session = session_of(done.stdout)
    rows = {row["kind"]: row for row in shell.look("audit", "show", session)}
    answer = rows["model"]
    assert (answer["outcome"], answer["body"]["stop_reason"], answer["body"]["confidence"]) == (
        "done",
        "tool_use",
        0.93,
    )
    assert answer["body"]["rationale"] == "It is about a printer."
    assert answer["body"]["prompt_digest"].startswith("sha256:")
    assert answer["body"]["tokens"]["output"] > 0
    assert (rows["accepted"]["actor_kind"], rows["accepted"]["actor_id"]) == ("model", "claude-sonnet-5")
    assert shell.run("audit", "verify").code == 0


def test_what_the_model_is_told_is_the_task_the_prompt_and_the_fields_that_are_shown(shell: Shell) -> None:
    with messages_api([Reply(calls=(SORTS,))]) as api:
        shell.run("run", TRIAGE, "--set", TICKET, env=api.environment)
        [asked] = api.requests
    told = str(asked.body["system"])
    for part in ("Ticket triage", "Say which team this ticket is for.", "Do not answer the ticket.", "Three teams"):
        assert part in told
    assert "My printer prints invoices twice" in str(asked.body["messages"])
    assert [tool["name"] for tool in tools(asked.body)] == ["sort"]


def tools(body: JsonObject) -> list[JsonObject]:
    found = body["tools"]
    assert isinstance(found, list)
    return [tool for tool in found if isinstance(tool, dict)]


def test_it_stops_where_a_person_decides_and_goes_on_when_they_have(shell: Shell) -> None:
    with messages_api([Reply(calls=(UNSURE,))]) as api:
        done = shell.run("run", TRIAGE, "--set", TICKET, env=api.environment)
        session = session_of(done.stdout)
        assert (done.code, f"review show {session}" in done.stdout) == (0, True)
        assert "In dispatching a person with the role dispatcher decides now." in done.stdout
        shell.run("sessions", "cancel", session)  # nobody at a terminal: refused, so it still waits
        again = shell.run("run", TRIAGE, "--session", session, env=api.environment)
        assert (again.code, len(api.requests)) == (0, 1)
    assert "In dispatching a person" in again.stdout


def test_a_model_acts_where_an_agent_would(shell: Shell) -> None:
    looks = Reply(calls=(Call("budget_left"), Call("claim", {"reason": "no"})))
    claims = Reply(calls=(Call("claim", {"reason": "The old chair is broken.", "rationale": "There is money left."}),))
    with messages_api([looks, claims]) as api:
        done = shell.run("run", EXPENSE, *CHAIR, env=api.environment)
        [_, second] = api.requests
    assert done.code == 0, done.stderr
    assert "claim: INVALID_FIELDS" in done.stdout
    assert "It has ended in paid (success). 2 turns" in done.stdout
    assert '"refused":"INVALID_FIELDS"' in str(second.body["messages"])
    kinds = {
        row["actor_kind"] for row in shell.look("audit", "show", session_of(done.stdout)) if row["kind"] == "accepted"
    }
    assert kinds == {"agent"}


def test_an_agents_model_that_leads_nowhere_is_told_and_nothing_is_lost(shell: Shell) -> None:
    with messages_api(lambda _: Reply(say="Hm.")) as api:
        done = shell.run("run", EXPENSE, *CHAIR, "--max-turns", "2", env=api.environment)
        assert len(api.requests) == 2
    assert (done.code, f"--session {session_of(done.stdout)}" in done.stderr) == (4, True)


def test_without_a_key_nothing_is_started(shell: Shell) -> None:
    empty = {"ANTHROPIC_API_KEY": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = shell.run("run", TRIAGE, "--set", TICKET, env=empty)
    assert (done.code, done.stderr) == (4, f"Error: There is no key to ask a model with. {HOW}\n")
    assert not shell.database.exists()
    served = shell.run("serve", TRIAGE, env=empty)
    assert served.code == 4
    assert served.stderr.endswith(f"There is no key to ask a model with. {HOW}\n")
    assert "keyring not read" not in served.stderr


def test_an_address_that_the_key_is_not_sent_to_starts_nothing(shell: Shell) -> None:
    elsewhere = {"ANTHROPIC_API_KEY": "sk", "ANTHROPIC_BASE_URL": "http://example.com"}
    done = shell.run("run", TRIAGE, "--set", TICKET, env=elsewhere)
    assert (done.code, done.stdout) == (4, "")
    assert "ANTHROPIC_BASE_URL is no address that the key can be sent to. Write one that begins with" in done.stderr
    assert not shell.database.exists()


def test_a_model_that_could_not_be_asked_is_said_and_ends_with_1(shell: Shell) -> None:
    with messages_api([]) as api:
        done = shell.run("run", TRIAGE, "--set", TICKET, env={**api.environment, "ANTHROPIC_API_KEY": "sk-wrong"})
    assert done.code == 1
    assert "asking claude-sonnet-5…" in done.stdout
    assert "In dispatching a person with the role dispatcher decides now." in done.stdout
    assert "The model could not be asked. claude-sonnet-5: The Messages API does not know the key (401)" in done.stderr
    assert "sk-wrong" not in done.stdout + done.stderr
    assert '"event"' not in done.stderr


def test_a_model_without_a_price_is_not_asked_where_the_cost_is_limited(shell: Shell) -> None:
    text = TRIAGE.read_text().replace("claude-sonnet-5", "claude-sonet-5").replace("prompts/triage.md", "Sort it.")
    (shell.place / "triage.yaml").write_text(text)
    with messages_api([]) as api:
        done = shell.run("run", "triage.yaml", "--set", TICKET, env=api.environment)
        assert api.count == 0
    told = "in sorting, no price is known for claude-sonet-5, and the workflow limits the cost: give it one in"
    assert (done.code, told in done.stderr, "Did you mean 'claude-sonnet-5'?" in done.stderr) == (1, True, True)


def test_a_start_that_does_not_meet_its_contract_is_told(shell: Shell) -> None:
    with messages_api([]) as api:
        done = shell.run("run", TRIAGE, env=api.environment)
        unknown = shell.run("run", TRIAGE, "--session", "a" * 26, env=api.environment)
    assert (done.code, "ticket" in done.stderr, "MISSING_FIELDS" in done.stderr) == (1, True, True)
    assert (unknown.code, "There is no session" in unknown.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--surface", "stable"], "--surface and --era go with --script"),
        (["--script", "x.yaml", "--session", "y"], "A script starts its own session"),
        (["--session", "y", "--set", TICKET], "A session has its fields already"),
    ],
)
def test_options_that_do_not_go_together_are_told(shell: Shell, words: list[str], told: str) -> None:
    done = shell.run("run", TRIAGE, *words)
    assert (done.code, told in done.stderr) == (2, True)


@dataclass
class Slow:
    """An API whose first answer is never given: whoever asked it is stopped before."""

    api: MessagesApi
    asked: Event
    over: Event


@pytest.fixture
def slow() -> Generator[Slow]:
    asked, over = Event(), Event()

    def answer(request: JsonObject) -> Reply:
        if not asked.is_set():
            asked.set()
            over.wait(PATIENCE_S)
        return Reply(calls=(SORTS,) if len(tools(request)) == 1 else CLAIMS)

    with messages_api(answer) as api:
        yield Slow(api, asked, over)
        over.set()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_the_model_is_asked_it_goes_on_later(shell: Shell, slow: Slow, how: signal.Signals) -> None:
    with started(shell, slow.api, TRIAGE, "--set", TICKET) as running:
        assert slow.asked.wait(PATIENCE_S)
        running.send_signal(how)
        stdout, _ = running.communicate(timeout=PATIENCE_S)
    slow.over.set()
    session = session_of(stdout)
    assert (running.returncode, f"--session {session}" in stdout) == (0, True)
    done = shell.run("run", TRIAGE, "--session", session, env=slow.api.environment)
    assert (done.code, "It has ended in sorted" in done.stdout, slow.api.count) == (0, True, 2)
    assert done.stderr == "", "a process that has said that it ends is not waited for"


@pytest.mark.slow
def test_of_two_that_drive_one_agent_the_second_is_refused_until_the_first_has_ended(shell: Shell, slow: Slow) -> None:
    with started(shell, slow.api, EXPENSE, *CHAIR) as running:
        assert slow.asked.wait(PATIENCE_S)
        [row] = shell.look("sessions", "list")
        go_on = ("run", EXPENSE, "--session", row["session"])
        second = shell.run(*go_on, env=slow.api.environment)
        running.kill()
    slow.over.set()
    waits, refused = second.stderr.splitlines()
    assert (second.code, "at work on this session" in waits) == (1, True)
    assert "Another process drives the agent" in refused
    third = shell.run(*go_on, env=slow.api.environment)
    assert (third.code, "It has ended in paid" in third.stdout, slow.api.count) == (0, True, 2)
    assert third.stderr == f"{waits}\n"


def started(shell: Shell, api: MessagesApi, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [warm.pointsman(), "run", *arguments],
        cwd=shell.place,
        env={**shell.environment, **api.environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_stops_where_a_call_waits_for_a_person_and_goes_on_when_they_have_approved_it(shell: Shell) -> None:
    name: JsonObject = {"name": "minutes-2017.pdf"}
    wishes = Reply(calls=(Call("archive_describe", name), Call("archive_delete", name)))
    finishes = Reply(calls=(Call("finish", {"report": "One file was deleted."}),))
    with messages_api([wishes, finishes]) as api:
        done = shell.run("run", ARCHIVE, env=api.environment)
        assert (done.code, done.stderr, api.count) == (0, "", 1)
        session = session_of(done.stdout)
        assert "archive.delete: waits until a person with the role archivist approves it, until " in done.stdout
        assert "In tidying a person with the role archivist decides about archive.delete now. 1 turn," in done.stdout
        [number] = re.findall(r"review show (\S+)", done.stdout)
        assert number.startswith(f"{session}.")
        assert shell.look("review", "show", number)["tool"] == "archive.delete"
        again = shell.run("run", ARCHIVE, "--session", session, env=api.environment)
        assert (again.code, f"review show {number}" in again.stdout, api.count) == (0, True, 1)


def test_somebody_elses_session_is_not_driven(shell: Shell) -> None:
    session = asyncio.run(started_by("eve", shell.database))
    with messages_api([]) as api:
        done = shell.run("run", EXPENSE, "--session", session, env=api.environment)
        assert api.count == 0
    assert (done.code, "The session was started by eve: you may not drive its agent." in done.stderr) == (1, True)


async def started_by(principal: str, database: Path) -> str:
    async with open_application(str(database), [EXPENSE], caretaking=False) as application:
        caller = Caller(Actor("agent", principal), None, "mcp")
        fields: JsonObject = {"purpose": "A chair", "amount": 10}
        answer = await application.governor.start(caller, "expense", fields)
        assert isinstance(answer, Replied)
        return answer.session


def test_a_session_of_another_workflow_is_not_driven_by_this_file(shell: Shell) -> None:
    session = asyncio.run(started_by(ME, shell.database))
    with messages_api([]) as api:
        done = shell.run("run", TRIAGE, "--session", session, env=api.environment)
        assert api.count == 0
    assert done.code == 1
    assert f"The session {session} is of the workflow expense, and {TRIAGE} is triage." in done.stderr


def test_a_session_is_driven_by_another_version_of_its_file_and_keeps_its_own(shell: Shell) -> None:
    with messages_api([Reply(calls=(UNSURE,))]) as api:
        session = session_of(shell.run("run", TRIAGE, "--set", TICKET, env=api.environment).stdout)
        newer = shell.place / "newer.yaml"
        text = TRIAGE.read_text(encoding="utf-8").replace("version: 1", "version: 2")
        newer.write_text(text.replace("prompts/triage.md", "Sort it."), encoding="utf-8")
        done = shell.run("run", newer, "--session", session, env=api.environment)
    assert (done.code, "In dispatching a person" in done.stdout) == (0, True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_as_soon_as_it_has_a_name_it_says_how_to_go_on(shell: Shell, slow: Slow, how: signal.Signals) -> None:
    with started(shell, slow.api, TRIAGE, "--set", TICKET) as running:
        until = time.monotonic() + PATIENCE_S
        while not is_started(shell.database):
            assert time.monotonic() < until
        running.send_signal(how)
        stdout, _ = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, f"--session {session_of(stdout)}" in stdout) == (0, True)


def is_started(database: Path) -> bool:
    """Whether there is a session in the database, which another process writes."""
    if not database.exists():
        return False
    with (
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection,
        suppress(sqlite3.OperationalError),
    ):
        return bool(connection.execute("SELECT count(*) FROM sessions").fetchone()[0])
    return False
