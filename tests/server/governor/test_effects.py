"""Writes that happen once, over a real database and a downstream that keeps a book (design, section 6)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.commands import Attest, Command, TakeOver
from pointsman.fsm.decision import Decision
from pointsman.fsm.session import Session
from pointsman.server import governor
from pointsman.server.answering import stored_result
from pointsman.server.application import Application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.clock import ShiftedClock
from pointsman.server.errors import StoreBusy
from pointsman.server.identity import SERVER, new_command_id
from pointsman.server.replies import Caller, Reply
from tests.server.governor.desks import AGENT, CHIEF, HERE, Desk, acted, current, replied
from tests.server.governor.test_processes import DAY_MS, die, until

PAYMENT: JsonObject = {"invoice": "INV-1", "amount": 10}


class Bank(Desk):
    """The bank: its payments stand in a book."""

    def book(self) -> list[str]:
        book = self.place / "book.txt"
        return book.read_text().splitlines() if book.exists() else []


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    for name in ("bank.py", "bank.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    return Bank(tmp_path, ShiftedClock(), "bank")


async def begun(application: Application) -> str:
    return replied(await application.governor.start(AGENT, "bank", {"invoice": "INV-1"})).session


async def paid(application: Application, session: str, tool: str, amount: int = 10) -> Reply:
    return await acted(application, session, f"bank.{tool}", {**PAYMENT, "amount": amount})


async def proven(application: Application) -> None:
    """The chains verify, and folding them gives what is stored (fault 22)."""
    reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    assert [report.fault for report in reports if not report.ok] == []


def code(reply: Reply) -> str | None:
    return None if reply.refusal is None else reply.refusal.code


async def attested(application: Application, session: str, caller: Caller, request: Attest) -> Decision:
    """Settle a write, as the command line does it."""
    command = Command(new_command_id(), DAY_MS, caller.actor, caller.channel, "terminal", request)
    return await application.engine.submit(session, command)


@pytest.mark.parametrize("tool", ["pay", "wire", "hand"])
async def test_a_hundred_equal_calls_at_once_make_one_effect(bank: Bank, tool: str) -> None:
    """Issue; fault 6: duplicate call, same result, one effect."""
    async with bank.open() as application:
        session = await begun(application)
        replies = await asyncio.gather(*(paid(application, session, tool) for _ in range(100)))
        told = [reply for reply in replies if reply.outcome == "done"]
        assert {code(reply) for reply in replies if reply.outcome != "done"} <= {"IN_PROGRESS"}
        assert len(told) >= 1
        again = await asyncio.gather(*(paid(application, session, tool) for _ in range(100)))
        assert all(reply.outcome == "done" and reply.repeated for reply in again)
        assert [reply.result for reply in (*told, *again)] == [told[0].result] * (len(told) + 100)
        await proven(application)
    assert len(bank.book()) == 1


async def test_a_reused_key_with_other_arguments_is_refused(bank: Bank) -> None:
    """Issue: a reused key with other arguments is refused."""
    async with bank.open() as application:
        session = await begun(application)
        assert (await paid(application, session, "pay")).outcome == "done"
        assert code(await paid(application, session, "pay", amount=11)) == "KEY_REUSED"
        assert (await paid(application, await begun(application), "pay", amount=11)).outcome == "done"
    assert [line.split()[1] for line in bank.book()] == ["10", "11"]


async def test_an_agent_does_not_choose_the_key(bank: Bank) -> None:
    """Design, section 6: the server makes the key."""
    async with bank.open() as application:
        session = await begun(application)
        reply = await acted(application, session, "bank.pay", {**PAYMENT, "key": "mine"})
        assert code(reply) == "INVALID_FIELDS"
    assert bank.book() == []


async def test_who_asks_again_after_its_client_is_gone_is_told_the_outcome(bank: Bank) -> None:
    """Fault 10: it finishes, and its outcome is retrievable."""
    async with bank.open() as application:
        session = await begun(application)
        gate = bank.hold("after")
        call = asyncio.create_task(paid(application, session, "hand"))
        await bank.called(2)
        call.cancel()
        await asyncio.wait([call])
        gate.set()
        await until(application, session, lambda found: not found.stay.open)
        reply = await paid(application, session, "hand")
        assert (reply.outcome, reply.repeated, reply.result) == ("done", True, {"found": True, "line": "INV-1 10"})
        await proven(application)
    assert len(bank.book()) == 1


@pytest.mark.parametrize("tool", ["pay", "wire"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_write_that_broke_is_settled_without_a_person(bank: Bank, tool: str, moment: str) -> None:
    """Fault 9, for a downstream that takes the key and for one that can be asked: exactly one effect."""
    async with bank.open() as application:
        session = await begun(application)
        bank.module.broken.append(moment)
        reply = await paid(application, session, tool)
        assert (reply.outcome, reply.state) == ("done", "paying")
        settled = [row for row in await application.engine.audit_rows(session) if row["kind"] == "settled"]
        assert settled[-1]["outcome"] == "done"
        await proven(application)
    assert len(bank.book()) == 1


async def dies(bank: Bank, tool: str, moment: str) -> str:
    """Leave a payment open at this moment in a process that dies: nothing is told, its row of life stays behind."""
    opening = bank.open()  # held until it has died: what is forgotten is closed in good order
    application = await opening.__aenter__()
    session = await begun(application)
    bank.hold(moment)
    asking = asyncio.create_task(paid(application, session, tool))
    await until(application, session, lambda found: bool(found.stay.open))
    while moment not in bank.module.calls:  # noqa: ASYNC110 -- the source knows nothing of the tests' events
        await asyncio.sleep(0)
    await die(application, bank, asking)
    return session


@pytest.mark.parametrize("tool", ["pay", "wire"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_second_process_finds_out_what_has_become_of_a_write(bank: Bank, tool: str, moment: str) -> None:
    """Fault 1: exactly one effect, and the audit holds intent and outcome."""
    session = await dies(bank, tool, moment)
    async with bank.open() as application:
        found = await until(application, session, lambda one: not one.stay.open)
        assert (found.state, [effect.status for effect in found.effects.values()]) == ("paying", ["done"])
        reply = await paid(application, session, tool)
        assert (reply.outcome, reply.repeated) == ("done", True)
        rows = await application.engine.audit_rows(session)
        kinds = [row["kind"] for row in rows if row["action"] == f"bank.{tool}"]
        assert kinds == ["intended", "intended", "settled", "settled"]
        await proven(application)
    assert len(bank.book()) == 1


async def test_a_person_settles_what_nobody_knows_and_the_workflow_goes_on_with_it(bank: Bank) -> None:
    """Design, section 6: else the effect is unknown, and a person settles it."""
    session = await dies(bank, "hand", "after")
    async with bank.open() as application:
        found = await until(application, session, lambda one: not one.stay.open)
        [effect] = found.effects.values()
        assert (found.state, effect.status) == ("in_doubt", "unknown")
        await acted(application, session, "go_on")
        assert code(await paid(application, session, "hand")) == "OUTCOME_UNKNOWN"
        request = Attest(effect.call, "done", "It stands in the book.", {"line": bank.book()[0]})
        refused = await attested(application, session, AGENT, request)
        assert refused.refusal is not None
        assert refused.refusal.code == "FORBIDDEN"
        assert (await attested(application, session, CHIEF, request)).refusal is None
        booked = await acted(application, session, "book")
        assert booked.state == "paying"
        assert (await current(application, session)).record["line"] == "INV-1 10"
        await proven(application)
    assert len(bank.book()) == 1


async def test_a_late_result_settles_a_write_that_timed_out(bank: Bank) -> None:
    """Design, section 6: a late result of a timed-out write settles it too."""
    async with bank.open() as application:
        session = await begun(application)
        gate = bank.hold("after")
        reply = await paid(application, session, "hand")
        assert (reply.outcome, reply.state) == ("unknown", "in_doubt")
        gate.set()
        found = await until(
            application, session, lambda one: [effect.status for effect in one.effects.values()] == ["done"]
        )
        assert found.state == "in_doubt"
        await acted(application, session, "go_on")
        assert (await paid(application, session, "hand")).repeated
        await proven(application)
    assert len(bank.book()) == 1


async def test_a_stored_result_is_looked_up_again_when_the_database_was_busy(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 4: a step that only looks up what was done does not hang on it."""
    async with bank.open() as application:
        session = await begun(application)
        await paid(application, session, "hand")
        engine, failures = application.engine, [StoreBusy("locked"), StoreBusy("locked")]

        async def busy(of: object, session: Session, revision: int) -> tuple[Json, list[Json] | None]:
            assert of is engine
            if failures:
                raise failures.pop()
            return await stored_result(engine, session, revision)

        monkeypatch.setattr(governor, "stored_result", busy)
        reply = await acted(application, session, "book")
        assert (reply.state, reply.outcome, failures) == ("paying", "done", [])
        assert (await current(application, session)).record["line"] == "INV-1 10"
    assert len(bank.book()) == 1


