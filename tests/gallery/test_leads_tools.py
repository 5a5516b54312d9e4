"""The tools of lead nurturing, on a real SQLite file."""

from __future__ import annotations

import pytest

from pointsman.gallery.leads import crm, mail, sales
from pointsman.tools import NothingDone

pytestmark = pytest.mark.usefixtures("records")


def send(number: int, key: str | None = None) -> str:
    return mail.send("L-1002", number, "t.wilk@nordkranich.example", f"Mail {number}", "A text.", key).mail_id


def test_a_lead_is_found_with_its_own_unsubscribe_link() -> None:
    lead = crm.find_lead("L-1001").lead
    assert lead is not None
    assert (lead.name, lead.unsubscribed, lead.stage) == ("Ines Moreau", False, "new")
    assert lead.unsubscribe_url.endswith("/u/l-1001")
    assert crm.find_lead("L-9999").lead is None


def test_a_company_is_found_by_its_domain_in_any_case() -> None:
    company = crm.find_company("BrightCrate.example").company
    assert company is not None
    assert company.employees == 240
    assert crm.find_company("postbox.example").company is None


def test_touches_come_oldest_first() -> None:
    at = [touch.at for touch in crm.touches("L-1001")]
    assert at == sorted(at)
    assert len(at) == 5
    assert crm.touches("L-1003") == []


def test_an_update_says_where_a_lead_stands_and_is_made_once_for_a_key() -> None:
    first = crm.update("L-1001", "scored", 91, "It fits.", "k1")
    assert crm.update("L-1001", "scored", 91, "It fits.", "k1") == first
    lead = crm.find_lead("L-1001").lead
    assert lead is not None
    assert lead.stage == "scored"
    with pytest.raises(NothingDone, match="no lead 'L-9999'"):
        crm.update("L-9999", "scored", 1, "Nobody.", "k2")


def test_mails_are_counted_from_the_last_answer_on() -> None:
    assert (mail.count("L-1002").sent, mail.count("L-1002").unanswered) == (0, 0)
    send(1)
    send(2)
    assert (mail.count("L-1002").sent, mail.count("L-1002").unanswered) == (2, 2)
    mail.receive("L-1002", "Thank you, next week.")
    assert (mail.count("L-1002").sent, mail.count("L-1002").unanswered) == (2, 0)
    send(3)
    assert (mail.count("L-1002").sent, mail.count("L-1002").unanswered) == (3, 1)
    assert mail.count("L-1001").sent == 0


def test_a_mail_with_the_same_key_is_sent_once_and_found_by_its_number() -> None:
    assert send(1, "k1") == send(1, "k1")
    assert [one.subject for one in mail.sent("L-1002")] == ["Mail 1"]
    found = mail.find("L-1002", 1).mail
    assert found is not None
    assert found.to == "t.wilk@nordkranich.example"
    assert mail.find("L-1002", 2).mail is None


def test_a_mail_to_nobody_is_not_sent() -> None:
    with pytest.raises(NothingDone, match="Nothing was sent"):
        mail.send("L-9999", 1, "x@y.example", "Hello", "A text.")


def test_who_unsubscribes_is_known_as_such() -> None:
    crm.unsubscribe("L-1002")
    lead = crm.find_lead("L-1002").lead
    assert lead is not None
    assert lead.unsubscribed


def test_sales_is_alerted_once_for_a_key() -> None:
    assert sales.alert("L-1001", "It wants a call.", "k1") == sales.alert("L-1001", "It wants a call.", "k1")
    assert sales.alert("L-1001", "It wants a call.", "k2").alert_id == "AL-0002"
