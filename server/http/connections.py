"""The open connections of the server: what each one waits for, until when, and which gives way to another.

A connection is in one phase at a time. Where the number of connections, of requests or of bytes is at its bound, what
has waited longest for its own client is closed to make room: who does not finish asking never shuts out who does.
What runs is never closed for another; beyond its bound new requests are answered `BUSY`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from uvicorn.server import ServerState

from ..bounds import (
    HTTP_BODIES_BYTES,
    HTTP_BODY_MS,
    HTTP_CONNECTIONS,
    HTTP_HEAD_MS,
    HTTP_KEEP_ALIVE_MS,
    HTTP_LINGER_MS,
    HTTP_NEWS_OF_ONE,
    HTTP_RUNNING_MS,
    HTTP_RUNNING_OF_ONE,
    HTTP_UNREAD_BYTES,
)

if TYPE_CHECKING:
    from starlette.types import Scope

    from pointsman.fsm.session import Actor

Phase: TypeAlias = Literal["head", "body", "running", "news", "idle", "rest"]
"""`head` and `body` arrive; it is `running`, or waits for `news`; it is answered, and `idle`, or the `rest` is read."""

_GIVING_WAY: Final[tuple[Phase, ...]] = ("rest", "head", "idle", "body")
_SPARE_DESCRIPTORS: Final = 256
"""For the database, sources and logs."""
_SMALL_BYTES: Final = 64 * 1024
"""A body of this size counts for nothing: the number of requests is bound enough."""
_STANDING: Final = "standing of the connection"


class Held(Protocol):
    """A connection, as far as it must be known here."""

    def give_up(self) -> None:
        """Close it at once."""
        ...

    def unread_bytes(self) -> int:
        """Give how much of its answer has not been taken yet."""
        ...


class Connections(ServerState):
    """Keeps the connections of one server.

    Args:
        limit: How many there may be; half of them may wait for news, and a quarter ask something at the same time.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, limit: int, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._limit = limit
        self._monotonic = monotonic
        self._phases: dict[Phase, dict[Held, float]] = {
            phase: {} for phase in ("head", "body", "running", "news", "idle", "rest")
        }
        self._phase_of: dict[Held, Phase] = {}
        self._principals: dict[Held, str] = {}
        self._running_of: Counter[str] = Counter()
        self._news_of: Counter[str] = Counter()
        self._bodies: dict[Held, int] = {}
        self._bodies_bytes = 0
        self._stalled: dict[Held, None] = {}

    def __len__(self) -> int:
        return len(self._phase_of)

    @property
    def awaiting_news(self) -> int:
        """How many requests wait for news."""
        return len(self._phases["news"])

    @property
    def stalled(self) -> int:
        """How many clients do not read their answer."""
        return len(self._stalled)

    def phase(self, connection: Held) -> Phase | None:
        """Give the phase a connection is in; None when it has been given up."""
        return self._phase_of.get(connection)

    def open(self, connection: Held) -> None:
        """Take a new connection; what has waited longest for its client gives way to it."""
        if len(self) >= self._limit:
            self._make_room()
        self._phase_of[connection] = "head"
        self._phases["head"][connection] = 0.0
        self.enter(connection, "head")

    def enter(self, connection: Held, phase: Phase) -> None:
        """Put a connection into a phase, and let go what it held for the one before; not one that was given up."""
        before = self._phase_of.get(connection)
        if before is None:
            return
        if phase not in ("body", "running", "news"):
            self._let_go(connection)
            self._forget_principal(connection)
        del self._phases[before][connection]
        bound_ms = _bound_ms(phase)
        self._phases[phase][connection] = 0.0 if bound_ms is None else self._monotonic() + bound_ms / 1000
        self._phase_of[connection] = phase

    def leave(self, connection: Held) -> None:
        """Forget a connection that is closed."""
        self._let_go(connection)
        self._forget_principal(connection)
        phase = self._phase_of.pop(connection, None)
        if phase is not None:
            del self._phases[phase][connection]
        self._stalled.pop(connection, None)

    def admits_request(self) -> bool:
        """Whether one more request can be taken; the body that has been arriving longest gives way to it."""
        arriving = self._phases["body"]
        if len(arriving) + len(self._phases["running"]) < self._limit // 4:
            return True
        if arriving:
            self._give_up(next(iter(arriving)))
            return True
        return False

    def run(self, connection: Held, principal: str) -> bool:
        """Say whose a request is; False where too many of them are being answered."""
        if self._running_of[principal] >= HTTP_RUNNING_OF_ONE:
            return False
        if connection in self._phase_of:
            self._principals[connection] = principal
            self._running_of[principal] += 1
        return True

    def await_news(self, connection: Held, principal: str) -> bool:
        """Let a request wait for news, apart from those that run; False where too many do, or where it has ended."""
        full = len(self._phases["news"]) >= self._limit // 2 or self._news_of[principal] >= HTTP_NEWS_OF_ONE
        if full or connection not in self._phase_of:
            return False
        self._forget_principal(connection)
        self.enter(connection, "news")
        self._principals[connection] = principal
        self._news_of[principal] += 1
        return True

    def keep(self, connection: Held, size_bytes: int) -> bool:
        """Count a part of a body. Where all large ones are too many, those that have been arriving longer give way.

        Returns:
            False where none gives way to this one.
        """
        if connection not in self._phase_of:
            return False
        before_bytes = self._bodies.get(connection, 0)
        held_bytes = self._bodies[connection] = before_bytes + size_bytes
        if held_bytes <= _SMALL_BYTES:
            return True
        self._bodies_bytes += held_bytes - max(before_bytes, _SMALL_BYTES)
        if self._bodies_bytes <= HTTP_BODIES_BYTES:
            return True
        for other in [other for other in self._phases["body"] if self._bodies.get(other, 0) > _SMALL_BYTES]:
            if other is connection:
                break
            self._give_up(other)
            if self._bodies_bytes <= HTTP_BODIES_BYTES:
                return True
        return False

    def stall(self, connection: Held) -> None:
        """Note that a client does not read its answer; where too much is unread, the first of them gives way."""
        self._stalled[connection] = None
        unread_bytes = sum(stalled.unread_bytes() for stalled in self._stalled)
        while unread_bytes > HTTP_UNREAD_BYTES and len(self._stalled) > 1:
            first = next(iter(self._stalled))
            unread_bytes -= first.unread_bytes()
            self._give_up(first)

    def resume(self, connection: Held) -> None:
        """Note that a client reads again."""
        self._stalled.pop(connection, None)

    def sweep(self) -> None:
        """Close the connections whose time is over."""
        now = self._monotonic()
        for phase in (*_GIVING_WAY, "running"):
            waiting = self._phases[phase]
            while waiting and waiting[first := next(iter(waiting))] <= now:
                if (
                    phase in ("idle", "rest") and first.unread_bytes()
                ):  # it reads its answer, or is closed because it does not
                    self.enter(first, phase)
                else:
                    self._give_up(first)

    def _make_room(self) -> None:
        for phase in _GIVING_WAY:
            if self._phases[phase]:
                self._give_up(next(iter(self._phases[phase])))
                return

    def _give_up(self, connection: Held) -> None:
        self.leave(connection)
        connection.give_up()

    def _let_go(self, connection: Held) -> None:
        self._bodies_bytes -= max(0, self._bodies.pop(connection, 0) - _SMALL_BYTES)

    def _forget_principal(self, connection: Held) -> None:
        principal = self._principals.pop(connection, None)
        if principal is not None:
            of_one = self._news_of if connection in self._phases["news"] else self._running_of
            of_one[principal] -= 1
            if not of_one[principal]:
                del of_one[principal]


