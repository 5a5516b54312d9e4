"""Runs a site under uvicorn, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn
from typing_extensions import override

from ..addresses import MCP_PATH, is_loopback
from ..bounds import HTTP_STOP_MS
from .address import Place
from .connections import Connections, connections_that_fit
from .protocol import HttpProtocol
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
    server = Server(
        uvicorn.Config(
            application.asgi,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            http=HttpProtocol,
            log_level="error",  # clients cause the warnings
            timeout_graceful_shutdown=HTTP_STOP_MS // 1000,
        ),
        Connections(connections_that_fit(), asyncio.get_running_loop().time),
    )
    stopper = asyncio.create_task(_stop(server, stop))
    known_as = {} if place.url is None else {"known_as": place.url}
    _log.info("serving", url=place.address.url + MCP_PATH, console=f"{place.base}/console", **known_as)
    if not place.is_https and not is_loopback(place.base):
        _log.warning("tokens travel unprotected: put a proxy that speaks TLS before it, and say its address by --url")
    try:
        await server.serve(sockets=[listener])
    finally:
        stopper.cancel()
        await application.aclose()


class Server(uvicorn.Server):
    """Keeps its connections within their bounds, and leaves the signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self.server_state = self._connections = connections

    @override
    async def on_tick(self, counter: int) -> bool:
        self._connections.sweep()
        return await super().on_tick(counter)

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _stop(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
