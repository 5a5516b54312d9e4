"""People are told by a real server: mail and a webhook of this machine, over a kill and from two processes."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from pointsman.server.bounds import NOTICE_LEASE_MS
from tests.journeys.deployed import begun, deployed
from tests.server.command_line.terminal import Shell
from tests.server.governor.desks import HERE
from tests.server.notices.office import write_office
from tests.server.notices.receivers import Mailbox, Webhooks, mail_server, text_of, webhooks

pytestmark = pytest.mark.slow

PASSWORD = "a-long-password"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shutil.copy(HERE / "desk.py", tmp_path / "desk.py")
    write_office(tmp_path)
    monkeypatch.setenv("HOOK_PASSWORD", PASSWORD)
    return Shell(tmp_path)


def tell(shell: Shell, hooks: Webhooks, mailbox: Mailbox, url: str = "") -> None:
    mail = f"mailto://127.0.0.1:{mailbox.port}?from=p@example.com&to=clerk@example.com&mode=insecure"
    (shell.place / "pointsman.toml").write_text(f"""
[notify]
{url}
default = "json://hook:${{HOOK_PASSWORD}}@{hooks.at}/all"

[notify.roles]
clerk = "{mail}"
""")


def is_put_off(shell: Shell) -> bool:
    """Whether the server has noted that the notice was not taken."""
    connection = sqlite3.connect(shell.database)
    try:
        ((attempts, wait_ms),) = connection.execute("SELECT attempts, next_at - at FROM notices")
    finally:
        connection.close()
    return bool(attempts == 1 and wait_ms < NOTICE_LEASE_MS)


async def until(*holds: object) -> None:
    async with asyncio.timeout(60):
        while not all(callable(one) and one() for one in holds):  # noqa: ASYNC110 -- other processes do it
            await asyncio.sleep(0.05)


async def test_a_role_gets_mail_with_a_link_to_the_server_and_owners_a_webhook(shell: Shell) -> None:
    with webhooks() as hooks, mail_server() as mailbox:
        tell(shell, hooks, mailbox)
        async with deployed(shell, "office.yaml") as server:
            async with server.agent() as agent:
                session = (await agent.call("start_office"))["session"]
                await agent.call("ready", session=session, text="Forged: https://evil.example/console/reviews/x")
                other = (await agent.call("start_office"))["session"]
                await agent.call("give_up", session=other)
            await until(lambda: mailbox.taken, lambda: hooks.taken)
            log = json.dumps(server.log)
            url = server.url
    ((to, mail),) = mailbox.taken
    assert to == ["clerk@example.com"]
    assert f"{url}/console/reviews/{session}" in text_of(mail)
    assert "evil" not in mail.as_string()
    ((path, body),) = hooks.taken
    assert (path, body["title"]) == ("/all", "Session ended: given_up (office)")
    assert PASSWORD not in log
    assert PASSWORD.encode() not in b"".join(file.read_bytes() for file in shell.place.glob("pointsman.sqlite3*"))


async def test_what_a_killed_server_had_not_sent_the_next_one_sends(shell: Shell) -> None:
    with webhooks() as hooks, mail_server() as mailbox:
        tell(shell, hooks, mailbox, 'url = "https://p.example.com"')
        hooks.refusing = 1
        process, server = await begun(shell, "office.yaml")
        async with server.agent() as agent:
            session = (await agent.call("start_office"))["session"]
            await agent.call("give_up", session=session)
            await until(lambda: hooks.refusing == 0, lambda: is_put_off(shell))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        assert hooks.taken == []
        async with deployed(shell, "office.yaml"), deployed(shell, "office.yaml"):
            await until(lambda: hooks.taken)
            await asyncio.sleep(1.5)
    ((_, body),) = hooks.taken
    assert f"https://p.example.com/console/sessions/{session}" in body["message"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("json://${HOOK_TOKEN}@127.0.0.1/", "notify.default 1 needs HOOK_TOKEN, which is not set in the environment"),
        ("nonsense://${HOOK_PASSWORD}", "notify.default 1 is no address that Apprise knows"),
    ],
)
def test_a_server_does_not_start_with_a_target_that_cannot_be_used(shell: Shell, target: str, told: str) -> None:
    (shell.place / "pointsman.toml").write_text(f'[notify]\ndefault = "{target}"\n')
    ended = shell.run("serve", "office.yaml", "--http", "127.0.0.1:0")
    assert ended.code == 2
    assert told in ended.stderr
    assert PASSWORD not in ended.stderr
