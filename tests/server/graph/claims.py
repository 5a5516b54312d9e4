"""A large workflow, written by program: an insurance claim that passes desk after desk, six or seven states each.

It is as entangled as such processes are: agents collect and assess, the server checks and writes, people review, the
claimant answers; desks send claims back, and everything that goes wrong ends with the same few people.
"""

from __future__ import annotations

import json
from typing import Final

from pointsman.contracts.loading import load
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow

DESKS: Final = ("intake", "identity", "coverage", "damage", "liability", "fraud", "reserve", "payment")
ENDS: Final[JsonObject] = {
    "settled": {"final": "success"},
    "rejected": {"final": "stopped"},
    "withdrawn": {"final": "stopped"},
    "manual_handling": {"final": "manual", "owner": "claims-office"},
    "failed_model_output": {"final": "failed", "owner": "ai-platform"},
    "failed_booking": {"final": "failed", "owner": "ledger-support"},
}


def claims(states: int) -> Workflow:
    """Build the workflow with 20 states (two desks that hear appeals) or 60 (eight desks, six of which do)."""
    desks, appeals = {20: (2, 2), 60: (8, 6)}[states]
    made: JsonObject = {}
    for place, desk in enumerate(DESKS[:desks]):
        following = f"{DESKS[place + 1]}_collecting" if place + 1 < desks else "settled"
        before = f"{DESKS[place - 1]}_collecting" if place else None
        made |= _desk(desk, following, before, appeal=place < appeals)
    text: JsonObject = {
        "workflow": "claims",
        "version": 3,
        "title": f"Insurance claim over {desks} desks",
        "owner": "claims",
        "goal": "Every claim is settled or refused by somebody who may do so, and booked once.",
        "record": {
            "claim_id": {"type": "string"},
            "amount": {"type": "number", "minimum": 0},
            "facts": {"type": "object"},
            "gaps": {"type": "array", "items": {"type": "string"}},
            "proposal": {"enum": ["pay", "refuse", "ask"]},
            "answer": {"type": "string"},
            "verdict": {"type": "object"},
            "booking": {"type": "string"},
        },
        "start": {"requires": ["claim_id", "amount"]},
        "initial": f"{DESKS[0]}_collecting",
        "roles": ["claims_adjuster", "claims_manager"],
        "sources": {"claims": {"python": "claims"}},
        "tools": {
            "claims.read": {"effect": "read", "timeout": "5s", "retry": {"attempts": 3, "backoff": "200ms"}},
            "claims.verify": {"effect": "read"},
            "claims.find": {"effect": "read"},
            "claims.book": {
                "effect": "write",
                "key": {"over": ["claim"]},
                "reconcile": {"call": "claims.find", "with": {"claim": "=args.claim"}, "happened": "result.found"},
            },
        },
        "confidence": {"floor": 0.8, "path_floor": 0.6, "below": f"{DESKS[0]}_review"},
        "limits": [{"calls": 400, "then": "manual_handling"}, {"duration": "90d", "then": "manual_handling"}],
        "states": {**made, **ENDS},
    }
    content = json.dumps(text, indent=1)
    assert len(made) + len(ENDS) == states
    return load(content.encode(), "claims.json")


def _desk(desk: str, following: str, before: str | None, *, appeal: bool) -> JsonObject:
    states: JsonObject = {
        f"{desk}_collecting": _collecting(desk),
        f"{desk}_checking": _checking(desk),
        f"{desk}_assessing": _assessing(desk),
        f"{desk}_review": _review(desk, before, appeal=appeal),
        f"{desk}_waiting_for_claimant": {
            "actor": "external",
            "events": {
                "claimant_answered": {"requires": ["answer"], "next": f"{desk}_collecting"},
                "claimant_withdrew": {"next": "withdrawn"},
            },
            "after": {"in": "14d", "to": f"{desk}_review"},
        },
        f"{desk}_booking": {
            "actor": "system",
            "run": [{"call": "claims.book", "with": {"claim": "=record.claim_id"}, "save": "booking"}],
            "next": following,
            "failed": f"{desk}_review",
            "unknown": "failed_booking",
        },
    }
    if appeal:
        states[f"{desk}_appeal"] = _appeal(desk)
    return states


def _collecting(desk: str) -> JsonObject:
    review, asking = f"{desk}_review", f"{desk}_waiting_for_claimant"
    return {
        "actor": "agent",
        "goal": f"Collect what the desk {desk} needs, quoting the documents.",
        "show": ["claim_id", "amount", "facts", "answer"],
        "tools": ["claims.read"],
        "confidence": "off",
        "events": {
            "submit_facts": {"evidence": ["claims.read"], "requires": ["facts"], "next": f"{desk}_checking"},
            "report_gap": {
                "requires": ["gaps"],
                "next": [{"to": review, "when": f"visits.{asking} >= 2"}, {"to": asking}],
            },
        },
        "limits": [{"calls": 20, "then": review}, {"invalid": 3, "then": "failed_model_output"}],
        "after": {"in": "1d", "to": review},
    }


def _checking(desk: str) -> JsonObject:
    collecting = f"{desk}_collecting"
    complete = "record.verdict.complete == true && record.verdict.contradictions == 0"
    return {
        "actor": "system",
        "run": [{"call": "claims.verify", "with": {"claim": "=record.claim_id"}, "save": "verdict"}],
        "next": [
            {"to": f"{desk}_assessing", "when": complete},
            {"to": collecting, "when": f"visits.{collecting} < 3"},
            {"to": f"{desk}_review"},
        ],
        "failed": "manual_handling",
    }


def _assessing(desk: str) -> JsonObject:
    review = f"{desk}_review"
    return {
        "actor": "agent",
        "goal": "Propose what to do, and say why.",
        "show": ["facts", "verdict"],
        "tools": ["claims.read"],
        "events": {
            "propose": {
                "requires": ["proposal"],
                "next": [
                    {"to": f"{desk}_booking", "when": "record.proposal == 'pay' && record.amount <= 2500"},
                    {"to": f"{desk}_waiting_for_claimant", "when": "record.proposal == 'ask'"},
                    {"to": review},
                ],
            }
        },
        "limits": [{"calls": 10, "then": review}, {"invalid": 3, "then": "failed_model_output"}],
        "after": {"in": "12h", "to": review},
    }


def _review(desk: str, before: str | None, *, appeal: bool) -> JsonObject:
    decisions: JsonObject = {
        "approve": {"next": f"{desk}_booking"},
        "correct": {"next": f"{desk}_collecting"},
        "ask_claimant": {"next": f"{desk}_waiting_for_claimant"},
        "refuse": {"next": "rejected"},
    }
    if before is not None:
        decisions["send_back"] = {"next": before}
    if appeal:
        decisions["escalate"] = {"next": f"{desk}_appeal"}
    return {
        "actor": "human",
        "review": {
            "role": "claims_adjuster",
            "exclude": ["=session.started_by"],
            "show": ["facts", "verdict", "proposal"],
            "rationale": "required",
            "due": {"in": "3d", "then": f"{desk}_appeal" if appeal else "manual_handling"},
        },
        "events": decisions,
    }


def _appeal(desk: str) -> JsonObject:
    return {
        "actor": "human",
        "review": {"role": "claims_manager", "show": ["facts"], "due": {"in": "5d", "then": "manual_handling"}},
        "events": {
            "uphold": {"next": f"{desk}_review"},
            "refuse": {"next": "rejected"},
            "pay_anyway": {"next": f"{desk}_booking"},
        },
    }
