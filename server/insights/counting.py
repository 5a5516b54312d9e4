"""Counts what agents and models did in two spans of time, and what people made of it: one pass over the histories.

A row belongs to the span it was written in. What is kept of it is said in `tallies` and `pairs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection

from pointsman.fsm.facts import FactKind

from ..bounds import STATS_GROUPS
from ..store.histories import History, HistoryFilter, Line, each_history
from ..store.reading import Seen
from .pairs import Pair, PairTally, ReadTwice, pair_of
from .proposals import KINDS, Following, Proposal, Turns, call_label, is_asked, is_held, is_proposal
from .tallies import Group, Tally

Across: TypeAlias = Literal["version", "model"]

_KINDS: Final[tuple[FactKind, ...]] = (*KINDS, "denied", "model")
_WITHIN: Final[tuple[FactKind, ...]] = ("accepted", "denied", "model", "intended")

T = TypeVar("T")


class Span(NamedTuple):
    """A span of time, in the form of the column `at`; `until` is not included."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class StatsFilter:
    """What is counted: all that agree with every member that is not None. `model` is that of a model, or a client.

    `across` says what is put together, although it differs in this.
    """

    now: Span
    before: Span
    workflow: str | None = None
    version: int | None = None
    state: str | None = None
    model: str | None = None
    across: frozenset[Across] = frozenset()
    seen: Seen | None = None


class Counted(NamedTuple):
    """The two tallies of a group."""

    now: Tally
    before: Tally


class PairsCounted(NamedTuple):
    """The two tallies of readings."""

    now: PairTally
    before: PairTally


@dataclass(slots=True)
class Counts:
    """All that was counted."""

    groups: dict[Group, Counted] = field(default_factory=dict[Group, Counted])
    pairs: dict[ReadTwice, PairsCounted] = field(default_factory=dict[ReadTwice, PairsCounted])


def counted(connection: Connection, chosen: StatsFilter) -> Counts:
    """Count, group by group, in one pass over the sessions that something happened in between."""
    counts = Counts()
    spans = (chosen.now, chosen.before)
    since, until = min(one.since for one in spans), max(one.until for one in spans)
    within = HistoryFilter(chosen.workflow, chosen.version, since, until, _WITHIN, chosen.seen)
    for history in each_history(connection, within, _KINDS):
        _Counting(chosen, counts, history).count()
    return counts


class _Given(NamedTuple):
    """Where the verdict about a proposal counts."""

    tally: Tally | None
    pairs: PairTally | None = None
    pair: Pair | None = None


_Who: TypeAlias = tuple[str | None, str | None]
"""A model, or the client of an agent."""