def close_at_first(bank: Bank) -> None:
    """Have a bank that cannot be reached at first, and is tried again."""
    source, flow = bank.place / "bank.py", bank.place / "bank.yaml"
    text = source.read_text().replace(
        "import ToolError", "import ToolError\nfrom pointsman.tools.errors import NotReached"
    )
    closed = "    if 'closed' in gates:\n        await gates.pop('closed').wait()\n        raise NotReached\n"
    moment = "async def _moment(when: str) -> None:\n"
    source.write_text(text.replace(moment, moment + closed))
    kept = "    reconcile:"
    flow.write_text(flow.read_text().replace(kept, f"    retry: {{attempts: 3}}\n{kept}"))


async def test_a_process_that_stood_still_does_not_make_a_write_that_another_has_taken_over(bank: Bank) -> None:
    """Faults, 1: it was about to try again, because its downstream could not be reached; the other one has paid."""
    close_at_first(bank)
    async with bank.open(caretaking=False) as application:
        session = await begun(application)
        gate = bank.hold("closed")
        asking = asyncio.create_task(paid(application, session, "wire"))
        while "closed" in bank.module.gates:  # noqa: ASYNC110 -- the source knows nothing of the tests' events
            await asyncio.sleep(0)
        [opened] = (await current(application, session)).stay.open.values()
        request = TakeOver(opened.id, opened.instance)
        command = Command("takeover:1", DAY_MS, SERVER, "server", "another process", request)
        await application.engine.submit(session, command)
        gate.set()
        await asyncio.wait(application.governor.performer.tasks())
        asking.cancel()
    assert bank.book() == []
