"""Where a session is, in words, told from its document."""

from __future__ import annotations

from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_objects

from ..table.words import counted
from .output import json_text, moment, value_text

_TURN: Final = {
    "agent": "an agent acts",
    "model": "a model acts",
    "system": "the server works",
    "human": "a person decides",
    "external": "the outside answers",
}
_NOBODY: Final = "nobody"


def sentence(document: JsonObject) -> str:
    """Say where a session is, and who must act."""
    session, state = document["session"], document["state"]
    ended = document.get("ended")
    if isinstance(ended, dict):
        owner = ended.get("owner")
        taken = f"; {owner} takes over" if owner else ""
        return f"Session {session} has ended in {state} ({ended['outcome']}{taken})."
    return f"Session {session} is in {state}: {turn(document)}."


def turn(document: JsonObject) -> str:
    """Say who must act, and until when."""
    who = document.get("waiting_for")
    if not isinstance(who, dict):
        return _NOBODY
    role = f" (role {who['role']})" if "role" in who else ""
    due = f", until {moment(str(who['due']))}" if "due" in who else ""
    return f"{_TURN[str(who['actor'])]}{role}{due}"


def votes_in_words(document: JsonObject) -> list[str]:
    """Say what persons have said of a review that several decide, a line for each: `approve: 1 of 2 (maria)`."""
    return [_vote(one) for one in as_objects(document.get("votes"))]


def came_from(provenance: JsonObject) -> str:
    """Say in words where a field's value came from."""
    confidence = "" if provenance.get("confidence") is None else f", confidence {provenance['confidence']}"
    where = f" in {provenance['state']}" if provenance.get("state") else ""
    action = f" {provenance['action']}" if provenance.get("action") else ""
    calls = "; ".join(call_in_words(one) for one in as_objects(provenance.get("calls")))
    return (
        f"{provenance['origin']}: {provenance['how']}{action}{where}, by {provenance['actor_id']} "
        f"({provenance['actor_kind']}{confidence}), row {provenance['revision']}" + (f"; from {calls}" if calls else "")
    )


def call_in_words(call: JsonObject) -> str:
    """Say in words which call something rests on, and how old it is."""
    return f"{call['tool']} (row {call['revision']}, {moment(str(call['at']))})"


def was_in_words(was: JsonObject) -> str:
    """Say in words what stood in a field before a person edited it, and whose that was."""
    confidence = "" if "confidence" not in was else f", confidence {was['confidence']}"
    return value_text(was["value"]) + (f" (by {was['by']}{confidence}, row {was['revision']})" if "by" in was else "")


def claim_in_words(document: JsonObject) -> str | None:
    """Say in words who has claimed what waits; None where nobody has."""
    claim = document["claim"]
    if not isinstance(claim, dict):
        return None
    given = "" if "given_by" not in claim else f", delegated by {claim['given_by']}: {claim['reason']}"
    return f"{claim['by']}, since {moment(str(claim['at']))}{given}"


def texts(value: Json) -> list[str]:
    """Give the texts of a list in a document."""
    return [str(one) for one in value] if isinstance(value, list) else []


def _vote(one: JsonObject) -> str:
    arguments = one["with"]
    given = f" with {json_text(arguments)}" if arguments else ""
    return f"{one['event']}{given}: {one['count']} of {one['of']} ({', '.join(texts(one['by']))})"


def models_in_words(models: Json) -> str | None:
    """Say what models have taken; None where none was asked."""
    if not isinstance(models, dict) or not models["turns"]:
        return None
    asked = models.get("asked")
    now = f"; asked now: {asked['model']}, turn {asked['turn']}" if isinstance(asked, dict) else ""
    return f"{taken_in_words(models)}{now}"


def taken_in_words(models: JsonObject) -> str:
    """Say how many turns models have had, and what those have taken, with the answers whose price nobody knows."""
    turns, unpriced = (int(str(models[name])) for name in ("turns", "unpriced"))
    unknown = f", and {counted(unpriced, 'answer')} of unknown price" if unpriced else ""
    return f"{counted(turns, 'turn')}, {models['tokens']:,} tokens, ${models['cost_usd']:.4f}{unknown}"
