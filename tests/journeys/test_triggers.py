"""Triggers over real HTTP and real processes: what comes twice, or to two servers at once, counts once."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import shutil
from pathlib import Path
from time import time
from typing import Any, Final

import httpx2
import pytest

from pointsman.contracts.values import canonical
from pointsman.server.command_line.database import writing_database
from pointsman.server.store.schedules import follow_until, followed_until
from tests.journeys.deployed import Deployed, begun, deployed
from tests.server.command_line.terminal import Shell

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
POSTMARK: Final = Path(__file__).parents[1] / "server" / "triggers" / "payloads" / "postmark_inbound.json"
SECRET: Final = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
LOGIN: Final = "postmark:a long password"
CLAIM: Final = b'{"order": "4711", "customer": {"email": "ann@example.com"}, "damage": "The box came wet."}'
START: Final = "/workflows/claim/sessions"
MAIL: Final = "/workflows/claim/webhooks/mail"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in ("claim.yaml", "claim_mail.py", "report.yaml"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    monkeypatch.setenv("MAIL_LOGIN", LOGIN)
    return Shell(tmp_path)


def signed(body: bytes = CLAIM, name: str = "msg_1", at: float | None = None) -> dict[str, str]:
    """Sign as the shop does (Standard Webhooks)."""
    seconds = int(time() if at is None else at)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{name}.{seconds}.".encode() + body, hashlib.sha256)
    signature = base64.b64encode(mac).decode()
    return {"webhook-id": name, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}


def mail(session: str, identifier: str = "m-1") -> tuple[bytes, dict[str, str]]:
    """A customer's answer, as Postmark passes it on."""
    said = json.loads(POSTMARK.read_text()) | {"MailboxHash": session, "MessageID": identifier}
    login = base64.b64encode(LOGIN.encode()).decode()
    return json.dumps(said).encode(), {"content-type": "application/json", "authorization": f"Basic {login}"}


def sessions(server: Deployed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.shell.look("sessions", "list")
    return found


@pytest.mark.slow
async def test_a_hundred_deliveries_at_once_to_two_servers_start_one_session(shell: Shell) -> None:
    """Issue: a webhook delivered 100 times at once starts one session."""
    async with deployed(shell, "claim.yaml") as one, deployed(shell, "claim.yaml") as two:
        headers = {"content-type": "application/json", **signed()}
        limits = httpx2.Limits(max_connections=100)
        async with httpx2.AsyncClient(verify=False, timeout=60, limits=limits) as client:
            urls = [server.url + START for server in (one, two) * 50]
            answers = await asyncio.gather(*(client.post(url, content=CLAIM, headers=headers) for url in urls))
        assert {answer.status_code for answer in answers} == {200}
        said = [answer.json() for answer in answers]
        (session,) = {str(each["session"]) for each in said}
        assert sum(each["repeated"] is False for each in said) == 1
        (found,) = sessions(one)
        assert (found["session"], found["started_by"]) == (session, "webhook:claim")
        rows = shell.look("audit", "show", session)
        assert [row["kind"] for row in rows] == ["started", "entered"]
        assert shell.run("audit", "verify").code == 0


@pytest.mark.slow
async def test_what_a_server_was_killed_over_is_taken_once_by_the_next(shell: Shell) -> None:
    """Its sender delivers again what was not answered; what had been committed is known."""
    deliveries = [signed(name=f"msg_{number}") for number in range(40)]
    typed = {"content-type": "application/json"}
    process, killed = await begun(shell, "claim.yaml")
    async with httpx2.AsyncClient(verify=False, timeout=20) as client:
        sent = [
            asyncio.create_task(client.post(killed.url + START, content=CLAIM, headers=typed | one))
            for one in deliveries
        ]
        await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        process.kill()
        answers = await asyncio.gather(*sent, return_exceptions=True)
    await process.communicate()
    answered = {answer.json()["session"] for answer in answers if isinstance(answer, httpx2.Response)}
    async with deployed(shell, "claim.yaml") as server:
        again = [(await server.ask("POST", START, body=CLAIM, **one)).json() for one in deliveries]
    started = {each["session"] for each in again}
    assert len(started) == len(deliveries)
    assert answered <= started
    assert {each["session"] for each in again if each["repeated"]} >= answered
    assert len(shell.look("sessions", "list", "--limit", "100")) == len(deliveries)
    assert shell.run("audit", "verify").code == 0


@pytest.mark.slow
async def test_a_claim_goes_from_a_shop_to_an_agent_to_a_customer_and_back(shell: Shell) -> None:
    async with deployed(shell, "claim.yaml", "--require-token") as one, deployed(shell, "claim.yaml") as two:
        begun = (await one.ask("POST", START, body=CLAIM, **signed())).json()
        assert begun["state"] == "reading"
        session = str(begun["session"])
        token = one.token("clerk", roles=("claims",))
        async with one.agent(token, path=f"/sessions/{session}/mcp") as agent:
            asked = await agent.call("ask", question="Is what was in it broken too?")
            assert asked["state"] == "waiting_for_customer"
            body, headers = mail(session)
            answers = await asyncio.gather(*(each.ask("POST", MAIL, body=body, **headers) for each in (one, two) * 10))
            assert {(answer.status_code, answer.json()["state"]) for answer in answers} == {(200, "reading")}
            assert sum(answer.json()["repeated"] is False for answer in answers) == 1
            again = await agent.call("ask", question="And when did it come?")
            assert again["state"] == "waiting_for_customer"
            late = await two.ask("POST", MAIL, body=body, **headers)
            assert late.json() == {"session": session, "state": "waiting_for_customer", "repeated": True}
            body, headers = mail(session, "m-2")
            assert (await two.ask("POST", MAIL, body=body, **headers)).json()["state"] == "reading"
            assert (await agent.call("decide", verdict="pay"))["state"] == "paid"
        shown = shell.look("sessions", "show", session)
        assert shown["record"]["answer"]["value"] == "The goods came on 3 March."


@pytest.mark.slow
async def test_what_was_replayed_tampered_with_or_not_signed_fails_and_is_audited(shell: Shell) -> None:
    async with deployed(shell, "claim.yaml") as server:
        tampered = CLAIM.replace(b"4711", b"4712")
        now = time()
        for body, headers in (
            (CLAIM, {}),
            (tampered, signed()),
            (CLAIM, {**signed(), "webhook-id": "msg_2"}),
            (CLAIM, signed(at=now - 600)),
            (CLAIM, signed(at=now + 600)),
        ):
            answer = await server.ask("POST", START, body=body, **headers)
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (401, "FORBIDDEN")
        body, headers = mail("a" * 26)
        wrong = {**headers, "authorization": "Basic " + base64.b64encode(b"postmark:guessed").decode()}
        assert (await server.ask("POST", MAIL, body=body, **wrong)).status_code == 401
        assert (await server.ask("POST", MAIL, body=body, **headers)).status_code == 404
        assert sessions(server) == []
        rows = server.rows()
    reasons = [json.loads(row["body"]["arguments"]).get("reason") for row in rows]
    assert reasons == ["unsigned", "signature", "signature", "old", "future", "signature", None]
    assert {row["action"] for row in rows} == {"deliver"}
    log = json.dumps(server.log) + json.dumps(rows)
    assert SECRET not in log
    assert LOGIN not in log


@pytest.mark.slow
async def test_a_moment_that_two_servers_missed_is_made_up_for_once(shell: Shell) -> None:
    """And a moment that comes while they run starts one session for each of the two schedules."""
    due = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) - dt.timedelta(minutes=5)
    times = {"cron": f"{due.minute} {due.hour} * * *", "zone": "UTC"}
    text = (shell.place / "report.yaml").read_text()
    text = text.replace('cron: "0 7 * * mon-fri", zone: Europe/Vienna', 'cron: "{cron}", zone: {zone}'.format(**times))
    (shell.place / "report.yaml").write_text(text)
    before_ms = int(due.timestamp() - 600) * 1000
    with writing_database(str(shell.database), create=True) as connection:
        for region in ("north", "south"):
            schedule = canonical({**times, "start": {"region": region}})
            followed_until(connection, "report", schedule, before_ms)
            follow_until(connection, "report", schedule, before_ms)
    async with deployed(shell, "report.yaml") as one, deployed(shell, "report.yaml"):
        async with asyncio.timeout(20):
            while len(await asyncio.to_thread(sessions, one)) < 2:  # noqa: ASYNC110 -- another process starts them
                await asyncio.sleep(0.1)
        await asyncio.sleep(2.5)  # both have looked twice since
        found = await asyncio.to_thread(sessions, one)
    assert {(each["started_by"], each["state"]) for each in found} == {("schedule:report", "writing")}
    assert len(found) == 2


