"""Calls of tools that wait for a person, over HTTP (workflow format, "a tool in a state": `approval`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.server.governor.desks import Desk, acted, started
from tests.server.http.api.offices import Office, in_review, objects, office
from tests.server.http.api.test_openapi import closed, held

LETTER = {"text": "hello"}


@pytest.fixture
async def served(desk: Desk) -> AsyncIterator[Office]:
    """The desk, where a chief approves each letter that the agent wants to send."""
    file = desk.place / "desk.yaml"
    approval = "approval: {role: chief, exclude: [=session.started_by], within: 1h}"
    file.write_text(file.read_text().replace("{use: desk.send}", f"{{use: desk.send, {approval}}}"))
    async with office(desk) as opened:
        yield opened


async def test_a_call_is_seen_approved_and_has_run_when_that_is_answered(served: Office) -> None:
    session = (await started(served.application)).session
    await acted(served.application, session, "desk.send", {**LETTER})
    [entry] = await served.listed("/reviews", "chief", role="chief")
    assert (entry["kind"], entry["tool"], entry["arguments"]) == ("call", "desk.send", LETTER)
    document = closed((await served.get("/openapi.json", None)).json())
    shown = await served.seen(f"/reviews/{entry['id']}")
    held(document, document["paths"]["/api/reviews/{id}"]["get"]["responses"]["200"], shown, "review")
    decision = {"event": "approve", "shown_digest": shown["shown_digest"], "stay": shown["stay"]}
    for who, code in (("own", "FORBIDDEN"), ("agent", "FORBIDDEN"), ("auditor", "NOT_FOUND")):
        refused = await served.post(f"/reviews/{entry['id']}/decisions", decision, who)
        assert refused.json()["refusal"]["code"] == code, who
    approved = await served.post(f"/reviews/{entry['id']}/decisions", decision)
    assert (approved.status_code, approved.json()["outcome"], approved.json()["state"]) == (200, "done", "writing")
    twice = await served.get(f"/reviews/{entry['id']}")
    assert (twice.status_code, "approved by chief, and is done" in twice.json()["refusal"]["message"]) == (409, True)
    assert await served.listed("/reviews") == []
    whole = await served.seen(f"/sessions/{session}")
    held(document, document["paths"]["/api/sessions/{id}"]["get"]["responses"]["200"], whole, "session")
    outline = await served.seen(f"/sessions/{session}", "agent")
    assert "hello" not in str(outline)


async def test_a_call_that_is_rejected_does_not_run(served: Office) -> None:
    session = (await started(served.application)).session
    await acted(served.application, session, "desk.send", {**LETTER})
    [entry] = await served.listed("/reviews")
    shown = await served.seen(f"/reviews/{entry['id']}")
    decision = {"event": "reject", "shown_digest": shown["shown_digest"], "stay": shown["stay"], "rationale": "No."}
    rejected = await served.post(f"/reviews/{entry['id']}/decisions", decision)
    assert (rejected.status_code, rejected.json()["outcome"]) == (200, "done")
    [approval] = objects((await served.seen(f"/sessions/{session}"))["approvals"])
    assert (approval["status"], approval["rationale"]) == ("rejected", "No.")
    assert served.application.governor.is_deciding is False


async def test_a_token_that_is_bound_to_a_session_sees_its_workflow_and_nothing_else(served: Office) -> None:
    own, other = (await started(served.application)).session, (await started(served.application)).session
    await served.bind("clerk", own)
    assert [one["session"] for one in await served.listed("/sessions", "clerk")] == [own]
    assert [one["workflow"] for one in await served.listed("/workflows", "clerk")] == ["desk"]
    assert {row["session_id"] for row in await served.listed("/audit", "clerk")} == {own}
    assert (await served.get(f"/sessions/{other}", "clerk")).status_code == 404
    assert (await served.seen("/principal", "clerk"))["session"] == own


async def test_reviews_and_calls_are_one_list_whose_pages_hold_each_once(served: Office) -> None:
    for _ in range(2):
        session = (await started(served.application)).session
        await acted(served.application, session, "desk.send", {**LETTER})
        await acted(served.application, session, "desk.send", {"text": "again"})
        await in_review(served.application)
    whole = await served.listed("/reviews")
    assert [one["kind"] for one in whole] == ["call", "call", "review"] * 2
    found: list[object] = []
    cursor: dict[str, str] = {}
    while True:
        page = await served.seen("/reviews", limit="1", **cursor)
        found += [one["id"] for one in objects(page["items"])]
        if page["cursor"] is None:
            break
        cursor = {"cursor": str(page["cursor"])}
    assert found == [one["id"] for one in whole]
