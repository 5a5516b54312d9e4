"""Rows of an audit told in words: who did what, and what came of it. The row itself stands behind each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pointsman.contracts.values import Json, JsonObject, as_object

from ..documents.channels import attestation
from ..documents.reasons import entered_of, reason_in_words
from .pages import words

Tone: TypeAlias = Literal["plain", "move", "refused", "person", "wrong"]

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z", re.ASCII)
_CAME: Final = {"done": "done", "failed": "failed", "unknown": "nobody knows whether it happened"}
_READINGS: Final = {1: "read once, which is held until there is a second reading:", 2: "read a second time:"}
_TIMERS: Final = {
    "moved": "was due and moved the session",
    "reminded": "was due: a reminder",
    "held": "was due, and its guard held the session",
    "continued": "let the session go on",
    "lapsed": "was due: a call waits no longer",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """A row in words. `others` are texts of agents or other systems that belong to it, by what they are."""

    revision: int
    at: str
    who: str
    who_kind: str
    channel: str
    said: str
    tone: Tone
    others: Sequence[tuple[str, Json]] = field(default_factory=tuple[tuple[str, Json], ...])


def happening(row: JsonObject) -> Happening:
    """Tell a row, as documents have it (`documents.rows`); its body may be absent."""
    body = row.get("body")
    said, tone, others = _told(row, as_object(body))
    return Happening(
        revision=int(str(row["revision"])),
        at=str(row["at"]),
        who=str(row["actor_id"]),
        who_kind=str(row["actor_kind"]),
        channel=str(row["channel"]),
        said=said,
        tone=tone,
        others=tuple((name, value) for name, value in others if value not in (None, "", [], {})),
    )


_Told: TypeAlias = tuple[str, Tone, Sequence[tuple[str, Json]]]


def _told(row: JsonObject, body: JsonObject) -> _Told:  # noqa: C901 -- a case a kind
    action, outcome = str(row.get("action") or ""), str(row.get("outcome") or "")
    match row["kind"]:
        case "started":
            return "started the session", "move", [("with", body.get("writes"))]
        case "entered":
            return _entered(row, body)
        case "denied":
            return _denied(row, body)
        case "intended":
            return _intended(action, body)
        case "settled":
            wrong: Tone = "plain" if outcome == "done" else "wrong"
            of = f"{action}: {_CAME.get(outcome, outcome)}" if action else "set fields"
            return (
                of,
                wrong,
                [
                    ("in doubt", body.get("doubt")),
                    ("error", body.get("error")),
                    ("result", body.get("result")),
                    ("wrote", body.get("writes")),
                ],
            )
        case "accepted":
            again = " again, which changed nothing" if body.get("repeated") else ""
            reason = [("rationale", body.get("rationale")), ("confidence", body.get("confidence"))]
            sent = _READINGS.get(int(str(body.get("reading") or 0)), "sent")
            return f"{sent} {action}{again}", "plain", [*reason, ("with", body.get("arguments"))]
        case "decided":
            counted = " (a voice; more persons must say the same)" if outcome == "counted" else ""
            word = attestation(str(row["channel"]))
            return (
                f"decided: {action}{counted}" + ("" if word is None else f" ({word})"),
                "person",
                [("rationale", body.get("rationale")), ("edits", body.get("edits"))],
            )
        case "model":
            return _answered(row, body)
        case "timer":
            return (
                f"the timer {row.get('action')} {_TIMERS.get(outcome, outcome)}",
                "plain",
                [("error", body.get("error"))],
            )
        case "admin":
            return _administered(action, body)
        case _:
            return f"{row['kind']} {action}".strip(), "plain", []


def _entered(row: JsonObject, body: JsonObject) -> _Told:
    """Tell in which state the session is, and why. What failed there is said by others."""
    entered, before = entered_of(body), row.get("state_before")
    why = None if entered is None else reason_in_words(entered, None if before is None else words(str(before)))
    because = "" if why is None else f", because {why}"
    return f"the session is in {words(str(row['state_after']))}{because}", "move", [("error", body.get("error"))]


def _denied(row: JsonObject, body: JsonObject) -> _Told:
    """Tell a refusal. What was asked for is said by whoever asked, and is part of our words only as a plain name."""
    action = str(row.get("action") or "")
    is_name = _NAME.match(action) is not None
    what = action if is_name else "something"
    others: list[tuple[str, Json]] = [
        ("asked for", None if is_name else action),
        ("why", body.get("message")),
        ("detail", body.get("detail")),
        ("arguments", body.get("arguments")),
    ]
    return f"was refused {what} ({row.get('code')})", "refused", others


def _administered(action: str, body: JsonObject) -> _Told:
    """Tell what was done by hand, or to the server itself. Names of people stand beside our words, not in them."""
    holder = body.get("holder")
    to = holder.get("by") if isinstance(holder, dict) else None
    others = [("reason", body.get("reason")), ("held before by", body.get("held_by"))]
    match body.get("act"):
        case "claimed":
            return "took it over" if body.get("held_by") else "claimed it", "person", others
        case "released":
            return "released it", "person", others
        case "delegated":
            return "handed it to somebody else", "person", [("to", to), *others]
        case "cancelled":
            return "cancelled the session", "person", [*others, ("asked by", body.get("by"))]
        case "clock":
            return "found that the machine's clock was set", "plain", [("result", body.get("result"))]
        case _:
            return f"{action or body.get('act')} by hand", "person", [*others, ("result", body.get("result"))]


def _answered(row: JsonObject, body: JsonObject) -> _Told:
    """Tell a model's answer. What it calls stands in rows of its own, as what was done about it."""
    others = [
        ("error", body.get("error")),
        ("not done", body.get("invalid")),
        ("rationale", body.get("rationale")),
        ("confidence", body.get("confidence")),
        ("model", body.get("answered_by") or body.get("model")),
        ("tokens", body.get("tokens")),
        ("cost in US dollars", body.get("cost_usd")),
    ]
    match row.get("outcome"):
        case "failed":
            return "a model could not be asked, or its answer not be used", "wrong", others
        case "late":
            return "a model answered when the session had moved on", "plain", others
        case _:
            return "a model answered", "refused" if body.get("invalid") else "plain", others


def _intended(action: str, body: JsonObject) -> _Told:
    if body.get("approval"):
        return f"asked for {action}, which waits for a person", "plain", []
    leaving = body.get("leaving")
    if isinstance(leaving, dict):
        if leaving.get("because") == "cancel":
            return (
                "cancelled the session, and leaves the state first",
                "person",
                [("reason", leaving.get("reason"))],
            )
        return "began to leave the state", "plain", []
    asked = body.get("turn")
    if isinstance(asked, dict):
        again = f", in its attempt {asked['attempt']}" if "attempt" in asked else ""
        return f"asked a model, turn {asked.get('number')}{again}", "plain", [("model", asked.get("model"))]
    call = body.get("call")
    opened = as_object(call)
    return f"began {action}", "plain", [("in doubt", opened.get("doubt")), ("arguments", opened.get("arguments"))]
