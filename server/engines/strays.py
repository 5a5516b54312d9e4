"""Calls that belong to no session: the fact each leaves, and the bound on how many rows they may make.

A flood of them must not fill the disk. Beyond the bound they are counted, and one row a
minute says how many there were. The bound holds for each server process by itself. Refused calls
of a session that no limit counts are bounded likewise: beyond the bound they are told of here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.bounds import DENIED_ARGUMENTS_BYTES
from pointsman.contracts.values import Json, JsonObject, canonical, digest_text
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.claiming import asked_for
from pointsman.fsm.commands import (
    Answer,
    Ask,
    Attest,
    Call,
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
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Accepted, Administered, Denied, Fact, Settled
from pointsman.fsm.redaction import REDACTED, kept_of_refused, kept_refusal
from pointsman.fsm.refusals import Refusal, unmet_values
from pointsman.fsm.session import Actor, Session

from ..bounds import SERVER_CHAIN_ROWS_PER_MINUTE, SESSION_REFUSALS_PER_MINUTE, STRANGER_ROWS_PER_MINUTE
from ..identity import SOMEBODY

_WINDOW_S: Final = 60.0
_NAME_BYTES: Final = 256

SENT_TOO_OFTEN: Final = Refusal("LIMIT_REACHED", "It had been answered before; it is sent again too often.")
"""What is written of a repeated event or call beyond the bound; its sender is answered as ever."""


def only_said(workflow: Workflow, before: Session | None, decision: Decision) -> bool:
    """Whether a decision moves nothing: its rows only say no, or that an event or a call had been answered before.

    A refusal that a limit of the workflow still counts is more than said.
    """
    if before is None:
        return False
    counted = any(rule.kind in ("denials", "invalid") for rule in workflow.states[before.state].limits) or any(
        rule.kind in ("denials", "invalid") and f"{rule.kind}.{index}" not in before.spent
        for index, rule in enumerate(workflow.limits)
    )
    for fact in decision.facts:
        match fact.body:
            case Denied(counts_denial=denial, counts_invalid=invalid):
                if counted and (denial or invalid):
                    return False
            case Accepted(repeated=True) | Settled(repeats=int()):
                pass
            case _:
                return False
    return True


@dataclass(frozen=True, slots=True)
class Frame:
    """All that counts of a call that belongs to no session: who asked, when, and through what.

    `id` is the command's, `at` milliseconds since the epoch.
    """

    id: str
    at: int
    actor: Actor
    channel: str
    client: str | None = None


def stray_fact(frame: Frame, action: str, refusal: Refusal, arguments: JsonObject) -> Fact:
    """Make the fact of a refused call that belongs to no session, or to one that is not the caller's.

    What came from outside is cut and made storable.
    """
    text = canonical(arguments)
    return Fact(
        kind="denied",
        command=_storable(frame.id),
        at=frame.at,
        actor_kind=frame.actor.kind,
        actor_id=_storable(frame.actor.id),
        client=None if frame.client is None else _storable(frame.client),
        channel=frame.channel,
        definition="",
        body=Denied(
            message=_storable(refusal.message, DENIED_ARGUMENTS_BYTES),
            arguments_digest=digest_text(text),
            arguments=_storable(text, DENIED_ARGUMENTS_BYTES),
            unmet=unmet_values(refusal.unmet),
        ),
        action=_storable(action),
        outcome="refused",
        code=refusal.code,
    )


ServerAct: TypeAlias = Literal["pinned", "minted", "revoked", "clock"]
"""What is done to the server itself, and belongs to no session."""

_ACTIONS: Final[dict[ServerAct, str]] = {
    "pinned": "pin",
    "minted": "create_token",
    "revoked": "revoke_token",
    "clock": "keep_time",
}


def admin_fact(frame: Frame, act: ServerAct, result: JsonObject, reason: str) -> Fact:
    """Make the fact of what was done to the server itself: see `Administered`."""
    return Fact(
        kind="admin",
        command=frame.id,
        at=frame.at,
        actor_kind=frame.actor.kind,
        actor_id=_storable(frame.actor.id),
        client=frame.client,
        channel=frame.channel,
        definition="",
        body=Administered(act, reason, result=result),
        action=_ACTIONS[act],
        outcome="done",
    )


def stray_command(command: Command, session_id: str, refusal: Refusal, workflow: Workflow | None) -> Fact:
    """Make the fact of a command that was refused before it reached a session of its caller's.

    `workflow` says what is redacted. Where there is none, nobody can say what may be kept of a call.
    """
    action, arguments = _asked(command)
    kept: JsonObject = arguments
    if workflow is not None:
        kept = kept_of_refused(workflow, action, arguments)
    elif isinstance(command.request, Call | Observe):
        kept = dict[str, Json].fromkeys(arguments, REDACTED)
    said = kept_refusal(refusal, arguments, kept)
    frame = Frame(command.id, command.at, command.actor, command.channel, command.client)
    return stray_fact(frame, action, said, {"session": session_id, "arguments": kept})


class StrayBound:
    """Lets so many facts through in a minute, counts the others, and tells their number afterwards.

    Of strangers it lets half as many through, so that theirs take no place of a known caller's.

    Args:
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = monotonic()
        self._passed = 0
        self._passed_strangers = 0
        self._codes: Counter[str] = Counter()
        self._last: Fact | None = None
        self._sessions: Counter[str] = Counter()
        self._sessions_since = self._began

    def admit(self, fact: Fact) -> list[Fact]:
        """Give the facts to write now that this one has happened: it, none, or the tally of a minute before it.

        What was done to the server itself is always written: no flood of refused calls hides it.
        """
        written = self.tally() if self.seconds_left() <= 0 else []
        if fact.kind == "admin":
            return [*written, fact]
        strange = _is_of_a_stranger(fact)
        has_room = not strange or self._passed_strangers < STRANGER_ROWS_PER_MINUTE
        if has_room and self._passed < SERVER_CHAIN_ROWS_PER_MINUTE:
            self._passed += 1
            self._passed_strangers += strange
            return [*written, fact]
        self._codes[fact.code or ""] += 1
        self._last = fact
        return written

    def admits_of(self, session_id: str) -> bool:
        """Whether one more row that only says something is written in this session's history this minute."""
        now = self._monotonic()
        if now - self._sessions_since >= _WINDOW_S:
            self._sessions.clear()
            self._sessions_since = now
        self._sessions[session_id] += 1
        return self._sessions[session_id] <= SESSION_REFUSALS_PER_MINUTE

    def seconds_left(self) -> float:
        """How long the running minute still lasts; not above zero when it is over."""
        return self._began + _WINDOW_S - self._monotonic()

    @property
    def counting(self) -> bool:
        """Whether there is something to tell when the minute is over."""
        return self._last is not None

    def tally(self) -> list[Fact]:
        """Begin a new minute, and give the fact that tells of those that were only counted, if there were any."""
        self._began = self._monotonic()
        self._passed = self._passed_strangers = 0
        if self._last is None:
            return []
        fact = _counted(self._last, self._codes)
        self._passed = 1
        self._codes = Counter()
        self._last = None
        return [fact]


