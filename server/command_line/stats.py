"""`pointsman stats`: what agents and models do, how right they are when they are sure, and what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pointsman.contracts.values import Json, JsonObject, as_object, as_objects

from .failures import FoundProblems
from .options import Choice, json_option
from .output import print_json
from .records.choosing import reads_records
from .records.port import Records
from .settings import file_settings

if TYPE_CHECKING:
    from ..insights.alerts import Alerts


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
    from .stats_tables import judged_in_words, print_details, print_tables

    items = as_objects(document["items"])
    now, before = as_object(document["window"]), as_object(document["reference"])
    if not items:
        click.echo(f"No agent and no model did anything {_span(now)}.")
        return
    print_tables(document)
    if len(items) == 1:
        print_details(items[0])
    judged = judged_in_words(items)
    click.echo()
    if judged is not None:
        click.echo(judged)
    click.echo(f"Counted {_span(now)},\ncompared with {_span(before).removeprefix('from ')}.")
    _print_alerts(document, items)


def _print_alerts(document: JsonObject, items: Sequence[JsonObject]) -> None:
    found = as_objects(document["alerts"])
    for one in found:
        click.secho(f"Alert: {_visible(one['message'])}", bold=True)
    shifts = [one for item in (*items, *as_objects(document["readings"])) for one in as_objects(item["shifts"])]
    judged = sum(bool(one["enough"]) for one in shifts)
    few = len(shifts) - judged
    minimum = as_object(document["thresholds"])["minimum"]
    if not found:
        click.echo(f"No alert: {judged} measures were compared." if judged else "No alert: nothing could be compared.")
    if few:
        what = "1 measure rests" if few == 1 else f"{few} measures rest"
        click.echo(f"{what} on fewer than {minimum}, now or before, and cannot be judged.")


def _span(span: JsonObject) -> str:
    return f"from {_moment(span['since'])} to {_moment(span['until'])} UTC"


def _moment(moment: Json) -> str:
    """Write a moment, to the minute; a midnight as the day that begins then."""
    text = str(moment)
    return text[:10] if text[11:16] == "00:00" else f"{text[:10]} {text[11:16]}"


def _visible(text: Json) -> str:
    from pointsman.contracts.visible import visible

    return visible(str(text))
