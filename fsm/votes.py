"""Votes: reviews that several persons decide. What counts as the same vote, and who has said what so far.

Of the session alone; who may vote, and what a vote must contain, is said in `people`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from pointsman.contracts.values import Json, JsonObject, canonical

from .session import Session, Stay, Vote


@dataclass(frozen=True, slots=True)
class Tally:
    """The persons who have voted the same, in the order of their votes, and how many it takes."""

    event: str
    arguments: JsonObject
    by: tuple[str, ...]
    of: int


def vote_of(session: Session, event: str, arguments: JsonObject, edit: Collection[str], of: int, at: int) -> Vote:
    """Make a vote of a decision's arguments. What repeats the record in a field of `edit` changes nothing."""
    record = session.record
    kept: JsonObject = {
        name: value
        for name, value in arguments.items()
        if name != "rationale" and not (name in edit and name in record and canonical(record[name]) == canonical(value))
    }
    return Vote(event, kept, of, at)


def is_enough(stay: Stay, person: str, vote: Vote) -> bool:
    """Whether this vote of this person decides: as many different persons as it takes have said the same."""
    agreeing = {name for name, other in stay.votes.items() if _key(other) == _key(vote)}
    return len(agreeing | {person}) >= vote.of


def with_vote(session: Session, person: str, vote: Vote) -> Session:
    """The session after a vote; a person's newer one replaces the older."""
    votes = {name: other for name, other in session.stay.votes.items() if name != person}
    return replace(session, stay=replace(session.stay, votes={**votes, person: vote}))


def tallies(stay: Stay) -> tuple[Tally, ...]:
    """Count the votes of a stay that has not been decided, those with most persons first."""
    found: dict[str, Tally] = {}
    for person, vote in sorted(stay.votes.items(), key=lambda item: (item[1].at, item[0])):
        before = found.get(_key(vote))
        by = (*before.by, person) if before is not None else (person,)
        found[_key(vote)] = Tally(vote.event, vote.arguments, by, vote.of)
    return tuple(sorted(found.values(), key=lambda tally: -len(tally.by)))


def votes_so_far(stay: Stay) -> list[Json]:
    """Give the same as JSON, for people: what was said, by whom, by how many and by how many it must be."""
    return [
        {"event": one.event, "with": one.arguments, "by": list(one.by), "count": len(one.by), "of": one.of}
        for one in tallies(stay)
    ]


def _key(vote: Vote) -> str:
    return canonical([vote.event, vote.arguments])
