"""Which records a command asks: those of a server, if one is named, and otherwise those of a database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from ..failures import WrongUsage
from ..options import database_option, server_option, token_option

if TYPE_CHECKING:
    from .port import Records

_SAID: Final = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
_OPTIONS: Final = (server_option, token_option, database_option)


def reads_records(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that only looks the options that say where, and the records they name as `records`."""
    return _with_records(function, acts=False)


def changes_records(function: Callable[..., None]) -> Callable[..., None]:
    """Do the same for a command that a person answers for: a token is that person's, for a database too."""
    return _with_records(function, acts=True)


def _with_records(function: Callable[..., None], *, acts: bool) -> Callable[..., None]:
    @wraps(function)
    def chosen(
        *arguments: Any,  # noqa: ANN401 -- whatever click gives the command
        server: str | None,
        token: str | None,
        database: str | None,
        **options: Any,  # noqa: ANN401 -- the same
    ) -> None:
        return function(*arguments, records=_records(server, token, database, acts=acts), **options)

    for option in reversed(_OPTIONS):
        chosen = option(chosen)
    return chosen


def _records(server: str | None, token: str | None, database: str | None, *, acts: bool) -> Records:
    """Choose. What the command line says goes before the environment, and that before a file of settings.

    Raises:
        WrongUsage: when that leaves both, or a token that nothing is asked with.
    """
    context = click.get_current_context()
    source = {name: context.get_parameter_source(name) for name in ("server", "token", "database")}
    typed = ParameterSource.COMMANDLINE
    if server is not None and source["server"] == source["database"]:
        raise WrongUsage("--server and --database (POINTSMAN_SERVER and POINTSMAN_DATABASE) name two places. Say one.")
    if server is None or (source["database"] is typed and source["server"] is not typed):
        if source["token"] is typed and not acts:
            raise WrongUsage("--token goes with --server: whoever can read the database file reads all of it.")
        from .local import LocalRecords

        return LocalRecords(database, token if acts else None)
    from ..servers import NoServer, server_url
    from .remote import RemoteRecords

    try:
        records = RemoteRecords(server_url(server), token)
    except NoServer as error:
        raise WrongUsage(str(error)) from error
    context.call_on_close(records.close)
    return records