def _bound_ms(phase: Phase) -> int | None:
    match phase:
        case "head":
            return HTTP_HEAD_MS
        case "body":
            return HTTP_BODY_MS + HTTP_LINGER_MS
        case "idle":
            return HTTP_KEEP_ALIVE_MS
        case "rest":
            return HTTP_LINGER_MS
        case "running":
            return HTTP_RUNNING_MS
        case _:
            return None


def connections_that_fit() -> int:
    """Give how many connections this process may hold: the bound, or as many as it has file descriptors for.

    The soft limit of file descriptors is raised where the system allows it.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return HTTP_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = HTTP_CONNECTIONS + _SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return HTTP_CONNECTIONS
    return max(4, min(HTTP_CONNECTIONS, soft - _SPARE_DESCRIPTORS))


@dataclass(frozen=True, slots=True)
class _Standing:
    """By which the requests of a connection say what they do with it."""

    connections: Connections
    connection: Held


def give_standing(state: dict[str, object], connections: Connections, connection: Held) -> None:
    """Let the requests of a connection, whose scopes have this state, say that they wait for news or keep a body."""
    state[_STANDING] = _Standing(connections, connection)


def runs_for(scope: Scope, actor: Actor) -> bool:
    """Say whose this request is; False where too many of theirs are being answered."""
    standing = _standing(scope)
    return standing is None or standing.connections.run(standing.connection, _principal(actor))


def waits_for_news(scope: Scope, actor: Actor) -> bool:
    """Say that this request of somebody waits for news from now on; False where it may not."""
    standing = _standing(scope)
    return standing is None or standing.connections.await_news(standing.connection, _principal(actor))


def keeps_body(scope: Scope, size_bytes: int) -> bool:
    """Say that so much more of a request's body is kept, until it is answered; False where there is no room for it."""
    standing = _standing(scope)
    return standing is None or standing.connections.keep(standing.connection, size_bytes)


def _principal(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"


def _standing(scope: Scope) -> _Standing | None:
    standing: _Standing | None = scope.get("state", {}).get(_STANDING)
    return standing
