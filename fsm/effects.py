"""Writes happen once: the rules of the ledger, for agents' calls and for the server's own steps.

The server makes a write's idempotency key of the session, the tool and the arguments that `key.over` names; with
`scope: stay`, of the stay too. A key that is there already answers the same call without making it again, and refuses
another call. A write of which nobody knows whether it has happened is never made again, unless its downstream takes
the key or can be asked (`reconcile`). Nothing is forgotten as long as its key is good: a session whose ledger is full
makes no further write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pointsman.contracts.bounds import EFFECTS_PER_SESSION
from pointsman.contracts.values import Json, JsonObject, digest
from pointsman.contracts.workflow import Key, ToolPolicy

from .decision import Decision
from .facts import Settled
from .redaction import hides_argument, kept_arguments
from .refusals import Refusal
from .session import KeyScope, LedgerEntry
from .turn import Turn

_KEY: Final = slice(len("sha256:"), len("sha256:") + 32)
"""Of a digest, what a key is made of: 128 bits."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says of a write that is asked: its key, and the write that has this key already.

    `equal` says that it is the same write. One whose key would be made of what is redacted is equal to none.
    """

    key: str
    scope: KeyScope
    before: LedgerEntry | None
    equal: bool


def standing(turn: Turn, tool: str, arguments: JsonObject) -> Standing:
    """Look a write up in the ledger."""
    policy = turn.workflow.tools[tool]
    kept = kept_arguments(policy, arguments)
    key, scope = _key(turn, policy, kept)
    before = turn.session.effects.get(key)
    same = before is not None and before.arguments_digest == digest(kept)
    return Standing(key, scope, before, same and not _hides_key(policy, kept))


def repeated(turn: Turn, tool: str, arguments: JsonObject, settled: int) -> Decision:
    """Answer a call that was made before with the result in the fact of the revision `settled`."""
    body = Settled(None, tool, "agent", turn.stay.number, arguments, repeats=settled)
    turn.emit("settled", body, action=tool, outcome="repeated")
    return replace(turn.answer(), repeated=True, stored=settled)


def in_the_way(turn: Turn, tool: str, arguments: JsonObject) -> Refusal | None:
    """Refuse a write that the ledger stands in the way of; one that was done before is not refused."""
    policy = turn.workflow.tools[tool]
    if policy.effect == "read":
        return None
    found = standing(turn, tool, arguments)
    before = found.before
    if before is None:
        return _full(turn)
    if not found.equal:
        return _reused(tool, policy, before, hidden=_hides_key(policy, kept_arguments(policy, arguments)))
    if before.status == "intended":
        return running(tool)
    if before.status == "unknown" and not can_be_resolved(policy, kept_arguments(policy, arguments) != arguments):
        return Refusal(
            "OUTCOME_UNKNOWN",
            f"Nobody knows whether {tool} with these arguments has happened, so it is not called again. "
            f"A person has to find out and to settle it ({turn.session.id}.{before.call}).",
        )
    return None


def can_be_resolved(policy: ToolPolicy, redacted: bool) -> bool:  # noqa: FBT001 -- a fact about the call
    """Whether the server can find out what became of a write in doubt. Redacted arguments are gone by then."""
    return policy.resolves_doubt and not redacted


def unknown_effect(turn: Turn, call: str) -> LedgerEntry | None:
    """Give the write of this number, if nobody knows how it ended."""
    effects = turn.session.effects.values()
    return next((one for one in effects if one.call == call and one.status == "unknown"), None)


def _key(turn: Turn, policy: ToolPolicy, kept: JsonObject) -> tuple[str, KeyScope]:
    """Make the key of a write with these arguments, as they are kept."""
    made_of: JsonObject = {"session": turn.session.id, "tool": policy.name}
    if policy.key == "none":
        return _digest_key({**made_of, "call": turn.session.revision + 1}), "call"
    key = policy.key or Key()
    over = {name: kept.get(name, _default(turn, policy, name)) for name in key.over} if key.over else kept
    if key.scope == "stay":
        made_of["stay"] = turn.stay.number
    return _digest_key({**made_of, "over": over}), key.scope


def _default(turn: Turn, policy: ToolPolicy, name: str) -> Json:
    """Give what an argument is that a call leaves out: what its tool says, or null. To say that is the same write."""
    definition = turn.workflow.definitions.get(policy.name)
    properties = None if definition is None else definition.input_schema.get("properties")
    schema = properties.get(name) if isinstance(properties, dict) else None
    return schema.get("default") if isinstance(schema, dict) else None


def _digest_key(made_of: JsonObject) -> str:
    return f"pm-{digest(made_of)[_KEY]}"


def _hides_key(policy: ToolPolicy, kept: JsonObject) -> bool:
    """Whether the key would have to tell apart what is redacted, so that two writes cannot be told apart."""
    over = policy.key.over if isinstance(policy.key, Key) and policy.key.over else kept
    return hides_argument(policy, over)


def running(tool: str) -> Refusal:
    """Say that the same write is under way."""
    return Refusal("IN_PROGRESS", f"{tool} is running with the same arguments; ask again to learn its outcome.")


def _reused(tool: str, policy: ToolPolicy, before: LedgerEntry, *, hidden: bool) -> Refusal:
    if hidden:
        return Refusal(
            "KEY_REUSED",
            f"{tool} was called before with arguments that are redacted, so nobody can say whether this is the same "
            "write again. The workflow has to say what makes two calls the same (`key`).",
        )
    over = policy.key.over if isinstance(policy.key, Key) else ()
    same = f"the same {' and '.join(over)}" if over else "the same key"
    how = {"intended": "is running", "done": "was done", "unknown": "may have been done"}[before.status]
    return Refusal("KEY_REUSED", f"{tool} {how} with {same} and other arguments, and the workflow allows it once.")


def _full(turn: Turn) -> Refusal | None:
    if len(turn.session.effects) < EFFECTS_PER_SESSION:
        return None
    return Refusal("LIMIT_REACHED", f"This session has made {EFFECTS_PER_SESSION} different writes, and makes no more.")
