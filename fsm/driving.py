"""Models that the server drives: their turns are opened here, and their answers recorded.

A turn is committed before the question goes out, and an answer before anything in it is done. What a budget, a number
of turns or a failure ends, goes where the workflow says; nothing that the last answer wanted is done then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from pointsman.contracts.bounds import ARGUMENTS_BYTES, MODEL_PROCESSES, MODEL_WISHES, RATIONALE_CHARACTERS
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.workflow import AgentState, Event, Model

from .commands import Answer, Ask
from .decision import Decision
from .facts import Intended
from .flow import ACTION, move_by
from .gate import deny
from .limits import exhausted_limit, is_over_budget, limits_cost
from .model_turns import CUTTING_OFF, MALFORMED_CALL, OpenTurn, Turned, TurnResult, wish_name
from .opening import NOBODY, failure, next_turn, way_out
from .redaction import kept_of_refused, secrets, without_secrets
from .refusals import Refusal
from .session import Leaving
from .turn import Turn
from .whose_turn import not_their_turn, not_your_turn

NO_EVENT: Final = "The answer calls no tool and sends no event, so nothing comes of it."
CUT_OFF: Final = "The answer is cut off, longer than `max_tokens` allows, so nothing in it is done. Send a shorter one."
TOO_LARGE: Final = "A call in the answer has more than 1 MiB of arguments. Nothing in it is done; send a shorter one."
MALFORMED: Final = "The arguments of a call in the answer are no JSON object. Nothing in it is done; send it again."
TOO_MANY: Final = f"The answer calls more than {MODEL_WISHES} tools. Nothing in it is done; call fewer at once."
ANOTHER: Final = "Another process drives the agent of this session. Stop it first, or wait until it has ended."
DECLINED: Final = "the model has declined to answer"
_STRUCTURE: Final = frozenset({"type", "id", "name"})
"""What makes a block what it is: a value that is not kept may be spelt the same by chance, or by design."""
_Outcome = Literal["done", "failed", "late"]


def ask(turn: Turn, request: Ask) -> Decision:
    """Open the next turn; one that has been opened, or whose stay is over, is answered with the session as it is."""
    state, stay = turn.state, turn.stay
    driven = isinstance(state, AgentState) and state.model is not None
    if turn.command.actor.kind != "system" or not driven:
        refusal = not_their_turn(turn)
        if refusal is not None or driven or request.model is None:
            return deny(turn, refusal or not_your_turn(turn), ACTION, {})
    model = state.model if isinstance(state, AgentState) and state.model is not None else request.model
    ready = stay.position.phase == "ready" and stay.leaving is None and turn.session.ended is None
    if model is None or not ready or request.stay != stay.number:
        return turn.answer()
    current = stay.turn
    if request.turn == stay.counts.turns + 1 and (current is None or current.answered):
        _open(turn, model)
    elif current is not None and not driven and current.instance != turn.command.instance:
        if current.instance not in (NOBODY, request.gone):
            return deny(turn, Refusal("IN_PROGRESS", ANOTHER), ACTION, {})
        _take(turn, current)  # whoever drives the agent has been started again
    return turn.answer()


def _open(turn: Turn, model: Model) -> None:
    following = next_turn(turn, model)
    if isinstance(following, Leaving):
        move_by(turn, following)
    elif following is not None:
        turn.emit("intended", Intended(turn=following), action=ACTION)


def take_over(turn: Turn, instance: str) -> Decision:
    """Take a turn over from a process that is gone: what was not answered is asked again."""
    current = turn.stay.turn
    if current is not None and current.instance == instance and turn.stay.actor == "model":
        _take(turn, current)
    return turn.answer()


def _take(turn: Turn, current: OpenTurn) -> None:
    """Have a turn. A question that processes end of again and again is not paid for without end."""
    leaving = None
    if not current.answered and current.attempt >= MODEL_PROCESSES:
        leaving = failure(turn, f"{current.attempt} processes have ended while they asked this")
    if leaving is not None:
        move_by(turn, leaving)
        return
    again = replace(current, instance=turn.command.instance, attempt=current.attempt + 1)
    turn.emit("intended", Intended(turn=again), action=ACTION)


def answer(turn: Turn, request: Answer) -> Decision:
    """Record what a model has answered, and what it has cost. Of a turn that is over, that alone."""
    current, result = turn.stay.turn, _kept(turn, request.answer)
    if current is None or (turn.stay.number, current.number) != (request.stay, request.turn):
        current = None
    elif current.attempt == request.attempt and current.answered:
        return turn.answer()  # it is known
    ours = current is not None and not current.answered and current.instance == turn.command.instance
    over = not ours or turn.stay.leaving is not None or turn.session.ended is not None
    reading = 1 if current is None else current.reading
    error = result.error or _unusable(turn, result)
    invalid = None if error else _invalid(request.answer)
    spent = None if over or not invalid else exhausted_limit(turn, "invalid")
    outcome: _Outcome = "late" if over else "failed" if error else "done"
    kept = replace(result, error=error)
    _record(turn, replace(request, answer=kept), reading, outcome, invalid=None if over else invalid)
    leaving: Leaving | None = None
    if over and (turn.stay.actor != "model" or turn.stay.leaving is not None or turn.session.ended is not None):
        return turn.answer()  # what a budget ends is ended before the next model is asked
    if is_over_budget(turn.workflow, turn.session):
        leaving = way_out(turn)
    elif over:
        return turn.answer()
    elif error:
        leaving = failure(turn, error)
    elif spent is not None and spent.then is not None and turn.session.open_write is None:
        leaving = spent.way_to(spent.then)
    if leaving is not None:
        move_by(turn, leaving)
    return turn.answer()


def _record(turn: Turn, request: Answer, reading: int, outcome: _Outcome, *, invalid: str | None) -> None:
    result = request.answer
    rationale, confidence = _reasons(turn, result.content)
    turn.emit(
        "model",
        Turned(
            turn=request.turn,
            stay=request.stay,
            reading=reading,
            model=result.model,
            answered_by=result.answered_by,
            prompt_digest=result.prompt_digest,
            prompt_version=turn.workflow.version,
            schema_digest=result.schema_digest,
            tokens=result.tokens,
            cost_usd=result.cost_usd,
            stop_reason=result.stop_reason,
            attempts=result.attempts,
            request=result.request,
            content=[*result.content],
            rationale=rationale,
            confidence=confidence,
            invalid=invalid,
            error=result.error,
        ),
        action=ACTION,
        outcome=outcome,
        code="INVALID_FIELDS" if invalid else None,
        duration_ms=result.duration_ms,
    )


def _kept(turn: Turn, result: TurnResult) -> TurnResult:
    """Give an answer as it is kept: what is never stored of its calls stands nowhere else in it either."""
    blocks: list[JsonObject] = []
    hidden: tuple[str, ...] = ()
    for block in result.content:
        given = block.get("input")
        if isinstance(given, dict):
            kept = kept_of_refused(turn.workflow, str(block.get("name")), given)
            hidden += secrets(given, kept)
            blocks.append({**block, "input": kept})
        else:
            blocks.append(block)
    if not hidden:
        return result
    content = tuple(
        {name: item if name in _STRUCTURE else _without(item, hidden) for name, item in block.items()}
        for block in blocks
    )
    error = None if result.error is None else without_secrets(result.error, hidden)
    return replace(result, content=content, error=error)


def _without(value: Json, hidden: tuple[str, ...]) -> Json:
    """Take out of everything a model has said what is not kept of its calls."""
    if isinstance(value, dict):
        return {name: _without(item, hidden) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    return without_secrets(value, hidden) if isinstance(value, str) else value


def _reasons(turn: Turn, content: tuple[JsonObject, ...]) -> tuple[str | None, float | None]:
    """Give why the model wants what it wants, in its own words, and how sure it is."""
    state = turn.state
    events: Mapping[str, Event] = state.events if isinstance(state, AgentState) else {}
    said: list[str] = []
    for block in content:
        given, text = block.get("input"), block.get("text")
        if isinstance(given, dict) and block.get("name") in events and isinstance(given.get("rationale"), str):
            return str(given["rationale"])[:RATIONALE_CHARACTERS], _confidence(given)
        if isinstance(text, str):
            said.append(text)
    return "\n".join(said)[:RATIONALE_CHARACTERS] or None, None


def _confidence(given: JsonObject) -> float | None:
    confidence = given.get("confidence")
    if not isinstance(confidence, int | float) or isinstance(confidence, bool) or not 0 <= confidence <= 1:
        return None
    return float(confidence)


def _unusable(turn: Turn, result: TurnResult) -> str | None:
    """Say why nothing can come of an answer, whatever is in it."""
    if result.stop_reason == "refusal":
        return DECLINED
    if result.cost_usd is None and limits_cost(turn.workflow, turn.state):
        return no_price(result.answered_by or result.model)
    return None


def no_price(model: str) -> str:
    """Say of a model whose cost is limited that nobody knows its price, and how to give it one."""
    mend = f'give it one in pointsman.toml, [models.prices."{model}"]'
    return f"no price is known for {model}, and the workflow limits the cost: {mend}"


def _invalid(result: TurnResult) -> str | None:
    if result.stop_reason in CUTTING_OFF:
        return CUT_OFF
    if result.stop_reason == MALFORMED_CALL:
        return MALFORMED
    calls = [block.get("input") for block in result.content if block.get("type") == "tool_use"]
    if any(len(canonical(given).encode("utf-8", "surrogatepass")) > ARGUMENTS_BYTES for given in calls):
        return TOO_LARGE
    if len(calls) > MODEL_WISHES:
        return TOO_MANY
    return None if calls else NO_EVENT


def may_be_done(turn: Turn) -> bool:
    """Whether this command does the next wish of the answer, and its process has the turn: nothing is done twice.

    Nothing is done of an answer that has spent a budget either, where a write keeps the session from moving at once.
    """
    current = turn.stay.turn
    if is_over_budget(turn.workflow, turn.session):
        return False
    if current is None or not current.answered or current.instance != turn.command.instance:
        return False
    return turn.command.id == wish_name(turn.stay.number, current.number, current.wishes)