def test_without_a_secret_the_server_says_which_is_missing(shell: Shell) -> None:
    done = shell.run("serve", "claim.yaml", "--http", "127.0.0.1:0", env={"SHOP_SECRET": ""})
    assert done.code == 4
    assert "The webhook of 'claim' needs SHOP_SECRET, which is not set in the environment" in done.stderr
    short = shell.run("serve", "claim.yaml", "--http", "127.0.0.1:0", env={"MAIL_LOGIN": "a:b"})
    assert "The webhook 'mail' of 'claim' cannot use MAIL_LOGIN as the secret of `basic`" in short.stderr


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="the commands need curl and openssl")
async def test_the_commands_of_the_documentation_do_what_it_says(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/triggers.md: sign with openssl, start and deliver with tokens."""
    monkeypatch.setenv("SHOP_SECRET", "a text that is long enough")
    sign, start, deliver = blocks("sh")[1:4]
    async with deployed(shell, "claim.yaml") as server:
        tokens = {"TOKEN": server.token("robot"), "SYSTEM_TOKEN": server.token("crm", "system", roles=("claims",))}
        first = await said(server, sign, tokens)
        assert (first["state"], first["repeated"]) == ("reading", False)
        second = await said(server, start, tokens)
        assert (await said(server, start, tokens)) == {**second, "repeated": True}
        session = str(second["session"])
        async with server.agent(tokens["TOKEN"], path=f"/sessions/{session}/mcp") as agent:
            await agent.call("ask", question="Is what was in it broken too?")
        third = await said(server, deliver, {**tokens, "SESSION": session})
        assert (third["state"], third["repeated"]) == ("reading", False)


def test_the_triggers_of_the_documentation_are_those_of_its_examples() -> None:
    written = blocks("yaml")[0]
    webhooks, schedule = written.removeprefix("triggers:\n").split("  schedule: ")
    assert webhooks in (EXAMPLES / "claim.yaml").read_text()
    assert f"- {schedule}" in (EXAMPLES / "report.yaml").read_text()


def blocks(language: str) -> list[str]:
    """The blocks of code in docs/triggers.md."""
    text = (EXAMPLES.parent / "triggers.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


async def said(server: Deployed, commands: str, variables: dict[str, str]) -> Any:  # noqa: ANN401 -- what JSON says
    """Run commands of the documentation against a server, and give the JSON they print."""
    assert "http://127.0.0.1:8080" in commands
    process = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", commands.replace("http://127.0.0.1:8080", server.url)),
        stdout=asyncio.subprocess.PIPE,
        env={**server.shell.environment, **variables},
    )
    async with asyncio.timeout(20):
        output, _ = await process.communicate()
    assert process.returncode == 0, output
    return json.loads(output)
