"""Where people sign in with the local issuer, for a server that has them sent back: OpenID Connect's code flow.

Whoever comes is Hugo. The issuer can lie in every part of its answer, as the tests tell it to.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pointsman.contracts.values import Json, JsonObject
from tests.server.credentials.local_issuer import REALM, LocalIssuer, signed

Asked: TypeAlias = dict[str, str]

CLIENT: Final = "console"
SECRET: Final = "a secret: 100 % &c."
"""It has what forms write otherwise."""


@dataclass
class Entrance:
    """Where people sign in.

    `secret` is what the client must prove itself with, if it must. `claims` change what is said of Hugo; one that is
    None is left out. `header` changes the ID token's. `answers` change what the browser is sent back with, and
    `gives` what the token endpoint answers. With `asks` there is a page where Hugo agrees; otherwise he has.
    """

    issuer: LocalIssuer
    secret: str | None = None
    asks: bool = False
    claims: JsonObject = field(default_factory=dict[str, Json])
    header: JsonObject = field(default_factory=dict[str, Json])
    answers: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    gives: Callable[[Asked], Response] | None = None
    asked: dict[str, Asked] = field(default_factory=dict[str, Asked])
    exchanges: list[Asked] = field(default_factory=list[Asked])

    def open(self) -> None:
        """Offer it. The issuer must not be serving yet."""
        self.issuer.routes = [
            Route(f"{REALM}/authorize", self._authorize),
            Route(f"{REALM}/token", self._token, methods=["POST"]),
        ]

    def say_where(self, **more: Json) -> None:
        """Say in the issuer's configuration where it is. The issuer must be serving."""
        self.issuer.configured = {
            "authorization_endpoint": f"{self.issuer.url}/authorize",
            "token_endpoint": f"{self.issuer.url}/token",
            **more,
        }

    def id_token(self, asked: Asked, **changes: Json) -> str:
        """Say who has signed in."""
        now_s = int(time.time())
        said: JsonObject = {
            "iss": self.issuer.url,
            "sub": "hugo",
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "iat": now_s,
            "exp": now_s + 60,
            "realm_access": {"roles": ["ap-managers"]},
            **self.claims,
            **changes,
        }
        key_id, key = list(self.issuer.keys.items())[-1]
        told = {name: value for name, value in said.items() if value is not None}
        return signed(told, key, "RS256", **{"typ": "JWT", "kid": key_id, **self.header})

    async def _authorize(self, request: Request) -> Response:
        """RFC 6749, section 4.1.1."""
        asked = dict(request.query_params)
        if self.asks and "agreed" not in asked:
            link = escape(f"{request.url}&agreed=1")
            return HTMLResponse(
                f'<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,">'
                f'<h1>Sign in to Acme</h1><a href="{link}">I am Hugo</a></html>'
            )
        code = secrets.token_urlsafe()
        self.asked[code] = asked
        back = {"code": code, "state": asked["state"], **self.answers}
        told = {name: value for name, value in back.items() if value is not None}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 303)

    async def _token(self, request: Request) -> Response:
        """RFC 6749, section 4.1.3: a code once, for the client that it was given to, with its verifier."""
        form = dict(parse_qsl((await request.body()).decode()))
        await self.issuer.speaks.wait()
        self.exchanges.append(form)
        asked = self.asked.pop(form["code"], None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if self._client(request, form) != CLIENT:
            return JSONResponse({"error": "invalid_client"}, 401)
        if asked is None or (challenge, form["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        if self.gives is not None:
            return self.gives(asked)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(asked)})

    def _client(self, request: Request, form: Asked) -> str | None:
        """Say which client asks, if it proves that it is."""
        basic = request.headers.get("authorization", "").partition("Basic ")[2]
        if self.secret is None:
            return None if basic else form.get("client_id")
        name, _, secret = b64decode(basic).decode().partition(":")
        return unquote_plus(name) if unquote_plus(secret) == self.secret else None


@asynccontextmanager
async def open_entrance(secret: str | None = None) -> AsyncGenerator[Entrance]:
    """Run an issuer with which people sign in."""
    issuer = LocalIssuer()
    entrance = Entrance(issuer, secret)
    entrance.open()
    await issuer.start()
    entrance.say_where()
    try:
        yield entrance
    finally:
        await issuer.stop()
