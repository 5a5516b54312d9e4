"""Requests that are not what an endpoint takes: everything that is wrong is told, and recorded."""

from __future__ import annotations

import json

import httpx2
import pytest

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.values import JsonObject
from tests.server.http.api.offices import Office, bearer


def problems(response: httpx2.Response) -> dict[str, str]:
    return {one["path"]: one["problem"] for one in response.json()["refusal"]["unmet"]}


async def test_a_query_is_told_everything_that_is_wrong_with_it(served: Office) -> None:
    refused = await served.get("/sessions?limit=0&ended=yes&since=today&limit=5&colour=red&state=", "chief")
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (422, "INVALID_FIELDS")
    assert problems(refused) == {
        "limit": "stands there twice",
        "ended": "must be true or false",
        "since": "must be written like 2026-11-22 or 2026-11-22T09:00:00, in UTC",
        "colour": "is not known here",
        "state": "string should have at least 1 character",
    }
    assert await served.strays() == [("sessions", "INVALID_FIELDS")]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=1_0", "limit"),
        ("limit=%2010", "limit"),
        ("limit=1001", "limit"),
        ("limit=1e2", "limit"),
        ("cursor=nonsense", "cursor"),
        ("waiting_for=nobody", "waiting_for"),
        ("ended=1", "ended"),
        ("since=2026-13-01", "since"),
        ("begins=" + "x" * 300, "begins"),
    ],
)
async def test_a_value_that_a_parameter_cannot_have_is_named(served: Office, query: str, path: str) -> None:
    refused = await served.get(f"/sessions?{query}")
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (422, "INVALID_FIELDS")
    assert [*problems(refused)] == [path]


async def test_writes_that_are_done_are_listed_of_one_session_alone(served: Office) -> None:
    refused = await served.get("/effects?status=done")
    assert refused.status_code == 422
    assert "goes with a session" in refused.json()["refusal"]["message"]


async def test_a_body_is_told_everything_that_is_wrong_with_it(served: Office) -> None:
    body: JsonObject = {"event": 1, "arguments": [], "shown_digest": "", "colour": "red"}
    refused = await served.post("/reviews/x/decisions", body)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (422, "MISSING_FIELDS")
    assert {*problems(refused)} == {"event", "arguments", "shown_digest", "colour", "stay"}
    assert (problems(refused)["stay"], problems(refused)["colour"]) == ("is missing", "is not known here")
    for wrong in (True, 1.0, "1", -1):
        strict = await served.post("/reviews/x/decisions", {"event": "a", "shown_digest": "d", "stay": wrong})
        assert [*problems(strict)] == ["stay"], wrong


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"reason": NaN}', "NaN is not a JSON number"),
        (b'{"reason": "a", "reason": "b"}', "reason: the member stands there twice"),
        (b"[" * 100 + b"]" * 100, "nested more than 64 deep"),
        (b'{"reason": "\\ud800"}', "surrogate"),
        (b"\xff", "not UTF-8"),
        (b'\xef\xbb\xbf{"reason": "a"}', "byte order mark"),
    ],
)
async def test_a_body_that_is_no_json_as_it_must_be_is_refused(served: Office, body: bytes, told: str) -> None:
    """RFC 8259 and RFC 7493, as everything that comes from outside is read."""
    refused = await sent(served, body)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (400, "MALFORMED")
    assert told in refused.json()["refusal"]["message"]
    assert await served.strays() == [("cancel", "MALFORMED")]


async def test_a_body_that_is_too_large_or_no_object_is_refused(served: Office) -> None:
    large = await sent(served, json.dumps({"reason": "x" * ARGUMENTS_BYTES}).encode())
    assert (large.status_code, large.json()["refusal"]["code"]) == (413, "TOO_LARGE")
    fits = await sent(served, json.dumps({"reason": "x" * (ARGUMENTS_BYTES - 100)}).encode())
    assert (fits.status_code, [*problems(fits)]) == (422, ["reason"])
    for body in (b"[]", b"null", b'"reason"'):
        assert (await sent(served, body)).status_code == 422


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_of_another_type_is_refused(served: Office, kind: str) -> None:
    """A page of another site can send these without asking; it cannot send JSON."""
    refused = await sent(served, b'{"reason": "x"}', kind)
    assert (refused.status_code, refused.json()["refusal"]["code"]) == (415, "MALFORMED")
    assert (await sent(served, b'{"reason": "x"}', "Application/JSON; charset=utf-8")).status_code == 404


async def test_nothing_of_an_answer_is_kept_on_the_way(served: Office) -> None:
    for path in ("/sessions", "/sessions/x", "/nothing"):
        answer = await served.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"


async def test_other_methods_are_none_of_an_endpoint(served: Office) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = await served.http.request(method, f"{served.url}/api/sessions", headers=bearer("chief"))
        assert response.status_code == 405
        assert response.json()["refusal"]["code"] == "NOT_ALLOWED"


async def sent(office: Office, body: bytes, kind: str = "application/json") -> httpx2.Response:
    url = f"{office.url}/api/sessions/x/cancel"
    return await office.http.post(url, content=body, headers={"content-type": kind, **bearer("own")})
