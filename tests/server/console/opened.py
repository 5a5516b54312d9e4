"""The console of a real server with one review that waits, and a browser's part of using it: cookies and forms."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from time import time_ns
from typing import Final

import httpx2
from typing_extensions import override

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.command_line.database import writing_database
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.replies import Caller, Reply
from pointsman.server.store.principals import Principal, PrincipalKind, add_principal, hash_token

PURCHASE: Final = Path(__file__).parents[1] / "command_line"
PEOPLE: Final[dict[str, tuple[PrincipalKind, tuple[str, ...]]]] = {
    "boss": ("human", ("boss",)),
    "chief": ("human", ("boss",)),
    "maria": ("human", ("boss",)),
    "reader": ("human", ()),
    "audrey": ("human", ("auditor",)),
    "robot": ("agent", ("boss",)),
    "till": ("system", ("boss",)),
}
"""Who has a token, `token-` and their name. Maria owns the agent that starts sessions."""
AGENT: Final = Caller(Actor("agent", "scout", owner="maria"), "claude-code", "mcp")


class Page(HTMLParser):
    """What a test asks of a page: its text, its links, and the fields of its forms, by where they are sent."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] = {}
        self._select: str | None = None
        self._area: str | None = None
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append((tag, named))
        name, value = named.get("name"), named.get("value") or ""
        match tag:
            case "form":
                self._form = self.forms.setdefault(named.get("action") or "", {})
            case "a":
                self.links.append(named.get("href") or "")
            case "input" if name:
                self._form[name] = value
            case "select":
                self._select = name
            case "option" if self._select and "selected" in named:
                self._form[self._select] = value
            case "textarea" if name:
                self._area, self._form[name] = name, ""
            case _:
                pass

    @override
    def handle_endtag(self, tag: str) -> None:
        self._area = None if tag == "textarea" else self._area

    @override
    def handle_data(self, data: str) -> None:
        self.text += data
        if self._area is not None:
            self._form[self._area] += data


@dataclass
class Browser:
    """A person's browser. Redirects are followed by hand."""

    http: httpx2.AsyncClient = field(repr=False)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Load a page."""
        return await self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def page(self, path: str) -> Page:
        """Load a page that must be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    async def send(self, path: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
        """Send a form."""
        typed = {"origin": str(self.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, data=fields, headers={**typed, **given})

    async def sign_in(self, person: str) -> httpx2.Response:
        """Sign in with the token of somebody."""
        return await self.send("/console/sign-in", {"token": f"token-{person}", "next": "/console"})


@dataclass
class Console:
    """A console that is open. `session` waits for its review. `stop` ends the server, which says when it has.

    `sure` is what an agent says of how sure it is, where the workflow asks that.
    """

    url: str
    app: Application
    database: str
    session: str
    stop: asyncio.Event
    stopped: asyncio.Event
    sure: JsonObject = field(default_factory=dict[str, Json])

    @asynccontextmanager
    async def browser(self, person: str | None = None) -> AsyncGenerator[Browser]:
        """Open a browser, signed in as somebody."""
        async with httpx2.AsyncClient(verify=False, base_url=self.url, timeout=30) as http:
            browser = Browser(http)
            if person is not None:
                answer = await browser.sign_in(person)
                assert answer.status_code == 303, answer.text
            yield browser

    async def start(self, note: str = "It writes.", **fields: str | int) -> str:
        """Start another session, and bring it to its review."""
        started = await self.app.governor.start(AGENT, "purchase", {"item": "pen", "amount": 3, **fields})
        assert isinstance(started, Reply)
        reply = await self.app.governor.act(AGENT, started.session, "submit", {"note": note, **self.sure})
        assert reply.refusal is None
        return started.session

    async def rows(self, chain: str) -> list[JsonObject]:
        """Give a chain's rows."""
        return await self.app.governor.engine.audit_rows(chain)

    async def is_written(self, chain: str, action: str) -> bool:
        """Say whether a row of this action is there, within 5 s: what is turned away is written beside the answer."""
        for _ in range(500):
            if any(row["action"] == action for row in await self.rows(chain)):
                return True
            await asyncio.sleep(0.01)
        return False


@asynccontextmanager
async def opened(
    place: Path, edits: Mapping[str, str] | None = None, sure: JsonObject | None = None
) -> AsyncGenerator[Console]:
    """Open the console of a server in this process, on a socket of its own; `edits` are made to its workflow."""
    for file in (PURCHASE / "purchase.yaml", PURCHASE / "shop.py"):
        shutil.copy(file, place / file.name)
    whole = (place / "purchase.yaml").read_text()
    for before, after in (edits or {}).items():
        assert before in whole
        whole = whole.replace(before, after)
    (place / "purchase.yaml").write_text(whole)
    database = str(place / "pointsman.sqlite3")
    async with open_application(database, [place / "purchase.yaml"], caretaking=False) as app:
        _mint(database)
        listener, address = listen(Address("127.0.0.1", 0))
        stop = asyncio.Event()
        async with wired(app.governor, "auto", "auto", None, Credentials(demanded=True), address.url) as site:
            serving = asyncio.create_task(serve_http(site, Place(address), listener, stop))
            console = Console(address.url, app, database, "", stop, asyncio.Event(), sure or {})
            serving.add_done_callback(lambda _: console.stopped.set())
            console.session = await console.start()
            try:
                yield console
            finally:
                stop.set()
                async with asyncio.timeout(10):
                    await serving


def _mint(database: str) -> None:
    now_ms = time_ns() // 1_000_000
    with writing_database(database, create=False) as connection:
        for name, (kind, roles) in PEOPLE.items():
            owner = None if kind == "human" else "maria"
            add_principal(connection, Principal(name, kind, roles, hash_token(f"token-{name}"), owner, now_ms - 10))
