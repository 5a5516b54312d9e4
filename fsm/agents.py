"""What an agent asks of a tool: the gate's rules for a call, in the order of the codes."""

from __future__ import annotations

from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, CallStep, ToolUse

from .asking import ask, asked_before
from .calls import judged, open_call
from .commands import Call, Observe, Read
from .decision import Decision
from .effects import in_the_way, repeated, running, standing
from .evidence import indexed, prove, voids
from .facts import Indexed, Settled
from .gate import contract_refusal, deny, deny_in_turn, exhaust, spent_calls
from .redaction import kept_arguments
from .refusals import Refusal, unmet_values
from .steps import Writes, evaluate_writes
from .turn import Turn
from .whose_turn import guard, listed, not_allowed, not_their_turn, not_your_turn, stale


def call(turn: Turn, request: Call) -> Decision:
    """Judge an agent's call of a tool: permit a read, open a write, or refuse."""
    name, arguments = request.tool, request.arguments
    state = turn.state
    refusal = not_their_turn(turn)
    if refusal is not None or not isinstance(state, AgentState):
        return deny(turn, refusal or not_your_turn(turn), name, arguments)
    refusal = stale(turn, request.expected_revision)
    if refusal is not None:
        return deny_in_turn(turn, refusal, name, arguments)
    use = state.tools.get(name)
    contract = turn.workflow.tool_contracts.get((state.name, name))
    if use is not None and name in turn.workflow.quarantined:
        return deny_in_turn(turn, Refusal("TOOL_CHANGED", turn.workflow.quarantined[name]), name, arguments)
    if use is None or contract is None:
        return deny_in_turn(turn, not_allowed(state, name), name, arguments)
    return _answered_before(turn, use, contract, arguments) or _judge(turn, request, state, use, contract)


def _judge(turn: Turn, request: Call, state: AgentState, use: ToolUse, contract: Contract) -> Decision:
    """Judge a call of a tool that the state offers: limits, arguments, evidence, guard, approval."""
    name, arguments = request.tool, request.arguments
    spent = spent_calls(turn, request.in_flight)
    if spent is not None and spent.then is not None and turn.session.open_write is None:
        return exhaust(turn, spent, spent.then, name, arguments)
    uses = turn.stay.uses.get(name, 0) + request.in_flight_of_tool
    if spent is not None or (use.calls is not None and uses >= use.calls):
        limit = Refusal(
            "LIMIT_REACHED", f"{name} may not be called again here. Go on by an event: {listed(state.events)}."
        )
        return deny_in_turn(turn, limit, name, arguments)
    complete = whole(turn, use, contract, arguments)
    if isinstance(complete, Refusal):
        return deny_in_turn(turn, complete, name, arguments)
    proof = prove(turn, name, use.evidence, {"args": complete}, request.fetched)
    if proof.fetch:
        return Decision(turn.session, fetch=proof.fetch)
    refusal = proof.refusal or may_be_called(turn, use, complete, proof.seen)
    if refusal is not None:
        return deny_in_turn(turn, refusal, name, arguments)
    if use.approval is not None:
        return ask(turn, name, complete, use.approval)
    return _permit(turn, name, complete)


def _answered_before(turn: Turn, use: ToolUse, contract: Contract, arguments: JsonObject) -> Decision | None:
    """Answer a call that was made before, that runs, or that was put before a person; None where it must be judged.

    No limit counts it: an agent that lost an answer and asks again has not failed.
    """
    writes = turn.workflow.tools[use.tool].effect == "write"
    complete = whole(turn, use, contract, arguments) if writes or use.approval is not None else None
    if not isinstance(complete, dict):
        return None
    asked = asked_before(turn, use.tool, complete) if use.approval is not None else None
    return asked or (_made_before(turn, use, complete) if writes else None)


