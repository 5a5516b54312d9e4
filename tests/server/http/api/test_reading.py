"""What is shown over HTTP, and to whom."""

from __future__ import annotations

import pytest

from tests.server.governor.desks import started
from tests.server.http.api.offices import STARTER, Office, in_doubt, in_review, objects


async def test_everybody_is_told_who_they_are(served: Office) -> None:
    assert await served.seen("/principal", "agent") == {
        "kind": "agent",
        "id": "agent",
        "roles": [],
        "owner": STARTER,
        "session": None,
        "expires_at": None,
    }
    assert (await served.seen("/principal", "system"))["kind"] == "system"


async def test_sessions_are_listed_to_those_who_may_see_them(served: Office) -> None:
    session = (await started(served.application)).session
    waiting = await in_review(served.application)
    assert [one["session"] for one in await served.listed("/sessions", "agent")] == [waiting, session]
    assert [one["session"] for one in await served.listed("/sessions", "chief")] == [waiting]
    assert await served.listed("/sessions", "stranger") == []
    for parameters, names in (
        ({"state": "writing"}, [session]),
        ({"waiting_for": "human"}, [waiting]),
        ({"role": "chief"}, [waiting]),
        ({"ended": "true"}, []),
        ({"ended": "false", "started_by": STARTER}, [waiting, session]),
        ({"begins": session[:20]}, [session]),
        ({"begins": "%"}, []),
        ({"begins": session[:3] + "_"}, []),
        ({"workflow": "' OR 1=1 --"}, []),
        ({"since": "2999-01-01"}, []),
        ({"until": "2999-01-01T00:00:00Z"}, [waiting, session]),
    ):
        assert [one["session"] for one in await served.listed("/sessions", "agent", **parameters)] == names, parameters


async def test_a_list_goes_on_by_its_cursor(served: Office) -> None:
    sessions = [(await started(served.application)).session for _ in range(3)]
    first = await served.seen("/sessions", "agent", limit="2")
    rest = await served.seen("/sessions", "agent", limit="2", cursor=str(first["cursor"]))
    found = [one["session"] for page in (first, rest) for one in objects(page["items"])]
    assert (found, rest["cursor"]) == (sessions[::-1], None)


async def test_what_a_session_holds_is_for_people(served: Office) -> None:
    session = await in_review(served.application)
    whole, outline = await served.seen(f"/sessions/{session}"), await served.seen(f"/sessions/{session}", "agent")
    assert isinstance(whole["record"], dict)
    assert "Dear tenant" in str(whole["record"]["text"])
    assert "Dear tenant" not in str(outline)
    assert {*whole} - {*outline} == {"record"}
    diagram = await served.seen(f"/sessions/{session}/diagram", "agent")
    assert str(diagram["diagram"]).startswith("flowchart")


async def test_what_is_not_a_callers_is_answered_as_what_is_not_there(served: Office) -> None:
    session = await in_doubt(served.application)
    write = objects((await served.seen("/effects", "own"))["items"])[0]["id"]
    nobody = "a" * 26
    for path in (
        "/sessions/{}",
        "/sessions/{}/audit",
        "/sessions/{}/diagram",
        "/sessions/{}/replay",
        "/reviews/{}",
        "/effects/{}.7",
        "/effects?session={}",
        "/audit/verification?session={}",
    ):
        foreign = await served.get(path.format(session), "auditor")
        missing = await served.get(path.format(nobody), "auditor")
        assert (foreign.status_code, missing.status_code) == (404, 404), path
        assert foreign.text == missing.text, path
        assert foreign.json()["refusal"]["code"] == "NOT_FOUND"
    assert (await served.get(f"/effects/{write}", "own")).status_code == 200
    assert {code for _, code in await served.strays()} == {"NOT_FOUND"}
    assert len(await served.strays()) == 16


async def test_a_review_is_shown_to_whoever_decides_it(served: Office) -> None:
    session = await in_review(served.application)
    [entry] = await served.listed("/reviews")
    assert (entry["id"], entry["role"], entry["kind"]) == (session, "chief", "review")
    assert await served.listed("/reviews", role="cook") == []
    assert await served.listed("/reviews", workflow="other") == []
    review = await served.seen(f"/reviews/{session}")
    assert list(review["shown"] if isinstance(review["shown"], dict) else ()) == ["text", "fetched"]
    assert (review["edit"], review["exclude"]) == (["text"], ["session.started_by"])
    assert [one["event"] for one in objects(review["decisions"])] == ["approve", "reject"]
    nothing = await served.get(f"/reviews/{(await started(served.application)).session}", "own")
    assert (nothing.status_code, nothing.json()["refusal"]["code"]) == (409, "NOT_ALLOWED")
    lapsed = await served.get(f"/reviews/{session}.99")
    assert (lapsed.status_code, lapsed.json()["refusal"]["code"]) == (409, "NOT_ALLOWED")


async def test_a_write_in_doubt_is_shown_with_its_story(served: Office) -> None:
    session = await in_doubt(served.application)
    [entry] = await served.listed("/effects", "own")
    assert (entry["session"], entry["status"]) == (session, "unknown")
    assert await served.listed("/effects", "own", session=session, status="done") == []
    shown = await served.seen(f"/effects/{entry['id']}", "own")
    assert (shown["arguments"], shown["status"]) == ({"text": "broken"}, "unknown")
    assert "Settled as unknown." in str(shown["story"])
    missing = await served.get(f"/effects/{session}.1", "own")
    assert (missing.status_code, missing.json()["refusal"]["code"]) == (404, "NOT_FOUND")
    assert await served.listed("/effects", "auditor") == []


