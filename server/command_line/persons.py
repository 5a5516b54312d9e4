"""The person behind a command: at a terminal, or by a token. What a person answers for is done by nobody else.

See `confirming` for what typing a name once more is worth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from pointsman.fsm.refusals import Refusal

from .callers import local_caller, token_caller
from .confirming import at_a_terminal
from .failures import FoundProblems, WrongUsage

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor
    from ..replies import Caller


def demand_a_person(token: str | None, what: str, name: str) -> None:
    """Refuse a program that has neither a terminal nor a token.

    Args:
        token: The token that was given.
        what: What is about to be done, as the subject of a sentence: `A decision is made`.
        name: What is typed once more at the terminal: `the event's name`.

    Raises:
        WrongUsage: when there is neither.
    """
    if token is None and not at_a_terminal():
        raise WrongUsage(
            f"{what} at a terminal, where {name} is typed once more, or with a person's token "
            "(--token, POINTSMAN_TOKEN). Here is neither: a program must not act in a person's name."
        )


def person(connection: Connection, token: str | None, roles: Iterable[str]) -> Caller | Refusal:
    """Give whoever acts: the user of this machine, with these roles, or the person the token was made for."""
    return local_caller(roles) if token is None else token_caller(connection, token)


def turn_away(database: str | None, session_id: str, action: str, refusal: Refusal) -> NoReturn:
    """Write a foreign token's attempt to the chain of calls that belong to no session, and end.

    Raises:
        FoundProblems: always.
    """
    from ..documents.answers import refused
    from .acting import governed, refusal_text

    async def record(governor: Governor) -> None:
        await governor.stray(local_caller(()), action, refusal, {"session": session_id})

    governed(database, [], record)
    raise FoundProblems(refusal_text(refused(refusal)))
