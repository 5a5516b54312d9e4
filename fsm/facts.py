"""Facts: what has happened, in the past tense. One fact is one row of the audit table.

A fact carries everything `evolve` needs, so that a session can be folded from its rows without the
workflow, on any later version of this program. The columns say who, when, where and what; the body
says the rest, and its shape belongs to the fact's `kind`. A change of a body's shape raises
`FACT_VERSION`, and `evolve` goes on reading the older ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pydantic import TypeAdapter

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Within

from .exception_package import ExceptionPackage
from .floors import MissedFloor
from .holder import Holder
from .model_turns import OpenTurn, Turned
from .reading import Readings
from .remembered import CallMade
from .session import (
    ActorKind,
    Because,
    CallOutcome,
    Ending,
    Leaving,
    OpenApproval,
    OpenCall,
    OpenReview,
    Position,
    Timer,
    TurnOf,
    Vote,
)
from .spent_limit import SpentLimit

FACT_VERSION: Final = 6

FactKind: TypeAlias = Literal[
    "started", "entered", "denied", "intended", "settled", "accepted", "decided", "timer", "model", "admin"
]


@dataclass(frozen=True, slots=True)
class Started:
    """A session began. `timers` are those of the whole session."""

    session: str
    workflow: str
    version: int
    started_by: str
    writes: JsonObject
    timers: dict[str, Timer] = field(default_factory=dict[str, Timer])


@dataclass(frozen=True, slots=True)
class Entered:
    """A state was entered; the columns name it.

    `limit` names the session limit that sent it there, `error` the guard that could not be judged. `spent` is the limit
    of the state or the session that did; facts before it was kept have none. `exception` is what
    its review will show of the step that a confidence floor sent there, where that review does not open at once; so are
    `readings` two that differ.
    """

    actor: TurnOf
    because: Because
    position: Position
    timers: dict[str, Timer] = field(default_factory=dict[str, Timer])
    review: OpenReview | None = None
    limit: str | None = None
    error: str | None = None
    ending: Ending | None = None
    owner: str | None = None
    exception: ExceptionPackage | None = None
    readings: Readings | None = None
    spent: SpentLimit | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """A call was refused and changed nothing but what limits count.

    `arguments` is the canonical text of what was asked, cut at 4 KB, beside the digest of the whole;
    `detail` is why an expression of the workflow could not be judged, which nobody was told.
    """

    message: str
    arguments_digest: str
    arguments: str
    unmet: list[JsonObject] = field(default_factory=list[JsonObject])
    counts_denial: bool = False
    counts_invalid: bool = False
    cause: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Indexed:
    """Where a successful call can be found as evidence; see `session.Found`."""

    index: str
    key: str
    within: Within
    keeps: bool = False
    void: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Intended:
    """Something is committed, and will be done: a call, or leaving a state whose `exit` steps come first.
    Or it will be done only if a person approves it: a call that waits. Or a model is asked: a `turn`.

    Again for the same call when another process takes it over, and for another way to leave by while
    the steps run. `voids` names what evidence the call makes void: the tool, and `write` for a write.
    """

    call: OpenCall | None = None
    voids: list[str] = field(default_factory=list[str])
    leaving: Leaving | None = None
    approval: OpenApproval | None = None
    turn: OpenTurn | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool asked whoever waited for its call, while it ran.

    `message` is what was asked, visible and cut; `fields` names what was answered, without the values.
    `why` says why the server itself declined; None where the client was asked.
    """

    message: str
    action: Literal["accept", "decline", "cancel"]
    fields: list[str] = field(default_factory=list[str])
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A call ended, or a `set` step was done (then `call` is None).

    An agent's read was never open: it brings `tool`, `arguments` and the `stay` it was asked in.
    `writes` are record fields. `step` is how the workflow's step ended with it: a call that was done
    and whose result did not fit the record is a failed step. `position` is where the stay's steps
    are now, `shown_as` the name a review shows the result under; `review` opens one. `indexed` says
    where the call can be found as evidence, `voids` what evidence it makes void. `repeats` is the revision
    of the fact that has the result of the same call made before: then nothing was done again.
    `content` and `asked` as in `CallResult`.

    Of a write, `doubt` says why it was in doubt before this outcome was known, and `reconciled` that the
    outcome and the result are those of its `reconcile`; `unanswered`, of an unknown one, that it was sent and never
    answered. With the purpose `late` it was settled as unknown before. `reading` are the fields that a tool has given
    as the second reading of a stay.
    """

    call: str | None
    tool: str | None
    purpose: Literal["agent", "step", "show", "fetch", "reconcile", "late"]
    stay: int
    arguments: JsonObject | None = None
    result: Json = None
    error: str | None = None
    attempts: int = 1
    branch: int = 0
    step: CallOutcome | None = None
    shown_as: str | None = None
    remember: bool = False
    writes: JsonObject = field(default_factory=dict[str, Json])
    unmet: list[JsonObject] = field(default_factory=list[JsonObject])
    position: Position | None = None
    review: OpenReview | None = None
    indexed: list[Indexed] = field(default_factory=list[Indexed])
    voids: list[str] = field(default_factory=list[str])
    repeats: int | None = None
    content: list[Json] | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    doubt: str | None = None
    reconciled: bool = False
    unanswered: bool = False
    reading: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event met its contract, its evidence and its guards. `delivery` as in `Send`.

    `missed` are the confidence floors that it did not reach, also where it leads to a person anyway. `calls` are those
    that it rests on: its evidence, or, of an event without, the last ones of the stay.

    One that is held is the `reading` of this number: nothing is written. `compared` are the fields by which the two are
    compared, `evidence` what the guards saw of it, `position` where the stay goes on. The first is accepted once more,
    to be taken, when there are both; then `readings` are those.
    """

    arguments: JsonObject
    payload_digest: str
    writes: JsonObject
    confidence: float | None = None
    path_confidence: float | None = None
    rationale: str | None = None
    repeated: bool = False
    delivery: str | None = None
    missed: list[MissedFloor] = field(default_factory=list[MissedFloor])
    calls: list[CallMade] = field(default_factory=list[CallMade])
    reading: int | None = None
    compared: list[str] = field(default_factory=list[str])
    evidence: JsonObject = field(default_factory=dict[str, Json])
    position: Position | None = None
    readings: Readings | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A person decided a review, or the call that waits for this `approval`. `edits` holds each edited field
    with the value before and after, and the revision of the fact that had written the one before.

    `counted` is the vote that this is, where more persons must say the same before the event is taken:
    then nothing is written yet. `person` is who answers for the actor, where that is somebody else.
    """

    role: str
    arguments: JsonObject
    writes: JsonObject
    shown_digest: str
    stay: int
    rationale: str | None = None
    edits: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    counted: Vote | None = None
    approval: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer was due. `effect` says what came of it: it moved the session, reminded, was held by
    its guard, let a long run of states go on, or let an approval lapse. In every case it does not fire again.
    """

    timer: str
    effect: Literal["moved", "reminded", "held", "continued", "lapsed"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Administered:
    """A person intervened. `cancelled` ends the session where it is; where steps of `exit` came before, `by` is the
    person. `restarted` gives it a new budget, with these timers of the whole session; the state it goes on from is
    entered next. `settled` says how the write of the unknown `call` ended, which nobody knew; the columns say whether
    it was done, `result` what it gave, `voids` what evidence it makes void.

    `claimed`, `released` and `delegated` say who is the `holder` of the open review from now on, or of the call that
    waits for this `approval`; `held_by` is who was before.

    The others belong to no session: of `pinned` the `result` names the lock and what is pinned there from now on; of
    a token that was `minted` or `revoked` it names the principal and what the token opens; of `clock`, by how much the
    machine's clock is off that of a server process.
    """

    act: Literal[
        "cancelled",
        "restarted",
        "settled",
        "claimed",
        "released",
        "delegated",
        "pinned",
        "minted",
        "revoked",
        "clock",
    ]
    reason: str
    timers: dict[str, Timer] = field(default_factory=dict[str, Timer])
    call: str | None = None
    result: Json = None
    voids: list[str] = field(default_factory=list[str])
    by: str | None = None
    approval: str | None = None
    holder: Holder | None = None
    held_by: str | None = None


Body: TypeAlias = (
    Started | Entered | Denied | Intended | Settled | Accepted | Decided | TimerFired | Turned | Administered
)

BODIES: Final[dict[FactKind, type[Body]]] = {
    "started": Started,
    "entered": Entered,
    "denied": Denied,
    "intended": Intended,
    "settled": Settled,
    "accepted": Accepted,
    "decided": Decided,
    "timer": TimerFired,
    "model": Turned,
    "admin": Administered,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: the columns of its audit row, and its body.

    `at` is milliseconds since the epoch. `command` is the identifier of the command that made it. `version` is that of
    the body's shape.
    """

    kind: FactKind
    command: str
    at: int
    actor_kind: ActorKind
    actor_id: str
    client: str | None
    channel: str
    definition: str
    body: Body
    action: str | None = None
    outcome: str | None = None
    code: str | None = None
    state_before: str | None = None
    state_after: str | None = None
    duration_ms: int | None = None
    version: int = FACT_VERSION


_ADAPTERS: Final[dict[FactKind, TypeAdapter[Body]]] = {kind: TypeAdapter(body) for kind, body in BODIES.items()}


def body_value(fact: Fact) -> JsonObject:
    """Give a fact's body as JSON."""
    value: JsonObject = _ADAPTERS[fact.kind].dump_python(fact.body, exclude_defaults=True)
    return value


def read_body(kind: FactKind, value: JsonObject) -> Body:
    """Read a body back from JSON.

    Raises:
        KeyError: for a kind this version does not know.
        pydantic.ValidationError: for a body of another shape.
    """
    return _ADAPTERS[kind].validate_python(value)


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended, as the tools report it.

    `error` is safe to show: it holds no values but what the tool meant to say. `attempts` counts
    the tries. `duration_ms` covers all of them. `doubt` and `reconciled` as in `Settled`.

    `content` are the blocks of MCP content that the tool answered with: None where it answered none, and
    empty where `result` holds them all, as `text` or as `content`. `asked` is what the tool asked meanwhile.

    Of a write in doubt, `unanswered` says that it was sent, and that it is told when an answer still comes;
    `cut_off` that it was sent, and no answer can come any more.
    """

    outcome: CallOutcome
    result: Json = None
    error: str | None = None
    attempts: int = 1
    duration_ms: int = 0
    content: list[Json] | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    doubt: str | None = None
    reconciled: bool = False
    unanswered: bool = False
    cut_off: bool = False
