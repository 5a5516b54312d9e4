"""The tables of `pointsman stats`: lines of figures under their states, as wide as the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

import click

from pointsman.contracts.values import Json, JsonObject, as_object, as_objects
from pointsman.contracts.visible import visible

from ..insights.wording import percent
from .columns import Column
from .output import print_heading, print_table

FEW: Final = 20
"""Of fewer than so many, a calibration error is mostly chance."""
_SURELY: Final = 0.05
_NAME_CHARACTERS: Final = 40

Cells: TypeAlias = Callable[[JsonObject], list[str | None]]


class _Table(NamedTuple):
    """A table: its title, where it has one, its columns, the figures it is of, and how they are written."""

    title: str
    columns: tuple[Column, ...]
    member: str
    cells: Cells


def print_tables(document: JsonObject) -> None:
    """Print the tables of every workflow."""
    items, readings = as_objects(document["items"]), as_objects(document["readings"])
    for name, group in _by_workflow([*items, *readings]).items():
        print_heading(name)
        own = [one for one in group if "model" in one]
        for table in _TABLES:
            _print(table, [one for one in own if _figures(table, one)])
        _print(_READINGS, [one for one in group if "model" not in one])


def print_details(item: JsonObject) -> None:
    """Print how confidence is spread, and what it is worth."""
    now, before = as_object(item["now"]), as_object(item["before"])
    bins, usual = (_numbers(as_object(one["confidence"])["bins"]) for one in (now, before))
    if sum(bins):
        click.echo()
        print_table(
            _BIN_COLUMNS,
            [
                [f"{place / 10:.1f} to {(place + 1) / 10:.1f}", *(_count(one) for one in pair)]
                for place, pair in enumerate(zip(bins, usual, strict=True))
                if any(pair)
            ],
        )
    calibration = now["calibration"]
    if isinstance(calibration, dict):
        click.echo()
        print_table(_RELIABILITY_COLUMNS, [_reliable(one) for one in as_objects(calibration["reliability"])])
        click.echo(_calibration(calibration))


def judged_in_words(items: Sequence[JsonObject]) -> str | None:
    """Say what `agreed` rests on; None where people have judged nothing."""
    found = [as_object(as_object(as_object(one["now"])["acceptance"])["judged"]) for one in items]
    judged, events = (sum(_number(one[name]) for one in found) for name in ("count", "of"))
    if not judged:
        return None
    what = "1 event" if judged == 1 else f"{_count(judged)} events"
    said = f"agreed: what people took unchanged of the {what} they have judged, of {_count(events)}."
    return f"{said}\nIt says nothing of what nobody has judged."


def _print(table: _Table, group: Sequence[JsonObject]) -> None:
    if not group:
        return
    if table.title:
        click.echo()
    rows: list[list[str | None]] = []
    state: Json = None
    for one in group:
        who = one.get("model") or one.get("client")
        cells = table.cells(_figures(table, one))
        names = [str(one["state"])] if one["state"] != state else []
        names += [] if who is None and names else [f"  {_who(who)}"]
        rows.append(["\n".join(names), *("\n" * (len(names) - 1) + (cell or "") for cell in cells)])
        state = one["state"]
    print_table([Column(table.title, whole=True), *table.columns], rows)


def _who(name: Json) -> str:
    """Write what a model or a client calls itself: on one line, and no longer than a name is."""
    text = visible(str(name)) if name else "(no name)"
    return text if len(text) <= _NAME_CHARACTERS else f"{text[: _NAME_CHARACTERS - 1]}…"


def _figures(table: _Table, item: JsonObject) -> JsonObject:
    """Give the figures that a line is of; empty where there are none."""
    now = as_object(item["now"])
    return as_object(now[table.member]) if table.member else now


def _events(now: JsonObject) -> list[str | None]:
    quantiles = as_object(now["confidence"])["quantiles"]
    calibration = now["calibration"]
    shares = [_percent(as_object(now[name])["share"]) for name in ("escalation", "contract", "refusals")]
    return [
        _count(_number(now["events"])),
        f"{_number(quantiles['p50']):.2f}" if isinstance(quantiles, dict) else None,
        shares[0],
        _estimate(now["acceptance"]),
        _off_by(calibration) if isinstance(calibration, dict) else None,
        *shares[1:],
    ]


def _off_by(calibration: JsonObject) -> str:
    return "few" if _number(calibration["judged"]) < FEW else f"{_number(calibration['error']):.2f}"


def _calls(calls: JsonObject) -> list[str | None]:
    return [_count(_number(calls["asked"])), _estimate(calls["approval"]), _count(_number(calls["undecided"]))]


def _turns(turns: JsonObject) -> list[str | None]:
    tokens, latency, cost = as_object(turns["tokens"]), turns["latency_ms"], turns["cost_usd"]
    total = sum(_number(one) for name, one in tokens.items() if name != "mean")
    return [
        _count(_number(turns["turns"])),
        _count(_number(turns["failed"])),
        _count(total),
        None if cost is None else f"{'≥ ' if turns['without_price'] else ''}{_money(_number(cost))}",
        *([_count(_number(latency[one])) for one in ("p50", "p95")] if isinstance(latency, dict) else [None, None]),
    ]


def _pairs(now: JsonObject) -> list[str | None]:
    differ = {name: as_object(as_object(one)["differ"]) for name, one in as_object(now["fields"]).items()}
    most = sorted((-_number(one["count"]), name) for name, one in differ.items() if one["count"])
    followed = {name: count for name, count in as_object(now["followed"]).items() if name != "of" and count}
    return [
        _count(_number(now["pairs"])),
        _estimate(now["agreed"]),
        ", ".join(f"{name} {_count(-count)}" for count, name in most) or None,
        ", ".join(f"{name} {_count(_number(count))}" for name, count in followed.items()) or None,
    ]


def _reliable(one: JsonObject) -> list[str | None]:
    low, high = _numbers(one["interval"])
    return [
        f"{_number(one['from']):.1f} to {_number(one['to']):.1f}",
        _count(_number(one["judged"])),
        f"{_number(one['confidence']):.2f}",
        _percent(one["share"]),
        f"{_percent(low)} to {_percent(high)}",
    ]


def _calibration(found: JsonObject) -> str:
    stated, agreed = _number(found["stated"]), _number(found["agreed"])
    if _number(found["chance"]) >= _SURELY:
        verdict = "no further apart than by chance"
    elif abs(stated - agreed) >= _SURELY:
        verdict = "too sure" if stated > agreed else "not sure enough"
    else:
        verdict = "right on average, and wrong in parts"
    on_average = f"Stated {stated:.2f} on average, agreed {agreed:.2f}: {verdict}.\n"
    judged = _number(found["judged"])
    if judged < FEW:
        return (
            f"{on_average}Expected calibration error: few ({_count(judged)} judged; below {FEW} it is mostly chance)."
        )
    return (
        f"{on_average}Expected calibration error {_number(found['error']):.3f} "
        f"(about {_number(found['error_by_chance']):.3f} by chance alone),\n"
        f"Brier score {_number(found['brier']):.3f}, of {_count(judged)} judged."
    )


def _by_workflow(items: Sequence[JsonObject]) -> dict[str, list[JsonObject]]:
    groups: dict[str, list[JsonObject]] = {}
    for one in items:
        version = "" if one["version"] is None else f", version {one['version']}"
        groups.setdefault(f"{one['workflow']}{version}", []).append(one)
    return groups


def _estimate(share: Json) -> str | None:
    """Write a share, of how many, and between what it lies in 95 of 100 cases."""
    found = as_object(share)
    if not _number(found["of"]):
        return None
    low, high = (f"{one * 100:.0f}" for one in _numbers(found["interval"]))
    return f"{_percent(found['share'])} of {_count(_number(found['of']))} ({low} to {high})"


def _percent(share: Json) -> str | None:
    return None if share is None else percent(_number(share))


def _money(usd: float) -> str:
    return f"{usd:,.2f}" if usd >= 1 else f"{usd:.4f}"


def _count(count: float) -> str:
    return f"{count:,.0f}"


def _number(value: Json) -> float:
    """Give a number; 0 of anything else."""
    return value if isinstance(value, int | float) else 0


def _numbers(value: Json) -> list[float]:
    return [_number(one) for one in value] if isinstance(value, list) else []


_TABLES: Final = (
    _Table(
        "",
        (
            Column("events", whole=True),
            Column("sure", whole=True),
            Column("sent up", whole=True, rank=1),
            Column("agreed", whole=True),
            Column("off by", whole=True, rank=2),
            Column("invalid", whole=True, rank=3),
            Column("refused", whole=True, rank=4),
        ),
        "",
        _events,
    ),
    _Table(
        "calls that people approve",
        (Column("asked", whole=True), Column("approved", whole=True), Column("undecided", whole=True)),
        "calls",
        _calls,
    ),
    _Table(
        "answers of models",
        (
            Column("turns", whole=True),
            Column("failed", whole=True, rank=2),
            Column("tokens", whole=True),
            Column("USD", whole=True),
            Column("median ms", whole=True, rank=1),
            Column("p95 ms", whole=True),
        ),
        "turns",
        _turns,
    ),
)
_READINGS: Final = _Table(
    "two readings",
    (Column("pairs", whole=True), Column("agreed", whole=True), Column("differ in"), Column("people followed")),
    "",
    _pairs,
)
_BIN_COLUMNS: Final = (Column("confidence", whole=True), Column("events", whole=True), Column("before", whole=True))
_RELIABILITY_COLUMNS: Final = (
    Column("stated", whole=True),
    Column("judged", whole=True),
    Column("mean", whole=True),
    Column("agreed", whole=True),
    Column("95 % interval", whole=True),
)
