"""Driving a session from here until somebody else must act."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Model
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide
from pointsman.fsm.facts import Fact
from pointsman.fsm.session import Actor, Session
from pointsman.server.application import open_application
from pointsman.server.bounds import LEASE_MS
from pointsman.server.models.hired import Hired
from pointsman.server.models.running import MayNotDrive, NoSession, NotDriven, run
from pointsman.server.replies import Caller
from pointsman.server.scripts.messages_api import Call, Reply

from .desks import ADA, BOSS, SUBMIT, Desk, furnish, opened_desk

PAY = Call("d_pay", {"amount": 5})
LOOK = Call("d_look", {"word": "a"})
PATIENCE_S = 20
ADA_HERSELF = Caller(Actor("human", "ada"), None, "cli")


def furnish_for(actor: str, folder: Path) -> None:
    """Lay out a desk at which a model acts that the server asks (`model`), or one in place of an agent."""
    file = furnish(folder)
    if actor == "agent":
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(("    model: ", "    failed: "))]
        text = "\n".join(kept).replace("actor: model", "actor: agent")
        file.write_text(text, encoding="utf-8")


@dataclass
class Looking:
    """Whoever looks on: keeps the rows, and learns whether there is something to wait for."""

    rows: list[Fact] = field(default_factory=list[Fact])
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    again: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def row(self, revision: int, fact: Fact) -> None:
        self.rows.append(fact)
        if fact.action == "cancel":
            self.cancelled.set()
        assert revision == len(self.rows)

    def waits(self, at_most_ms: int) -> None:
        assert at_most_ms > LEASE_MS
        self.waiting.set()

    def asks_again(self, why: str, wait_ms: int) -> None:
        self.again.append((why, wait_ms))


@dataclass
class Slow:
    """A model that takes its time."""

    asked: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)

    def answer(self, _request: JsonObject) -> Reply:
        self.asked.set()
        self.over.wait(PATIENCE_S)
        return Reply(calls=(SUBMIT,))


async def driven(
    desk: Desk, who: Caller = ADA, turns: int = 5, looking: Looking | None = None
) -> tuple[Session, list[Fact]]:
    """Drive the session of the desk; give it, and the rows that were told."""
    looking = looking or Looking()
    hired = Hired(who, Model("claude-opus-5-5", None, 4_096, turns, 10_000))
    running = run(desk.application.governor, desk.session_id, hired, looking)
    return await asyncio.wait_for(running, PATIENCE_S), looking.rows


async def begun(desk: Desk) -> None:
    answer = await desk.application.governor.begin(ADA, "desk", {"text": "twelve"}, "a" * 26)
    desk.session_id = getattr(answer, "session", "")


async def decided(desk: Desk, session: Session, event: str) -> None:
    [approval] = [one for one in session.stay.approvals.values() if one.status == "pending"]
    decide = Decide(event, {}, shown_digest(approval), session.stay.number, approval=approval.id)
    await desk.application.governor.decide(BOSS, session.id, decide)


@pytest.mark.parametrize("actor", ["model", "agent"])
async def test_it_goes_on_to_the_end_and_every_row_is_told_once(tmp_path: Path, actor: str) -> None:
    furnish_for(actor, tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(LOOK,)), Reply(calls=(SUBMIT,))]) as desk:
        await begun(desk)
        session, told = await driven(desk)
        assert (session.state, len(told)) == ("finished", session.revision)


@pytest.mark.parametrize("actor", ["model", "agent"])
async def test_it_stops_where_a_call_waits_for_a_person_once_all_else_is_done(tmp_path: Path, actor: str) -> None:
    furnish_for(actor, tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(PAY, LOOK)), Reply(calls=(SUBMIT,))]) as desk:
        await begun(desk)
        session, told = await driven(desk)
        assert [one.tool for one in session.stay.approvals.values() if one.status == "pending"] == ["d.pay"]
        assert [fact.action for fact in told if fact.kind == "settled"] == ["d.look"]
        again, _ = await driven(desk)
        assert (again.revision, desk.api.count) == (session.revision, 1)


async def test_an_answer_that_came_late_does_not_keep_it_from_stopping_there(tmp_path: Path) -> None:
    """Nothing that it wants is done, so nothing of it is waited for."""
    furnish(tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(PAY,))]) as desk:
        await begun(desk)
        session, _ = await driven(desk)
        await desk.answered_late(LOOK, LOOK, PAY)
        again, told = await driven(desk)
        assert (again.revision, told[-1].outcome, desk.api.count) == (session.revision + 1, "late", 1)


@pytest.mark.parametrize("actor", ["model", "agent"])
@pytest.mark.parametrize("event", ["approve", "reject"])
async def test_it_goes_on_when_the_person_has_decided(tmp_path: Path, actor: str, event: str) -> None:
    furnish_for(actor, tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(PAY, LOOK))]) as desk:
        await begun(desk)
        session, _ = await driven(desk)
    async with opened_desk(tmp_path, [Reply(calls=(SUBMIT,))]) as desk:
        desk.session_id = session.id
        await decided(desk, session, event)
        session, _ = await driven(desk)
        assert (session.state, desk.api.count) == ("finished", 1)


async def test_nothing_is_done_of_an_answer_that_has_spent_the_budget_while_an_agent_writes_beside_it(
    tmp_path: Path,
) -> None:
    """The session moves when the outcome of that write is known, and not before."""
    furnish_for("agent", tmp_path)
    file = tmp_path / "desk.yaml"
    file.write_text(file.read_text().replace("{invalid: 3, then: broken}", "{cost: 0.01, then: broken}"))
    loop = asyncio.get_running_loop()

    def answer(_: JsonObject) -> Reply:
        asyncio.run_coroutine_threadsafe(shipping(desk), loop).result(PATIENCE_S)
        return Reply(calls=(Call("d_write", {"topic": "t"}), SUBMIT))

    async with opened_desk(tmp_path, answer) as desk:
        await begun(desk)
        session, told = await driven(desk)
        assert (session.state, desk.api.count) == ("broken", 1)
        assert [fact.action for fact in told if fact.kind == "settled"] == ["d.ship"]
        assert "total" not in session.record


async def test_nothing_more_is_tried_of_an_answer_once_one_that_came_late_has_spent_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes late moves no agent's session; the next question would."""
    furnish_for("agent", tmp_path)
    file = tmp_path / "desk.yaml"
    file.write_text(file.read_text().replace("{invalid: 3, then: broken}", "{cost: 0.02, then: broken}"))
    async with opened_desk(tmp_path, [Reply(calls=(LOOK, SUBMIT))]) as desk:
        governor, tried = desk.application.governor, list[str]()
        carry_out = governor.carry_out

        async def carrying_out(caller: Caller, session: Session, name: str, given: JsonObject, command: str) -> None:
            tried.append(name)
            await carry_out(caller, session, name, given, command)
            await desk.answered_late(LOOK)

        monkeypatch.setattr(governor, "carry_out", carrying_out)
        await begun(desk)
        session, _ = await driven(desk)
        assert (session.state, tried, desk.api.count) == ("broken", ["d_look"], 1)


