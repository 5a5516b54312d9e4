"""`pointsman token`: the tokens by which people are told apart. A token is shown once and never stored."""

from __future__ import annotations

import re
from time import time_ns
from typing import Final

import click

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal

from ..store.principals import (
    Principal,
    add_principal,
    hash_token,
    list_principals,
    new_token,
    principal,
    renew_principal,
    revoke_principal,
)
from .columns import Column
from .confirming import at_a_terminal, confirm
from .database import reading_database, writing_database
from .failures import FoundProblems, WrongUsage
from .groups import Group
from .invocation import program
from .options import Choice, database_option, json_option, token_option
from .output import moment, print_json, print_json_lines, print_table
from .persons import demand_a_person, person
from .roles import warn_of_unknown

PREFIX: Final = "pmh_"
"""What a person's token begins with, so that it is recognised where it lies."""

LIST_COLUMNS: Final = (
    Column("name", whole=True),
    Column("kind", rank=2),
    Column("roles"),
    Column("created_at", whole=True, rank=1),
    Column("expires_at", whole=True),
    Column("status", whole=True),
)

_DAYS: Final = re.compile(r"([1-9][0-9]{0,3})([hd])\Z")
_UNIT_MS: Final = {"h": 3_600_000, "d": 86_400_000}


@click.group(cls=Group)
def command() -> None:
    """Make, list and revoke the tokens of people."""


@command.command()
@click.argument("name")
@click.option("--role", "roles", metavar="ROLE", multiple=True, required=True, help="A role of theirs; repeatable.")
@click.option("--kind", type=Choice(["human", "agent", "system"]), default="human", show_default=True)
@click.option("--expires", metavar="90d", help="After how many days (d) or hours (h). If not said: never.")
@database_option
@json_option
def create(
    name: str, roles: tuple[str, ...], kind: str, expires: str | None, database: str | None, *, as_json: bool
) -> None:
    """Make the token of a person, and show it this once.

    Whoever holds it decides reviews in that person's name. Have that person run this, or hand them
    the token, and keep no copy. It is made at a terminal only, where the name is typed once more.
    """
    if kind != "human":
        raise WrongUsage(f"Tokens of kind {kind} come with the HTTP server. This version makes those of people only.")
    for text, what in ((name, "NAME"), *((role, "--role") for role in roles)):
        if not IDENTIFIER.match(text):
            raise WrongUsage(f"{what} {text!r}: 1 to 128 of the characters A-Z a-z 0-9 _ . -")
    now_ms = time_ns() // 1_000_000
    expires_at = None if expires is None else now_ms + _duration_ms(expires)
    if not at_a_terminal():
        raise WrongUsage(
            "A person's token is made at a terminal, where the name is typed once more. Here is none, and a program "
            "must not make itself a person."
        )
    warn_of_unknown(roles, database)
    confirm(name, f"Whoever has this token decides as {name} ({', '.join(roles)}). Type the name once more to make it:")
    token = PREFIX + new_token()
    made = Principal(name, "human", tuple(dict.fromkeys(roles)), hash_token(token), None, now_ms, expires_at)
    with writing_database(database, create=True) as connection:
        known = principal(connection, name)
        if known is None:
            add_principal(connection, made)
        elif known.valid_at(now_ms):
            raise FoundProblems(f"{name} has a token that is valid. Revoke it first: {program()} token revoke {name}")
        else:
            renew_principal(connection, made)
    if as_json:
        print_json({**_as_json(made), "token": token})
    else:
        click.echo(token)
        click.echo(f"It is not shown again. Use it: POINTSMAN_TOKEN=… {program()} review decide ID EVENT", err=True)


@command.command(name="list")
@database_option
@json_option
def list_tokens(database: str | None, *, as_json: bool) -> None:
    """List who has a token. The tokens themselves are not stored."""
    with reading_database(database) as connection:
        found = [_as_json(one) for one in list_principals(connection)]
    if as_json:
        print_json_lines(found)
        return
    if not found:
        click.echo(f"Nobody has a token yet. One is made so: {program()} token create NAME --role ROLE")
        return
    print_table(LIST_COLUMNS, [[_cell(one, column.name) for column in LIST_COLUMNS] for one in found])


@command.command()
@click.argument("name")
@token_option
@database_option
def revoke(name: str, token: str | None, database: str | None) -> None:
    """End what a token opens, at once. What was decided with it stays decided.

    At a terminal, where the name is typed once more; with a token, that of its own person only.
    """
    demand_a_person(token, "A token is revoked", "the name")
    with reading_database(database) as connection:
        caller = person(connection, token, ())
    if isinstance(caller, Refusal):
        raise FoundProblems(caller.message)
    if token is not None and caller.actor.id != name:
        raise FoundProblems(
            f"A token revokes only its own person, {caller.actor.id}; others are revoked at a terminal."
        )
    if token is None:
        confirm(name, f"{name} decides nothing from then on. Type the name once more to revoke the token:")
    with writing_database(database, create=False) as connection:
        revoked = revoke_principal(connection, name, time_ns() // 1_000_000)
    if not revoked:
        raise FoundProblems(f"{name!r} has no token that could be revoked. `pointsman token list` lists who has.")
    click.echo(f"Revoked. {name} decides nothing from now on.")


def _as_json(one: Principal) -> JsonObject:
    now_ms = time_ns() // 1_000_000
    status = "revoked" if one.revoked_at is not None else "valid" if one.valid_at(now_ms) else "expired"
    return {
        "name": one.id,
        "kind": one.kind,
        "roles": list(one.roles),
        "created_at": iso(one.created_at),
        "expires_at": None if one.expires_at is None else iso(one.expires_at),
        "revoked_at": None if one.revoked_at is None else iso(one.revoked_at),
        "status": status,
    }


def _cell(one: JsonObject, column: str) -> str | None:
    value = one[column]
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return moment(str(value)) if column.endswith("_at") and value is not None else None if value is None else str(value)


def _duration_ms(text: str) -> int:
    found = _DAYS.match(text)
    if found is None:
        raise WrongUsage(f"--expires {text!r}: write 12h or 90d.")
    return int(found[1]) * _UNIT_MS[found[2]]