async def test_rows_are_those_of_sessions_one_may_see_and_their_bodies_are_for_people(served: Office) -> None:
    session = await in_review(served.application)
    rows = await served.listed(f"/sessions/{session}/audit")
    assert [row["revision"] for row in rows] == list(range(1, len(rows) + 1))
    assert "Dear tenant" in str(rows)
    without = await served.listed(f"/sessions/{session}/audit", "agent")
    assert "Dear tenant" not in str(without)
    assert [row["hash"] for row in without] == [row["hash"] for row in rows]
    entered = await served.listed("/audit", "agent", kind="entered", actor=STARTER)
    assert {row["session_id"] for row in entered} == {session}
    assert "body" not in entered[0]
    assert await served.listed("/audit", "stranger") == []
    assert await served.listed("/audit", until="2001-01-01") == []


async def test_what_belongs_to_no_session_is_for_auditors(served: Office) -> None:
    await served.get("/sessions/nobodys")
    strays = await served.listed("/audit", "auditor", session="server")
    assert [row["action"] for row in strays] == ["session"]
    assert len(await served.listed("/sessions/server/audit", "auditor")) == 1
    assert (await served.seen("/audit/verification", "auditor", session="server"))["ok"] is True
    for who in ("chief", "agent", "system"):
        for path in ("/audit?session=server", "/sessions/server/audit", "/audit/verification"):
            refused = await served.get(path, who)
            assert (refused.status_code, refused.json()["refusal"]["code"]) == (404, "NOT_FOUND"), (who, path)


async def test_histories_are_verified_and_sessions_made_again(served: Office) -> None:
    session = await in_review(served.application)
    report = await served.seen("/audit/verification", "agent", session=session)
    assert (report["ok"], report["histories"]) == (True, 1)
    await started(served.application)
    everything = await served.seen("/audit/verification", "auditor", limit="1")
    assert (everything["ok"], everything["histories"], len(objects(everything["items"]))) == (True, 2, 1)
    again = await served.seen(f"/sessions/{session}/replay")
    assert (again["equal"], again["state"]) == (True, "review")
    part = await served.seen(f"/sessions/{session}/replay", to="2")
    assert (part["equal"], part["revision"]) == (None, 2)


async def test_workflows_are_told_with_what_a_start_takes(served: Office) -> None:
    [entry] = await served.listed("/workflows", "stranger")
    workflow = await served.seen(f"/workflows/{entry['workflow']}", "stranger")
    assert (workflow["roles"], workflow["initial"]) == (["chief"], "writing")
    states = {str(one["state"]): one for one in objects(workflow["states"])}
    assert (states["review"]["actor"], states["review"]["role"]) == ("human", "chief")
    assert states["review"]["leads_to"] == ["sending", "dropped"]
    missing = await served.get("/workflows/other", "stranger")
    assert (missing.status_code, missing.json()["refusal"]["code"]) == (404, "NOT_FOUND")


async def test_the_sessions_of_a_workflow_are_counted_as_far_as_they_are_seen(served: Office) -> None:
    await started(served.application)
    await in_review(served.application)
    for who, states in (("agent", {"writing": 1, "review": 1}), ("chief", {"review": 1}), ("stranger", {})):
        counts = await served.seen("/workflows/desk/counts", who)
        assert {one["state"]: one["open"] for one in objects(counts["states"])} == states
        assert (counts["open"], counts["ended"]) == (sum(states.values()), 0)
    assert (await served.get("/workflows/other/counts", "agent")).status_code == 404


async def test_sessions_are_found_by_what_they_were_started_with_by_people_alone(served: Office) -> None:
    session = await in_review(served.application)
    for who, search, names in (
        ("chief", "Ren", [session]),
        ("agent", "Ren", []),
        ("chief", "ent", []),
        ("chief", "r%", []),
        ("agent", session[:8].upper(), [session]),
        ("agent", STARTER, [session]),
        ("agent", STARTER[:-1], []),
        ("stranger", session, []),
    ):
        found = await served.listed("/sessions", who, search=search)
        assert [one["session"] for one in found] == names, (who, search)


@pytest.mark.parametrize("path", ["/reviews", "/effects", "/reviews/x", "/effects/x", "/sessions/x/replay"])
async def test_what_holds_the_values_of_sessions_takes_the_tokens_of_people(served: Office, path: str) -> None:
    for who in ("agent", "system"):
        assert (await served.get(path, who)).status_code == 403
    assert (await served.get(path, None)).status_code == 401


@pytest.mark.parametrize("path", ["/stats", "/corrections"])
async def test_names_that_nothing_has_are_not_found_and_those_of_others_are_not_told(served: Office, path: str) -> None:
    await in_review(served.application)
    mistyped = await served.get(f"{path}?workflow=deks", "own")
    assert (mistyped.status_code, mistyped.json()["refusal"]["code"]) == (404, "NOT_FOUND")
    assert "Did you mean 'desk'? There are: desk." in mistyped.json()["refusal"]["message"]
    assert (await served.get(f"{path}?workflow=desk", "own")).status_code == 200
    hidden = await served.get(f"{path}?workflow=desk", "auditor")
    assert (hidden.status_code, "There are" in hidden.text) == (404, False)
