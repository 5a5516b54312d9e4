"""Webhooks over HTTP: what a delivery starts or moves, once; and those of nobody."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.bounds import FORM_BYTES
from pointsman.server.errors import SecretMissing
from pointsman.server.replies import Caller
from tests.server.http.site import SECRET, Running, basic, running, signed
from tests.server.triggers.times_of_day import MINUTE_MS, OwnClock

PAYLOADS = Path(__file__).parents[1] / "triggers" / "payloads"
NOW = 1_800_000_000_000
LOGIN = "mail:a long password"
ORDERS = """\
workflow: orders
version: 1
record:
  item: {type: string}
  count: {type: integer, minimum: 1}
  answer: {type: string}
start: {requires: [item], accepts: [count]}
initial: asking
access: {start: [], drive: [clerk], view: [clerk]}
roles: [clerk]
triggers:
  webhook:
    - {secret: ["${SHOP_SECRET}", "${OLD_SECRET}"], start: {item: =body.item, count: =body.count}}
    - {name: same, secret: "${SHOP_SECRET}", start: {item: =body.item}, dedupe: =body.id}
    - {name: repository, scheme: github, secret: "${SHOP_SECRET}", start: {item: =body.item}}
    - {name: payments, scheme: stripe, secret: "${SHOP_SECRET}", start: {item: =body.data.object.id}, dedupe: =body.id}
    - name: sendgrid
      scheme: basic
      secret: ${MAIL_LOGIN}
      deliver:
        session: "=body.to.split('+')[1].split('@')[0]"
        event: answered
        with: {answer: =body.text}
    - name: postmark
      scheme: basic
      secret: ${MAIL_LOGIN}
      deliver: {session: =body.MailboxHash, event: answered, with: {answer: =body.StrippedTextReply}}
    - name: mailgun
      scheme: mailgun
      secret: ${SHOP_SECRET}
      deliver:
        session: "=body.recipient.split('+')[1].split('@')[0]"
        event: answered
        with: {answer: "=body['stripped-text']"}
states:
  asking:
    actor: external
    events:
      answered: {requires: [answer], next: reading}
    after: {in: 30d, to: done}
  reading: {actor: agent, events: {ask: {next: asking}, finish: {next: done}}, after: {in: 30d, to: done}}
  done: {final: success}
