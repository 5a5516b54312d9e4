"""`pointsman corrections`: what reviewers made of the work of agents and models, for evaluating and training them."""

from __future__ import annotations

import click

from .groups import Group
from .options import moment_said
from .output import print_json_lines
from .records.choosing import reads_records
from .records.port import Records


@click.group(cls=Group)
def command() -> None:
    """Export what reviewers changed or rejected, as labelled examples."""


@command.command()
@click.option("--workflow", metavar="NAME", help="Only sessions of this workflow.")
@click.option("--version", type=click.IntRange(0), metavar="N", help="Only sessions of this version of it.")
@click.option("--state", metavar="NAME", help="Only what was proposed in this state.")
@click.option("--since", metavar="TIME", help="Only what was proposed from this moment (UTC) on: 2026-11-22.")
@click.option("--until", metavar="TIME", help="Only what was proposed before this moment (UTC).")
@click.option("--all", "with_accepted", is_flag=True, help="Also what reviewers took unchanged, labelled `accepted`.")
@reads_records
def export(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    workflow: str | None,
    version: int | None,
    state: str | None,
    since: str | None,
    until: str | None,
    with_accepted: bool,
    records: Records,
) -> None:
    """Print what reviewers changed or rejected: a line of JSON for each example.

    An example has the input, the output that was proposed, the corrected output (null where it was rejected), the
    reviewer and the rationale. It holds the values of the session, except those that the workflow redacts.
    """
    from ..insights.examples import CORRECTIONS, EVERYTHING, ExampleFilter
    from ..store.histories import HistoryFilter

    histories = HistoryFilter(workflow, version, moment_said("--since", since), moment_said("--until", until))
    chosen = ExampleFilter(histories, state, EVERYTHING if with_accepted else CORRECTIONS)
    count = print_json_lines(records.corrections(chosen))
    click.echo("1 example." if count == 1 else f"{count:,} examples.", err=True)