class _Counting:
    """Counts one session."""

    def __init__(self, chosen: StatsFilter, counts: Counts, history: History) -> None:
        self._chosen = chosen
        self._counts = counts
        self._history = history
        self._turns = Turns()
        self._stays: list[str] = []
        self._following = Following[_Given]()
        self._asked: dict[str, Tally] = {}
        self._givens: dict[tuple[bool, str, _Who], _Given] = {}

    def count(self) -> None:
        sent: Proposal[_Given] | None = None
        for line in self._history.lines:
            kind = line.kind
            if is_proposal(line):
                sent = self._propose(line)
            elif kind == "denied" or kind == "model":  # noqa: PLR1714 -- this is asked of every row
                self._attempt(line)
            elif is_asked(line):
                self._ask(line)
            elif is_held(line):
                self._turns.take(line)
            else:
                if kind == "decided":
                    self._decide(line)
                for proposal in self._following.follow(line):
                    _take_verdict(proposal)
                if kind == "entered":
                    if sent is not None and sent.escalated and sent.given.tally is not None:
                        sent.given.tally.escalated += 1
                    sent, self._turns = None, Turns()
                    self._stays.append(line.state_after or "")

    def _propose(self, line: Line) -> Proposal[_Given]:
        given = self._given(line)
        if given.tally is not None:
            given.tally.take_event(line)
        pair = pair_of(line.body)
        if pair is not None:
            given = self._with_pair(line, given, pair)
        return self._following.propose(line, given)

    def _with_pair(self, line: Line, given: _Given, pair: Pair) -> _Given:
        chosen, history = self._chosen, self._history
        is_now = _is_now(chosen, line)
        if is_now is None or chosen.state not in {None, line.state_before}:
            return given
        if chosen.model is not None and chosen.model not in {*self._names(line), pair.second_by}:
            return given
        version = None if "version" in chosen.across else history.version
        where = ReadTwice(history.workflow, version, line.state_before or "")
        found = self._counts.pairs.get(where)
        if found is None:
            found = self._counts.pairs[where] = PairsCounted(PairTally(), PairTally())
        pairs = found.now if is_now else found.before
        pairs.take(pair)
        return _Given(given.tally, pairs, pair)

    def _attempt(self, line: Line) -> None:
        """Count an answer of a model, or what was refused."""
        if line.kind == "model":
            self._turns.take(line)
        tally = self._given(line).tally
        if tally is None:
            return
        if line.kind == "model":
            tally.take_turn(line)
        else:
            tally.take_refusal(line)

    def _ask(self, line: Line) -> None:
        """Count a call that waits for a person."""
        tally = self._given(line).tally
        if tally is not None:
            tally.asked += 1
            self._asked[str(line.revision)] = tally

    def _decide(self, line: Line) -> None:
        """Count a decision about such a call; it belongs to the time the call was asked in."""
        label = call_label(line)
        if label is not None and (tally := self._asked.pop(str(line.body.get("approval")), None)) is not None:
            tally.calls[label] += 1

    def _given(self, line: Line) -> _Given:
        """Give the tally that a row counts in, if it is in one of the spans and is meant."""
        chosen = self._chosen
        is_now = _is_now(chosen, line)
        if is_now is None:
            return _NOTHING
        key = (is_now, self._state(line), self._names(line))
        found = self._givens.get(key)
        if found is None:
            found = self._givens[key] = self._found(*key)
        return found

    def _found(self, is_now: bool, state: str, who: _Who) -> _Given:  # noqa: FBT001 -- a key's members
        chosen, history = self._chosen, self._history
        if (chosen.state is not None and state != chosen.state) or (
            chosen.model is not None and chosen.model not in who
        ):
            return _NOTHING
        groups = self._counts.groups
        model, client = (None, None) if "model" in chosen.across else who
        version = None if "version" in chosen.across else history.version
        group = Group(history.workflow, version, state, model, client)
        if group not in groups and len(groups) >= STATS_GROUPS:
            group = group._replace(model=None, client=None)  # a client says by itself what it is called
        found = groups.get(group)
        if found is None:
            found = groups[group] = Counted(Tally(), Tally())
        return _Given(found.now if is_now else found.before)

    def _state(self, line: Line) -> str:
        """Give the state that a row is of: of an answer that came late, the one it was asked in."""
        stay = line.body.get("stay") if line.kind == "model" and line.outcome == "late" else None
        if isinstance(stay, int) and 0 < stay <= len(self._stays):
            return self._stays[stay - 1]
        return line.state_before or ""

    def _names(self, line: Line) -> _Who:
        """Give the model that a row is of, or the client of its agent."""
        answer = line.body if line.kind == "model" else self._turns.of(line)
        model = answer.get("model", line.actor_id if line.actor_kind == "model" else None)
        return (model, None) if isinstance(model, str) else (None, self._turns.client_of(line))


def _is_now(chosen: StatsFilter, line: Line) -> bool | None:
    """Whether a row is of the window, or else of the reference; None where it is of neither."""
    now, before, at = chosen.now, chosen.before, line.at
    if now.since <= at < now.until:
        return True
    return False if before.since <= at < before.until else None


def _take_verdict(proposal: Proposal[_Given]) -> None:
    if proposal.verdict is None:
        return
    label, (tally, pairs, pair) = proposal.verdict.label, proposal.given
    if tally is not None:
        tally.take_verdict(label, proposal)
    if pairs is not None and pair is not None:
        pairs.take_verdict(pair, label, proposal.edits)


_NOTHING: Final = _Given(None)