async def shipping(desk: Desk) -> None:
    """Have an agent begin a write that takes a while."""
    ship = desk.application.governor.act(ADA, desk.session_id, "d.ship", {"topic": "t"})
    task = asyncio.create_task(ship)
    await desk.until(lambda session: bool(session.stay.open))
    task.add_done_callback(lambda done: done.result())


async def test_an_answer_that_comes_when_a_person_has_ended_the_session_is_waited_for_and_told(tmp_path: Path) -> None:
    """It is paid for: its row has what it cost."""
    slow, looking = Slow(), Looking()
    furnish(tmp_path)
    async with opened_desk(tmp_path, slow.answer) as desk:
        await begun(desk)
        running = asyncio.create_task(driven(desk, looking=looking))
        assert await asyncio.to_thread(slow.asked.wait, PATIENCE_S)
        await desk.application.governor.cancel(ADA_HERSELF, desk.session_id, "It is not needed.")
        await asyncio.wait_for(looking.cancelled.wait(), PATIENCE_S)
        slow.over.set()
        session, told = await running
        assert (told[-1].kind, told[-1].outcome, session.counts.cost_usd) == ("model", "late", 0.01)


@pytest.mark.parametrize("actor", ["model", "agent"])
async def test_that_another_process_may_still_be_at_work_is_told_at_once(tmp_path: Path, actor: str) -> None:
    slow = Slow()
    furnish_for(actor, tmp_path)
    async with opened_desk(tmp_path, slow.answer) as one, opened_desk(tmp_path, [Reply(calls=(SUBMIT,))]) as two:
        await begun(one)
        first, looking = asyncio.create_task(driven(one)), Looking()
        assert await asyncio.to_thread(slow.asked.wait, PATIENCE_S)
        two.session_id = one.session_id
        second = asyncio.create_task(driven(two, looking=looking))
        await asyncio.wait_for(looking.waiting.wait(), LEASE_MS / 2_000)
        second.cancel()
        slow.over.set()
        session, _ = await first
        assert (session.state, one.api.count, two.api.count) == ("finished", 1, 0)


@pytest.mark.parametrize(
    ("roles", "told"),
    [(("boss",), "Only starter may drive this session"), ((), "was started by ada: you may not drive its agent")],
)
async def test_whoever_may_not_drive_the_session_is_told_so(tmp_path: Path, roles: tuple[str, ...], told: str) -> None:
    furnish_for("agent", tmp_path)
    async with opened_desk(tmp_path, []) as desk:
        await begun(desk)
        with pytest.raises(MayNotDrive, match=told):
            await driven(desk, Caller(Actor("agent", "eve", roles), None, "cli"))
        assert desk.api.count == 0


async def test_an_agents_model_that_has_had_its_turns_is_told(tmp_path: Path) -> None:
    furnish_for("agent", tmp_path)
    async with opened_desk(tmp_path, lambda _: Reply(calls=(LOOK,))) as desk:
        await begun(desk)
        with pytest.raises(NotDriven, match="has had its turns"):
            await driven(desk, turns=2)
        assert desk.api.count == 2


async def test_an_agents_model_that_cannot_be_asked_is_told_why_whatever_came_late(tmp_path: Path) -> None:
    furnish_for("agent", tmp_path)
    async with opened_desk(tmp_path, []) as desk:
        await begun(desk)
        with pytest.raises(NotDriven, match="400"):
            await driven(desk)
        await desk.answered_late(LOOK)
        with pytest.raises(NotDriven, match="400"):
            await driven(desk)


async def test_a_process_that_asks_no_models_and_a_session_that_is_not_there_are_told(tmp_path: Path) -> None:
    furnish_for("agent", tmp_path)
    async with opened_desk(tmp_path, []) as desk:
        desk.session_id = "b" * 26
        with pytest.raises(NoSession):
            await driven(desk)
        async with open_application(str(tmp_path / "other.sqlite3"), [], caretaking=False) as asks_none:
            with pytest.raises(NotDriven, match="asks no models"):
                await driven(Desk(asks_none, desk.api, desk.session_id))
