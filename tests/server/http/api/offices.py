"""A server of the desk's workflow over HTTP, with the real governor and database, and clients with tokens of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

import httpx2

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Decide
from pointsman.server.application import Application
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.store.principals import Principal, PrincipalKind, add_principal, hash_token
from tests.server.governor.desks import AGENT, CHIEF, Desk, acted, replied, started

STARTER: Final = AGENT.actor.id
PRINCIPALS: Final[Mapping[str, tuple[PrincipalKind, tuple[str, ...], str | None]]] = {
    "agent": ("agent", (), STARTER),
    "stranger": ("agent", (), None),
    "chief": ("human", ("chief",), None),
    "own": ("human", ("chief",), None),
    "auditor": ("human", ("auditor",), None),
    "maria": ("human", ("manager", "auditor"), None),
    "system": ("system", (), STARTER),
}
"""Whoever has a token: the kind, the roles, the owner. `own` is the starter in person."""


@dataclass(frozen=True)
class Office:
    """A running server, what is behind it, and a client."""

    application: Application
    url: str
    http: httpx2.AsyncClient

    async def get(self, path: str, who: str | None = "chief", **parameters: str) -> httpx2.Response:
        return await self.http.get(f"{self.url}/api{path}", params=parameters or None, headers=bearer(who))

    async def post(self, path: str, body: object, who: str | None = "chief") -> httpx2.Response:
        return await self.http.post(f"{self.url}/api{path}", json=body, headers=bearer(who))

    async def seen(self, path: str, who: str | None = "chief", **parameters: str) -> JsonObject:
        """Get what must be there."""
        response = await self.get(path, who, **parameters)
        assert response.status_code == 200, response.text
        return cast("JsonObject", response.json())

    async def listed(self, path: str, who: str = "chief", **parameters: str) -> list[dict[str, object]]:
        """Get the entries of a list."""
        items = (await self.seen(path, who, **parameters))["items"]
        return cast("list[dict[str, object]]", items)

    async def bind(self, name: str, session: str) -> None:
        """Give an agent of the starter's a token, their name, that opens one session alone."""
        principal = Principal(name, "agent", (), hash_token(name), STARTER, 1, session=session)
        await self.application.engine.writing(add_principal, principal)

    async def strays(self) -> list[tuple[object, object]]:
        """Give what was refused and belongs to no session: actions and codes."""
        return [(row["action"], row["code"]) for row in await self.application.engine.audit_rows("server")]


def bearer(who: str | None) -> dict[str, str]:
    return {} if who is None else {"authorization": f"Bearer {who}"}


@asynccontextmanager
async def office(desk: Desk, *, tokens: bool = True) -> AsyncGenerator[Office]:
    """Serve the desk. Everybody's token is their name."""
    async with desk.open() as application:
        for name, (kind, roles, owner) in PRINCIPALS.items():
            identity = STARTER if name == "own" else name
            principal = Principal(identity, kind, roles, hash_token(name), owner, 1)
            await application.engine.writing(add_principal, principal)
        listener, address = listen(Address("127.0.0.1", 0))
        stop = asyncio.Event()
        async with wired(application.governor, "auto", "auto", None, Credentials(tokens), address.url) as site:
            serving = asyncio.create_task(serve_http(site, Place(address), listener, stop))
            try:
                async with httpx2.AsyncClient(verify=False, timeout=30) as http:
                    yield Office(application, address.url, http)
            finally:
                stop.set()
                async with asyncio.timeout(10):
                    await serving


async def in_review(application: Application, text: str = "Dear tenant") -> str:
    """Bring a session of the starter's to its review."""
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    await acted(application, session, "ready", {"text": text})
    return session


async def in_doubt(application: Application) -> str:
    """Have a write made of which nobody knows whether it has happened."""
    session = await in_review(application, "broken")
    current = await application.engine.read(session)
    assert current is not None
    assert current.stay.review is not None
    request = Decide("approve", {}, current.stay.review.shown_digest, current.stay.number)
    replied(await application.governor.decide(CHIEF, session, request))
    return session


def objects(value: object) -> list[dict[str, object]]:
    """Give the objects of a list in an answer."""
    assert isinstance(value, list)
    return cast("list[dict[str, object]]", value)
