"""What is kept of what is counted: it grows neither with the events nor with the sessions.

Values are counted by themselves where there can be few, and otherwise by how large they are, to one per cent.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from ..store.histories import Line
from .proposals import CallLabel, Label, Proposal
from .statistics import BINS, NO_VALUES, Judgement, Mean, bin_of

G = TypeVar("G")

_DIGITS: Final = 4
"""Of a confidence that are kept."""
_STEP: Final = math.log(1.01)


class Group(NamedTuple):
    """What is counted together: what one model, or the agent of one client, did in a state of a version of a workflow.

    None stands for whatever differs in what is put together, and of an agent without a client.
    """

    workflow: str
    version: int | None
    state: str
    model: str | None
    client: str | None


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
    its turn, those included. `labels` are what people made of the proposals, `labels_escalated` of those that a floor
    or a second reading had sent to them. `asked` counts calls that were put before a person, `calls` what people
    made of them; the others wait, have lapsed, or ended with their stay. `turns` are the answers of a model,
    whether they were done, came too late, or failed.
    """

    events: int = 0
    escalated: int = 0
    contract: int = 0
    refusals: int = 0
    confidences: Counter[float] = field(default_factory=Counter[float])
    labels: Counter[Label] = field(default_factory=Counter[Label])
    labels_escalated: Counter[Label] = field(default_factory=Counter[Label])
    judgements: Counter[Judgement] = field(default_factory=Counter[Judgement])
    asked: int = 0
    calls: Counter[CallLabel] = field(default_factory=Counter[CallLabel])
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

    def take_event(self, line: Line) -> None:
        """Count an event."""
        confidence = _confidence(line)
        self.events += 1
        if confidence is not None:
            self.confidences[confidence] += 1

    def take_verdict(self, label: Label, proposal: Proposal[G]) -> None:
        """Count what people made of a proposal."""
        confidence = _confidence(proposal.line)
        self.labels[label] += 1
        if proposal.escalated:
            self.labels_escalated[label] += 1
        if confidence is not None:
            self.judgements[Judgement(confidence, label == "accepted")] += 1

    def take_turn(self, line: Line) -> None:
        """Count a turn of a model."""
        body, cost = line.body, line.body.get("cost_usd")
        self.turns += 1
        self.failed_turns += line.outcome == "failed"
        self.contract += "invalid" in body
        tokens = body.get("tokens")
        counts = {name: one for name, one in tokens.items() if isinstance(one, int)} if isinstance(tokens, dict) else {}
        if counts:
            self.tokens.update(counts)
            self.token_sizes.add(sum(counts.values()))
        if isinstance(cost, int | float):
            self.cost = self.cost.with_value(cost)
        if line.duration_ms is not None and line.outcome != "failed":
            self.latency.add(line.duration_ms)

    def take_refusal(self, line: Line) -> None:
        """Count what was refused, where a limit counts it."""
        body = line.body
        if body.get("counts_denial") or body.get("counts_invalid"):
            self.refusals += 1
            self.contract += bool(body.get("counts_invalid"))


def _confidence(line: Line) -> float | None:
    value = line.body.get("confidence")
    return round(float(value), _DIGITS) if isinstance(value, int | float) else None
