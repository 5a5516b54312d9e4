"""`pointsman serve`: the server of one MCP client. Nothing but MCP is written to stdout; logs go to stderr.

Kept free of imports that are not needed before the client has been answered.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Choice, database_option
from .settings import setting

if TYPE_CHECKING:
    from ..governor import Governor
    from ..mcp_server import Era
    from ..surfaces.choosing import SurfaceChoice


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--surface",
    type=Choice(["auto", "adaptive", "stable", "compact"]),
    envvar="POINTSMAN_SURFACE",
    callback=setting("surface", "auto"),
    help="How the tools are shown. If not said: auto, by the client's name.",
)
@click.option(
    "--era",
    type=Choice(["auto", "handshake"]),
    envvar="POINTSMAN_ERA",
    callback=setting("era", "auto"),
    help="Which revisions of MCP are spoken. If not said: auto, all of them.",
)
@click.option("--session", metavar="ID", help="A session the connection is bound to from its beginning.")
@click.option(
    "--log-level",
    type=Choice(["debug", "info", "warning", "error"]),
    envvar="POINTSMAN_LOG_LEVEL",
    callback=setting("log_level", "info"),
    help="What is logged to stderr, from this level on. If not said: info.",
)
@database_option
def command(
    *,
    files: tuple[Path, ...],
    surface: SurfaceChoice,
    era: Era,
    session: str | None,
    log_level: str,
    database: str | None,
) -> None:
    """Serve workflows to an MCP client over standard input and output.

    A client starts this as its own process. Several may run on one database.
    """
    from .logging import log_to_stderr

    log_to_stderr(log_level)
    asyncio.run(_serve(files, surface, era, session, database))


async def _serve(
    files: tuple[Path, ...], surface: SurfaceChoice, era: Era, session: str | None, database: str | None
) -> None:
    from ..identity import local_principal
    from ..stdio_server import serve_stdio

    serving = asyncio.current_task()
    with suppress(NotImplementedError):  # an event loop of Windows takes no signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: serving and serving.cancel())
    with suppress(asyncio.CancelledError):
        opening = _opening(files, database)
        await serve_stdio(opening, surface=surface, era=era, session=session, caller_id=local_principal())


@asynccontextmanager
async def _opening(files: tuple[Path, ...], database: str | None) -> AsyncGenerator[Governor]:
    from structlog import get_logger

    from ..application import open_application

    async with open_application(database, files, caretaking=True) as application:
        for workflow in application.governor.workflows():
            if workflow.triggers:
                log = get_logger(__name__)
                log.warning("triggers do not run yet; start sessions by a client", workflow=workflow.name)
        yield application.governor
