"""Claims over HTTP: who of several persons decides, and who is kept out of all of it."""

from __future__ import annotations

from typing import Final, cast

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.store.principals import Principal, add_principal, hash_token
from tests.server.governor.desks import AGENT, Desk, acted, replied
from tests.server.http.api.offices import STARTER, Office, in_review, objects, office

OTTO: Final = Principal("otto", "human", ("chief",), hash_token("otto"), None, 1)


async def code(office: Office, path: str, body: object, who: str) -> tuple[int, str | None]:
    """The status of a request, and the code of what was refused."""
    answer = await office.post(path, body, who)
    refusal = answer.json().get("refusal")
    return answer.status_code, None if refusal is None else refusal["code"]


@pytest.fixture
async def several(served: Office) -> Office:
    """Two chiefs, of whom each may decide what neither has started."""
    await served.application.engine.writing(add_principal, OTTO)
    return served


async def test_a_review_is_claimed_taken_over_given_back_and_handed_on(several: Office) -> None:
    session = await in_review(several.application)
    matter = f"/reviews/{session}"
    [listed] = await several.listed("/reviews")
    assert (listed["claimed_by"], (await several.seen(matter))["claim"]) == (None, None)

    claimed = await several.post(f"{matter}/claim", {})
    assert (claimed.status_code, claimed.json()["outcome"], claimed.json()["state"]) == (200, "done", "review")
    assert await code(several, f"{matter}/claim", {}, "otto") == (409, "NOT_YOUR_TURN")
    assert await code(several, f"{matter}/claim", {"take_over": True}, "otto") == (200, None)
    [listed] = await several.listed("/reviews")
    claim = (await several.seen(matter))["claim"]
    assert isinstance(claim, dict)
    assert (listed["claimed_by"], claim["by"], set(claim)) == ("otto", "otto", {"by", "at"})

    assert await code(several, f"{matter}/release", {}, "chief") == (409, "NOT_YOUR_TURN")
    assert await code(several, f"{matter}/release", {}, "otto") == (200, None)
    delegation = {"to": "otto", "reason": "He knows the tenant."}
    assert await code(several, f"{matter}/delegate", delegation, "chief") == (200, None)
    claim = (await several.seen(matter))["claim"]
    assert isinstance(claim, dict)
    assert (claim["given_by"], claim["reason"]) == ("chief", "He knows the tenant.")
    rows = await several.listed(f"/sessions/{session}/audit", "own", limit="1000")
    acts = [(row["actor_id"], row["action"], row["outcome"]) for row in rows if row["kind"] == "admin"]
    assert acts == [
        ("chief", "claim", "done"),
        ("otto", "claim", "done"),
        ("otto", "release", "done"),
        ("chief", "delegate", "done"),
    ]
    bodies = [cast("JsonObject", row["body"]) for row in rows if row["kind"] == "admin"]
    assert [body.get("held_by") for body in bodies] == [None, "chief", "otto", None]
    assert (await several.seen("/audit/verification", "auditor"))["ok"] is True


async def test_whoever_has_not_claimed_it_does_not_decide_it(several: Office) -> None:
    session = await in_review(several.application)
    review = await several.seen(f"/reviews/{session}")
    decision = {"event": "approve", "shown_digest": review["shown_digest"], "stay": review["stay"]}
    await several.post(f"/reviews/{session}/claim", {}, "otto")
    refused = await several.post(f"/reviews/{session}/decisions", decision)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (409, "NOT_YOUR_TURN")
    assert f"pointsman review claim {session} --take-over" in refused.json()["refusal"]["message"]
    assert await code(several, f"/reviews/{session}/decisions", decision, "otto") == (200, None)


@pytest.mark.parametrize("how", ["claim", "release", "delegate"])
@pytest.mark.parametrize("who", ["agent", "own", "system"])
async def test_whoever_may_not_decide_moves_no_claim(several: Office, how: str, who: str) -> None:
    """No agent or system, whatever it is the token of; and not who started the session, whom the workflow excludes."""
    session = await in_review(several.application)
    await several.post(f"/reviews/{session}/claim", {})
    body = {"claim": {"take_over": True}, "release": {}, "delegate": {"to": "otto", "reason": "r"}}[how]
    released_by_another = (409, "NOT_YOUR_TURN")
    expected = released_by_another if (how, who) == ("release", "own") else (403, "FORBIDDEN")
    assert await code(several, f"/reviews/{session}/{how}", body, who) == expected
    [listed] = await several.listed("/reviews")
    assert listed["claimed_by"] == "chief"
    [row] = await several.listed("/audit", "own", code=expected[1])
    assert (row["session_id"], row["action"], row["kind"]) == (session, how, "denied")


