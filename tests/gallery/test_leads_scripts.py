"""What the scripts of lead nurturing show."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from pointsman.gallery.leads.seeds import LINK
from pointsman.server.audit.chain import AuditRow
from tests.gallery.plays import SCRIPTS, Repertoire

pytestmark = pytest.mark.slow

NAME = "leads"
PLAYED = [script for name, script in SCRIPTS if name == NAME]


def sent(rows: tuple[AuditRow, ...]) -> list[dict[str, Any]]:
    """The arguments of every mail that was about to be sent."""
    bodies = [json.loads(row.body or "{}") for row in rows if row.kind == "intended" and row.action == "mail.send"]
    return [body["call"]["arguments"] for body in bodies]


def codes(rows: tuple[AuditRow, ...], action: str) -> list[str | None]:
    return [row.code for row in rows if row.kind == "denied" and row.action == action]


@pytest.mark.parametrize("script", PLAYED)
def test_no_lead_gets_more_than_three_mails_without_an_answer(repertoire: Repertoire, script: str) -> None:
    """Issue: "never more than three mails without an answer"."""
    unanswered = 0
    for row in repertoire.play((NAME, script)).rows:
        if row.kind == "intended" and row.action == "mail.send":
            unanswered += 1
        elif row.kind == "accepted" and row.action == "replied":
            unanswered = 0
        assert unanswered <= 3


@pytest.mark.parametrize("script", PLAYED)
def test_every_mail_has_the_leads_own_unsubscribe_link(repertoire: Repertoire, script: str) -> None:
    for mail in sent(repertoire.play((NAME, script)).rows):
        assert f"{LINK}{mail['lead_id'].lower()}" in mail["body"]


def test_the_mails_go_out_on_days_0_3_and_7_and_nothing_on_day_14(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "demo")).rows
    at = [
        datetime.fromisoformat(row.at)
        for row in rows
        if row.kind == "entered" and row.state_after in ("awaiting_answer", "call_planned")
    ]
    days = [round((moment - at[0]) / timedelta(days=1), 2) for moment in at]
    assert days == [0, 3, 7, 14]
    assert [mail["number"] for mail in sent(rows)] == [1, 2, 3]


def test_a_no_between_the_timer_and_the_mail_is_heard(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "no_between_timer_and_mail")).rows
    assert len(sent(rows)) == 1
    assert [row.state_after for row in rows if row.kind == "entered"][-3:] == ["follow_up_due", "stopping", "stopped"]


def test_a_model_that_obeys_the_lead_sends_nothing(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "planted_instruction")).rows
    assert codes(rows, "mail.send") == ["NOT_ALLOWED"]
    assert codes(rows, "submit_mail") == ["GUARD_FAILED"]
    assert sent(rows) == []


def test_a_person_cannot_send_a_mail_without_the_link_either(repertoire: Repertoire) -> None:
    assert codes(repertoire.play((NAME, "demo")).rows, "send") == ["FORBIDDEN", "GUARD_FAILED"]


def test_the_crm_is_told_why_a_lead_was_stopped(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "says_no")).rows
    bodies = [json.loads(row.body or "{}") for row in rows if row.kind == "intended" and row.action == "crm.update"]
    told = [(one["call"]["arguments"]["stage"], one["call"]["arguments"]["reasoning"]) for one in bodies]
    assert told[-1] == ("stopped", "He has no need for this.")
    assert "a talk and a guide" in told[0][1]
