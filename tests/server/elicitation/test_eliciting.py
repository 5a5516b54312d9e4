"""A review that is decided inside an MCP client: by the SDK's own client, in both eras, through the whole governor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mcp.client import ClientRequestContext
from mcp_types import INTERNAL_ERROR, ElicitRequestParams, ElicitResult, ErrorData

from pointsman.fsm.commands import Claim, Decide
from pointsman.fsm.session import Actor
from pointsman.server.errors import StoreBusy
from pointsman.server.replies import Caller
from tests.server.elicitation.payouts import (
    ACCEPTED,
    BOTH_ERAS,
    NOTHING,
    PAYOUT,
    WHAT,
    Chief,
    Person,
    Said,
    Slow,
    accept,
    desk,
)


@BOTH_ERAS
async def test_an_answer_decides_and_the_reply_tells_where_the_session_is_then(tmp_path: Path, mode: str) -> None:
    """Design, section 7: recorded with person, role, channel, edits, rationale and the hash of what was shown."""
    person = Person([accept("approve", rationale="Seen the bill", route="express", amount=120)])
    async with desk(tmp_path, mode, person) as client:
        reply = await client.submit()
        assert (reply["state"], reply["outcome"], reply["ended"]["outcome"]) == ("paid", "done", "success")
        (decided,) = await client.rows("decided")
        assert (decided["actor_kind"], decided["actor_id"]) == ("human", "local:chief")
        assert (decided["channel"], decided["client"], decided["action"]) == ("elicitation", "claude-code", "approve")
        body = decided["body"]
        assert isinstance(body, dict)
        assert (body["role"], body["rationale"]) == ("chief", "Seen the bill")
        assert body["edits"] == {"route": {"before": "standard", "after": "express", "revision": 3}}
        (opened,) = [row["body"] for row in await client.rows("entered") if row["state_after"] == "deciding"]
        assert isinstance(opened, dict)
        assert str(body["shown_digest"]) in str(opened)
    assert len(person.asked) == 1


@BOTH_ERAS
async def test_the_form_offers_what_can_be_said_in_it(tmp_path: Path, mode: str) -> None:
    person = Person([accept("reject")])
    async with desk(tmp_path, mode, person) as client:
        assert (await client.submit())["state"] == "rejected"
    shown = person.properties
    assert shown["decision"]["enum"] == ["approve", "ask", "reject"]  # `itemise` needs what no form can say
    assert shown["decision"]["enumNames"][0] == "approve: Pay it."
    assert set(shown) == {"decision", "amount", "route", "question", "rationale"}
    assert shown["amount"] == {"type": "number", "minimum": 0, "default": 120}
    assert shown["route"] == {"type": "string", "enum": ["standard", "express"], "default": "standard"}
    assert shown["question"]["description"] == "Pattern: [?]$ (for ask)"
    assert person.asked[0].requested_schema["required"] == ["decision"]
    message = person.asked[0].message
    assert message.startswith("Pointsman asks local:chief to decide a review as chief.\n")
    assert "Goal: Nobody is paid twice.\n" in message
    assert message.endswith("| to: ann\n| amount: 120\n| note: Taxi\n| route: standard")


@BOTH_ERAS
@pytest.mark.parametrize(
    "said",
    [
        ElicitResult(action="decline"),
        NOTHING,
        accept("pay"),
        accept("approve", amount="much"),
        accept("approve", amount=-1),
        accept("approve", route="by ship"),
        ElicitResult(action="accept"),
        ElicitResult(action="accept", content={"rationale": "so"}),
        ElicitResult(action="accept", content={"decision": ["approve"]}),
    ],
    ids=[
        "decline",
        "cancel",
        "no event",
        "no number",
        "below the least",
        "no choice",
        "no content",
        "no decision",
        "a list",
    ],
)
async def test_what_is_no_answer_changes_nothing_and_is_no_refusal(tmp_path: Path, mode: str, said: Said) -> None:
    person = Person([said])
    async with desk(tmp_path, mode, person) as client:
        reply = await client.submit()
        assert (reply["state"], reply["outcome"], reply["is_error"]) == ("deciding", "done", False)
        assert reply["waiting_for"] == {"actor": "human", "role": "chief"}
        assert await client.rows("decided") == await client.rows("denied") == []
    assert len(person.asked) == 1


async def test_a_client_of_the_handshake_era_that_fails_has_given_no_answer(tmp_path: Path) -> None:
    """In the 2026 era such a client does not come back."""
    async with desk(tmp_path, "legacy", Person([ErrorData(code=INTERNAL_ERROR, message="no\x1b[2J")])) as client:
        assert (await client.submit())["state"] == "deciding"
        assert await client.rows("denied") == []


@BOTH_ERAS
async def test_a_client_that_cannot_ask_is_answered_as_ever(tmp_path: Path, mode: str) -> None:
    async with desk(tmp_path, mode, None) as client:
        assert (await client.submit())["waiting_for"]["role"] == "chief"


@BOTH_ERAS
@pytest.mark.parametrize(
    ("text", "people"),
    [
        (PAYOUT, Chief()),
        (ACCEPTED, Chief("local:chief", "clerk")),
        (ACCEPTED.replace("role: chief", "role: chief\n      exclude: [=session.started_by]"), Chief("local:tester")),
        (ACCEPTED.replace("role: chief", "role: chief\n      exclude: [=session.started_by]"), Chief("local:chief")),
    ],
    ids=["not accepted", "without the role", "excluded", "another"],
)
async def test_only_who_may_decide_is_asked(tmp_path: Path, mode: str, text: str, people: Chief) -> None:
    """Faults 21: a client that answers everything by itself decides nothing where the workflow does not let it."""
    may = text != PAYOUT and people.roles == ("chief",) and people.name == "local:chief"
    person = Person([accept("approve")] * 9)
    async with desk(tmp_path, mode, person, text=text, people=people) as client:
        state = (await client.submit())["state"]
        assert (await client.status())["state"] == state == ("paid" if may else "deciding")
        assert await client.rows("denied") == []
    assert len(person.asked) == may


@BOTH_ERAS
@pytest.mark.parametrize(("holder", "asked"), [("maria", False), ("local:chief", True)])
async def test_what_another_has_claimed_is_asked_of_nobody_else(
    tmp_path: Path, mode: str, holder: str, *, asked: bool
) -> None:
    person = Person([NOTHING, accept("approve")])
    async with desk(tmp_path, mode, person) as client:
        await client.submit()
        claimer = Caller(Actor("human", holder, ("chief",)), None, "cli")
        claimed = await client.application.governor.hold(claimer, client.session, Claim())
        assert claimed.refusal is None
        assert (await client.status())["state"] == ("paid" if asked else "deciding")
    assert len(person.asked) == 1 + asked


@BOTH_ERAS
async def test_who_answers_for_an_excluded_agent_is_not_asked(tmp_path: Path, mode: str) -> None:
    """Design, section 7: `exclude` means people."""
    text = ACCEPTED.replace("role: chief", 'role: chief\n      exclude: ["local:chief/bot"]')
    person = Person([accept("approve")])
    async with desk(tmp_path, mode, person, text=text) as client:
        assert (await client.submit())["state"] == "deciding"
    assert person.asked == []


@BOTH_ERAS
async def test_nobody_is_asked_where_nobody_is_known(tmp_path: Path, mode: str) -> None:
    nobody, person = Chief(), Person([accept("approve")])
    nobody.name = None
    async with desk(tmp_path, mode, person, people=nobody) as client:
        assert (await client.submit())["state"] == "deciding"
    assert person.asked == []


@BOTH_ERAS
async def test_the_status_asks_again_but_not_who_has_declined(tmp_path: Path, mode: str) -> None:
    person = Person([NOTHING, ElicitResult(action="decline")])
    async with desk(tmp_path, mode, person) as client:
        await client.submit()
        for _ in range(3):
            assert (await client.status())["state"] == "deciding"
    assert len(person.asked) == 2


@BOTH_ERAS
async def test_an_agent_that_keeps_asking_has_its_person_asked_three_times(tmp_path: Path, mode: str) -> None:
    person = Person([])
    async with desk(tmp_path, mode, person) as client:
        await client.submit()
        for _ in range(5):
            await client.status()
        refused = await client.agent.call("submit", amount=1, note="", route="standard")
        assert refused["refusal"]["code"] == "NOT_YOUR_TURN"
    assert len(person.asked) == 3


@BOTH_ERAS
async def test_an_answer_that_the_contract_does_not_take_is_asked_for_again(tmp_path: Path, mode: str) -> None:
    person = Person([accept("ask", question=""), accept("ask", question="Why so"), accept("ask", question="Why?")])
    async with desk(tmp_path, mode, person) as client:
        reply = await client.submit()
        assert (reply["state"], reply["goal"]) == ("preparing", "Say what is paid.")
        denied = await client.rows("denied")
        assert [row["code"] for row in denied] == ["MISSING_FIELDS", "INVALID_FIELDS"]
        assert {(row["actor_id"], row["channel"]) for row in denied} == {("local:chief", "elicitation")}
    assert [one.message.startswith("Your answer was not taken: ask does not") for one in person.asked] == [
        False,
        True,
        True,
    ]


@BOTH_ERAS
async def test_a_rationale_is_demanded_where_the_workflow_does(tmp_path: Path, mode: str) -> None:
    text = ACCEPTED.replace("      role: chief\n", "      role: chief\n      rationale: required\n")
    person = Person([accept("approve", rationale=""), accept("approve", rationale="Seen it")])
    async with desk(tmp_path, mode, person, text=text) as client:
        assert (await client.submit())["state"] == "deciding"
        assert (await client.status())["state"] == "paid"
        assert await client.rows("denied") == []
    assert person.asked[0].requested_schema["required"] == ["decision", "rationale"]
    assert person.properties["rationale"]["minLength"] == 1


@BOTH_ERAS
async def test_one_person_has_one_vote(tmp_path: Path, mode: str) -> None:
    text = ACCEPTED.replace("Pay it., next", "Pay it., approvals: 2, next")
    person, people = Person([accept("approve")] * 9), Chief()
    async with desk(tmp_path, mode, person, text=text, people=people) as client:
        for _ in range(2):
            reply = await client.status() if person.asked else await client.submit()
            assert (reply["state"], reply.get("result")) == ("deciding", None)
        assert len(person.asked) == 1
        assert "It takes 2 persons who say the same for approve." in person.asked[0].message
        people.name = "local:maria"
        assert (await client.status())["state"] == "paid"
        assert "Said so far: approve, by local:chief." in person.asked[1].message
        assert [row["outcome"] for row in await client.rows("decided")] == ["counted", "done"]


@BOTH_ERAS
async def test_what_an_agent_wrote_cannot_pass_for_what_the_server_says(tmp_path: Path, mode: str) -> None:
    note = "Fine\nPointsman asks you: approve\u202e\x1b[2J\r" + "x" * 95 + "Pointsman asks"
    person = Person([])
    async with desk(tmp_path, mode, person) as client:
        await client.submit(note=note)
    lines = person.asked[0].message.split("\n")
    begin = lines.index("| note:")
    assert lines[begin + 1 : begin + 3] == ["|   Fine", "|   Pointsman asks you: approve\\u202e\\x1b[2J\\r" + "x" * 54]
    assert [line for line in lines if line.startswith("Pointsman")] == [lines[0]]
    assert all(line.startswith("| ") for line in lines[begin:])


@BOTH_ERAS
@pytest.mark.parametrize("note", ["x" * 9_000, "\n" * 300], ids=["long", "of many lines"])
async def test_nobody_decides_inside_a_client_on_more_than_can_be_shown_there(
    tmp_path: Path, mode: str, note: str
) -> None:
    person = Person([accept("approve")])
    async with desk(tmp_path, mode, person) as client:
        assert (await client.submit(note=note))["state"] == "deciding"
    assert person.asked == []


@BOTH_ERAS
async def test_who_is_nobody_any_more_when_they_answer_decides_nothing(tmp_path: Path, mode: str) -> None:
    people = Chief()

    class Leaver(Person):
        async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
            people.name = None
            return await super().answer(context, params)

    async with desk(tmp_path, mode, Leaver([accept("approve")]), people=people) as client:
        assert (await client.submit())["state"] == "deciding"
        assert await client.rows("decided") == []


async def test_a_late_answer_counts_in_the_handshake_era(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply waits no longer than any reply; the question stays, and is not asked a second time meanwhile."""
    monkeypatch.setattr("pointsman.server.surfaces.waiting.REPLY_WAIT_MS", 50)
    thought, person = asyncio.Event(), Slow([accept("approve")])
    person.thought = thought
    async with desk(tmp_path, "legacy", person) as client:
        assert (await client.submit())["state"] == "deciding"
        assert (await client.status())["state"] == "deciding"
        thought.set()
        await client.until("paid")
        assert (await client.status())["state"] == "paid"
    assert len(person.asked) == 1


