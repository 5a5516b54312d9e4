"""What people decide over HTTP, what is bound to what they have seen, and who cannot."""

from __future__ import annotations

import pytest

from tests.server.governor.desks import Desk, started
from tests.server.http.api.offices import STARTER, Office, in_doubt, in_review, office

REASON = {"reason": "The tenant has moved."}


async def decision(office: Office, session: str, event: str = "approve", **more: object) -> dict[str, object]:
    """Read a review, and make the decision's body."""
    review = await office.seen(f"/reviews/{session}")
    return {"event": event, "shown_digest": review["shown_digest"], "stay": review["stay"], **more}


async def test_a_person_decides_what_they_have_seen_and_is_told_where_the_session_is(served: Office) -> None:
    session = await in_review(served.application)
    body = await decision(served, session, arguments={"text": "Dear owner"}, rationale="Not a tenant.")
    done = await served.post(f"/reviews/{session}/decisions", body)
    assert (done.status_code, done.json()["outcome"], done.json()["state"]) == (200, "done", "sent"), done.text
    [row] = await served.listed("/audit", "own", kind="decided")
    assert (row["actor_id"], row["channel"], row["actor_kind"]) == ("chief", "api", "human")
    assert "Not a tenant." in str(row["body"])
    assert served.application.governor.is_deciding is False
    again = await served.post(f"/reviews/{session}/decisions", body, "own")
    assert (again.status_code, again.json()["refusal"]["code"]) in ((409, "SESSION_ENDED"), (403, "FORBIDDEN"))


@pytest.mark.parametrize("who", ["agent", "own", "system", "auditor"])
async def test_nobody_else_decides(served: Office, who: str) -> None:
    """Design, section 7: no credential of kind agent can decide; the workflow excludes the starter."""
    session = await in_review(served.application)
    body = await decision(served, session)
    refused = await served.post(f"/reviews/{session}/decisions", body, who)
    code, status = ("NOT_FOUND", 404) if who == "auditor" else ("FORBIDDEN", 403)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (status, code)
    assert (await served.seen(f"/sessions/{session}"))["state"] == "review"
    rows = await served.listed("/audit", "own", code="FORBIDDEN")
    assert [row["actor_id"] for row in rows] == {"auditor": [], "own": [STARTER]}.get(who, [who])


async def test_a_decision_on_something_else_than_what_is_shown_is_refused(served: Office) -> None:
    session = await in_review(served.application)
    body = await decision(served, session)
    wrongs = (({"shown_digest": "sha256:0"}, "STALE"), ({"stay": 1}, "STALE"), ({"event": "agree"}, "NOT_ALLOWED"))
    for wrong, code in wrongs:
        refused = await served.post(f"/reviews/{session}/decisions", {**body, **wrong})
        assert (refused.status_code, refused.json()["refusal"]["code"]) == (409, code)
    invalid = await served.post(f"/reviews/{session}/decisions", {**body, "arguments": {"subject": "x"}})
    assert (invalid.status_code, invalid.json()["refusal"]["code"]) == (422, "INVALID_FIELDS")
    missing = await served.post(f"/reviews/{session}/decisions", {**body, "event": "reject"})
    assert (missing.status_code, missing.json()["refusal"]["unmet"][0]["path"]) == (422, "verdict")
    twice = {**body, "rationale": "Seen.", "arguments": {"text": "Dear owner", "rationale": "Not seen."}}
    refused = await served.post(f"/reviews/{session}/decisions", twice)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (422, "INVALID_FIELDS")
    assert "given twice" in refused.json()["refusal"]["message"]
    assert (await served.seen(f"/sessions/{session}"))["state"] == "review"


async def test_a_person_cancels_a_session_of_their_own_and_lets_it_go_on(served: Office) -> None:
    session = (await started(served.application)).session
    for who, code in (("agent", "FORBIDDEN"), ("stranger", "NOT_FOUND")):
        refused = await served.post(f"/sessions/{session}/cancel", REASON, who)
        assert refused.json()["refusal"]["code"] == code
    cancelled = await served.post(f"/sessions/{session}/cancel", REASON, "own")
    assert (cancelled.status_code, cancelled.json()["ended"]["outcome"]) == (200, "cancelled")
    twice = await served.post(f"/sessions/{session}/cancel", REASON, "own")
    assert (twice.status_code, twice.json()["refusal"]["code"]) == (409, "SESSION_ENDED")
    restarted = await served.post(f"/sessions/{session}/restart", {"state": "writing", **REASON}, "own")
    assert (restarted.status_code, restarted.json()["state"]) == (200, "writing")
    assert restarted.json()["waiting_for"]["actor"] == "agent"
    nowhere = await served.post(f"/sessions/{session}/restart", {"state": "nowhere", **REASON}, "own")
    assert nowhere.status_code in (409, 422)


async def test_a_person_settles_a_write_that_nobody_knows_the_outcome_of(served: Office) -> None:
    session = await in_doubt(served.application)
    [write] = await served.listed("/effects", "own")
    body = {"outcome": "done", "reason": "The post office says so.", "result": {"sent": "x"}}
    for who, code in (("agent", "FORBIDDEN"), ("auditor", "NOT_FOUND")):
        refused = await served.post(f"/effects/{write['id']}/settlement", body, who)
        assert refused.json()["refusal"]["code"] == code
    nothing = await served.post(f"/effects/{write['id']}/settlement", {**body, "outcome": "failed"}, "own")
    assert (nothing.status_code, "goes with `done`" in nothing.text) == (422, True)
    settled = await served.post(f"/effects/{write['id']}/settlement", body, "own")
    assert (settled.status_code, settled.json()["status"], settled.json()["state"]) == (200, "done", "in_doubt")
    twice = await served.post(f"/effects/{write['id']}/settlement", body, "own")
    assert twice.status_code == 409
    none = await served.post(f"/effects/{session}.xyz/settlement", body, "own")
    assert none.status_code == 409
    assert (await served.seen(f"/effects/{write['id']}", "own"))["result"] == {"sent": "x"}
    assert (await served.seen("/audit/verification", "auditor"))["ok"] is True


async def test_whoever_has_no_token_on_loopback_is_an_agent_who_decides_nothing(desk: Desk) -> None:
    async with office(desk, tokens=False) as opened:
        assert (await opened.seen("/principal", None))["kind"] == "agent"
        session = await in_review(opened.application)
        body = await decision(opened, session)
        refused = await opened.post(f"/reviews/{session}/decisions", body, None)
        assert (refused.status_code, refused.json()["refusal"]["code"]) == (404, "NOT_FOUND")
        assert (await opened.get("/reviews", None)).status_code == 401
