"""A real server process's inside: engine, governor and site over HTTP, on one database that others may share."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from pointsman.contracts.values import JsonObject
from pointsman.server.application import Application, open_application
from pointsman.server.clock import Clock
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.store.principals import Principal, PrincipalKind, add_principal, hash_token
from pointsman.server.store.reading import SessionFilter, list_sessions
from tests.server.governor.desks import current

SECRET: Final = "a secret of enough bytes"


@dataclass
class Running:
    """A server that runs, and a client of it."""

    application: Application
    client: httpx2.AsyncClient

    async def post(self, path: str, content: bytes | JsonObject = b"", **headers: str) -> httpx2.Response:
        """Send a body; JSON if nothing else is said. Headers are given with `_` for `-`."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        told = {"content-type": "application/json"} | {name.replace("_", "-"): said for name, said in headers.items()}
        return await self.client.post(path, content=body, headers=told)

    async def sessions(self) -> list[JsonObject]:
        page = await self.application.engine.reading(list_sessions, SessionFilter(), 500, None)
        return [one.as_json() for one in page.sessions]

    async def rows(self, chain: str = "server") -> list[JsonObject]:
        return await self.application.engine.audit_rows(chain)

    async def state(self, session: str) -> str:
        return (await current(self.application, session)).state

    async def token(
        self, name: str, kind: PrincipalKind, roles: tuple[str, ...] = (), owner: str | None = None
    ) -> dict[str, str]:
        """Make a token of somebody, and give the header that shows it."""
        made = Principal(name, kind, roles, hash_token(f"token-of-{name}"), owner, 0)
        await self.application.engine.writing(add_principal, made)
        return {"authorization": f"Bearer token-of-{name}"}


@asynccontextmanager
async def running(
    place: Path, text: str, *, tokens: bool = True, clock: Clock | None = None, database: str = "s.db"
) -> AsyncGenerator[Running]:
    """Serve a workflow file over HTTP from a directory; secrets are in the environment."""
    file = place / "workflow.yaml"
    file.write_text(text)
    stop = asyncio.Event()
    opening = open_application(str(place / database), [file], clock=clock, caretaking=False)
    async with (
        opening as application,
        wired(application.governor, "auto", "auto", None, Credentials(tokens), "http://127.0.0.1") as site,
    ):
        listener, address = listen(Address("127.0.0.1", 0))
        serving = asyncio.create_task(serve_http(site, Place(address), listener, stop))
        async with httpx2.AsyncClient(base_url=address.url, verify=False, timeout=60) as client:
            yield Running(application, client)
        stop.set()
        async with asyncio.timeout(10):
            await serving


def signed(body: bytes, now_ms: int, name: str = "msg_1", secret: str = SECRET) -> dict[str, str]:
    """Sign a body as Standard Webhooks does."""
    seconds = now_ms // 1000
    mac = hmac.digest(secret.encode(), f"{name}.{seconds}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook_id": name, "webhook_timestamp": str(seconds), "webhook_signature": signature}


def basic(login: str) -> str:
    """Write a user and password as HTTP does."""
    return f"Basic {base64.b64encode(login.encode()).decode()}"