@BOTH_ERAS
async def test_an_answer_about_what_is_over_is_refused_and_recorded(tmp_path: Path, mode: str) -> None:
    """Faults 20: evidence changed after display."""
    person = Slow([accept("approve")])
    async with desk(tmp_path, mode, person) as client:
        submitting = asyncio.create_task(client.submit())
        await person.reads.wait()
        session = await client.application.engine.read(client.session)
        assert session is not None
        assert session.stay.review is not None
        maria = Caller(Actor("human", "maria", ("chief",)), None, "cli")
        request = Decide("ask", {"question": "Why?"}, session.stay.review.shown_digest, session.stay.number)
        await client.application.governor.decide(maria, client.session, request)
        person.thought.set()
        assert (await submitting)["state"] == "preparing"
        (denied,) = await client.rows("denied")
        assert (denied["actor_id"], denied["channel"]) == ("local:chief", "elicitation")
        assert denied["code"] in ("STALE", "NOT_YOUR_TURN")


@BOTH_ERAS
async def test_a_failure_while_it_is_decided_is_not_one_of_the_call(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person([accept("approve")])
    async with desk(tmp_path, mode, person) as client:

        async def busy(*_: object) -> object:
            raise StoreBusy

        monkeypatch.setattr(client.application.governor, "decide", busy)
        reply = await client.submit()
        assert (reply["state"], reply["outcome"]) == ("deciding", "done")
    assert len(person.asked) == 1


async def test_of_too_many_reviews_that_were_asked_the_first_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.elicitation.eliciting.REVIEWS_ASKED", 1)
    declined = ElicitResult(action="decline")
    person = Person([declined] * 3)
    async with desk(tmp_path, "legacy", person) as client:
        await client.submit()
        other = (await client.agent.call("start_payout", to="bob"))["session"]
        await client.agent.call("submit", session=other, **WHAT)
        await client.agent.call("session_status", session=client.session)
    assert len(person.asked) == 3
