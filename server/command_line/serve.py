"""`pointsman serve`: the server of one MCP client on stdio, or of any number of agents and people over HTTP.

Nothing but MCP is written to stdout; logs go to stderr.

Kept free of imports that are not needed before the client has been answered.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from ..bounds import HTTP_RATE_AT_MOST
from ..credentials.oidc_settings import issuer_settings
from ..notices.settings import UnfitNotices, notify_settings
from .failures import NotReached
from .keeping import environment_with_key
from .options import Choice, database_option
from .settings import FILE_NAME, file_settings, setting

if TYPE_CHECKING:
    from ..governor import Governor
    from ..http.address import Address, Place
    from ..http.wiring import Credentials
    from ..mcp_server import Era
    from ..surfaces.choosing import SurfaceChoice


class _Address(click.ParamType["Address"]):
    """HOST:PORT."""

    name = "address"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        from ..http.address import NoAddress, read_address

        try:
            return read_address(value)
        except NoAddress as error:
            self.fail(str(error), param, ctx)


class _Url(click.ParamType[str]):
    """An address of HTTP without a path."""

    name = "url"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from ..http.address import NoAddress, read_url

        try:
            return read_url(value)
        except NoAddress as error:
            self.fail(str(error), param, ctx)


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
@click.option(
    "--http",
    "address",
    metavar="HOST:PORT",
    type=_Address(),
    help="Serve any number of agents and people at http://HOST:PORT instead. They need tokens unless it is loopback.",
)
@click.option("--url", metavar="URL", type=_Url(), help="The address they reach it by, behind a proxy: https://HOST.")
@click.option("--require-token", is_flag=True, help="Ask for tokens on loopback too.")
@click.option(
    "--page", "pages", metavar="ORIGIN", multiple=True, type=_Url(), help="A page elsewhere that may ask. Repeatable."
)
@click.option(
    "--rate",
    metavar="REQUESTS",
    type=click.IntRange(1, HTTP_RATE_AT_MOST),
    envvar="POINTSMAN_RATE",
    callback=setting("rate"),
    help="How often a second each token may be used, and four times as often at once. If not said: 50.",
)
@click.option("--session", metavar="ID", help="A session every connection is bound to from its beginning.")
@click.option(
    "--log-level",
    type=Choice(["debug", "info", "warning", "error"]),
    envvar="POINTSMAN_LOG_LEVEL",
    callback=setting("log_level", "info"),
    help="What is logged to stderr, from this level on. If not said: info.",
)
@database_option
def command(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    files: tuple[Path, ...],
    surface: SurfaceChoice,
    era: Era,
    address: Address | None,
    url: str | None,
    require_token: bool,
    pages: tuple[str, ...],
    rate: int | None,
    session: str | None,
    log_level: str,
    database: str | None,
) -> None:
    """Serve workflows to an MCP client on standard input and output, or to many over HTTP.

    A client starts this as its own process. Several may run on one database.
    """
    from .logging import log_to_stderr

    log_to_stderr(log_level)
    opening = _opening(files, database)
    if address is None:
        if url is not None or require_token or pages:
            raise click.UsageError("--url, --require-token and --page go with --http.")
        opening = _notifying(_without_webhooks(opening))
        asyncio.run(_serve_stdio(opening, surface, era, session))
        return
    from ..http.address import Place
    from ..http.rates import OF_REQUESTS, Rate
    from ..http.wiring import Credentials

    place = Place(address, url, pages)
    if address.is_any and url is None:
        raise click.UsageError(f"{address.host} is every address of this machine: say by --url how clients reach it.")
    table = file_settings(Path.cwd()).oidc
    issuer = None if table is None else issuer_settings(table)
    demanded = require_token or url is not None or issuer is not None or not address.is_loopback
    of_requests = OF_REQUESTS if rate is None else Rate(rate, 4 * rate)
    credentials = Credentials(demanded, issuer, of_requests)
    asyncio.run(_serve_http(opening, surface, era, session, place, credentials))


async def _serve_stdio(
    opening: AbstractAsyncContextManager[Governor], surface: SurfaceChoice, era: Era, session: str | None
) -> None:
    from ..identity import local_principal
    from ..stdio_server import serve_stdio

    serving = asyncio.current_task()
    with suppress(NotImplementedError):  # an event loop of Windows takes no signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: serving and serving.cancel())
    with suppress(asyncio.CancelledError):
        await serve_stdio(opening, surface=surface, era=era, session=session, caller_id=local_principal())


async def _serve_http(
    opening: AbstractAsyncContextManager[Governor],
    surface: SurfaceChoice,
    era: Era,
    session: str | None,
    place: Place,
    credentials: Credentials,
) -> None:
    from ..http.address import listen
    from ..http.serving import serve_http
    from ..http.wiring import wired

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # an event loop of Windows takes no signals
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opening as governed, AsyncExitStack() as stack:
        address = place.address
        try:
            listener, taken = listen(address)
        except OSError as error:
            raise NotReached(f"{address.host}:{address.port} cannot be listened on: {error.strerror}.") from error
        place = replace(place, address=taken)
        table = file_settings(Path.cwd()).notify
        if table is not None:
            from ..notices.sending import notifying

            try:
                sending = notifying(governed, notify_settings(table), os.environ, place.base)
                await stack.enter_async_context(sending)
            except UnfitNotices as error:
                raise click.UsageError(f"{FILE_NAME}: {error}.") from error
        site = await stack.enter_async_context(wired(governed, surface, era, session, credentials, place.base))
        await serve_http(site, place, listener, stop)


@asynccontextmanager
async def _opening(files: tuple[Path, ...], database: str | None) -> AsyncGenerator[Governor]:
    from ..application import open_application
    from ..models.access import access_of_this_process
    from .pricing import prices

    async with (
        access_of_this_process(environment_with_key(), prices()) as access,
        open_application(database, files, caretaking=True, access=access) as application,
    ):
        yield application.governor


@asynccontextmanager
async def _notifying(opening: AbstractAsyncContextManager[Governor]) -> AsyncGenerator[Governor]:
    """Send notices too, if this process is to. A client starts it, so it may have no secrets: others send then."""
    async with opening as governor, AsyncExitStack() as stack:
        table = file_settings(Path.cwd()).notify
        if table is not None:
            from structlog import get_logger

            from ..notices.sending import notifying

            try:
                await stack.enter_async_context(notifying(governor, notify_settings(table), os.environ, None))
            except UnfitNotices as error:
                get_logger(__name__).warning("this process sends no notices", error=str(error))
        yield governor


@asynccontextmanager
async def _without_webhooks(opening: AbstractAsyncContextManager[Governor]) -> AsyncGenerator[Governor]:
    """Say of what cannot come in over standard input that it does not."""
    from structlog import get_logger

    from pointsman.contracts.workflow import Webhook

    async with opening as governor:
        for workflow in governor.workflows():
            if any(isinstance(trigger, Webhook) for trigger in workflow.triggers):
                get_logger(__name__).warning("webhooks are received by `serve --http` alone", workflow=workflow.name)
        yield governor
