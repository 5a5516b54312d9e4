"""`pointsman token`: the tokens of people, agents and systems. A token is shown once, and never stored."""

from __future__ import annotations

import re
from time import time_ns
from typing import TYPE_CHECKING, Final

import click

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import UNSEEN, visible
from pointsman.fsm.refusals import Refusal

from ..credentials.minted import PREFIXES
from ..identity import SOMEBODY, local_principal
from ..store.principals import (
    Principal,
    PrincipalKind,
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

if TYPE_CHECKING:
    from sqlalchemy import Connection

LIST_COLUMNS: Final = (
    Column("name", whole=True),
    Column("kind", whole=True),
    Column("roles"),
    Column("owner", rank=2),
    Column("session", rank=3),
    Column("created_at", whole=True, rank=1),
    Column("expires_at", whole=True),
    Column("status", whole=True),
)

_DAYS: Final = re.compile(r"([1-9][0-9]{0,3})([hd])\Z")
_UNIT_MS: Final = {"h": 3_600_000, "d": 86_400_000}
_OWNER: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z|(local|oidc):[^/]{1,300}\Z", re.ASCII)
"""A person by name, by user of the operating system (`local:alice`), or as an issuer names them (`oidc:alice`)."""


@click.group(cls=Group)
def command() -> None:
    """Make, list and revoke the tokens of people, agents and systems."""


@command.command()
@click.argument("name")
@click.option(
    "--role", "roles", metavar="ROLE", multiple=True, help="A role of theirs; repeatable. A person needs one."
)
@click.option("--kind", type=Choice(["human", "agent", "system"]), default="human", show_default=True)
@click.option("--owner", metavar="PERSON", help="Who answers for an agent or a system. If not said: you.")
@click.option("--session", metavar="ID", help="The one session that the token opens.")
@click.option("--expires", metavar="90d", help="After how many days (d) or hours (h). If not said: never.")
@database_option
@json_option
def create(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    name: str,
    roles: tuple[str, ...],
    kind: PrincipalKind,
    owner: str | None,
    session: str | None,
    expires: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Make the token of a person, an agent or another system, and show it this once.

    Whoever holds a person's token decides reviews in that person's name. Have that person run this, or hand them
    the token, and keep no copy. It is made at a terminal only, where the name is typed once more. An agent or a
    system decides nothing; sessions that it starts are its owner's, who may therefore not decide them where the
    workflow excludes whoever started a session.
    """
    now_ms = time_ns() // 1_000_000
    expires_at = None if expires is None else now_ms + _duration_ms(expires)
    _require_well_formed(name, roles, kind, owner, session)
    warn_of_unknown(roles, database)
    if kind == "human":
        said = f"Whoever has this token decides as {name} ({', '.join(roles)}). Type the name once more to make it:"
        confirm(name, said)
    else:
        owner = owner or local_principal()
    token = PREFIXES[kind] + new_token()
    made = Principal(
        id=name,
        kind=kind,
        roles=tuple(dict.fromkeys(roles)),
        token_hash=hash_token(token),
        owner=owner,
        created_at=now_ms,
        expires_at=expires_at,
        session=session,
    )
    _mint(database, made)
    if as_json:
        print_json({**_as_json(made), "token": token})
        return
    click.echo(token)
    how = f"sign in to the console with it, or POINTSMAN_TOKEN=… {program()} review decide ID EVENT"
    click.echo(f"It is not shown again. Use it: {how if kind == 'human' else 'Authorization: Bearer …'}", err=True)


def _require_well_formed(
    name: str, roles: tuple[str, ...], kind: PrincipalKind, owner: str | None, session: str | None
) -> None:
    given = [(name, "NAME"), *((role, "--role") for role in roles)]
    for text, what in given if session is None else [*given, (session, "--session")]:
        if not IDENTIFIER.match(text):
            raise WrongUsage(f"{what} {text!r}: 1 to 128 of the characters A-Z a-z 0-9 _ . -")
    if name == SOMEBODY.id:
        raise WrongUsage(f"{name!r} is what the audit calls whoever has not said who they are. Take another name.")
    if owner is not None and (not _OWNER.match(owner) or UNSEEN.search(owner)):
        raise WrongUsage(f"--owner {owner!r}: a person's name, such as maria, local:maria or oidc:maria@example.com.")
    if kind != "human":
        return
    if owner is not None:
        raise WrongUsage("A person answers for themselves: --owner goes with --kind agent or system.")
    if not roles:
        raise WrongUsage("A person's token needs a role: --role ROLE.")
    if not at_a_terminal():
        raise WrongUsage(
            "A person's token is made at a terminal, where the name is typed once more. Here is none, and a program "
            "must not make itself a person."
        )


def _mint(database: str | None, made: Principal) -> None:
    """Keep a principal, and have it written who made it before its token opens anything.

    Raises:
        FoundProblems: when somebody has this name.
    """
    from .acting import record_act

    with writing_database(database, create=True) as connection:
        _require_free(connection, made)
        _require_person(connection, made.owner)
    opens: JsonObject = {**_as_json(made), "roles": [*made.roles]}
    record_act(database, "minted", opens)
    with writing_database(database, create=False) as connection:
        if _require_free(connection, made):
            renew_principal(connection, made)
        else:
            add_principal(connection, made)


def _require_free(connection: Connection, made: Principal) -> bool:
    """Say whether somebody had this name before, and may have a new token.

    Raises:
        FoundProblems: when their token is valid, or they are of another kind.
    """
    known = principal(connection, made.id)
    if known is None:
        return False
    if known.kind != made.kind:
        raise FoundProblems(f"{made.id} is of the kind {known.kind}, in every history. Take another name.")
    if known.valid_at(made.created_at):
        raise FoundProblems(f"{made.id} has a token that is valid. Revoke it first: {program()} token revoke {made.id}")
    return True


def _require_person(connection: Connection, owner: str | None) -> None:
    """Say where nobody has the name of an owner yet: under another spelling they could decide what is theirs.

    Raises:
        FoundProblems: when it is that of an agent or a system, which answers for nothing.
    """
    if owner is None or ":" in owner:
        return
    known = principal(connection, owner)
    if known is None:
        told = f"Nobody has a token as {owner} yet. What this one starts is theirs only under exactly this name."
        click.echo(told, err=True)
    elif known.kind != "human":
        raise FoundProblems(f"{owner} is of the kind {known.kind}. An owner is a person, who answers for what is done.")


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
        confirm(name, f"The token of {visible(name)} opens nothing from then on. Type the name once more to revoke it:")
    from .acting import record_act

    record_act(database, "revoked", {"name": name}, caller)
    with writing_database(database, create=False) as connection:
        revoked = revoke_principal(connection, name, time_ns() // 1_000_000)
    if not revoked:
        raise FoundProblems(f"{name!r} has no token that could be revoked. `pointsman token list` lists who has.")
    click.echo(f"Revoked. The token of {name} opens nothing from now on.")


def _as_json(one: Principal) -> JsonObject:
    now_ms = time_ns() // 1_000_000
    status = "revoked" if one.revoked_at is not None else "valid" if one.valid_at(now_ms) else "expired"
    return {
        "name": one.id,
        "kind": one.kind,
        "roles": list(one.roles),
        "owner": one.owner,
        "session": one.session,
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
