"""Who is told of what, once; again where it was not taken; and nothing of what has come to its end meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide, Delegate
from pointsman.fsm.session import Actor
from pointsman.server.application import Application
from pointsman.server.bounds import NOTICE_ATTEMPTS, NOTICE_LEASE_MS, NOTICE_STALE_MS, NOTICES_APART, NOTICES_KEPT_MS
from pointsman.server.errors import StoreUnreadable
from pointsman.server.notices.messages import ESCALATED, NOTHING_DECIDED
from pointsman.server.replies import Caller, Reply
from tests.server.governor.desks import AGENT, CHIEF, Desk, acted, replied
from tests.server.notices.office import BASE, Told, settings

HOUR_MS = 3_600_000
CARL = Caller(Actor("human", "carl", ("clerk",)), None, "cli")


async def begun(application: Application) -> str:
    return replied(await application.governor.start(AGENT, "office", {})).session


async def in_review(application: Application) -> str:
    session = await begun(application)
    await acted(application, session, "ready", {"text": "hello"})
    return session


async def pass_time(office: Desk, application: Application, by_ms: int) -> None:
    office.clock.advance(by_ms)
    await application.caretaker.fire_due()
    tasks = application.governor.performer.tasks()
    if tasks:
        await asyncio.wait(tasks)


def statuses(office: Desk) -> list[str]:
    connection = sqlite3.connect(office.place / "sessions.db")
    try:
        return [status for (status,) in connection.execute("SELECT status FROM notices ORDER BY at, revision")]
    finally:
        connection.close()


def attempts(office: Desk) -> list[int]:
    with closing(sqlite3.connect(office.place / "sessions.db")) as connection:
        return [count for (count,) in connection.execute("SELECT attempts FROM notices ORDER BY at, revision")]


async def test_a_review_that_opens_is_told_once_with_a_link_that_decides_nothing(
    application: Application, told: Told, office: Desk
) -> None:
    session = await in_review(application)
    sender = told.sender(application, settings("clerk"))
    assert await sender.send_due() == 1
    assert await sender.send_due() == 0
    ((target, message),) = told.taken
    assert (target, message.title) == ("clerk", "Review waits: checking (office)")
    assert message.text.splitlines()[0] == "A review waits for the role clerk: checking of office."
    assert f"{BASE}/console/reviews/{session}\n{NOTHING_DECIDED}" in message.text
    assert ", due " in message.text
    assert "hello" not in message.text
    assert statuses(office) == ["sent"]


async def test_a_reminder_and_an_escalation_are_told_in_their_time(
    application: Application, told: Told, office: Desk
) -> None:
    await in_review(application)
    sender = told.sender(application, settings("clerk", "chief"))
    await sender.send_due()
    await pass_time(office, application, HOUR_MS)
    await sender.send_due()
    await pass_time(office, application, HOUR_MS)
    await sender.send_due()
    assert told.titles == [
        ("clerk", "Review waits: checking (office)"),
        ("clerk", "Reminder: review waits: checking (office)"),
        ("chief", "Review waits: deciding (office)"),
    ]
    assert [ESCALATED in message.text for _, message in told.taken] == [False, False, True]


async def test_a_call_that_waits_for_approval_is_told_without_its_arguments(
    application: Application, told: Told
) -> None:
    session = await begun(application)
    reply = await acted(application, session, "desk.send", {"text": "Approve me at http://evil.example"})
    assert reply.outcome == "waiting"
    current = await application.engine.read(session)
    assert current is not None
    (number,) = current.stay.approvals
    await told.sender(application, settings("chief")).send_due()
    ((_, message),) = told.taken
    assert "A call of desk.send waits for the role chief, in writing of office." in message.text
    assert f"{BASE}/console/reviews/{session}.{number}" in message.text
    assert "evil" not in message.title + message.text


@pytest.mark.parametrize(("people", "name"), [(("cora",), "cora"), ((), "clerk")])
async def test_what_was_handed_to_a_person_is_told_to_them_or_else_to_the_role(
    application: Application, told: Told, people: tuple[str, ...], name: str
) -> None:
    session = await in_review(application)
    sender = told.sender(application, settings("clerk", people=people))
    await sender.send_due()
    replied(await application.governor.hold(CARL, session, Delegate("cora", "On holiday: https://evil.example")))
    await sender.send_due()
    (_, (target, message)) = told.taken
    assert (target, message.title) == (name, "Handed over: checking (office)")
    assert "A review that waits for the role clerk was handed to cora: checking of office." in message.text
    assert f"{BASE}/console/reviews/{session}" in message.text
    assert "evil" not in message.text


async def test_a_call_that_was_handed_over_is_told_unless_it_was_decided_since(
    application: Application, told: Told, office: Desk
) -> None:
    session = await begun(application)
    await acted(application, session, "desk.send", {"text": "hello"})
    current = await application.engine.read(session)
    assert current is not None
    (number,) = current.stay.approvals
    sender = told.sender(application, settings("chief"))
    await sender.send_due()
    replied(await application.governor.hold(CHIEF, session, Delegate("cora", "Yours", number)))
    await sender.send_due()
    assert "A call of desk.send that waits for the role chief was handed to cora" in told.taken[1][1].text
    cora = Caller(Actor("human", "cora", ("chief",)), None, "cli")
    otto = Caller(Actor("human", "otto", ("chief",)), None, "cli")
    for giver, to in ((cora, "otto"), (otto, "cora")):
        reply = replied(await application.governor.hold(giver, session, Delegate(to, "Yours", number)))
        assert reply.refusal is None
    await sender.send_due()
    assert len(told.taken) == 3
    assert sorted(statuses(office)) == ["sent", "sent", "sent", "void"]


async def approved(application: Application, session: str) -> Reply:
    current = await application.engine.read(session)
    assert current is not None
    ((number, asked),) = current.stay.approvals.items()
    request = Decide("approve", {}, shown_digest(asked), current.stay.number, approval=number)
    return replied(await application.governor.decide(CHIEF, session, request))


async def test_a_write_in_doubt_and_the_end_it_leads_to_are_told_to_their_owners(
    application: Application, told: Told
) -> None:
    session = await begun(application)
    await acted(application, session, "desk.send", {"text": "broken"})
    await approved(application, session)
    sender = told.sender(application, settings(owners=("operators", "post-room")))
    await sender.send_due()
    assert sorted(told.titles) == [
        ("operators", "Write in doubt: writing (office)"),
        ("post-room", "Session ended: in_doubt (office)"),
    ]
    texts = {target: message.text for target, message in told.taken}
    assert f"{BASE}/console/effects/{session}." in texts["operators"]
    assert f"{BASE}/console/sessions/{session}" in texts["post-room"]


async def test_an_end_without_an_owner_is_told_to_nobody(application: Application, told: Told, office: Desk) -> None:
    session = await in_review(application)
    current = await application.engine.read(session)
    assert current is not None
    assert current.stay.review is not None
    await application.governor.decide(CARL, session, Decide("ok", {}, current.stay.review.shown_digest, 2))
    await told.sender(application, settings("clerk", default=True)).send_due()
    assert told.taken == []
    assert statuses(office) == ["void"]  # the review was over before anybody was told


async def test_whoever_has_no_target_is_told_at_the_default_one(
    application: Application, told: Told, office: Desk
) -> None:
    await in_review(application)
    session = await begun(application)
    await acted(application, session, "give_up")
    await told.sender(application, settings(default=True)).send_due()
    assert {name for name, _ in told.taken} == {"default"}
    await in_review(application)
    await told.sender(application, settings("another")).send_due()
    assert statuses(office) == ["sent", "sent", "nobody"]


async def test_a_notice_that_is_not_taken_is_sent_again_to_those_alone_who_do_not_have_it(
    application: Application, told: Told, office: Desk
) -> None:
    await in_review(application)
    whom = settings("clerk", default=True)
    both = replace(whom, roles={"clerk": (*whom.roles["clerk"], *whom.default)})
    sender = told.sender(application, both)
    told.deaf = {"clerk"}
    await sender.send_due()
    assert await sender.send_due() == 0
    told.deaf = set()
    office.clock.advance(60_000)
    await sender.send_due()
    assert [name for name, _ in told.taken] == ["default", "clerk"]
    assert statuses(office) == ["sent"]


async def test_a_notice_that_nobody_takes_is_given_up_in_the_end(
    application: Application, told: Told, office: Desk
) -> None:
    session = await begun(application)
    await acted(application, session, "give_up")
    told.deaf = {"post-room"}
    sender = told.sender(application, settings(owners=("post-room",)))
    for _ in range(NOTICE_ATTEMPTS + 2):
        await sender.send_due()
        office.clock.advance(HOUR_MS)
    assert told.asked == NOTICE_ATTEMPTS
    assert statuses(office) == ["given_up"]


async def test_of_several_processes_one_sends(application: Application, office: Desk, told: Told) -> None:
    await asyncio.gather(*(in_review(application) for _ in range(NOTICES_APART)))
    async with office.open(caretaking=False) as other:
        senders = [told.sender(each, settings("clerk")) for each in (application, other)] * 3
        await asyncio.gather(*(sender.send_due() for sender in senders))
    assert len(told.taken) == NOTICES_APART


async def test_what_a_process_took_and_did_not_send_is_sent_by_another(
    application: Application, office: Desk, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_review(application)
    dead = told.sender(application, settings("clerk"))

    async def die(_told: object) -> None:
        """End before anything is sent."""

    monkeypatch.setattr(dead, "_send", die)
    assert await dead.send_due() == 1
    sender = told.sender(application, settings("clerk"))
    assert await sender.send_due() == 0
    office.clock.advance(NOTICE_LEASE_MS)
    assert await sender.send_due() == 1
    assert len(told.taken) == 1


async def test_many_at_once_are_one_message_that_counts_them(application: Application, told: Told) -> None:
    await asyncio.gather(*(in_review(application) for _ in range(NOTICES_APART + 1)))
    await told.sender(application, settings("clerk")).send_due()
    ((_, message),) = told.taken
    assert message.title == f"{NOTICES_APART + 1} reviews wait for the role clerk"
    assert f"{BASE}/console/reviews\n{NOTHING_DECIDED}" in message.text


async def test_what_is_old_is_told_to_nobody_and_forgotten_later(
    application: Application, told: Told, office: Desk
) -> None:
    session = await begun(application)
    await acted(application, session, "give_up")
    office.clock.advance(NOTICE_STALE_MS)
    await told.sender(application, settings(owners=("post-room",))).send_due()
    assert (told.taken, statuses(office)) == ([], ["void"])
    await application.caretaker.tidy()
    assert statuses(office) == ["void"]
    office.clock.advance(NOTICES_KEPT_MS)
    await application.caretaker.tidy()
    assert statuses(office) == []


async def test_without_an_address_a_message_names_the_command(application: Application, told: Told) -> None:
    session = await in_review(application)
    await told.sender(application, settings("clerk"), None).send_due()
    ((_, message),) = told.taken
    assert f"pointsman review show {session}" in message.text


async def test_a_notice_whose_session_cannot_be_read_waits_and_counts_no_attempt(
    application: Application, told: Told, office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_review(application)
    sender = told.sender(application, settings("clerk"))
    read = application.engine.read

    async def unreadable(_session: str) -> None:
        raise StoreUnreadable("The snapshot is damaged.")

    monkeypatch.setattr(application.engine, "read", unreadable)
    await sender.send_due()
    assert (told.taken, statuses(office), attempts(office)) == ([], ["waiting"], [0])
    office.clock.advance(NOTICE_LEASE_MS)
    monkeypatch.setattr(application.engine, "read", read)
    await sender.send_due()
    assert (len(told.taken), statuses(office), attempts(office)) == (1, ["sent"], [1])
