"""Runs a site under uvicorn, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn
from typing_extensions import override

from pointsman.contracts.bounds import HTTP_CONNECTIONS, HTTP_STOP_MS

from .address import Place
from .site import Application, Site

_log = structlog.get_logger(__name__)


async def serve_http(site: Site, place: Place, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve any number of clients, until `stop` is set.

    Then nothing new is accepted, what only waits for news is ended, and requests that run have a
    few seconds to be answered; what they have begun in the governor goes on.

    Args:
        site: What is served.
        place: By which names it is reached.
        listener: Where it listens.
        stop: Ends the serving.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """
    application = Application(site, place, stop)
    server = _Server(
        uvicorn.Config(
            application.asgi,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=HTTP_CONNECTIONS,
            timeout_graceful_shutdown=HTTP_STOP_MS // 1000,
        )
    )
    stopper = asyncio.create_task(_stop(server, stop))
    _log.info("serving", url=f"{place.address.url}/mcp")
    try:
        await server.serve(sockets=[listener])
    finally:
        stopper.cancel()
        await application.aclose()


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs it."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
