"""A session as the machine holds it: a frozen value that facts alone change.

Everything here is bounded by the workflow, never by the session's age: counts instead of lists, the last call of a tool
instead of all of them. Times are milliseconds since the epoch, taken from the commands; nothing here reads a clock.
Dictionaries are never changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Effect

from .exception_package import ExceptionPackage
from .floors import product
from .holder import Holder
from .model_turns import OpenTurn
from .reading import Readings
from .remembered import CallMade, Done, Found
from .spent_limit import SpentLimit

FORMAT: Final = 1
"""Number of this snapshot format; a store refuses a snapshot of another one."""

ActorKind: TypeAlias = Literal["agent", "model", "human", "system", "external"]
CallOutcome: TypeAlias = Literal["done", "failed", "unknown"]
Phase: TypeAlias = Literal["entry", "run", "show", "ready", "second", "exit"]
EffectStatus: TypeAlias = Literal["intended", "done", "unknown"]
KeyScope: TypeAlias = Literal["session", "stay", "call"]
ApprovalStatus: TypeAlias = Literal["pending", "approved", "rejected", "lapsed", "done", "failed", "unknown"]
TurnOf: TypeAlias = Literal["agent", "model", "system", "human", "external", "final"]
Because: TypeAlias = Literal[
    "start", "next", "after", "due", "limit", "failed", "unknown", "below", "differ", "duration", "restart", "cancel"
]
Written: TypeAlias = Literal["start", "event", "call", "set", "decision"]
Ending: TypeAlias = Literal["success", "stopped", "manual", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a principal, never just a client program. `owner` is the person who answers for an agent or a system.

    An actor with a `session` is bound to it: every other one is none of its business, and it starts none.
    The kind `system` is the server itself and what triggers it; other systems are of the kind `external`. A `model`
    is one that the server asks: no credential is of this kind.
    """

    kind: ActorKind
    id: str
    roles: tuple[str, ...] = ()
    owner: str | None = None
    session: str | None = None

    @property
    def accountable(self) -> str:
        """The principal who answers for what this actor does."""
        return self.owner or self.id


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a field's value comes from: the fact that wrote it, and who and what made the fact.

    `calls` are those that the value rests on: the one whose result was saved, or those behind the event. `reasoned`
    says that the fact has a rationale. Facts before version 6 say neither.
    """

    revision: int
    at: int
    how: Written
    action: str
    actor_kind: ActorKind
    actor_id: str
    state: str
    confidence: float | None = None
    calls: tuple[CallMade, ...] = ()
    reasoned: bool = False


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """The last decision of a person in a state."""

    by: str
    role: str
    event: str
    at: int
    rationale: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What limits count. `denials` and `invalid` are consecutive.

    `turns` are questions that models were asked, `tokens` all that they read and wrote.
    """

    calls: int = 0
    denials: int = 0
    invalid: int = 0
    steps: int = 0
    turns: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    """Answers of unknown price: `cost_usd` has nothing of them."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the server's own steps have come in a stay: which list, and which step of it.

    `ready` means that no step is left and the state's actor acts; `second` comes after it where a tool reads what an
    agent has read, and `exit` once the session is to go elsewhere.
    """

    phase: Phase
    index: int = 0


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that is committed and not settled. `instance` names the server process that runs it.

    `purpose` is `agent` for a write an agent asked, `step` for a step of the workflow, `show` for
    what a review shows. `branch` is its place in an `all` (0 elsewhere). `redacted` says that the
    arguments it runs with are not all here: only the process that opened it has them. `approval` is that
    of the person who let it run.

    `key` is the idempotency key of a write, and `scope` how long it is good. `doubt` says why the write
    may have happened before this attempt, `unanswered` that it may be under way still. `stored` is the
    revision of the fact that has the result of the same write made before: then nothing is called, and that
    result is given.
    """

    id: str
    tool: str
    arguments: JsonObject
    effect: Effect
    purpose: Literal["agent", "step", "show"]
    instance: str
    opened_at: int
    branch: int = 0
    attempt: int = 1
    key: str | None = None
    redacted: bool = False
    approval: str | None = None
    scope: KeyScope | None = None
    doubt: str | None = None
    stored: int | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A write as the ledger has it, under its idempotency key: intended, and then done or unknown.

    One that has failed is there no more: nothing has happened, and it may be asked again. `call` is the
    revision of the fact that intended it, `settled` of the one that has its outcome. `arguments_digest`
    is that of the arguments as they are kept, `scope` how long the key is good, and `stay` the number of the
    stay that it is good in (None: any). `attempt` counts the processes that have had it. `unanswered` says of
    an unknown one that it was sent and never answered, so that it may be under way still. `taken` is the last
    stay that has had the result of one that was done: what it saves, and what it is evidence of.
    """

    tool: str
    call: str
    arguments_digest: str
    opened_at: int
    status: EffectStatus = "intended"
    settled: int | None = None
    scope: KeyScope = "session"
    stay: int | None = None
    attempt: int = 1
    unanswered: bool = False
    taken: int | None = None


