"""Every route of the server, tried with every kind of credential.

What is expected stands in a table, one line for each method of each route. A route without a line fails, and
so does a line without a route. Requests are as empty as they can be, so that none of them changes anything.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import Final

import httpx2
import pytest
from starlette.routing import Route

from pointsman.fsm.commands import Claim
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.command_line.database import writing_database
from pointsman.server.credentials.minted import PREFIXES
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.site import Application
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.identity import new_handle
from pointsman.server.replies import Caller, Reply
from pointsman.server.store.principals import Principal, PrincipalKind, add_principal, hash_token
from tests.server.credentials.local_issuer import LocalIssuer, local_issuer
from tests.server.credentials.shown import settings_of
from tests.server.http.served import INITIALIZE

PURCHASE: Final = Path(__file__).parents[1] / "command_line"
PAYROLL: Final = Path(__file__).parents[2] / "journeys" / "payroll.yaml"
"""A workflow that none of these may know of."""

TABLE: Final = """
                                                                    non gar age hum sys exp rev els iag ipe for
DELETE /mcp                                                         401 401 400 403 403 401 401 400 400 403 401
GET    /mcp                                                         401 401 400 403 403 401 401 400 400 403 401
POST   /mcp                                                         401 401 200 403 403 401 401 200 200 403 401
DELETE /sessions/{session}/mcp                                      401 401 400 403 403 401 401 404 404 403 401
GET    /sessions/{session}/mcp                                      401 401 400 403 403 401 401 404 404 403 401
POST   /sessions/{session}/mcp                                      401 401 200 403 403 401 401 404 404 403 401
GET    /api/openapi.json                                            200 401 200 200 200 401 401 200 200 200 401
GET    /api/workflows                                               401 401 200 200 200 401 401 200 200 200 401
GET    /api/workflows/{name}                                        401 401 200 200 200 401 401 200 200 200 401
GET    /api/workflows/{name}/counts                                 401 401 200 200 200 401 401 200 200 200 401
GET    /api/sessions                                                401 401 200 200 200 401 401 200 200 200 401
GET    /api/sessions/{id}                                           401 401 200 200 200 401 401 404 404 404 401
GET    /api/sessions/{id}/diagram                                   401 401 200 200 200 401 401 404 404 404 401
POST   /api/sessions/{id}/cancel                                    401 401 403 403 403 401 401 404 404 404 401
POST   /api/sessions/{id}/restart                                   401 401 403 403 403 401 401 404 404 404 401
GET    /api/reviews                                                 401 401 403 200 403 401 401 403 403 200 401
GET    /api/reviews/{id}                                            401 401 403 200 403 401 401 403 403 404 401
POST   /api/reviews/{id}/decisions                                  401 401 403 409 403 401 401 404 404 404 401
POST   /api/reviews/{id}/claim                                      401 401 403 409 403 401 401 404 404 404 401
POST   /api/reviews/{id}/release                                    401 401 403 409 403 401 401 404 404 404 401
POST   /api/reviews/{id}/delegate                                   401 401 403 409 403 401 401 404 404 404 401
GET    /api/effects                                                 401 401 403 200 403 401 401 403 403 200 401
GET    /api/effects/{id}                                            401 401 403 404 403 401 401 403 403 404 401
POST   /api/effects/{id}/settlement                                 401 401 403 409 403 401 401 404 404 404 401
GET    /api/audit                                                   401 401 200 200 200 401 401 200 200 200 401
GET    /api/sessions/{id}/audit                                     401 401 200 200 200 401 401 404 404 404 401
GET    /api/audit/verification                                      401 401 404 404 404 401 401 404 404 404 401
GET    /api/sessions/{id}/replay                                    401 401 403 200 403 401 401 403 403 404 401
GET    /api/corrections                                             401 401 403 200 403 401 401 403 403 200 401
GET    /api/stats                                                   401 401 403 200 403 401 401 403 403 200 401
GET    /api/principal                                               401 401 200 200 200 401 401 200 200 200 401
POST   /workflows/{workflow}/sessions                               401 401 422 422 422 401 401 404 422 422 401
POST   /workflows/{workflow}/webhooks/{webhook}                     401 401 403 403 403 401 401 403 403 403 401
POST   /sessions/{session}/events/{event}                           401 401 403 403 409 401 401 403 403 403 401
GET    /console                                                     303 303 303 303 303 303 303 303 303 303 303
GET    /console/static/{name}                                       404 404 404 404 404 404 404 404 404 404 404
GET    /console/sign-in                                             200 200 200 200 200 200 200 200 200 200 200
POST   /console/sign-in                                             403 403 403 403 403 403 403 403 403 403 403
POST   /console/sign-out                                            403 403 403 403 403 403 403 403 403 403 403
GET    /console/reviews                                             303 303 303 303 303 303 303 303 303 303 303
GET    /console/reviews/{id}                                        303 303 303 303 303 303 303 303 303 303 303
GET    /console/reviews/{id}/draft                                  303 303 303 303 303 303 303 303 303 303 303
POST   /console/reviews/{id}/draft                                  403 403 403 403 403 403 403 403 403 403 403
POST   /console/reviews/{id}/decisions                              403 403 403 403 403 403 403 403 403 403 403
POST   /console/reviews/{id}/claim                                  403 403 403 403 403 403 403 403 403 403 403
POST   /console/reviews/{id}/release                                403 403 403 403 403 403 403 403 403 403 403
POST   /console/reviews/{id}/delegate                               403 403 403 403 403 403 403 403 403 403 403
GET    /console/sessions                                            303 303 303 303 303 303 303 303 303 303 303
GET    /console/sessions/{id}                                       303 303 303 303 303 303 303 303 303 303 303
GET    /console/sessions/{id}/diagram                               303 303 303 303 303 303 303 303 303 303 303
GET    /console/sessions/{id}/live                                  303 303 303 303 303 303 303 303 303 303 303
GET    /console/sessions/{id}/cancel                                303 303 303 303 303 303 303 303 303 303 303
POST   /console/sessions/{id}/cancel                                403 403 403 403 403 403 403 403 403 403 403
GET    /console/sessions/{id}/restart                               303 303 303 303 303 303 303 303 303 303 303
POST   /console/sessions/{id}/restart                               403 403 403 403 403 403 403 403 403 403 403
GET    /console/workflows                                           303 303 303 303 303 303 303 303 303 303 303
GET    /console/workflows/{name}                                    303 303 303 303 303 303 303 303 303 303 303
GET    /console/effects                                             303 303 303 303 303 303 303 303 303 303 303
GET    /console/effects/{id}                                        303 303 303 303 303 303 303 303 303 303 303
POST   /console/effects/{id}/draft                                  403 403 403 403 403 403 403 403 403 403 403
POST   /console/effects/{id}/settlement                             403 403 403 403 403 403 403 403 403 403 403
GET    /console/audit/verification                                  303 303 303 303 303 303 303 303 303 303 303
POST   /console/audit/verification                                  403 403 403 403 403 403 403 403 403 403 403
GET    /console/audit                                               303 303 303 303 303 303 303 303 303 303 303
GET    /console/audit/{chain}/download                              303 303 303 303 303 303 303 303 303 303 303
GET    /console/audit/{chain}/{revision}                            303 303 303 303 303 303 303 303 303 303 303
GET    /console/{rest:path}                                         404 404 404 404 404 404 404 404 404 404 404
GET    /.well-known/oauth-protected-resource                        200 401 200 200 200 401 401 200 200 200 401
GET    /.well-known/oauth-protected-resource/mcp                    200 401 200 200 200 401 401 200 200 200 401
GET    /.well-known/oauth-protected-resource/sessions/{session}/mcp 200 401 200 200 200 401 401 200 200 200 401
GET    /healthz                                                     200 401 200 200 200 401 401 200 200 200 401
GET    /readyz                                                      200 401 200 200 200 401 401 200 200 200 401
"""
"""The statuses of HTTP, by credential: none; garbage; an agent's, a person's and a system's; one that has expired and
one that was revoked; an agent's that is bound to another session; those of the issuer, of an agent, of a person, and
of an agent for another server.

