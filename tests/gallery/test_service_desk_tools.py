"""The service desk's tools, on a real SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pointsman.gallery.service_desk import accounts, knowledge_base, notifier, tickets
from pointsman.tools import NothingDone

pytestmark = pytest.mark.usefixtures("records")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("my account is locked", "KB-01"),
        ("Forgotten PASSWORD", "KB-02"),
        ("vpn from home", "KB-04"),
        ("' OR 1=1 --", None),
        ("%", None),
        ("", None),
    ],
)
def test_a_search_finds_the_article_with_most_of_its_words(query: str, first: str | None) -> None:
    found = knowledge_base.search(query)
    assert (found[0].article_id if found else None) == first


def test_an_article_is_read_by_its_identifier() -> None:
    assert "identity" in knowledge_base.read_article("KB-01").text
    with pytest.raises(NothingDone, match="There is no article 'KB-99'"):
        knowledge_base.read_article("KB-99")


def test_an_account_is_looked_up_without_its_code() -> None:
    account = accounts.look_up("A-1042")
    assert account is not None
    assert (account.name, account.locked, account.roles) == ("Priya Shah", True, ["mail", "vpn"])
    assert not hasattr(account, "code")
    assert accounts.look_up("A-9999") is None


def test_one_address_may_have_two_accounts() -> None:
    found = accounts.find_by_email("Noor.Haddad@harbourlane.example")
    assert [(one.account_id, one.kind) for one in found] == [("A-1061", "person"), ("A-2061", "shared")]
    assert accounts.find_by_email("%") == []


@pytest.mark.parametrize(
    ("account_id", "code", "verified"),
    [
        ("A-1042", "418207", True),
        ("A-1042", "730915", False),
        ("A-1042", "", False),
        ("A-9999", "", False),
        ("A-1042", "\uff14\uff11\uff18\uff12\uff10\uff17", False),
    ],
)
def test_only_the_code_of_the_accounts_own_person_verifies(account_id: str, code: str, *, verified: bool) -> None:
    assert accounts.check_identity(account_id, code).verified is verified


def test_a_locked_account_is_unlocked_and_then_gets_a_new_password() -> None:
    with pytest.raises(NothingDone, match="unlock it first"):
        accounts.reset_password("A-1042")
    accounts.unlock("A-1042")
    first, second = accounts.reset_password("A-1042"), accounts.reset_password("A-1042")
    assert first.temporary_password != second.temporary_password
    with pytest.raises(NothingDone, match="is not locked"):
        accounts.unlock("A-1042")
    assert [change.what for change in accounts.changes("A-1042")] == ["unlocked", "password reset", "password reset"]


def test_a_password_is_kept_nowhere(records: Path) -> None:
    password = accounts.reset_password("A-1050").temporary_password
    with closing(sqlite3.connect(records / "service-desk.db")) as desk:
        assert password not in "\n".join(desk.iterdump())


def test_a_role_is_granted_once() -> None:
    accounts.grant_role("A-1050", "finance_reports")
    with pytest.raises(NothingDone, match="already"):
        accounts.grant_role("A-1050", "finance_reports")
    account = accounts.look_up("A-1050")
    assert account is not None
    assert "finance_reports" in account.roles


def test_a_closed_account_stays_closed() -> None:
    accounts.close_account("A-1077", "Left the company.")
    account = accounts.look_up("A-1077")
    assert account is not None
    assert (account.closed, account.roles) == (True, [])
    for change in (accounts.unlock, accounts.reset_password):
        with pytest.raises(NothingDone, match="closed for ever"):
            change("A-1077")


def test_what_is_not_there_is_not_changed() -> None:
    with pytest.raises(NothingDone, match="There is no account 'A-9999'"):
        accounts.unlock("A-9999")
    with pytest.raises(NothingDone, match="There is no ticket 'T-9999'"):
        tickets.comment("T-9999", "Anybody?")
    assert tickets.read("T-9999") is None


def test_a_ticket_of_one_key_is_opened_once() -> None:
    first = tickets.open_ticket("A-1043", "Scanner", "It does not scan.", "k-1")
    again = tickets.open_ticket("A-1043", "Scanner", "It does not scan.", "k-1")
    assert (again.ticket_id, again.repeated) == (first.ticket_id, True)
    assert tickets.comment(first.ticket_id, "It is switched off.").comments == 2
    (found,) = tickets.find("A-1043")
    assert [comment.text for comment in found.comments] == ["It does not scan.", "It is switched off."]


def test_what_is_handed_over_stands_in_the_peoples_queue_with_its_context() -> None:
    opened = tickets.escalate("A-1043", "The code was wrong three times.", {"goal": "Müller's account"})
    ticket = tickets.read(opened.ticket_id)
    assert ticket is not None
    assert (ticket.queue, ticket.subject) == ("people", "The code was wrong three times.")
    assert "Müller" in ticket.comments[0].text


def test_what_a_person_works_on_is_not_handed_over_a_second_time() -> None:
    with pytest.raises(NothingDone, match=r"s\.jansen is working on T-0003 about A-1077"):
        tickets.escalate("A-1077", "Locked again.", {})
    assert [ticket.ticket_id for ticket in tickets.find("A-1077")] == ["T-0003"]


def test_a_message_of_one_key_is_sent_once() -> None:
    to = "tom.ode@harbourlane.example"
    first = notifier.send(to, "Your account", "It is unlocked.", "k-1")
    assert notifier.send(to, "Your account", "It is unlocked.", "k-1").repeated
    assert notifier.send(to, "Your account", "It is unlocked.").message_id != first.message_id
    assert [message.text for message in notifier.sent(to)] == ["It is unlocked."] * 2
