"""Calls as a session keeps them: opened, judged when they end, and never with what is redacted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from pointsman.contracts.values import JsonObject

from .effects import standing
from .evidence import indexed, voids
from .facts import CallResult, Indexed, Intended
from .redaction import kept_arguments, kept_result
from .session import OpenCall
from .turn import Turn

DOUBTED: Final = "nobody knew whether it had happened before"
NO_SUCCESS: Final = "answered, but that does not count as a success"
NOT_JUDGED: Final = "answered, but whether that counts as a success cannot be judged"


def open_call(
    turn: Turn,
    tool: str,
    arguments: JsonObject,
    purpose: Literal["agent", "step", "show"],
    *,
    branch: int = 0,
    approval: str | None = None,
) -> None:
    """Commit that a call will be run. What is redacted of its arguments goes with the decision alone.

    Of a write the ledger must not stand in the way. One that was done before is not made again: its result is
    looked up. One in doubt is settled before it is made.
    """
    policy = turn.workflow.tools[tool]
    kept = kept_arguments(policy, arguments)
    found = standing(turn, tool, arguments) if policy.effect == "write" else None
    before = found.before if found is not None else None
    stored = before.settled if before is not None and before.status == "done" else None
    unknown = before if before is not None and before.status == "unknown" else None
    call = OpenCall(
        id=str(turn.session.revision + 1),
        tool=tool,
        arguments=kept,
        effect=policy.effect,
        purpose=purpose,
        instance=turn.command.instance,
        opened_at=turn.command.at,
        branch=branch,
        redacted=kept != arguments and stored is None,  # then nothing is called
        approval=approval,
        key=None if found is None else found.key,
        scope=None if found is None else found.scope,
        doubt=None if unknown is None else DOUBTED,
        stored=stored,
        unanswered=unknown is not None and unknown.unanswered,
    )
    if call.redacted:
        turn.clear[call.id] = arguments
    turn.emit("intended", Intended(call, voided(turn, call)), action=tool)


def voided(turn: Turn, call: OpenCall) -> list[str]:
    """Name what evidence a call makes void: of one whose result is looked up, nothing, because nothing is called."""
    return [] if call.stored is not None else voids(turn.workflow, call.tool)


def indexed_at_end(turn: Turn, call: OpenCall, result: CallResult) -> list[Indexed]:
    """Say where an open call that has ended can be found as evidence: nowhere, unless it was done.

    It is as old as the revision since when it may have happened: of one whose result is looked up, when it was made.
    """
    if result.outcome != "done":
        return []
    began = int(call.id) if call.stored is None else int(turn.session.effects[call.key or ""].call)
    return indexed(turn, call.tool, call.arguments, result.result, began)


def judged(turn: Turn, tool: str, arguments: JsonObject, result: CallResult) -> CallResult:
    """Say how a call has ended by what the workflow calls a success, and give it as it is kept.

    `success` sees the arguments as they are kept and the result in clear: of that only a yes or a no remains.
    What was answered and is no success has failed. A write that cannot be judged is unknown; so is one that was in
    doubt before it was answered, because what is no success may be said of the second try alone.
    """
    policy = turn.workflow.tools[tool]
    kept = replace(result, result=kept_result(policy, result.result))
    if kept.content and any(path[0] == "result" for path in policy.redact):
        kept = replace(kept, content=None)  # the blocks may say again what is redacted
    if result.outcome != "done" or policy.success is None or result.reconciled:
        return kept  # what `reconcile` gives is judged by its `happened`
    verdict = policy.success.judge(turn.scope(args=arguments, result=result.result))
    if verdict.passed:
        return kept
    error = NO_SUCCESS if verdict.error is None else NOT_JUDGED
    unknown = policy.effect == "write" and (verdict.error is not None or result.doubt is not None)
    return replace(kept, outcome="unknown" if unknown else "failed", error=error)