def _made_before(turn: Turn, use: ToolUse, arguments: JsonObject) -> Decision | None:
    tool = use.tool
    found = standing(turn, tool, arguments)
    before = found.before
    if before is None or not found.equal or before.status == "unknown":
        return None
    if before.settled is None:
        return deny(turn, running(tool), tool, arguments)
    if before.taken == turn.stay.number:
        return repeated(turn, tool, kept_arguments(turn.workflow.tools[tool], arguments), before.settled)
    if use.when is not None or use.evidence:
        return None  # it is evidence here only when it meets what is demanded here
    open_call(turn, tool, arguments, "agent")  # looked up, so that it saves and is evidence here, too
    return turn.answer()


def whole(turn: Turn, use: ToolUse, contract: Contract, arguments: JsonObject) -> JsonObject | Refusal:
    """Give the call's whole arguments, the fixed ones included, or why they are none."""
    refusal = contract_refusal(contract, arguments, f"{use.tool} cannot be called like this")
    if refusal is not None:
        return refusal
    try:
        return {**arguments, **use.fixed.render(turn.scope())}
    except EvaluationError as error:
        message = f"{use.tool} cannot be called now: an argument the workflow fixes has no value yet."
        return Refusal("GUARD_FAILED", message, detail=str(error))


def may_be_called(turn: Turn, use: ToolUse, whole: JsonObject, evidence: JsonObject) -> Refusal | None:
    """Refuse a call that its guard does not pass, or that a write of this stay stands in the way of."""
    refusal = guard(use.when, turn.scope(args=whole, evidence=evidence), f"{use.tool} may not be called now")
    if refusal is not None:
        return refusal
    if turn.workflow.tools[use.tool].effect == "write" and turn.stay.branches:
        return Refusal(
            "OUTCOME_UNKNOWN",
            "Nobody knows whether a write made here has happened, so no other is made: "
            f"the session goes to {turn.state.unknown!r} when those that run have ended.",
        )
    return in_the_way(turn, use.tool, whole)


def _permit(turn: Turn, name: str, arguments: JsonObject) -> Decision:
    if turn.workflow.tools[name].effect == "read":
        read = Read(turn.command.id, name, arguments, turn.stay.number, turn.session.revision)
        return Decision(turn.session, read=read)
    open_call(turn, name, arguments, "agent")
    return turn.answer()


def observe(turn: Turn, request: Observe) -> Decision:
    """Record how a permitted read ended. One that outlived its stay is recorded and counts for nothing."""
    read, state = request.read, turn.state
    arguments = kept_arguments(turn.workflow.tools[read.tool], read.arguments)
    result = judged(turn, read.tool, arguments, request.result)
    writes = Writes({})
    indexes: list[Indexed] = []
    current = read.stay == turn.stay.number and turn.stay.leaving is None and not turn.session.ended
    if current and result.outcome == "done":
        indexes = indexed(turn, read.tool, arguments, result.result, read.revision)
        if isinstance(state, AgentState) and read.purpose == "agent":
            writes = agent_writes(turn, state, read.tool, arguments, result.result)
    turn.emit(
        "settled",
        Settled(
            call=None,
            tool=read.tool,
            purpose=read.purpose,
            stay=read.stay,
            arguments=arguments,
            result=result.result,
            error=result.error or writes.error,
            attempts=result.attempts,
            remember=read.tool in turn.workflow.remembered,
            writes=writes.values,
            unmet=unmet_values(writes.unmet),
            indexed=indexes,
            voids=voids(turn.workflow, read.tool),
            content=result.content,
            asked=result.asked,
        ),
        action=read.tool,
        outcome=result.outcome,
        code="INVALID_FIELDS" if writes.error else None,
        duration_ms=result.duration_ms,
    )
    return turn.answer()


def agent_writes(turn: Turn, state: AgentState, tool: str, arguments: JsonObject, result: Json) -> Writes:
    """What the `save` of a tool an agent called writes to the record."""
    use = state.tools[tool]
    if use.save is None:
        return Writes({})
    return evaluate_writes(turn, CallStep(tool, use.fixed, use.save), turn.scope(args=arguments, result=result))
