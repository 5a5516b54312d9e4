"""`decide`: the one door. A command and a session in; facts, or a refusal, out.

Pure: no clock, no randomness, no input or output. The same workflow, session and command give the
same facts, byte for byte, wherever it runs: in the embedded server, in another engine, in a
simulator, in a test. What a workflow does not allow is denied.
"""

from __future__ import annotations

from pointsman.contracts.workflow import Workflow

from . import agents, agreeing, approving, attesting, claiming, driving, happenings, people
from .cancelling import cancel
from .commands import (
    Answer,
    Ask,
    Attest,
    Call,
    Cancel,
    Claim,
    Command,
    Decide,
    Delegate,
    Expire,
    Observe,
    Release,
    Restart,
    Send,
    Settle,
    Start,
    TakeOver,
)
from .decision import Decision
from .facts import Started
from .flow import begin
from .gate import NOT_FOUND, contract_refusal, deny, may_start, may_view
from .model_turns import is_wish
from .refusals import Refusal
from .restarting import restart
from .session import Session
from .stays import session_timers
from .turn import Turn


def decide(workflow: Workflow, session: Session | None, command: Command) -> Decision:  # noqa: C901, PLR0912 -- a case a kind
    """Judge a command.

    Args:
        workflow: The workflow the session was started with, with its tools' definitions bound.
        session: The session as it is; None only for `Start` of a new one.
        command: What is asked, by whom, and all that must be known of the world.

    Returns:
        The facts and the session they lead to. A refusal with the code `NOT_FOUND` makes no fact,
        because the session is none of the caller's business; the caller records it elsewhere.
    """
    turn = Turn(workflow, session, command)
    request = command.request
    if isinstance(request, Start):
        return _start(turn, request, session)
    if session is None or not may_view(workflow, session, command.actor):
        return Decision(session, refusal=NOT_FOUND)
    if is_wish(command.id) and isinstance(request, Call | Send) and not driving.may_be_done(turn):
        return turn.answer()
    if isinstance(request, Settle | TakeOver | Expire | Answer) and command.actor.kind != "system":
        return deny(turn, Refusal("FORBIDDEN", "Only the server says what happens by itself."), command.id, {})
    match request:
        case Call():
            return agents.call(turn, request)
        case Observe():
            return agents.observe(turn, request)
        case Send():
            return agreeing.send(turn, request)
        case Decide():
            decide_it = people.decide_review if request.approval is None else approving.decide_approval
            return decide_it(turn, request)
        case Claim():
            return claiming.claim(turn, request)
        case Release():
            return claiming.release(turn, request)
        case Delegate():
            return claiming.delegate(turn, request)
        case Cancel():
            return cancel(turn, request)
        case Restart():
            return restart(turn, request)
        case Attest():
            return attesting.attest(turn, request)
        case Settle():
            return happenings.settle(turn, request)
        case TakeOver():
            return happenings.take_over(turn, request)
        case Ask():
            return driving.ask(turn, request)
        case Answer():
            return driving.answer(turn, request)
        case _:
            return happenings.expire(turn, request)


def _start(turn: Turn, request: Start, session: Session | None) -> Decision:
    """Start a session. The same identifier a second time is the session there is, to its starter, whatever has become
    of the workflow's file since.
    """
    workflow, command = turn.workflow, turn.command
    if session is not None:
        mine = session.started_by == command.actor.accountable
        return Decision(session, repeated=True) if mine else Decision(session, refusal=NOT_FOUND)
    if not may_start(workflow, command.actor):
        bound = command.actor.session is not None
        allowed = " or ".join(workflow.access.start) or "a trigger"
        why = "This token is bound to a session" if bound else f"Only {allowed} may start {workflow.name}"
        return Decision(None, refusal=Refusal("FORBIDDEN", f"{why}."))
    refusal = contract_refusal(workflow.start, request.fields, f"{workflow.name} cannot be started")
    if refusal is not None:
        return Decision(None, refusal=refusal)
    writes = {name: request.fields[name] for name in workflow.start_fields if name in request.fields}
    turn.emit(
        "started",
        Started(
            session=request.session,
            workflow=workflow.name,
            version=workflow.version,
            started_by=command.actor.accountable,
            writes=writes,
            timers=session_timers(workflow, command.at),
        ),
        action="start",
        outcome="done",
    )
    begin(turn, workflow.initial, "start")
    return turn.answer()