@dataclass(frozen=True, slots=True)
class OpenApproval:
    """A call that an agent has asked, and that runs only if a person approves it: once, with exactly these arguments.

    `id` is the revision of the fact that asked it; `arguments` are all there are, those the workflow
    fixes included. `by` and `rationale` are of the person who decided, `settled` is the revision of the
    fact that has its outcome. `definition` is the digest of what the source said of the tool when it was
    asked: a tool that is defined otherwise is not what was approved. `answers_for` is the person who answers
    for whoever asked, `shown_digest` what a decision is bound to.
    """

    id: str
    tool: str
    arguments: JsonObject
    role: str
    asked_by: str
    opened_at: int
    expires_at: int | None = None
    status: ApprovalStatus = "pending"
    by: str | None = None
    rationale: str | None = None
    settled: int | None = None
    definition: str | None = None
    answers_for: str | None = None
    shown_digest: str | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """A move that is decided and waits for the state's `exit` steps.

    `limit` names the session limit that sends it there, `spent` is that limit, or the one of the state that does, and
    `error` the guard that could not be judged. Because of
    `cancel` the session ends where it is; `reason` and `by` are of the person who cancelled it. Because of a
    confidence floor, `exception` is what the reviewer sees of it; `readings` are two that differ, which they see too.
    """

    target: str
    because: Because
    limit: str | None = None
    error: str | None = None
    reason: str | None = None
    by: str | None = None
    exception: ExceptionPackage | None = None
    readings: Readings | None = None
    spent: SpentLimit | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment at which the session acts by itself, and the state it then goes to (empty: none).

    `index` is the place in the state's list of `after`, where the guard stands.
    """

    kind: Literal["after", "due", "remind", "duration", "continue", "approval"]
    at: int
    to: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class OpenReview:
    """What a reviewer is shown, frozen when the review opened; `shown_digest` is bound to decisions.

    `exception` is there where a confidence floor sent the session to this review.
    """

    role: str
    shown: JsonObject
    shown_digest: str
    opened_at: int
    due_at: int | None = None
    holder: Holder | None = None
    exception: ExceptionPackage | None = None
    readings: Readings | None = None
    """Two that differ, where they have led here; bound into `shown_digest` like what is shown."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person has said of a review that several persons decide. `of` is how many must say the same.

    `arguments` are without the rationale and without edits that change nothing: two votes are equal
    when event and arguments are.
    """

    event: str
    arguments: JsonObject
    of: int
    at: int


@dataclass(frozen=True, slots=True)
class Stay:
    """The time between entering a state and leaving it. `number` counts the session's stays from 1.

    `revision` is that of the fact that entered the state. `uses` counts accepted calls by tool.
    `branches` holds the outcomes of the running step's branches; where an agent acts, the writes of
    its own whose outcome is unknown, until the last open one lets the session leave.
    """

    state: str
    actor: TurnOf
    number: int
    since: int
    revision: int
    position: Position
    counts: Counts = Counts()
    uses: dict[str, int] = field(default_factory=dict[str, int])
    open: dict[str, OpenCall] = field(default_factory=dict[str, OpenCall])
    branches: dict[str, CallOutcome] = field(default_factory=dict[str, CallOutcome])
    timers: dict[str, Timer] = field(default_factory=dict[str, Timer])
    shown: dict[str, Json] = field(default_factory=dict[str, Json])
    """What the calls of a review's `show` have given so far; moves into the review when it opens."""
    review: OpenReview | None = None
    evidence: dict[str, dict[str, Found]] = field(default_factory=dict[str, dict[str, Found]])
    """Calls that can be evidence in this stay: by index, then by the digest of the arguments asked for."""
    leaving: Leaving | None = None
    """Where the session goes when the state's `exit` steps are done; then nobody else acts here any more."""
    votes: dict[str, Vote] = field(default_factory=dict[str, Vote])
    """The last vote of each person, where events of the review need several."""
    approvals: dict[str, OpenApproval] = field(default_factory=dict[str, OpenApproval])
    """Every call of this stay that was put before a person, and what has become of it."""
    turn: OpenTurn | None = None
    """What a model is asked here."""
    calls: tuple[CallMade, ...] = ()
    """The last successful calls of this stay, where an agent or a model acts: what its events rest on."""
    exception: ExceptionPackage | None = None
    """What the review of this stay will show of the step that a floor sent here; moves into it when it opens."""
    readings: Readings | None = None
    """The reading that is held here until there is a second one; or the two that differ, until the review opens."""


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """The last accepted event, so that the same one sent again can be told from a new one."""

    event: str
    actor_id: str
    payload_digest: str
    stay: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended."""

    outcome: Ending
    at: int
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One running instance of a workflow: the fold of its facts. `revision` is how many they are."""

    id: str
    workflow: str
    version: int
    definition: str
    started_by: str
    started_at: int
    revision: int
    stay: Stay
    client: str | None = None
    record: dict[str, Json] = field(default_factory=dict[str, Json])
    provenance: dict[str, Provenance] = field(default_factory=dict[str, Provenance])
    visits: dict[str, int] = field(default_factory=dict[str, int])
    done: dict[str, Done] = field(default_factory=dict[str, Done])
    decisions: dict[str, DecisionRecord] = field(default_factory=dict[str, DecisionRecord])
    confidences: dict[str, float] = field(default_factory=dict[str, float])
    """Last accepted confidence by state, since the start or the last human decision."""
    confidence_revisions: dict[str, int] = field(default_factory=dict[str, int])
    """Revision of the fact that each of them is of."""
    counts: Counts = Counts()
    timers: dict[str, Timer] = field(default_factory=dict[str, Timer])
    """Timers of the whole session; those of a stay are in the stay."""
    spent: tuple[str, ...] = ()
    """Session limits that have moved the session once and do not move it again: kind and place, `calls.0`."""
    last_event: AcceptedEvent | None = None
    ended: Ended | None = None
    evidence: dict[str, dict[str, Found]] = field(default_factory=dict[str, dict[str, Found]])
    """Calls that can be evidence as long as the session lasts; those of a stay are in the stay."""
    voids: dict[str, int] = field(default_factory=dict[str, int])
    """Last revision at which each tool that some evidence is good `until` was called; `write` for any write."""
    effects: dict[str, LedgerEntry] = field(default_factory=dict[str, LedgerEntry])
    """The ledger: every write that was intended and has not failed, by its idempotency key."""
    delivered: dict[str, str] = field(default_factory=dict[str, str])
    """Every event that was taken with the name of a delivery, and the digest of its arguments, by that name."""

    @property
    def state(self) -> str:
        """Name of the current state."""
        return self.stay.state

    @property
    def path_confidence(self) -> float:
        """Product of the accepted confidences along the path."""
        return product(self.confidences.values())

    @property
    def open_write(self) -> OpenCall | None:
        """The oldest write whose outcome is not known yet, if there is one."""
        writes = [call for call in self.stay.open.values() if call.effect == "write" and call.stored is None]
        return min(writes, key=lambda call: (len(call.id), call.id), default=None)

    @property
    def next_timer_at(self) -> int | None:
        """When the earliest timer is due, in milliseconds since the epoch."""
        timers = [*self.timers.values(), *self.stay.timers.values()]
        return None if self.ended or not timers else min(timer.at for timer in timers)


def shown_value(result: Json, error: str | None) -> Json:
    """What a review shows of a call: its result, or that it could not be had."""
    return result if error is None else {"error": error}