async def test_a_claim_of_what_is_not_there_is_answered_like_any_other_question(several: Office) -> None:
    session = await in_review(several.application)
    assert await code(several, f"/reviews/{session}/claim", {}, "auditor") == (404, "NOT_FOUND")
    assert await code(several, f"/reviews/{session}.7/claim", {}, "chief") == (409, "STALE")
    assert await code(several, f"/reviews/{session}/claim", {"take_over": 1}, "chief") == (422, "INVALID_FIELDS")
    assert await code(several, f"/reviews/{session}/delegate", {"to": "otto"}, "chief") == (422, "MISSING_FIELDS")


async def test_nothing_is_delegated_to_an_agent_or_to_whoever_answers_for_the_excluded(several: Office) -> None:
    session = await in_review(several.application)
    owner = Principal(STARTER + "-again", "agent", (), hash_token("x"), "zoe", 1)
    await several.application.engine.writing(add_principal, owner)
    for to, expected in (
        ("agent", (409, "NOT_ALLOWED")),
        ("system", (409, "NOT_ALLOWED")),
        (STARTER, (403, "FORBIDDEN")),
        ("zoe", (200, None)),
    ):
        body = {"to": to, "reason": "r"}
        assert await code(several, f"/reviews/{session}/delegate", body, "chief") == expected, to


async def test_an_excluded_agent_excludes_the_person_who_answers_for_it(desk: Desk) -> None:
    """`exclude` resolves agents to their owners, by the tokens there are, valid or not."""
    file = desk.place / "desk.yaml"
    file.write_text(file.read_text().replace("exclude: [=session.started_by]", "exclude: [=record.subject]"))
    async with office(desk) as served:
        engine = served.application.engine
        await engine.writing(add_principal, OTTO)
        await engine.writing(add_principal, Principal("bot", "agent", (), None, "otto", 1, revoked_at=2))
        start = await served.application.governor.start(AGENT, "desk", {"subject": "bot"})
        session = replied(start).session
        await acted(served.application, session, "desk.look")
        await acted(served.application, session, "ready", {"text": "Dear tenant"})
        review = await served.seen(f"/reviews/{session}")
        decision = {"event": "approve", "shown_digest": review["shown_digest"], "stay": review["stay"]}
        assert await code(served, f"/reviews/{session}/claim", {}, "otto") == (403, "FORBIDDEN")
        assert await code(served, f"/reviews/{session}/decisions", decision, "otto") == (403, "FORBIDDEN")
        assert await code(served, f"/reviews/{session}/decisions", decision, "chief") == (200, None)


async def test_a_review_tells_what_the_agent_proposed_and_a_session_what_a_person_made_of_it(served: Office) -> None:
    session = await in_review(served.application)
    review = await served.seen(f"/reviews/{session}")
    proposal = review["proposal"]
    assert isinstance(proposal, dict)
    assert (proposal["event"], proposal["state"], proposal["actor_id"]) == ("ready", "writing", STARTER)
    assert (proposal["writes"], proposal["confidence"], review["edited"]) == ({"text": "Dear tenant"}, None, {})
    decision = {"event": "approve", "shown_digest": review["shown_digest"], "stay": review["stay"]}
    await served.post(f"/reviews/{session}/decisions", {**decision, "arguments": {"text": "Dear owner"}})
    record = (await served.seen(f"/sessions/{session}", "own"))["record"]
    assert isinstance(record, dict)
    field = record["text"]
    assert isinstance(field, dict)
    was = field["was"]
    assert isinstance(was, dict)
    assert (field["value"], was["value"], was["by"]) == ("Dear owner", "Dear tenant", STARTER)
    assert was["revision"] == proposal["revision"]
    assert "was" not in objects([record["subject"]])[0]


async def test_a_decision_is_used_once_and_of_no_other_session(served: Office) -> None:
    """Faults 19 and 20: forged, replayed, stale and other session's decisions fail, and are audited."""
    sessions = [await in_review(served.application) for _ in range(2)]
    one, other = [await served.seen(f"/reviews/{session}") for session in sessions]
    assert one["shown"] == other["shown"]
    decision = {"event": "approve", "stay": one["stay"]}
    wrong = {**decision, "shown_digest": other["shown_digest"]}
    assert await code(served, f"/reviews/{sessions[0]}/decisions", wrong, "chief") == (409, "STALE")
    right = {**decision, "shown_digest": one["shown_digest"]}
    assert await code(served, f"/reviews/{sessions[0]}/decisions", right, "chief") == (200, None)
    again = await code(served, f"/reviews/{sessions[0]}/decisions", right, "chief")
    assert again in ((409, "SESSION_ENDED"), (403, "FORBIDDEN"), (404, "NOT_FOUND"))
    refused = await served.listed(f"/sessions/{sessions[0]}/audit", "own", limit="1000")
    codes = [row["code"] for row in refused if row["kind"] == "denied"]
    assert codes[0] == "STALE"
    assert (await served.seen(f"/sessions/{sessions[1]}", "own"))["state"] == "review"
