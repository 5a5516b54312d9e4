"""What the commands ask, and do. Everything is answered with the documents of `server/documents`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import Actor

from ...documents.pages import Page

if TYPE_CHECKING:
    from pointsman.fsm.commands import Claim, Delegate, Release

    from ...insights.asking import StatsAsked
    from ...insights.examples import ExampleFilter
    from ...store.reading import SessionFilter
    from ...store.searching import RowFilter, WaitingFilter

Fields: TypeAlias = Callable[[JsonObject], JsonObject]
"""Reads the fields a session starts with, by the schema that its workflow has for them."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a person is about to do.

    Attributes:
        what: It, as the subject of a sentence: `A decision is made`.
        typed: What is typed once more at a terminal: `the event's name`.
        action: What it is called in the audit.
        on: The session, or the matter or write of one, as the person named it.
    """

    what: str
    typed: str
    action: str
    on: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who does it, over which channel; `confirms` says that they type a name once more before it is done."""

    actor: Actor
    channel: str
    confirms: bool


class Records(Protocol):
    """Sessions, what waits for people, writes and histories.

    Every method raises `NotReached` where the records, or what is asked for, are not there, and
    `FoundProblems` where the question is refused.
    """

    @property
    def sees_all(self) -> bool:
        """Whether lists hold everything there is, and not only what a token may see."""
        ...

    def sessions(self, chosen: SessionFilter, limit: int) -> Page: ...

    def session(self, name: str) -> JsonObject: ...

    def waiting(self, chosen: WaitingFilter, limit: int) -> Page: ...

    def matter(self, name: str) -> JsonObject: ...

    def effects(self, session: str | None, status: str | None, limit: int) -> Page: ...

    def effect(self, name: str) -> JsonObject: ...

    def rows(self, chosen: RowFilter, limit: int) -> Page: ...

    def history(self, chain: str) -> Iterator[JsonObject]: ...

    def row(self, chain: str, revision: int) -> JsonObject: ...

    def verification(self, chain: str | None) -> JsonObject: ...

    def corrections(self, chosen: ExampleFilter) -> Iterator[JsonObject]: ...

    def stats(self, asked: StatsAsked) -> JsonObject: ...

    def replayed(self, session: str, to_revision: int | None) -> JsonObject: ...

    def people(self) -> frozenset[str] | None:
        """Name whoever is known as a person, or may be one; None where that is not told."""
        ...

    def person(self, errand: Errand) -> Person:
        """Say who does it. Whoever is no person is turned away, and that is in the audit."""
        ...

    def start(self, workflow: str, fields: Fields) -> JsonObject:
        """Start a session, in one's own name; like all that follows, it gives what came of it, a refusal too."""
        ...

    def decide(self, person: Person, matter: JsonObject, event: str, arguments: JsonObject) -> JsonObject: ...

    def hold(self, person: Person, matter: str, request: Claim | Release | Delegate) -> JsonObject: ...

    def cancel(self, person: Person, session: str, reason: str) -> JsonObject: ...

    def restart(self, person: Person, session: str, state: str, reason: str) -> JsonObject: ...

    def settle(
        self, person: Person, effect: str, outcome: Literal["done", "failed"], reason: str, result: Json
    ) -> JsonObject: ...
