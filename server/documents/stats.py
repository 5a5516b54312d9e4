"""Statistics of what agents and models do, and of what people make of it, with what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.models.prices import USD_DIGITS

from ..insights.alerts import Alerts
from ..insights.counting import PairsCounted, Span, StatsFilter, counted
from ..insights.pairs import FOLLOWED, PairTally, ReadTwice
from ..insights.shifts import Shift, pair_shift, shifts
from ..insights.statistics import BINS, Calibration, calibration, quantile, wilson
from ..insights.tallies import Group, Tally
from ..insights.wording import sentence
from .asked_for import demand_known

_NOBODY: Final[JsonObject] = {"model": None, "client": None}
_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are told."""
_DIGITS: Final = 6
"""Of means: what comes after them is how numbers are kept."""


def document(connection: Connection, chosen: StatsFilter, alerts: Alerts) -> JsonObject:
    """Say of every group that did something in the window: what was counted, what before, and what has changed.

    Raises:
        UnknownName: nothing has the name of a workflow or a state that is asked for.
    """
    items: list[Json] = []
    raised: list[Json] = []
    found = counted(connection, chosen)
    for group in sorted(found.groups, key=_order):
        now, before = found.groups[group]
        if not (now.events or now.refusals or now.turns or now.asked):
            continue
        moved = [*shifts(now, before, alerts)]
        items.append({**_named(group), "now": figures(now), "before": figures(before), "shifts": [*_shown(moved)]})
        raised += _alerts(group, moved)
    if not items:
        demand_known(connection, chosen.workflow, chosen.version, chosen.state, chosen.seen)
    pairs = [(one, found.pairs[one]) for one in sorted(found.pairs, key=_order) if found.pairs[one].now.pairs]
    for where, both in pairs:
        raised += _alerts(where, [pair_shift(both.now, both.before, alerts)])
    return {
        "window": _span(chosen.now),
        "reference": _span(chosen.before),
        "thresholds": asdict(alerts),
        "items": items,
        "readings": [_pairs(where, both, alerts) for where, both in pairs],
        "alerts": raised,
    }


def _order(group: Group | ReadTwice) -> tuple[str, ...]:
    return group.workflow, f"{group.version or 0:010}", *(one or "" for one in group[2:])


def _alerts(group: Group | ReadTwice, found: list[Shift]) -> list[Json]:
    return [
        {**_NOBODY, **_named(group), "measure": one.measure, "message": sentence(group, one)}
        for one in found
        if one.alert
    ]


def _pairs(where: ReadTwice, both: PairsCounted, alerts: Alerts) -> JsonObject:
    shift = pair_shift(both.now, both.before, alerts)
    both_spans: JsonObject = {"now": pair_figures(both.now), "before": pair_figures(both.before)}
    return {**_named(where), **both_spans, "shifts": [*_shown([shift])]}


def pair_figures(tally: PairTally) -> JsonObject:
    """Give the figures of two readings in a span."""
    labels = tally.labels
    return {
        "pairs": tally.pairs,
        "agreed": _estimate(tally.agreed, tally.pairs),
        "events_differ": tally.events,
        "fields": {name: {"differ": _share(tally.differ[name], of)} for name, of in sorted(tally.fields.items())},
        "followed": {**{name: tally.followed[name] for name in FOLLOWED}, "of": tally.followed.total()},
        "agreed_and_judged": _estimate(labels["accepted"], labels.total()),
    }


def _named(group: Group | ReadTwice) -> JsonObject:
    return {**group._asdict()}


def _span(span: Span) -> JsonObject:
    return {"since": span.since, "until": span.until}


def figures(tally: Tally) -> JsonObject:
    """Give the figures of a group in a span."""
    stated = sorted(tally.confidences.items())
    of = sum(count for _, count in stated)
    attempts = tally.events + tally.contract
    return {
        "events": tally.events,
        "confidence": {
            "stated": of,
            "mean": _rounded(_ratio(sum(one * count for one, count in stated), of)),
            "quantiles": _quantiles(stated),
            "bins": [*tally.bins],
        },
        "escalation": _share(tally.escalated, tally.events),
        "contract": {**_share(tally.contract, attempts), "per_event": _rounded(_ratio(tally.contract, tally.events))},
        "refusals": {
            **_share(tally.refusals, tally.events + tally.refusals),
            "per_event": _rounded(_ratio(tally.refusals, tally.events)),
        },
        "acceptance": {
            **{label: tally.labels[label] for label in ("accepted", "changed", "rejected")},
            **_estimate(tally.labels["accepted"], tally.judged),
            "judged": _share(tally.judged, tally.events),
            "sent_up": _estimate(tally.labels_escalated["accepted"], tally.labels_escalated.total()),
        },
        "calibration": _calibration(calibration(tally.judgements)),
        "calls": _calls(tally),
        "turns": _turns(tally),
    }


def _calls(tally: Tally) -> JsonObject | None:
    if not tally.asked:
        return None
    approved, rejected = tally.calls["call_approved"], tally.calls["call_rejected"]
    return {
        "asked": tally.asked,
        "approved": approved,
        "rejected": rejected,
        "undecided": tally.asked - approved - rejected,
        "approval": _estimate(approved, approved + rejected),
    }


def _share(count: int, of: int) -> JsonObject:
    return {"count": count, "of": of, "share": _ratio(count, of)}


def _estimate(count: int, of: int) -> JsonObject:
    """Give a share with its 95 % interval."""
    return {**_share(count, of), "interval": _interval(count, of)}


def _ratio(count: float, of: int) -> float | None:
    return count / of if of else None


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    return None if value is None else round(value, digits)


def _interval(count: int, of: int) -> list[Json] | None:
    found = wilson(count, of)
    return None if found is None else [*found]


def _quantiles(counts: list[tuple[float, int]]) -> JsonObject | None:
    if not counts:
        return None
    return {f"p{round(share * 100)}": quantile(counts, share) for share in _SHARES}


def _calibration(found: Calibration | None) -> JsonObject | None:
    if found is None:
        return None
    table: list[Json] = [
        {
            "from": one.number / BINS,
            "to": (one.number + 1) / BINS,
            "judged": one.judged,
            "confidence": _rounded(one.confidence),
            "agreed": one.agreed,
            "share": one.agreed / one.judged,
            "interval": _interval(one.agreed, one.judged),
        }
        for one in found.bins
    ]
    return {
        "judged": found.judged,
        "stated": _rounded(found.stated),
        "agreed": found.agreed,
        "error": found.error,
        "error_by_chance": found.by_chance,
        "brier": found.brier,
        "chance": found.chance,
        "reliability": table,
    }


def _turns(tally: Tally) -> JsonObject | None:
    if not tally.turns:
        return None
    cost_usd = tally.cost.total if tally.cost.count else None
    return {
        "turns": tally.turns,
        "failed": tally.failed_turns,
        "per_event": _rounded(_ratio(tally.turns, tally.events)),
        "tokens": {**tally.tokens, "mean": _rounded(tally.token_sizes.mean.value)},
        "cost_usd": _rounded(cost_usd, USD_DIGITS),
        "cost_per_event_usd": None if cost_usd is None else _rounded(_ratio(cost_usd, tally.events), USD_DIGITS),
        "without_price": tally.turns - tally.cost.count,
        "latency_ms": _quantiles(tally.latency.sorted()),
    }


def _shown(found: list[Shift]) -> Iterator[JsonObject]:
    for one in found:
        if one.of_now or one.of_before:
            yield {**one._asdict()}