"""
START = "/workflows/orders/sessions"
HOOKS = "/workflows/orders/webhooks"
BODY = b'{"item": "a lamp", "count": 2, "id": "o1"}'


@pytest.fixture
def clock() -> OwnClock:
    return OwnClock(NOW)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SHOP_SECRET": SECRET, "OLD_SECRET": SECRET[::-1], "MAIL_LOGIN": LOGIN}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def server(tmp_path: Path, clock: OwnClock) -> AsyncIterator[Running]:
    async with running(tmp_path, ORDERS, clock=clock) as opened:
        yield opened


async def ordered(server: Running, name: str = "msg_1", body: bytes = BODY) -> Any:  # noqa: ANN401 -- what JSON says
    answer = await server.post(START, body, **signed(body, NOW, name))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_signed_delivery_starts_a_session_of_the_webhook(server: Running) -> None:
    said = await ordered(server)
    (found,) = await server.sessions()
    assert said == {"session": found["session"], "state": "asking", "repeated": False}
    row = (await server.rows(said["session"]))[0]
    assert (row["actor_kind"], row["actor_id"], row["channel"]) == ("system", "webhook:orders", "webhook")
    assert found["started_by"] == "webhook:orders"
    session = await server.application.engine.read(said["session"])
    assert session is not None
    assert session.record == {"item": "a lamp", "count": 2}


async def test_a_delivery_that_comes_twice_starts_one_session(server: Running) -> None:
    first, second = await ordered(server), await ordered(server)
    assert (first["session"], second["repeated"]) == (second["session"], True)
    assert (await ordered(server, "msg_2"))["session"] != first["session"]
    assert len(await server.sessions()) == 2


async def test_it_starts_one_session_also_where_the_file_was_changed_in_between(
    tmp_path: Path, clock: OwnClock
) -> None:
    async with running(tmp_path, ORDERS, clock=clock) as before:
        first = await ordered(before)
    async with running(tmp_path, ORDERS.replace("version: 1", "version: 2"), clock=clock) as after:
        assert await ordered(after) == {**first, "repeated": True}


async def test_two_processes_take_the_same_delivery_once(tmp_path: Path, clock: OwnClock) -> None:
    changed = ORDERS.replace("version: 1", "version: 2")
    (tmp_path / "two").mkdir()
    async with (
        running(tmp_path, ORDERS, clock=clock) as one,
        running(tmp_path / "two", changed, clock=clock, database="../s.db") as two,
    ):
        said = await asyncio.gather(*(ordered(server) for server in (one, two) * 10))
        assert len({one["session"] for one in said}) == 1
        assert sorted(one["repeated"] for one in said) == [False] + [True] * 19
        assert len(await one.sessions()) == 1


async def test_dedupe_says_what_is_the_same(server: Running) -> None:
    async def post(name: str, body: bytes) -> JsonObject:
        answer = await server.post(f"{HOOKS}/same", body, **signed(body, NOW, name))
        return dict(answer.json(), status=answer.status_code)

    first = await post("m1", BODY)
    assert (await post("m2", BODY.replace(b"lamp", b"desk")))["session"] == first["session"]
    assert (await post("m1", BODY.replace(b"o1", b"o2")))["session"] != first["session"]
    for nothing in (b'{"item": "a lamp", "id": null}', b'{"item": "a lamp", "id": ""}', b'{"item": "a lamp"}', b"[]"):
        assert (await post("m3", nothing))["status"] == 422
    assert len(await server.sessions()) == 2


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "unsigned"),
        (signed(BODY, NOW) | {"webhook_signature": "v1,AAAA"}, "signature"),
        (signed(BODY, NOW, secret="another secret, and a long one"), "signature"),
        (signed(BODY + b" ", NOW), "signature"),
        (signed(BODY, NOW - 6 * MINUTE_MS), "old"),
        (signed(BODY, NOW + 6 * MINUTE_MS), "future"),
        (signed(BODY, NOW) | {"webhook_signature": "nonsense"}, "malformed"),
    ],
    ids=range(7),
)
async def test_what_its_sender_cannot_prove_starts_nothing_and_is_recorded(
    server: Running, headers: dict[str, str], reason: str
) -> None:
    """All are told the same."""
    answer = await server.post(START, BODY, **headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Webhook")
    assert answer.json()["refusal"] == {
        "code": "FORBIDDEN",
        "message": "This delivery does not prove that it comes from the sender of this webhook.",
    }
    (row,) = await server.rows()
    assert (row["action"], row["code"], row["channel"]) == ("deliver", "FORBIDDEN", "webhook")
    assert arguments(row) == {"workflow": "orders", "webhook": None, "reason": reason}
    assert await server.sessions() == []


def arguments(row: JsonObject) -> JsonObject:
    body = row["body"]
    assert isinstance(body, dict)
    found: JsonObject = json.loads(str(body["arguments"]))
    return found


async def test_a_replay_after_its_time_is_refused_though_it_was_taken_before(server: Running, clock: OwnClock) -> None:
    headers = signed(BODY, NOW)
    assert (await server.post(START, BODY, **headers)).status_code == 200
    clock.set(NOW + 6 * MINUTE_MS)
    assert (await server.post(START, BODY, **headers)).status_code == 401
    assert len(await server.sessions()) == 1


async def test_the_secret_that_is_given_up_is_still_taken(server: Running) -> None:
    assert (await server.post(START, BODY, **signed(BODY, NOW, secret=SECRET[::-1]))).status_code == 200


@pytest.mark.parametrize("path", [f"{HOOKS}/nothing", "/workflows/nothing/webhooks/x", f"{HOOKS}/same"])
async def test_a_webhook_that_there_is_not_is_answered_like_one_that_was_not_signed(server: Running, path: str) -> None:
    answer = await server.post(path, BODY)
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (401, "FORBIDDEN")
    assert len(await server.rows()) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"item": "a lamp", "count": 0}', 422, "INVALID_FIELDS"),
        (b'{"item": 3, "count": 1}', 422, "INVALID_FIELDS"),
        (b'{"item": "a lamp"}', 422, "MISSING_FIELDS"),
        (b"[]", 422, "MISSING_FIELDS"),
        (b'{"item": "a lamp", "count": NaN}', 400, "MALFORMED"),
        (b'{"item": "a", "item": "b", "count": 1}', 400, "MALFORMED"),
        (b"[" * 100 + b"]" * 100, 400, "MALFORMED"),
        (b"", 400, "MALFORMED"),
        (b"\xff", 400, "MALFORMED"),
        (b" " * (ARGUMENTS_BYTES + 1), 413, "TOO_LARGE"),
    ],
    ids=range(10),
)
async def test_a_body_that_starts_nothing_is_refused(server: Running, body: bytes, status: int, code: str) -> None:
    answer = await server.post(START, body, **signed(body, NOW))
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (status, code)
    assert await server.sessions() == []
    if status != 413:
        assert [(row["code"], row["actor_id"]) for row in await server.rows()] == [(code, "webhook:orders")]


async def test_what_a_refusal_says_is_about_what_was_sent(server: Running) -> None:
    body = b'{"count": 1}'
    answer = await server.post(START, body, **signed(body, NOW))
    assert answer.json()["refusal"] == {
        "code": "MISSING_FIELDS",
        "message": "What came in does not give start.item.",
        "unmet": [{"path": "start.item", "problem": "cannot be read from what came in"}],
    }


async def test_a_body_of_no_known_type_is_refused_once_it_is_proven(server: Running) -> None:
    answer = await server.post(START, BODY, **signed(BODY, NOW), content_type="text/plain")
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (400, "MALFORMED")
    assert (await server.post(START, BODY, content_type="text/plain")).status_code == 401


async def test_a_large_body_is_read_as_well(server: Running) -> None:
    body = json.dumps({"item": "x" * 100_000, "count": 1}).encode()
    assert (await server.post(START, body, **signed(body, NOW))).status_code == 200


async def test_deliveries_of_github_are_told_apart_by_their_bodies(server: Running) -> None:
    async def push(body: bytes, secret: str = SECRET) -> Any:  # noqa: ANN401 -- what JSON says
        mac = hmac.digest(secret.encode(), body, "sha256").hex()
        headers = {"x_hub_signature_256": f"sha256={mac}", "x_github_delivery": "not signed"}
        return await server.post(f"{HOOKS}/repository", body, **headers)

    first = (await push(b'{"item": "a"}')).json()
    assert (await push(b'{"item": "a"}')).json() == {**first, "repeated": True}
    assert (await push(b'{"item": "a" }')).json()["session"] != first["session"]
    assert (await push(b'{"item": "a"}', SECRET + "x")).status_code == 401


async def test_an_event_of_stripe_is_one_however_often_it_is_signed_anew(server: Running) -> None:
    async def pay(seconds: int, pending: int) -> Any:  # noqa: ANN401 -- what JSON says
        event = {"id": "evt_1", "data": {"object": {"id": "ch_1"}}, "pending_webhooks": pending}
        body = json.dumps(event).encode()
        mac = hmac.digest(SECRET.encode(), f"{seconds}.".encode() + body, "sha256").hex()
        return (await server.post(f"{HOOKS}/payments", body, stripe_signature=f"t={seconds},v1={mac}")).json()

    first = await pay(NOW // 1000 - 60, 2)
    assert await pay(NOW // 1000, 1) == {**first, "repeated": True}


# Mail.


async def waiting(server: Running) -> str:
    return str((await ordered(server))["session"])


async def postmark(server: Running, session: str, login: str = LOGIN, identifier: str = "m1") -> Any:  # noqa: ANN401
    mail = json.loads((PAYLOADS / "postmark_inbound.json").read_text())
    mail |= {"MailboxHash": session, "MessageID": identifier}
    return await server.post(f"{HOOKS}/postmark", mail, authorization=basic(login))


async def test_mail_moves_the_session_it_answers_once(server: Running) -> None:
    session = await waiting(server)
    answer = await postmark(server, session)
    assert answer.json() == {"session": session, "state": "reading", "repeated": False}
    moved = await server.application.engine.read(session)
    assert moved is not None
    assert moved.record["answer"] == "The goods came on 3 March."
    assert (await postmark(server, session)).json() == {"session": session, "state": "reading", "repeated": True}
    rows = [row for row in await server.rows(session) if row["action"] == "answered"]
    assert [(row["outcome"], row["actor_id"]) for row in rows] == [
        ("done", "webhook:orders"),
        ("repeated", "webhook:orders"),
    ]


async def test_the_same_mail_does_not_answer_the_next_question(server: Running) -> None:
    session = await waiting(server)
    await postmark(server, session)
    clerk = Caller(Actor("agent", "scout", ("clerk",)), None, "mcp")
    await server.application.governor.act(clerk, session, "ask", {})
    assert (await postmark(server, session)).json() == {"session": session, "state": "asking", "repeated": True}
    assert (await postmark(server, session, identifier="m2")).json()["state"] == "reading"


async def test_mail_of_sendgrid_moves_a_session_and_its_files_are_not_kept(server: Running) -> None:
    session = await waiting(server)
    form = (PAYLOADS / "sendgrid_inbound.form").read_bytes().replace(b"a" * 26, session.encode())
    kind = "multipart/form-data; boundary=xYzZY"
    answer = await server.post(f"{HOOKS}/sendgrid", form, authorization=basic(LOGIN), content_type=kind)
    assert answer.json() == {"session": session, "state": "reading", "repeated": False}
    again = await server.post(f"{HOOKS}/sendgrid", form, authorization=basic(LOGIN), content_type=kind)
    assert again.json()["repeated"] is True


async def test_mail_of_mailgun_moves_a_session_and_its_token_is_used_once(server: Running) -> None:
    session = await waiting(server)
    token = "b" * 50

    async def route(text: str, when: int = NOW // 1000) -> Any:  # noqa: ANN401 -- what JSON says
        mac = hmac.digest(SECRET.encode(), f"{when}{token}".encode(), "sha256").hex()
        mail = (PAYLOADS / "mailgun_route.form").read_text().replace("a" * 26, session)
        mail = mail.replace("The+goods", text) + f"&timestamp={when}&token={token}&signature={mac}"
        kind = "application/x-www-form-urlencoded"
        return await server.post(f"{HOOKS}/mailgun", mail.encode(), content_type=kind)

    assert (await route("The+goods")).json() == {"session": session, "state": "reading", "repeated": False}
    assert (await route("The+goods")).json()["repeated"] is True
    forged = await route("Pay+me.+The+goods")  # the signature does not cover the text
    assert (forged.status_code, forged.json()["refusal"]["code"]) == (409, "KEY_REUSED")
    assert (await route("The+goods", NOW // 1000 - 301)).status_code == 401
    unreadable = await server.post(f"{HOOKS}/mailgun", b"{", content_type="application/json")
    assert unreadable.status_code == 401


@pytest.mark.parametrize("login", ["mail:a wrong password", "other:a long password", "mail:", LOGIN + "x"])
async def test_a_wrong_password_moves_nothing(server: Running, login: str) -> None:
    session = await waiting(server)
    assert (await postmark(server, session, login)).status_code == 401
    assert await server.state(session) == "asking"
    assert [arguments(row)["reason"] for row in await server.rows()] == ["signature"]


@pytest.mark.parametrize("handle", ["z" * 26, "", "../x", 3, None])
async def test_mail_for_no_session_is_refused_and_recorded(server: Running, handle: Any) -> None:  # noqa: ANN401
    answer = await postmark(server, handle)
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "NOT_FOUND")
    assert [row["code"] for row in await server.rows()] == ["NOT_FOUND"]


async def test_mail_for_a_session_that_does_not_wait_learns_nothing_of_it(server: Running) -> None:
    session = await waiting(server)
    await postmark(server, session)
    answer = await postmark(server, session, identifier="m2")
    assert (answer.status_code, answer.json()["refusal"]) == (
        409,
        {"code": "NOT_YOUR_TURN", "message": "The session does not take this now."},
    )


async def test_a_webhook_moves_sessions_of_its_own_workflow_alone(tmp_path: Path, clock: OwnClock) -> None:
    async with running(tmp_path, ORDERS.replace("workflow: orders", "workflow: other"), clock=clock) as others:
        answer = await others.post("/workflows/other/sessions", BODY, **signed(BODY, NOW))
        session = answer.json()["session"]
    async with running(tmp_path, ORDERS, clock=clock) as server:
        assert (await postmark(server, session)).status_code == 404
        assert await server.state(session) == "asking"


async def test_a_form_without_end_or_bound_is_answered(server: Running) -> None:
    kind = {"authorization": basic(LOGIN), "content_type": "multipart/form-data; boundary=b"}
    assert (await server.post(f"{HOOKS}/sendgrid", b"--b\r\n", **kind)).status_code == 400
    head = b'--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n'
    large = await server.post(f"{HOOKS}/sendgrid", head + b"x" * FORM_BYTES, **kind)
    assert (large.status_code, large.json()["refusal"]["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OLD_SECRET", "", "needs OLD_SECRET, which is not set"),
        ("MAIL_LOGIN", "mail", "MAIL_LOGIN as the secret of `basic`"),
    ],
)
async def test_without_its_secrets_no_server_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SecretMissing, match=problem):
        async with running(tmp_path, ORDERS):
            pass
