"""Counts what agents and models did in two spans of time, and what people made of it: one pass over the histories.

What is kept grows neither with the events nor with the sessions: values are counted by themselves where there can be
few, and otherwise by how large they are, to one per cent.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection

from pointsman.fsm.facts import FactKind

from ..bounds import STATS_GROUPS
from ..store.histories import History, HistoryFilter, Line, each_history
from ..store.reading import Seen
from .proposals import KINDS, Following, Label, Proposal, Turns, is_proposal
from .statistics import BINS, NO_VALUES, Judgement, Mean, bin_of

Across: TypeAlias = Literal["version", "model"]

_KINDS: Final[tuple[FactKind, ...]] = (*KINDS, "denied", "model")
_WITHIN: Final[tuple[FactKind, ...]] = ("accepted", "denied", "model")
_DIGITS: Final = 4
"""Of a confidence that are kept."""
_STEP: Final = math.log(1.01)


class Span(NamedTuple):
    """A span of time, in the form of the column `at`; `until` is not included."""

    since: str
    until: str

    def __contains__(self, at: object) -> bool:
        return isinstance(at, str) and self.since <= at < self.until


class Group(NamedTuple):
    """What is counted together: what one model, or the agent of one client, did in a state of a version of a workflow.

    None stands for whatever differs in what is put together, and of an agent without a client.
    """

    workflow: str
    version: int | None
    state: str
    model: str | None
    client: str | None


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


@dataclass(slots=True)
class Sizes:
    """How often sizes were met, each to one per cent, and their mean."""

    counts: Counter[int] = field(default_factory=Counter[int])
    mean: Mean = NO_VALUES

    def add(self, size: float) -> None:
        """Take one more."""
        self.counts[round(math.log1p(max(0.0, size)) / _STEP)] += 1
        self.mean = self.mean.with_value(size)

    def sorted(self) -> list[tuple[float, int]]:
        """Give them in their order, each with how often it was met."""
        return [(math.expm1(one * _STEP), count) for one, count in sorted(self.counts.items())]


@dataclass(slots=True)
class Tally:
    """What was counted of a group in a span of time.

    `events` were accepted, `contract` broke their contract, `refusals` are all refused calls and events of the actor in
    its turn, those included. `turns` are the answers of a model, whether they were done, came too late, or failed.
    """

    events: int = 0
    escalated: int = 0
    contract: int = 0
    refusals: int = 0
    confidences: Counter[float] = field(default_factory=Counter[float])
    labels: Counter[Label] = field(default_factory=Counter[Label])
    judgements: Counter[Judgement] = field(default_factory=Counter[Judgement])
    turns: int = 0
    failed_turns: int = 0
    tokens: Counter[str] = field(default_factory=Counter[str])
    token_sizes: Sizes = field(default_factory=Sizes)
    cost: Mean = NO_VALUES
    latency: Sizes = field(default_factory=Sizes)

    @property
    def judged(self) -> int:
        """How many proposals people have judged."""
        return sum(self.labels.values())

    @property
    def bins(self) -> list[int]:
        """How many confidences lie in each tenth."""
        found = [0] * BINS
        for confidence, count in self.confidences.items():
            found[bin_of(confidence)] += count
        return found

    def take_verdict(self, proposal: Proposal[Tally | None]) -> None:
        """Count what people made of a proposal."""
        if proposal.verdict is None:
            return
        label, confidence = proposal.verdict.label, _confidence(proposal.line)
        self.labels[label] += 1
        if confidence is not None:
            self.judgements[Judgement(confidence, label == "accepted")] += 1

    def take_turn(self, line: Line) -> None:
        """Count a turn of a model."""
        body, cost = line.body, line.body.get("cost_usd")
        self.turns += 1
        self.failed_turns += line.outcome == "failed"
        tokens = body.get("tokens")
        counts = {name: one for name, one in tokens.items() if isinstance(one, int)} if isinstance(tokens, dict) else {}
        if counts:
            self.tokens.update(counts)
            self.token_sizes.add(sum(counts.values()))
        if isinstance(cost, int | float):
            self.cost = self.cost.with_value(cost)
        if line.duration_ms is not None and line.outcome != "failed":
            self.latency.add(line.duration_ms)


class Counted(NamedTuple):
    """The two tallies of a group."""

    now: Tally
    before: Tally


def counted(connection: Connection, chosen: StatsFilter) -> dict[Group, Counted]:
    """Count, group by group, in one pass over the sessions that something happened in between."""
    groups: dict[Group, Counted] = {}
    spans = (chosen.now, chosen.before)
    since, until = min(one.since for one in spans), max(one.until for one in spans)
    within = HistoryFilter(chosen.workflow, chosen.version, since, until, _WITHIN, chosen.seen)
    for history in each_history(connection, within, _KINDS):
        _Counting(chosen, groups, history).count()
    return groups


class _Counting:
    """Counts one session."""

    def __init__(self, chosen: StatsFilter, groups: dict[Group, Counted], history: History) -> None:
        self._chosen = chosen
        self._groups = groups
        self._history = history
        self._turns = Turns()
        self._following = Following[Tally | None]()

    def count(self) -> None:
        sent: Proposal[Tally | None] | None = None
        for line in self._history.lines:
            if is_proposal(line):
                sent = self._propose(line)
                continue
            if line.kind in {"denied", "model"}:
                self._attempt(line)
                continue
            if line.kind == "entered":
                self._turns = Turns()
            for proposal in self._following.follow(line):
                if proposal.given is not None:
                    proposal.given.take_verdict(proposal)
            if sent is not None and line.kind == "entered":
                if sent.given is not None:
                    sent.given.escalated += sent.escalated
                sent = None

    def _propose(self, line: Line) -> Proposal[Tally | None]:
        tally = self._tally(line)
        if tally is not None:
            confidence = _confidence(line)
            tally.events += 1
            if confidence is not None:
                tally.confidences[confidence] += 1
        return self._following.propose(line, tally)

    def _attempt(self, line: Line) -> None:
        """Count an answer of a model, or what was refused."""
        body = line.body
        if line.kind == "model":
            self._turns.take(line)
        tally = self._tally(line)
        if tally is None:
            return
        if line.kind == "model":
            tally.take_turn(line)
            tally.contract += "invalid" in body and line.outcome != "late"
        elif body.get("counts_denial") or body.get("counts_invalid"):
            tally.refusals += 1
            tally.contract += bool(body.get("counts_invalid"))

    def _tally(self, line: Line) -> Tally | None:
        """Give the tally that a row counts in, if it is in one of the spans and is meant."""
        chosen = self._chosen
        is_now = line.at in chosen.now
        if not is_now and line.at not in chosen.before:
            return None
        group = self._group(line)
        if chosen.state is not None and group.state != chosen.state:
            return None
        if chosen.model is not None and chosen.model not in self._names(line):
            return None
        if group not in self._groups and len(self._groups) >= STATS_GROUPS:
            group = group._replace(model=None, client=None)  # a client says by itself what it is called
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = Counted(Tally(), Tally())
        return found.now if is_now else found.before

    def _group(self, line: Line) -> Group:
        across, history = self._chosen.across, self._history
        model, client = (None, None) if "model" in across else self._names(line)
        version = None if "version" in across else history.version
        return Group(history.workflow, version, line.state_before or "", model, client)

    def _names(self, line: Line) -> tuple[str | None, str | None]:
        """Give the model that a row is of, or the client of its agent."""
        answer = line.body if line.kind == "model" else self._turns.of(line)
        model = answer.get("model", line.actor_id if line.actor_kind == "model" else None)
        return (model, None) if isinstance(model, str) else (None, line.client)


def _confidence(line: Line) -> float | None:
    value = line.body.get("confidence")
    return round(float(value), _DIGITS) if isinstance(value, int | float) else None
