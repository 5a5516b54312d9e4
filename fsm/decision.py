"""What `decide` answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.contracts.values import JsonObject

from .commands import Read
from .facts import Fact
from .refusals import Refusal
from .session import Session


@dataclass(frozen=True, slots=True)
class Fetch:
    """A read that would give this evidence."""

    evidence: str
    read: Read


@dataclass(frozen=True, slots=True)
class Decision:
    """The facts a command makes, and the session they lead to.

    At most one of `refusal`, `read` and `fetch` is set. A refusal may come with facts: its own row and,
    where it exhausts a limit, the move; or the call that waits for a person (`NEEDS_APPROVAL`). `read`
    asks the caller to run a read and come back with `Observe`. `fetch` asks for reads that the request
    needs as evidence: run them, tell each outcome with `Observe`, and submit the same request again with
    their evidence named in `fetched`. `repeated` marks an event that had been accepted before, or a call
    that was made before; `stored` is then the revision of the fact that has the call's result. `clear`
    holds the arguments of opened calls that are not kept as they are, by call: for whoever runs them, and for
    nobody else.
    """

    session: Session | None
    facts: tuple[Fact, ...] = ()
    refusal: Refusal | None = None
    read: Read | None = None
    fetch: tuple[Fetch, ...] = ()
    repeated: bool = False
    stored: int | None = None
    clear: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject], repr=False)
