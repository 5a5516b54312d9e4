"""`pointsman effects`: what was written, what nobody knows, and who finds out (design, sections 6 and 10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.contracts.loading import load
from pointsman.fsm.commands import Command, Start
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.identity import new_handle
from pointsman.server.replies import Caller, Reply
from tests.server.command_line.terminal import ME, Ended, Shell

WORKFLOW = """
workflow: payment
version: 1
record:
  invoice: {type: string}
  number: {type: string}
start: {requires: [invoice]}
initial: paying
sources: {bank: {python: bank}}
tools:
  bank.pay: {key: {over: [invoice]}}
  bank.find: {effect: read}
states:
  paying:
    actor: system
    run: [{call: bank.pay, with: {invoice: =record.invoice}, save: {number: =result.number}}]
    next: paid
    failed: refused
    unknown: in_doubt
  paid: {final: success}
  refused: {final: stopped}
  in_doubt: {final: manual, owner: bank-team}
"""
BANK = '''
import pathlib
def pay(invoice: str) -> dict[str, str]:
    """Pay an invoice."""
    payments = pathlib.Path(__file__).with_name("payments.txt")
    with payments.open("a") as file:
        file.write(invoice + "\\n")
    if invoice.startswith("lost"):
        raise ConnectionResetError
    return {"number": "P-1"}
def find(invoice: str) -> dict[str, str]:
    """Find a payment."""
    return {}
'''
RESULT = '{"number": "P-9"}'


@pytest.fixture
def bank(shell: Shell) -> Shell:
    (shell.place / "payment.yaml").write_text(WORKFLOW, encoding="utf-8")
    (shell.place / "bank.py").write_text(BANK, encoding="utf-8")
    return shell


def paid(shell: Shell, invoice: str) -> str:
    """Start a session that pays an invoice, and give its handle."""

    async def started() -> str:
        async with open_application(str(shell.database), [shell.place / "payment.yaml"], caretaking=False) as opened:
            caller = Caller(Actor("agent", ME), "claude-ai", "mcp")
            reply = await opened.governor.start(caller, "payment", {"invoice": invoice})
            assert isinstance(reply, Reply), reply
            return reply.session

    return asyncio.run(started())


def paying(shell: Shell) -> None:
    """Start a session that pays an invoice long ago, in a process that ends before it has begun."""
    workflow = load(WORKFLOW.encode(), "payment.yaml")

    async def started() -> None:
        engine = await EmbeddedEngine.open(shell.database, {workflow.digest: workflow}.get, instance="gone")
        handle = new_handle()
        request = Start(handle, workflow.digest, {"invoice": "i-1"})
        await engine.submit(handle, Command("start", 1, Actor("agent", ME), "mcp", "gone", request))
        await engine.aclose()

    asyncio.run(started())


def settled(shell: Shell, effect: str, outcome: str, *more: str, typed: str) -> Ended:
    words = ("effects", "settle", effect, outcome, "--reason", "The bank says so.", *more)
    return shell.at_terminal(*words, typed=typed)


def payments(shell: Shell) -> list[str]:
    return Path(shell.place / "payments.txt").read_text(encoding="utf-8").splitlines()


def test_what_nobody_knows_is_listed_and_what_was_done_with_its_session(bank: Shell) -> None:
    lost, done = paid(bank, "lost-1"), paid(bank, "i-2")
    [unknown] = bank.look("effects", "list")
    assert (unknown["session"], unknown["tool"], unknown["status"]) == (lost, "bank.pay", "unknown")
    [known] = bank.look("effects", "list", "--session", done)
    assert (known["session"], known["status"]) == (done, "done")
    assert bank.look("effects", "list", "--status", "intended") == []
    assert unknown["id"] in bank.at_terminal("effects", "list").stdout
    assert unknown["id"] in bank.at_terminal("sessions", "show", lost).stdout
    refused = bank.run("effects", "list", "--status", "done")
    assert (refused.code, "--session ID" in refused.stderr) == (2, True)


def test_a_list_is_cut_after_it_was_chosen_from(bank: Shell) -> None:
    paying(bank)
    lost = paid(bank, "lost-1")
    assert [one["status"] for one in bank.look("effects", "list")] == ["intended", "unknown"]
    [unknown] = bank.look("effects", "list", "--status", "unknown", "--limit", "1")
    assert unknown["session"] == lost


def test_a_write_is_shown_with_its_arguments_its_key_and_what_happened(bank: Shell) -> None:
    session = paid(bank, "lost-1")
    [unknown] = bank.look("effects", "list")
    shown = bank.look("effects", "show", unknown["id"])
    assert (shown["arguments"], shown["status"]) == ({"invoice": "lost-1"}, "unknown")
    assert shown["key"].startswith("pm-")
    assert [row["kind"] for row in shown["rows"]] == ["intended", "settled"]
    told = bank.at_terminal("effects", "show", unknown["id"]).stdout
    assert "Intended by" in told
    assert "Settled as unknown." in told
    for name in (f"{session}.1", f"{session}.x", session, f"{session}.99999999999999999"):
        assert bank.run("effects", "show", name).code == 4


def test_a_person_says_that_it_was_done_and_the_session_goes_on_without_writing_again(bank: Shell) -> None:
    session = paid(bank, "lost-1")
    [unknown] = bank.look("effects", "list")
    done = settled(bank, unknown["id"], "done", "--result", RESULT, typed="done")
    assert done.code == 0, done
    assert "bank.pay: done." in done.stdout
    assert bank.look("effects", "list") == []
    assert bank.state(session) == "in_doubt"
    restarted = bank.at_terminal(
        "sessions", "restart", session, "--from", "paying", "--reason", "go on", typed="paying"
    )
    assert restarted.code == 0, restarted
    shown = bank.look("sessions", "show", session)
    assert (shown["state"], shown["record"]["number"]["value"]) == ("paid", "P-9")
    assert payments(bank) == ["lost-1"]
    rows = bank.look("audit", "show", session)
    [act] = [row for row in rows if row["kind"] == "admin" and row["action"] == "settle"]
    assert (act["actor_id"], act["outcome"], act["body"]["reason"]) == (ME, "done", "The bank says so.")
    assert "It was done before, in row" in bank.at_terminal("effects", "show", f"{session}.{_again(rows)}").stdout
    assert bank.run("audit", "verify").code == 0


def _again(rows: list[dict[str, object]]) -> int:
    """The number of the last call that was intended."""
    return max(int(str(row["revision"])) for row in rows if row["kind"] == "intended")


def test_a_person_says_that_it_has_not_happened_and_it_may_be_made_again(bank: Shell) -> None:
    session = paid(bank, "lost-1")
    [unknown] = bank.look("effects", "list")
    assert settled(bank, unknown["id"], "failed", typed="failed").code == 0
    assert bank.look("effects", "list", "--session", session) == []
    assert bank.look("effects", "show", unknown["id"])["status"] == "failed", "the rows still tell of it"
    bank.at_terminal("sessions", "restart", session, "--from", "paying", "--reason", "again", typed="paying")
    assert payments(bank) == ["lost-1", "lost-1"]
    [again] = bank.look("effects", "list")
    assert again["id"] != unknown["id"]


@pytest.mark.parametrize(
    ("outcome", "more", "typed", "told"),
    [
        ("done", (), "yes", "Nothing was done"),
        ("failed", ("--result", "{}"), "failed", "goes with `done`"),
        ("done", ("--result", "{"), "done", "--result:"),
        ("unknown", (), "unknown", "'done', 'failed'"),
    ],
)
def test_what_is_not_meant_or_not_said_right_settles_nothing(
    bank: Shell, outcome: str, more: tuple[str, ...], typed: str, told: str
) -> None:
    paid(bank, "lost-1")
    [unknown] = bank.look("effects", "list")
    done = settled(bank, unknown["id"], outcome, *more, typed=typed)
    assert (done.code, told in done.stdout) == (2, True), done
    assert bank.look("effects", "list") == [unknown]


def test_what_is_known_is_not_settled_again(bank: Shell) -> None:
    session = paid(bank, "i-2")
    [known] = bank.look("effects", "list", "--session", session)
    done = settled(bank, known["id"], "failed", typed="failed")
    assert (done.code, "It is known already" in done.stdout) == (1, True)


def test_with_neither_terminal_nor_a_persons_token_nothing_is_settled(bank: Shell) -> None:
    """Design, section 7: a program must not act in a person's name."""
    paid(bank, "lost-1")
    [unknown] = bank.look("effects", "list")
    words = ("effects", "settle", unknown["id"], "done", "--reason", "x")
    assert bank.run(*words, stdin="done\n").code == 2
    assert bank.run(*words, env={"POINTSMAN_TOKEN": "pmh_guessed"}).code == 1
    assert bank.look("effects", "list") == [unknown]
    made = bank.at_terminal("token", "create", "maria", "--role", "anything", typed="maria")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))
    stranger = bank.run(*words, env={"POINTSMAN_TOKEN": token})
    assert (stranger.code, "NOT_FOUND" in stranger.stderr) == (1, True), "a session that is not theirs to see"
