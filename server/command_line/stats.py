"""`pointsman stats`: what agents and models do, how right they are when they are sure, and what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pointsman.contracts.values import Json, JsonObject, as_object, as_objects

from .columns import Column
from .failures import FoundProblems
from .options import Choice, json_option
from .output import print_heading, print_json, print_table
from .records.choosing import reads_records
from .records.port import Records
from .settings import file_settings

if TYPE_CHECKING:
    from ..insights.alerts import Alerts

_EVENT_COLUMNS: Final = (
    Column("state"),
    Column("who"),
    Column("events", whole=True),
    Column("sure", whole=True),
    Column("sent up", whole=True),
    Column("invalid", whole=True, rank=1),
    Column("refused", whole=True, rank=3),
    Column("agreed", whole=True),
    Column("off by", whole=True, rank=2),
)
_TURN_COLUMNS: Final = (
    Column("state"),
    Column("model"),
    Column("turns", whole=True),
    Column("failed", whole=True, rank=2),
    Column("tokens", whole=True),
    Column("USD", whole=True),
    Column("median ms", whole=True, rank=1),
    Column("p95 ms", whole=True),
)
_BIN_COLUMNS: Final = (Column("confidence", whole=True), Column("events", whole=True), Column("before", whole=True))
_RELIABILITY_COLUMNS: Final = (
    Column("stated", whole=True),
    Column("judged", whole=True),
    Column("mean", whole=True),
    Column("agreed", whole=True),
    Column("95 % interval", whole=True),
)


@click.command("stats", short_help="Count what agents and models do, how right they are, and what has changed.")
@click.argument("workflow", required=False)
@click.option("--version", type=click.IntRange(1), metavar="N", help="Only this version of the workflow.")
@click.option("--state", metavar="NAME", help="Only this state, with its distribution and calibration.")
@click.option("--model", metavar="NAME", help="Only this model, or the agents of this client.")
@click.option("--window", metavar="SPAN", default="30d", show_default=True, help="So many days, or DATE..DATE.")
@click.option(
    "--reference", metavar="SPAN", default="90d", show_default=True, help="So many days before that, or DATE..DATE."
)
@click.option(
    "--across",
    type=Choice(["version", "model"]),
    multiple=True,
    help="Put together what differs in this: a new version or model is compared with the one before.",
)
@click.option("--alert", "thresholds", metavar="KEY=VALUE", multiple=True, help="Another threshold, or `off`.")
@click.option("--no-fail", is_flag=True, help="Exit with 0 also where there is an alert.")
@reads_records
@json_option
def command(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    workflow: str | None,
    version: int | None,
    state: str | None,
    model: str | None,
    window: str,
    reference: str,
    across: Sequence[str],
    thresholds: Sequence[str],
    no_fail: bool,
    records: Records,
    as_json: bool,
) -> None:
    """Count what agents and models do, how right they are, and what has changed against a time before.

    Exits with 1 where something has changed more than it may, so that a schedule can ask.
    """
    from ..insights.asking import StatsAsked, read_across
    from .database import now_ms

    try:
        alerts = _alerts(thresholds)
        asked = StatsAsked(workflow, version, state, model, window, reference, read_across(across), alerts)
        asked.chosen(now_ms())
    except ValueError as error:
        raise click.UsageError(f"{error}") from error
    document = records.stats(asked)
    found = as_objects(document["alerts"])
    if as_json:
        print_json(document)
    else:
        _print(document)
    if found and not no_fail:
        raise FoundProblems("1 alert." if len(found) == 1 else f"{len(found)} alerts.")


def _alerts(thresholds: Sequence[str]) -> Alerts:
    """Give the thresholds of the file of settings, with those that were said in their place."""
    from ..insights.alerts import Alerts, with_thresholds

    settings = file_settings(Path.cwd()).stats
    said = {name: value for name, _, value in (one.partition("=") for one in thresholds)}
    return with_thresholds(Alerts() if settings is None else settings.alerts, said)


def _print(document: JsonObject) -> None:
    items = as_objects(document["items"])
    now, before = as_object(document["window"]), as_object(document["reference"])
    if not items:
        click.echo(f"Nothing was done from {_day(now['since'])} to {_day(now['until'])}.")
        return
    for name, group in _by_workflow(items):
        print_heading(name)
        print_table(_EVENT_COLUMNS, [_events(one) for one in group])
        turned = [one for one in group if as_object(one["now"])["turns"] is not None]
        if turned:
            click.echo()
            print_table(_TURN_COLUMNS, [_turned(one) for one in turned])
    if len(items) == 1:
        _print_details(items[0])
    click.echo(
        f"\n{_day(now['since'])} to {_day(now['until'])}, "
        f"compared with {_day(before['since'])} to {_day(before['until'])}."
    )
    _print_alerts(document, items)


def _print_alerts(document: JsonObject, items: Sequence[JsonObject]) -> None:
    found = as_objects(document["alerts"])
    for one in found:
        click.secho(f"Alert: {_visible(one['message'])}", bold=True)
    shifts = [one for item in items for one in as_objects(item["shifts"])]
    judged = sum(bool(one["enough"]) for one in shifts)
    few = len(shifts) - judged
    minimum = as_object(document["thresholds"])["minimum"]
    if not found:
        click.echo(f"No alert: {judged} measures were compared." if judged else "No alert: nothing could be compared.")
    if few:
        what = "1 measure rests" if few == 1 else f"{few} measures rest"
        click.echo(f"{what} on fewer than {minimum}, now or before, and cannot be judged.")


def _print_details(item: JsonObject) -> None:
    """Print how confidence is spread, and what it is worth."""
    now, before = as_object(item["now"]), as_object(item["before"])
    bins, usual = (_numbers(as_object(one["confidence"])["bins"]) for one in (now, before))
    if sum(bins):
        click.echo()
        print_table(
            _BIN_COLUMNS,
            [
                [f"{number / 10:.1f} to {(number + 1) / 10:.1f}", *(_count(one) for one in pair)]
                for number, pair in enumerate(zip(bins, usual, strict=True))
                if any(pair)
            ],
        )
    calibration = now["calibration"]
    if isinstance(calibration, dict):
        click.echo()
        print_table(_RELIABILITY_COLUMNS, [_reliable(one) for one in as_objects(calibration["reliability"])])
        click.echo(
            f"Expected calibration error {_number(calibration['error']):.3f}, "
            f"Brier score {_number(calibration['brier']):.3f}, of {calibration['judged']} judged."
        )


def _reliable(one: JsonObject) -> list[str | None]:
    low, high = _numbers(one["interval"])
    return [
        f"{_number(one['from']):.1f} to {_number(one['to']):.1f}",
        _count(_number(one["judged"])),
        f"{_number(one['confidence']):.2f}",
        _percent(one["share"]),
        f"{_percent(low)} to {_percent(high)}",
    ]


def _by_workflow(items: Sequence[JsonObject]) -> Iterator[tuple[str, list[JsonObject]]]:
    groups: dict[str, list[JsonObject]] = {}
    for one in items:
        version = "" if one["version"] is None else f", version {one['version']}"
        groups.setdefault(f"{one['workflow']}{version}", []).append(one)
    yield from groups.items()


def _events(item: JsonObject) -> list[str | None]:
    now = as_object(item["now"])
    quantiles = as_object(now["confidence"])["quantiles"]
    calibration = now["calibration"]
    shares = {name: as_object(now[name])["share"] for name in ("escalation", "contract", "refusals", "acceptance")}
    acceptance = as_object(now["acceptance"])
    judged = _number(acceptance["of"])
    return [
        str(item["state"]),
        _who(item),
        _count(_number(now["events"])),
        f"{_number(quantiles['p50']):.2f}" if isinstance(quantiles, dict) else None,
        _percent(shares["escalation"]),
        _percent(shares["contract"]),
        _percent(shares["refusals"]),
        f"{_percent(shares['acceptance'])} of {_count(judged)}" if judged else None,
        f"{_number(calibration['error']):.2f}" if isinstance(calibration, dict) else None,
    ]


def _turned(item: JsonObject) -> list[str | None]:
    turns = as_object(as_object(item["now"])["turns"])
    tokens, latency, cost = as_object(turns["tokens"]), turns["latency_ms"], turns["cost_usd"]
    total = sum(_number(one) for name, one in tokens.items() if name != "mean")
    return [
        str(item["state"]),
        _who(item),
        _count(_number(turns["turns"])),
        _count(_number(turns["failed"])),
        _count(total),
        None if cost is None else f"{_number(cost):,.2f}",
        *([_count(_number(latency[one])) for one in ("p50", "p95")] if isinstance(latency, dict) else [None, None]),
    ]


def _who(item: JsonObject) -> str | None:
    name = item["model"] or item["client"]
    return None if name is None else str(name)


def _percent(share: Json) -> str | None:
    from ..insights.wording import percent

    return None if share is None else percent(_number(share))


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0


def _numbers(value: Json) -> list[float]:
    return [_number(one) for one in value] if isinstance(value, list) else []


def _day(moment: Json) -> str:
    return str(moment)[:10]


def _visible(text: Json) -> str:
    from pointsman.contracts.visible import visible

    return visible(str(text))