def _is_of_a_stranger(fact: Fact) -> bool:
    return (fact.actor_kind, fact.actor_id) == (SOMEBODY.kind, SOMEBODY.id)


def _counted(last: Fact, codes: Counter[str]) -> Fact:
    each: dict[str, Json] = dict(sorted(codes.items()))
    text = canonical(each)
    return Fact(
        kind="denied",
        command="counted:" + last.command,
        at=last.at,
        actor_kind="system",
        actor_id="pointsman",
        client=None,
        channel="server",
        definition="",
        body=Denied(
            message=f"{codes.total()} more calls were refused than are written one by one; their codes are counted.",
            arguments_digest=digest_text(text),
            arguments=text,
        ),
        action="counted",
        outcome="refused",
    )


def _storable(text: str, limit_bytes: int = _NAME_BYTES) -> str:
    """Cut a text, and put question marks for what is not Unicode (lone surrogates)."""
    return text.encode(errors="replace")[:limit_bytes].decode(errors="ignore")


def _asked(command: Command) -> tuple[str, JsonObject]:  # noqa: C901 -- a case a kind
    request = command.request
    match request:
        case Start():
            return "start", request.fields
        case Call():
            return request.tool, request.arguments
        case Send() | Decide():
            return request.event, request.arguments
        case Observe():
            return request.read.tool, request.read.arguments
        case Settle() | TakeOver():
            return type(request).__name__.lower(), {"call": request.call}
        case Expire():
            return "expire", {"timer": request.timer}
        case Claim() | Release() | Delegate():
            return asked_for(request)
        case Restart():
            return "restart", {"state": request.state, "reason": request.reason}
        case Attest():
            return "settle", {"call": request.call, "outcome": request.outcome, "reason": request.reason}
        case Ask() | Answer():
            return "model", {"stay": request.stay, "turn": request.turn}
        case _:
            return "cancel", {"reason": request.reason}
