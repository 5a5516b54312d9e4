"""Statistics of what agents and models do, and of what people make of it, with what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject

from ..insights.alerts import Alerts
from ..insights.counting import Group, Span, StatsFilter, Tally, counted
from ..insights.shifts import Shift, shifts
from ..insights.statistics import BINS, Calibration, calibration, quantile, wilson
from ..insights.wording import sentence

_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are told."""


def document(connection: Connection, chosen: StatsFilter, alerts: Alerts) -> JsonObject:
    """Say of every group that did something in the window: what was counted, what before, and what has changed."""
    items: list[Json] = []
    raised: list[Json] = []
    groups = counted(connection, chosen)
    for group in sorted(groups, key=_order):
        now, before = groups[group]
        if not (now.events or now.refusals or now.turns):
            continue
        found = [*shifts(now, before, alerts)]
        items.append({**_named(group), "now": _figures(now), "before": _figures(before), "shifts": [*_shown(found)]})
        raised += [
            {**_named(group), "measure": one.measure, "message": sentence(group, one)} for one in found if one.alert
        ]
    return {
        "window": _span(chosen.now),
        "reference": _span(chosen.before),
        "thresholds": asdict(alerts),
        "items": items,
        "alerts": raised,
    }


def _order(group: Group) -> tuple[str, int, str, str, str]:
    return group.workflow, group.version or 0, group.state, group.model or "", group.client or ""


def _named(group: Group) -> JsonObject:
    return {**group._asdict()}


def _span(span: Span) -> JsonObject:
    return {"since": span.since, "until": span.until}


def _figures(tally: Tally) -> JsonObject:
    stated = sorted(tally.confidences.items())
    of = sum(count for _, count in stated)
    attempts = tally.events + tally.contract
    return {
        "events": tally.events,
        "confidence": {
            "stated": of,
            "mean": sum(one * count for one, count in stated) / of if of else None,
            "quantiles": _quantiles(stated),
            "bins": [*tally.bins],
        },
        "escalation": _share(tally.escalated, tally.events),
        "contract": {**_share(tally.contract, attempts), "per_event": _ratio(tally.contract, tally.events)},
        "refusals": {
            **_share(tally.refusals, tally.events + tally.refusals),
            "per_event": _ratio(tally.refusals, tally.events),
        },
        "acceptance": {
            **{label: tally.labels[label] for label in ("accepted", "changed", "rejected")},
            **_share(tally.labels["accepted"], tally.judged),
            "interval": _interval(tally.labels["accepted"], tally.judged),
        },
        "calibration": _calibration(calibration(tally.judgements)),
        "turns": _turns(tally),
    }


def _share(count: int, of: int) -> JsonObject:
    return {"count": count, "of": of, "share": _ratio(count, of)}


def _ratio(count: float, of: int) -> float | None:
    return count / of if of else None


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
            "confidence": one.confidence,
            "agreed": one.agreed,
            "share": one.agreed / one.judged,
            "interval": _interval(one.agreed, one.judged),
        }
        for one in found.bins
    ]
    return {
        "judged": found.judged,
        "error": found.error,
        "brier": found.brier,
        "chance": found.chance,
        "reliability": table,
    }


def _turns(tally: Tally) -> JsonObject | None:
    if not tally.turns:
        return None
    return {
        "turns": tally.turns,
        "failed": tally.failed_turns,
        "per_event": _ratio(tally.turns, tally.events),
        "tokens": {**tally.tokens, "mean": tally.token_sizes.mean.value},
        "cost_usd": tally.cost.total if tally.cost.count else None,
        "cost_per_event_usd": _ratio(tally.cost.total, tally.events) if tally.cost.count else None,
        "without_price": tally.turns - tally.cost.count,
        "latency_ms": _quantiles(tally.latency.sorted()),
    }


def _shown(found: list[Shift]) -> Iterator[JsonObject]:
    for one in found:
        if one.of_now or one.of_before:
            yield {**one._asdict()}