Whoever started the session owns all agents but the issuer's. The person is a boss, and another one has claimed the
review; the system and the issuer's two have no role.

Tokens in a header open nothing in the console: its pages lead to where one signs in.
"""
BODIES: Final = {
    "mcp": INITIALIZE,
    "cancel": b'{"reason":"x"}',
    "restart": b'{"state":"drafting","reason":"x"}',
    "decisions": b'{"event":"approve","arguments":{"rationale":"x"},"shown_digest":"x","stay":0}',
    "claim": b'{"take_over":false}',
    "release": b"{}",
    "delegate": b'{"to":"nobody","reason":"x"}',
    "settlement": b'{"outcome":"failed","reason":"x"}',
}
"""What is posted, by the last part of a path."""
CREDENTIALS, *_LINES = (line.split() for line in TABLE.strip().splitlines())
EXPECTED: Final = {(line[0], line[1]): dict(zip(CREDENTIALS, map(int, line[2:]), strict=True)) for line in _LINES}


@dataclass
class Open:
    """A server that is open, the tokens by the names of the table, and what stands in paths."""

    url: str
    tokens: dict[str, str]
    session: str
    routes: list[Route]

    def inside(self, path: str) -> str:
        """Name in a path what there is."""
        sessions = dict.fromkeys(("sessions", "reviews"), self.session)
        there = {**sessions, "workflows": "purchase", "effects": f"{self.session}.1", "events": "submit"}
        return filled(path, there)

    async def answer(self, method: str, path: str, credential: str) -> httpx2.Response:
        """Make a request with a credential."""
        token = self.tokens.get(credential)
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        typed = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        content = BODIES.get(path.rpartition("/")[2], b"{}") if method == "POST" else None
        async with httpx2.AsyncClient(verify=False) as client:
            return await client.request(method, self.url + path, content=content, headers={**typed, **bearer})

    async def statuses(self, method: str, path: str) -> dict[str, int]:
        """Make a request with every credential."""
        return {one: (await self.answer(method, self.inside(path), one)).status_code for one in CREDENTIALS}


def filled(path: str, named: Mapping[str, str]) -> str:
    """Name in a path what is `named` for the part before."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{"):
            parts[place] = named.get(parts[place - 1], "none")
    return "/".join(parts)


