"""Tools as a workflow sees them: what it says of each, what a state offers, what must have been called before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..expressions import Expression, Guard, Template
from ..values import JsonObject

Effect: TypeAlias = Literal["read", "write"]
Within: TypeAlias = Literal["stay", "session"]
"""How long a call can be evidence: while its stay lasts, or as long as the session."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard, and what the agent is told when it does not pass."""

    guard: Guard
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` calls begin within any `per_ms` milliseconds, counted over all sessions of a server process."""

    calls: int
    per_ms: int


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` includes the first; the n-th repetition waits `backoff_ms * 2**(n-1)`."""

    attempts: int = 1
    backoff_ms: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """The idempotency key of a write.

    `over` names the arguments that make two calls the same (empty: all of them). `deliver` is how its
    downstream receives it; None where it takes none.
    """

    over: tuple[str, ...] = ()
    scope: Literal["session", "stay"] = "session"
    deliver: tuple[Literal["argument", "header", "meta"], str] | None = None


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The read that tells whether a write happened, and the guard that says so of its result."""

    call: str
    arguments: Template
    happened: Guard


@dataclass(frozen=True, slots=True)
class ToolPolicy:
    """What the workflow says of a tool. A tool nothing is said of is a write.

    `success` says of a call that has returned whether it counts as done. `redact` are paths into
    `{"args": …, "result": …}` whose values are never stored. `key` is `"none"` where every call is a
    new write, and None where nothing is said.
    """

    name: str
    effect: Effect = "write"
    timeout_ms: int = 30_000
    retry: Retry = Retry()
    rate: Rate | None = None
    success: Guard | None = None
    redact: tuple[tuple[str, ...], ...] = ()
    key: Key | Literal["none"] | None = None
    reconcile: Reconcile | None = None

    @property
    def takes_key(self) -> bool:
        """Whether the downstream is given the key, so that the same call may be made again with it."""
        return isinstance(self.key, Key) and self.key.deliver is not None

    def key_name(self, way: Literal["argument", "header", "meta"]) -> str | None:
        """By which name the downstream is given the key in this way; None where it is not."""
        deliver = self.key.deliver if isinstance(self.key, Key) else None
        return None if deliver is None or deliver[0] != way else deliver[1]

    @property
    def resolves_doubt(self) -> bool:
        """Whether the server can find out by itself what became of a write in doubt."""
        if self.effect == "read" or self.key == "none":  # an equal write that is found may be another one
            return False
        return self.takes_key or self.reconcile is not None

    @property
    def tries(self) -> int:
        """How often a call is tried in all, as far as another try cannot make a write twice.

        A write whose doubt can be settled is tried, or asked about, twice even where the workflow says nothing of
        `retry`; one that has no key, so that nothing tells a second from the first, is tried once.
        """
        if self.effect == "read":
            return self.retry.attempts
        if self.resolves_doubt:
            return max(self.retry.attempts, 2)
        return self.retry.attempts if isinstance(self.key, Key) else 1


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """What a source says of a tool: its description and the schemas of its arguments and result."""

    name: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """Where a call's result goes: each field of the record, and the expression that gives it.

    `save: po` is compiled to the field `po` with the expression `result`.
    """

    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Index:
    """Where evidence is found: the newest successful call of a tool, for each set of values of some arguments.

    `names` are those arguments, `when` what such a call must fulfil besides (it reads `args` and
    `result`). `within` is the longest that some evidence asks for. `keeps` says that an expression reads
    the call, so that arguments and result are kept.
    """

    id: str
    tool: str
    names: tuple[str, ...] = ()
    when: Guard | None = None
    within: Within = "stay"
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A call that must have succeeded before an event or a call is accepted.

    `name` is what guards call it, and the tool's own name where the file only lists tools.
    `arguments` are those the call must have had; what `index` looks calls up by is exactly these.
    `until` names what makes the call void when it comes later: tools, or `write` for any write.
    """

    name: str
    tool: str
    index: str
    arguments: Template
    within: Within = "stay"
    until: tuple[str, ...] = ()
    fetch: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approves each call of a tool, and how long a call waits for them (None: as long as the stay lasts)."""

    role: str
    exclude: tuple[Expression, ...] = ()
    within_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool as one state offers it.

    `fixed` are the arguments the workflow decides; the agent neither sees nor chooses them.
    `calls` is how often it may be called in one stay, or None.
    """

    tool: str
    fixed: Template
    when: Condition | None = None
    calls: int | None = None
    save: Save | None = None
    evidence: tuple[Evidence, ...] = ()
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class ToolGroup:
    """All tools of one effect that a source has; `bound` makes uses of them."""

    source: str
    effect: Effect
