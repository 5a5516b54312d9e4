"""Messages reach real servers of this machine through Apprise."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from pointsman.server.notices import targets as targets_module
from pointsman.server.notices.messages import Message
from pointsman.server.notices.settings import Target, UnfitNotices
from pointsman.server.notices.targets import Targets
from tests.server.notices.receivers import mail_server, self_signed, text_of, webhooks

SAID = Message(
    "Review waits: review (desk)", "A review waits for the role chief.\nhttps://p.example.com/console/reviews/x"
)


async def delivered(address: str, said: Message = SAID) -> bool:
    target = Target("notify.default 1", address)
    targets = Targets([target])
    try:
        return await targets.deliver(target, said)
    finally:
        targets.close()


async def test_a_webhook_gets_json() -> None:
    with webhooks() as server:
        assert await delivered(f"json://{server.at}/hook")
    ((path, body),) = server.taken
    assert path == "/hook"
    assert (body["title"], body["message"]) == (SAID.title, SAID.text)


async def test_mail_has_the_text_and_its_subject() -> None:
    with mail_server() as mailbox:
        address = f"mailto://127.0.0.1:{mailbox.port}?from=p@example.com&to=chief@example.com&mode=insecure"
        assert await delivered(address)
    ((to, mail),) = mailbox.taken
    assert to == ["chief@example.com"]
    assert mail["subject"] == SAID.title
    assert text_of(mail).replace("\r\n", "\n").strip() == SAID.text
    assert [part.get_content_type() for part in mail.walk()] == ["text/plain"]


async def test_a_chat_with_webhooks_as_slack_has_them_gets_the_text() -> None:
    """Apprise sends to Slack itself at Slack's own address alone; Mattermost takes the same webhooks at any."""
    with webhooks() as server:
        assert await delivered(f"mmost://{server.at}/3ccdd113474722377935511fc85d3dd4")
    ((_, body),) = server.taken
    assert SAID.text in body["text"]


async def test_teams_gets_a_card_with_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow of Power Automate, which has the place of Teams' own webhooks; always over TLS."""
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with webhooks(certificate) as server:
        assert await delivered(f"workflows://{server.at}/WORKFLOW/SIGNATURE")
    ((path, body),) = server.taken
    assert "WORKFLOW" in path
    assert "A review waits for the role chief." in json.dumps(body)
    assert SAID.text.splitlines()[1] in json.dumps(body)


async def test_a_target_that_refuses_or_is_not_there_has_not_taken_it() -> None:
    with webhooks() as server:
        server.refusing = 1
        assert not await delivered(f"json://{server.at}/")
    assert not await delivered(f"json://{server.at}/")


async def test_a_target_that_does_not_answer_in_time_has_not_taken_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets_module, "NOTICE_SEND_MS", 300)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not await delivered(f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=1")


@pytest.mark.parametrize("address", ["nonsense://secret-token/", "mailto://", "slack://secret-token"])
def test_what_apprise_does_not_know_is_refused_without_its_address(address: str) -> None:
    with pytest.raises(UnfitNotices, match=r"notify\.roles\.chief 2 is no address") as refused:
        Targets([Target("notify.roles.chief 2", address)])
    assert "secret" not in str(refused.value)


def test_a_target_does_not_tell_its_address() -> None:
    assert "secret" not in repr(Target("notify.default 1", "json://secret@x/"))
