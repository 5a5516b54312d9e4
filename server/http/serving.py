"""Runs the endpoint under uvicorn, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn
from typing_extensions import override

from pointsman.contracts.bounds import HTTP_STOP_MS

from ..mcp_server import Era
from ..replies import Governed
from ..surfaces.desk import Settings
from .address import Address
from .connections import Connections, connections_that_fit
from .desks import DeskPerConnection
from .endpoint import endpoint
from .protocol import HttpProtocol

_log = structlog.get_logger(__name__)


async def serve_http(
    governed: Governed, settings: Settings, era: Era, listening: tuple[socket.socket, Address], stop: asyncio.Event
) -> None:
    """Serve any number of clients, until `stop` is set.

    Then nothing new is accepted, what only waits for news is ended, and requests that run have a
    few seconds to be answered; what they have begun in the governor goes on.

    Args:
        governed: Answers every call.
        settings: How clients are served.
        era: `handshake` speaks no other.
        listening: Where.
        stop: Ends the serving.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """
    listener, address = listening
    desks = DeskPerConnection(governed, settings)
    app = endpoint(desks, era, address, stop)
    server = Server(
        uvicorn.Config(
            app,
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
    _log.info("serving", url=f"{address.url}/mcp")
    try:
        await server.serve(sockets=[listener])
    finally:
        stopper.cancel()
        await desks.aclose()


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