@pytest.fixture(scope="module")
async def open_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Open]:
    place = tmp_path_factory.mktemp("doors")
    for file in (PURCHASE / "purchase.yaml", PURCHASE / "shop.py", PAYROLL):
        shutil.copy(file, place / file.name)
    database, files = str(place / "pointsman.sqlite3"), [place / "purchase.yaml", place / "payroll.yaml"]
    async with local_issuer() as issuer, open_application(database, files, caretaking=False) as app:
        caller = Caller(Actor("agent", "scout", owner="maria"), None, "mcp")
        started = [await app.governor.start(caller, "purchase", {"item": item, "amount": 1}) for item in ("pen", "ink")]
        sessions = [reply.session for reply in started if isinstance(reply, Reply)]
        await app.governor.act(caller, sessions[0], "submit", {"note": "It writes."})
        otto = Caller(Actor("human", "otto", ("boss",)), None, "api")
        assert isinstance(await app.governor.hold(otto, sessions[0], Claim()), Reply)
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
                yield Open(address.url, tokens, sessions[0], routes)
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
    found = await open_server.statuses(method, path)
    assert found == EXPECTED[method, path]
    if method == "GET":
        head = await open_server.statuses("HEAD", path)
        turned_away = [one for one, status in found.items() if status in (401, 403, 404)]
        assert [head[one] for one in turned_away] == [found[one] for one in turned_away]
    assert set((await open_server.statuses("PATCH", path)).values()) == {405}


@pytest.mark.parametrize(("method", "path"), [one for one in EXPECTED if "{" in one[1]])
@pytest.mark.parametrize("credential", ["els", "iag", "ipe"])
async def test_what_one_may_not_see_is_answered_like_what_does_not_exist(
    open_server: Open, method: str, path: str, credential: str
) -> None:
    """Design, section 4: the same words for what is unknown and for what is not this caller's."""
    hidden, nothing = open_server.session, new_handle()
    words: list[tuple[int, str]] = []
    for session, workflow in ((hidden, "payroll"), (nothing, "nothing")):
        named = {"workflows": workflow, "sessions": session, "reviews": session, "effects": f"{session}.1"}
        answer = await open_server.answer(method, filled(path, named), credential)
        words.append((answer.status_code, answer.text.replace(session, "SESSION").replace(workflow, "WORKFLOW")))
    assert words[0] == words[1]
