"""Takes a tool call's arguments apart: ours (`session`, `expected_revision`) from the tool's own."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal

from .names import OURS, OURS_PREFIX


@dataclass(frozen=True, slots=True)
class Asked:
    """A call's arguments, taken apart. `session` is None where none was named."""

    session: str | None
    expected_revision: int | None
    arguments: JsonObject


def take_apart(arguments: JsonObject, clashing: frozenset[str] = frozenset()) -> Asked | Refusal:
    """Take `session` and `expected_revision` out of a call's arguments; `clashing` are those the tool has itself."""
    rest = dict(arguments)
    given = {ours: rest.pop(OURS_PREFIX + ours if ours in clashing else ours, None) for ours in OURS}
    session, revision = given["session"], given["expected_revision"]
    unmet: list[Unmet] = []
    if session is not None and not isinstance(session, str):
        unmet.append(Unmet("session", "must be a session's handle", missing=False, schema={"type": "string"}))
        session = None
    if revision is not None and (not isinstance(revision, int) or isinstance(revision, bool)):
        unmet.append(Unmet("expected_revision", "must be an integer", missing=False, schema={"type": "integer"}))
        revision = None
    if unmet:
        return Refusal("INVALID_FIELDS", "; ".join(f"{one.path} {one.problem}" for one in unmet), tuple(unmet))
    if session is not None and (refusal := unfit(session, "session")) is not None:
        return refusal
    return Asked(session, revision, rest)


def unfit(name: str, what: str) -> Refusal | None:
    """Refuse a name that is no identifier. The name itself is not repeated: it may hold anything."""
    if IDENTIFIER.match(name):
        return None
    return Refusal("MALFORMED", f"{what}: must be 1 to 128 of the characters A-Z a-z 0-9 _ . -")
