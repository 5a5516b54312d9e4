"""The person's side of the ledger: saying how a write ended of which nobody knew whether it had happened.

It moves the session nowhere: where an unknown write leads is the workflow's to say, and how the session goes on from
there is a decision or a restart.
"""

from __future__ import annotations

from pointsman.contracts.bounds import RESULT_BYTES
from pointsman.contracts.values import JsonObject, canonical
from pointsman.contracts.workflow import ToolPolicy

from .commands import Attest
from .decision import Decision
from .effects import unknown_effect
from .evidence import voids
from .facts import Administered
from .gate import deny
from .redaction import kept_result
from .refusals import Refusal
from .turn import Turn


def attest(turn: Turn, request: Attest) -> Decision:
    """Let a person say how a write ended that nobody knew of. It moves the session nowhere."""
    arguments: JsonObject = {"call": request.call, "outcome": request.outcome, "reason": request.reason}
    refusal = _no_attesting(turn, request)
    effect = unknown_effect(turn, request.call)
    if refusal is not None or effect is None:
        return deny(turn, refusal or _not_unknown(turn, request.call), "settle", arguments)
    policy = turn.workflow.tools.get(effect.tool, ToolPolicy(effect.tool))  # it is settled without any source
    body = Administered(
        "settled",
        request.reason,
        call=effect.call,
        result=kept_result(policy, request.result),
        voids=voids(turn.workflow, effect.tool),
    )
    turn.emit("admin", body, action="settle", outcome=request.outcome)
    return turn.answer()


def _no_attesting(turn: Turn, request: Attest) -> Refusal | None:
    if turn.command.actor.kind != "human":
        return Refusal("FORBIDDEN", "Only a person settles a write of which nobody knows whether it has happened.")
    if len(canonical(request.result).encode()) > RESULT_BYTES:
        return Refusal("TOO_LARGE", f"A result has at most {RESULT_BYTES} bytes.")
    return None


def _not_unknown(turn: Turn, call: str) -> Refusal:
    effect = next((one for one in turn.session.effects.values() if one.call == call), None)
    if effect is None:
        return Refusal("NOT_ALLOWED", f"The session has no write {call!r} whose outcome is unknown.")
    if effect.status == "intended":
        return Refusal(
            "IN_PROGRESS",
            f"{effect.tool} is running, and its outcome is still to come. If the server that ran it has ended, the "
            "next one that serves the workflow finds out: start one, and ask again in some seconds.",
        )
    return Refusal("NOT_ALLOWED", f"It is known already that {effect.tool} was done.")
