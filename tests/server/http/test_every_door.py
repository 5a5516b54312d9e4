"""Every route of the server, tried with every kind of credential.

What is expected stands in a table, one line for each method of each route. A route without a line fails, and
so does a line without a route. Requests are as empty as they can be, so that none of them changes anything.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import Final

import httpx2
import pytest
from starlette.routing import Route

from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.command_line.database import writing_database
from pointsman.server.credentials.minted import PREFIXES
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.site import Application
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.replies import Caller, Reply
from pointsman.server.store.principals import Principal, PrincipalKind, add_principal, hash_token
from tests.server.credentials.local_issuer import LocalIssuer, local_issuer
from tests.server.credentials.shown import settings_of
from tests.server.http.served import INITIALIZE

PURCHASE: Final = Path(__file__).parents[1] / "command_line"

TABLE: Final = """
                                                                    non gar age hum sys exp rev els iag ipe for
POST   /mcp                                                         401 401 200 403 403 401 401 200 200 403 401
GET    /mcp                                                         401 401 400 403 403 401 401 400 400 403 401
DELETE /mcp                                                         401 401 400 403 403 401 401 400 400 403 401
POST   /sessions/{session}/mcp                                      401 401 200 403 403 401 401 404 404 403 401
GET    /sessions/{session}/mcp                                      401 401 400 403 403 401 401 404 404 403 401
DELETE /sessions/{session}/mcp                                      401 401 400 403 403 401 401 404 404 403 401
GET    /.well-known/oauth-protected-resource                        200 401 200 200 200 401 401 200 200 200 401
GET    /.well-known/oauth-protected-resource/mcp                    200 401 200 200 200 401 401 200 200 200 401
GET    /.well-known/oauth-protected-resource/sessions/{session}/mcp 200 401 200 200 200 401 401 200 200 200 401
GET    /healthz                                                     200 401 200 200 200 401 401 200 200 200 401
GET    /readyz                                                      200 401 200 200 200 401 401 200 200 200 401
"""
"""The statuses of HTTP, by credential: none; garbage; an agent's, a person's and a system's; one that has expired and
one that was revoked; an agent's that is bound to another session; those of the issuer, of an agent, of a person, and
of an agent for another server.

Whoever started the session owns all agents but the issuer's. The person is a boss; the system and the issuer's two have
no role.
"""
CREDENTIALS, *_LINES = (line.split() for line in TABLE.strip().splitlines())
EXPECTED: Final = {(line[0], line[1]): dict(zip(CREDENTIALS, map(int, line[2:]), strict=True)) for line in _LINES}


@dataclass
class Open:
    """A server that is open, the tokens by the names of the table, and what stands in paths."""

    url: str
    tokens: dict[str, str]
    inside: dict[str, str]
    routes: list[Route]

    async def status(self, method: str, path: str, credential: str) -> int:
        """Make a request with a credential."""
        token = self.tokens.get(credential)
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        mcp = path.endswith("/mcp") and not path.startswith("/.well-known")
        content = INITIALIZE if mcp else b"{}"
        typed = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        async with httpx2.AsyncClient(verify=False) as client:
            answer = await client.request(
                method,
                self.url + path.format(**self.inside),
                content=content if method == "POST" else None,
                headers={**typed, **bearer},
            )
        return answer.status_code


@pytest.fixture(scope="module")
async def open_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Open]:
    place = tmp_path_factory.mktemp("doors")
    for name in ("purchase.yaml", "shop.py"):
        shutil.copy(PURCHASE / name, place / name)
    database = str(place / "pointsman.sqlite3")
    async with local_issuer() as issuer, open_application(database, [place / "purchase.yaml"], caretaking=False) as app:
        caller = Caller(Actor("agent", "scout", owner="maria"), None, "mcp")
        started = [await app.governor.start(caller, "purchase", {"item": item, "amount": 1}) for item in ("pen", "ink")]
        sessions = [reply.session for reply in started if isinstance(reply, Reply)]
        tokens = {**minted(database, sessions[1]), **issued(issuer)}
        listener, address = listen(Address("127.0.0.1", 0))
        stop = asyncio.Event()
        credentials = Credentials(demanded=True, issuer=settings_of(issuer.url))
        async with wired(app.governor, "auto", "auto", None, credentials, address.url) as site:
            application = Application(site, Place(address), stop)
            routes = [route for route in application.router.routes if isinstance(route, Route)]
            assert len(routes) == len(application.router.routes)
            serving = asyncio.create_task(serve_http(site, Place(address), listener, stop))
            try:
                yield Open(address.url, tokens, {"session": sessions[0]}, routes)
            finally:
                stop.set()
                await serving
                await application.aclose()


def minted(database: str, elsewhere: str) -> dict[str, str]:
    """Make the tokens that are made here. All agents are Maria's."""
    now_ms = time_ns() // 1_000_000
    kinds: dict[str, PrincipalKind] = {"hum": "human", "sys": "system"}
    tokens: dict[str, str] = {}
    with writing_database(database, create=False) as connection:
        for name in ("age", "hum", "sys", "exp", "rev", "els"):
            kind = kinds.get(name, "agent")
            tokens[name] = f"{PREFIXES[kind]}{name}"
            principal = Principal(
                id="boss" if name == "hum" else f"{name}-1",
                kind=kind,
                roles=("boss",) if name == "hum" else (),
                token_hash=hash_token(tokens[name]),
                owner=None if name == "hum" else "maria",
                created_at=now_ms - 10,
                expires_at=now_ms - 1 if name == "exp" else None,
                revoked_at=now_ms - 1 if name == "rev" else None,
                session=elsewhere if name == "els" else None,
            )
            add_principal(connection, principal)
    return {**tokens, "gar": "garbage"}


def issued(issuer: LocalIssuer) -> dict[str, str]:
    """Have the issuer make its tokens."""
    return {
        "iag": issuer.token(realm_access=None),
        "ipe": issuer.token(realm_access=None, azp="console"),
        "for": issuer.token(aud="https://other.example"),
    }


async def test_every_route_has_its_line_in_the_table_and_every_line_its_route(open_server: Open) -> None:
    served = {
        (method, route.path) for route in open_server.routes for method in route.methods or () if method != "HEAD"
    }
    assert served == set(EXPECTED)


@pytest.mark.parametrize(("method", "path"), EXPECTED)
async def test_a_door_opens_to_those_it_is_for_and_to_nobody_else(open_server: Open, method: str, path: str) -> None:
    found = {credential: await open_server.status(method, path, credential) for credential in CREDENTIALS}
    assert found == EXPECTED[method, path]
    for credential, status in found.items() if method == "GET" else ():
        if status in (401, 403, 404):
            assert await open_server.status("HEAD", path, credential) == status
    assert await open_server.status("PATCH", path, "age") == 405
