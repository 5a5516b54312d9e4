"""What the scripts of the service desk show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.gallery.service_desk.seeds import ACCOUNTS
from pointsman.server.audit.chain import AuditRow
from tests.gallery.plays import SCRIPTS, Repertoire

pytestmark = pytest.mark.slow

NAME = "service_desk"


def refused(rows: tuple[AuditRow, ...]) -> list[tuple[str | None, str | None]]:
    return [(row.action, row.code) for row in rows if row.kind == "denied" and row.actor_kind == "agent"]


def handed_over(rows: tuple[AuditRow, ...]) -> dict[str, Any]:
    """The arguments with which the ticket for people was opened."""
    (opened,) = [row for row in rows if row.kind == "intended" and row.action == "tickets.escalate"]
    body: dict[str, Any] = json.loads(opened.body or "{}")
    arguments: dict[str, Any] = body["call"]["arguments"]
    return arguments


def test_a_planted_instruction_and_a_colleagues_identity_change_nothing(repertoire: Repertoire) -> None:
    """The demo's agent tries both, and is refused by evidence and by the plan."""
    rows = repertoire.play((NAME, "demo")).rows
    assert refused(rows) == [
        ("submit_request", "MISSING_FIELDS"),
        ("accounts.grant_role", "NOT_ALLOWED"),
        ("accounts.grant_role", "MISSING_EVIDENCE"),
        ("accounts.grant_role", "GUARD_FAILED"),
    ]
    granted = [row for row in rows if row.kind == "settled" and row.action == "accounts.grant_role"]
    assert [row.outcome for row in granted] == ["done"]


@pytest.mark.parametrize("script", [script for name, script in SCRIPTS if name == NAME])
def test_no_code_of_a_badge_is_written_down(repertoire: Repertoire, script: str) -> None:
    """Workflow format, `redact`: paths never stored in clear."""
    written = "\n".join(row.body or "" for row in repertoire.play((NAME, script)).rows)
    assert [account[6] for account in ACCOUNTS if account[6] in written] == []


def test_a_new_password_is_not_written_down(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "forgotten_password")).rows
    (settled,) = [row for row in rows if row.kind == "settled" and row.action == "accounts.reset_password"]
    result: dict[str, Any] = json.loads(settled.body or "{}")["result"]
    assert result["temporary_password"] == "[redacted]"
    assert result["change_id"].startswith("C-")


def test_people_get_all_that_is_known_also_from_an_agent_that_says_nothing(repertoire: Repertoire) -> None:
    """The seed's row `Escalate`: the reason and a bundle of context."""
    said = handed_over(repertoire.play((NAME, "wrong_code")).rows)
    assert (said["account_id"], said["reason"]) == ("A-1043", "The code was wrong twice.")
    assert said["context"]["context"]["advice"] == "Ask him to come with his badge."
    silent = handed_over(repertoire.play((NAME, "violations")).rows)
    assert "went astray" in silent["reason"]
    assert silent["context"]["goal"] == "My account is locked."


@pytest.mark.parametrize(
    ("script", "limit"),
    [
        ("violations", "denials"),
        ("broken_plans", "invalid"),
        ("runaway", "calls"),
        ("planning_for_ever", "steps"),
    ],
)
def test_an_agent_that_goes_astray_hands_over(repertoire: Repertoire, script: str, limit: str) -> None:
    rows = repertoire.play((NAME, script)).rows
    bodies: list[dict[str, Any]] = [json.loads(row.body or "{}") for row in rows if row.state_after == "escalate"]
    assert any(str(body.get("limit", "")).startswith(f"{limit}.") for body in bodies)
