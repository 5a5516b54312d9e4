"""What goes wrong, as a line on stderr and an exit code. The only place where exit codes are named.

| code | meaning |
|---|---|
| 0 | done |
| 1 | found problems, or was refused |
| 2 | wrong usage |
| 3 | verification failed |
| 4 | cannot reach or open something |
"""

from __future__ import annotations

from typing import cast

import click
from typing_extensions import override

from pointsman.contracts.errors import PointsmanError


class Failure(click.ClickException):
    """Ends the process with a message that says what is wrong and how to mend it.

    The message may hold untrusted text: what nobody would see in it is made visible.
    """

    @override
    def format_message(self) -> str:
        from pointsman.contracts.visible import visible

        return visible(self.message, lines=True)


class FoundProblems(Failure):
    """Something is wrong with what was given, or it was refused."""

    exit_code = 1


class WrongUsage(Failure):
    """The command cannot be used like this."""

    exit_code = 2


class NotVerified(Failure):
    """A history is not what it should be."""

    exit_code = 3


class NotReached(Failure):
    """Something cannot be reached or opened."""

    exit_code = 4


class NotThere(NotReached):
    """A server that was reached has no such thing, or not for this caller."""


def failure_of(error: BaseException) -> Failure | None:
    """Say how an error ends the process; None for one that is a mistake of this program."""
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return failure_of(inner[0]) if len(inner) == 1 else None
    if isinstance(error, PointsmanError):
        return _failure_of_ours(error)
    if isinstance(error, OSError) and error.filename is not None:
        return NotReached(f"{error.filename}: {error.strerror}.")
    return None


def _failure_of_ours(error: PointsmanError) -> Failure:
    from pointsman.tools.errors import SourceError
    from pointsman.tools.models.port import NotAskable

    from ..errors import EngineClosed, ModelNotDriven, SecretMissing, StoreError, UnknownDefinition, UnknownName

    if isinstance(error, UnknownName):
        return WrongUsage(str(error))
    ours = StoreError | SecretMissing | UnknownDefinition | EngineClosed | ModelNotDriven
    away = isinstance(error, SourceError | NotAskable | ours)
    return NotReached(str(error)) if away else FoundProblems(str(error))
