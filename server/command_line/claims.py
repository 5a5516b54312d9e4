"""`pointsman review claim`, `release` and `delegate`: who of several persons decides what waits.

They need what a decision needs: somebody at a terminal, who types a name once more, or the token of a person.
"""

from __future__ import annotations

import click

from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import visible
from pointsman.fsm.commands import Claim, Delegate, Release

from ..nearest import did_you_mean
from .confirming import confirm
from .options import json_option
from .records.choosing import changes_records
from .records.port import Errand, Person, Records


@click.command()
@click.argument("matter_id", metavar="ID")
@click.option("--take-over", is_flag=True, help="Take it over from whoever has claimed it.")
@changes_records
@json_option
def claim(*, matter_id: str, take_over: bool, records: Records, as_json: bool) -> None:
    """Claim a review or a call, so that you alone decide it, until you release it."""
    person = records.person(Errand("A review is claimed", "the state's name", "claim", matter_id))
    _confirm(records, person, matter_id, "claims")
    answer = records.hold(person, matter_id, Claim(take_over=take_over))
    _tell(answer, f"{person.actor.id} has claimed {matter_id}, and decides it.", as_json=as_json)


@click.command()
@click.argument("matter_id", metavar="ID")
@changes_records
@json_option
def release(*, matter_id: str, records: Records, as_json: bool) -> None:
    """Give back a review or a call that you have claimed."""
    person = records.person(Errand("A review is released", "the state's name", "release", matter_id))
    _confirm(records, person, matter_id, "releases")
    _tell(records.hold(person, matter_id, Release()), f"Nobody has claimed {matter_id} now.", as_json=as_json)


@click.command()
@click.argument("matter_id", metavar="ID")
@click.argument("to", metavar="PERSON")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@changes_records
@json_option
def delegate(*, matter_id: str, to: str, reason: str, records: Records, as_json: bool) -> None:
    """Hand a review or a call to another person, by the name that the audit has of them.

    They then decide it, if they may: nobody may decide more by being asked to.
    """
    person = records.person(Errand("A review is delegated", "the state's name", "delegate", matter_id))
    _warn_of_stranger(to, records.people())
    _confirm(records, person, matter_id, f"hands to {to}")
    _tell(records.hold(person, matter_id, Delegate(to, reason)), f"{to} decides {matter_id}.", as_json=as_json)


def _warn_of_stranger(name: str, known: frozenset[str] | None) -> None:
    """Say that nobody is known by this name. They may come yet, so it is no error."""
    if known is not None and name not in known:
        meant = did_you_mean(name, sorted(known))
        said = f"Nobody is known here as {name!r}.{meant} Whoever else is to decide it must take it over first."
        click.echo(f"Warning: {visible(said)}", err=True)


def _confirm(records: Records, person: Person, matter_id: str, does: str) -> None:
    """Have the state's name typed once more, where somebody acts by being at a terminal."""
    if person.confirms:
        state = str(records.matter(matter_id)["state"])
        confirm(state, f"{person.actor.id} {does} the review in {state}. Type the state's name:")


def _tell(answer: JsonObject, said: str, *, as_json: bool) -> None:
    from .acting import tell

    tell(answer, as_json=as_json)
    if not as_json:
        click.echo(visible(said))
