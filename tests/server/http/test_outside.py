"""Starting sessions and delivering events with a token, outside MCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.values import JsonObject
from pointsman.server.store.principals import PrincipalKind
from tests.server.http.site import SECRET, Running, running, signed

PARCELS = """\
workflow: parcels
version: 1
record: {item: {type: string}, where: {type: string}}
start: {requires: [item]}
initial: waiting
roles: [carrier, clerk]
access: {start: clerk, drive: [starter, carrier], view: [starter, carrier, clerk]}
states:
  waiting:
    actor: external
    events:
      arrived: {requires: [where], next: there}
      moved: {requires: [where], next: waiting}
    after: {in: 30d, to: there}
  there: {final: success}
"""
START = "/workflows/parcels/sessions"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, PARCELS) as opened:
        yield opened


async def started(server: Running, headers: dict[str, str], **more: str) -> JsonObject:
    answer = await server.post(START, {"item": "lamp"}, **headers, **more)
    assert answer.status_code in (200, 201), answer.text
    said: JsonObject = answer.json()
    return said


@pytest.mark.parametrize("kind", ["agent", "human", "system"])
async def test_whoever_may_start_a_session_starts_one(server: Running, kind: PrincipalKind) -> None:
    token = await server.token("carol", kind, ("clerk",), "maria")
    answer = await server.post(START, {"item": "lamp"}, **token)
    said = answer.json()
    assert answer.status_code == 201
    assert said == {
        "session": said["session"],
        "workflow": "parcels",
        "state": "waiting",
        "revision": 2,
        "outcome": "done",
        "repeated": False,
        "waiting_for": {"actor": "external", "due": said["waiting_for"]["due"]},
    }
    row = (await server.rows(said["session"]))[0]
    assert (row["channel"], row["actor_id"]) == ("api", "carol")
    (found,) = await server.sessions()
    assert found["started_by"] == "maria"


async def test_a_key_starts_one_session_however_often_it_is_sent(server: Running) -> None:
    token = await server.token("carol", "agent", ("clerk",))
    key = {"idempotency_key": "order-7"}
    said = await asyncio.gather(*(started(server, token, **key) for _ in range(10)))
    assert len({str(one["session"]) for one in said}) == 1
    assert sum(one["repeated"] is False for one in said) == 1
    other = await server.post(START, {"item": "desk"}, **token, **key)
    assert (other.status_code, other.json()["refusal"]["code"]) == (409, "KEY_REUSED")
    assert len(await server.sessions()) == 1


async def test_the_same_key_of_somebody_else_is_another(server: Running) -> None:
    """Also of another agent of the same person."""
    carol = await server.token("carol", "agent", ("clerk",), "maria")
    dora = await server.token("dora", "agent", ("clerk",), "maria")
    first, second = await started(server, carol, idempotency_key="1"), await started(server, dora, idempotency_key="1")
    assert first["session"] != second["session"]


async def test_without_a_key_every_request_starts_one(server: Running) -> None:
    token = await server.token("carol", "agent", ("clerk",))
    assert (await started(server, token))["session"] != (await started(server, token))["session"]


async def test_nothing_is_an_empty_start(server: Running) -> None:
    token = await server.token("carol", "agent", ("clerk",))
    answer = await server.post(START, b"", **token)
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (422, "MISSING_FIELDS")


async def test_who_may_not_start_is_refused(server: Running) -> None:
    carrier = await server.token("truck", "system", ("carrier",))
    stranger = await server.token("eve", "agent")
    assert (await server.post(START, {"item": "lamp"}, **carrier)).status_code == 403
    assert (await server.post(START, {"item": "lamp"}, **stranger)).status_code == 404
    assert (await server.post(START, {"item": "lamp"})).status_code == 401
    assert (await server.post("/workflows/other/sessions", {}, **carrier)).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 400),
        (b'{"item": NaN}', "application/json", 400),
        (b'{"item":"a","item":"b"}', "application/json", 400),
        (b'{"item":"a"}', "text/plain", 415),
        (b'{"item":"' + b"x" * 100_000 + b'"}', "application/json; charset=utf-8", 201),
        (b" " * (ARGUMENTS_BYTES + 1), "application/json", 413),
    ],
    ids=range(6),
)
async def test_a_body_is_a_json_object(server: Running, body: bytes, kind: str, status: int) -> None:
    token = await server.token("carol", "agent", ("clerk",))
    assert (await server.post(START, body, **token, content_type=kind)).status_code == status


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
async def test_a_key_that_is_none_is_refused(server: Running, key: str) -> None:
    token = await server.token("carol", "agent", ("clerk",))
    answer = await server.post(START, {"item": "lamp"}, **token, idempotency_key=key)
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (400, "MALFORMED")
    assert [(row["code"], row["actor_id"], row["action"]) for row in await server.rows()] == [
        ("MALFORMED", "carol", "request")
    ]


# Events.


async def parcel(server: Running) -> str:
    token = await server.token("carol", "agent", ("clerk",))
    return str((await started(server, token))["session"])


async def test_a_system_delivers_an_event_once(server: Running) -> None:
    path = f"/sessions/{await parcel(server)}/events"
    carrier = await server.token("truck", "system", ("carrier",))
    first = await server.post(f"{path}/moved", {"where": "Graz"}, **carrier, idempotency_key="scan-1")
    assert (first.status_code, first.json()["state"], first.json()["repeated"]) == (200, "waiting", False)
    again = await server.post(f"{path}/moved", {"where": "Graz"}, **carrier, idempotency_key="scan-1")
    assert (again.json()["repeated"], again.json()["revision"]) == (True, first.json()["revision"] + 1)
    other = await server.post(f"{path}/moved", {"where": "Linz"}, **carrier, idempotency_key="scan-1")
    assert (other.status_code, other.json()["refusal"]["code"]) == (409, "KEY_REUSED")
    back = await server.post(f"{path}/moved", {"where": "Graz"}, **carrier, idempotency_key="scan-2")
    assert back.json()["repeated"] is False
    end = await server.post(f"{path}/arrived", {"where": "Wien"}, **carrier)
    assert end.json()["ended"]["outcome"] == "success"
    late = await server.post(f"{path}/arrived", {"where": "Rom"}, **carrier)
    assert (late.status_code, late.json()["refusal"]["code"]) == (409, "SESSION_ENDED")


async def test_an_event_that_two_send_at_once_is_taken_once(server: Running) -> None:
    path = f"/sessions/{await parcel(server)}/events/moved"
    carrier = await server.token("truck", "system", ("carrier",))
    sent = (server.post(path, {"where": "Graz"}, **carrier, idempotency_key="scan-1") for _ in range(20))
    said = [answer.json() for answer in await asyncio.gather(*sent)]
    assert sum(one["repeated"] is False for one in said) == 1


async def test_who_may_not_deliver_is_refused(server: Running) -> None:
    path = f"/sessions/{await parcel(server)}/events/arrived"
    where: JsonObject = {"where": "Wien"}
    looks_on = await server.token("watcher", "system", ("clerk",))
    stranger = await server.token("other", "system")
    person = await server.token("maria", "human", ("carrier",))
    assert (await server.post(path, where, **looks_on)).status_code == 403
    assert (await server.post(path, where, **stranger)).status_code == 404
    assert (await server.post(path, where, **person)).status_code == 403
    assert (await server.post(path, where)).status_code == 401
    carrier = await server.token("truck", "system", ("carrier",))
    assert (await server.post(f"/sessions/{'z' * 26}/events/arrived", where, **carrier)).status_code == 404
    assert (await server.post(path, {"where": 3}, **carrier)).status_code == 422


async def test_without_need_of_tokens_whoever_has_none_starts_as_the_user(tmp_path: Path) -> None:
    async with running(tmp_path, PARCELS.replace("start: clerk", "start: anyone"), tokens=False) as server:
        assert (await started(server, {}))["state"] == "waiting"
        (found,) = await server.sessions()
        assert str(found["started_by"]).startswith("local:")


async def test_where_deliveries_are_signed_nobody_starts_without_a_signature_or_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no token is needed: what has no signature is not taken for a start by the user."""
    monkeypatch.setenv("S", SECRET)
    hook = 'triggers: {webhook: {secret: "${S}", start: {item: =body.item}}}\nstates:'
    text = PARCELS.replace("start: clerk", "start: anyone").replace("states:", hook)
    async with running(tmp_path, text, tokens=False) as server:
        assert (await server.post(START, {"item": "lamp"})).status_code == 401
        token = await server.token("carol", "agent")
        assert (await started(server, token))["state"] == "waiting"
        body, now = b'{"item": "lamp"}', server.application.governor.clock.now_ms()
        assert (await server.post(START, body, **signed(body, now))).status_code == 200
        assert (await server.post(START, body, **signed(body, now), authorization="Bearer x")).status_code == 401
