"""Lets the local issuer sign people in: OAuth 2.1 as MCP clients speak it, for one person who always agrees."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.server.credentials.local_issuer import REALM, LocalIssuer

_BACK = "http://127.0.0.1:9/callback"


@dataclass
class SignIn:
    """What an issuer keeps while people sign in: the clients it knows, and what was asked for, by code."""

    issuer: LocalIssuer
    clients: list[str] = field(default_factory=list[str])
    asked: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def offer(self) -> None:
        """Offer it. The issuer must not be serving yet."""
        answers = {"register": self._register, "authorize": self._authorize, "token": self._token}
        self.issuer.routes = [
            Route(f"{REALM}/{name}", answer, methods=["GET" if name == "authorize" else "POST"])
            for name, answer in answers.items()
        ]

    def say_where(self) -> None:
        """Say in the issuer's configuration where people sign in. The issuer must be serving."""
        self.issuer.configured = {
            "authorization_endpoint": f"{self.issuer.url}/authorize",
            "token_endpoint": f"{self.issuer.url}/token",
            "registration_endpoint": f"{self.issuer.url}/register",
            "code_challenge_methods_supported": ["S256"],
        }

    async def _register(self, request: Request) -> Response:
        """RFC 7591."""
        self.clients.append(f"client-{len(self.clients) + 1}")
        return JSONResponse({**await request.json(), "client_id": self.clients[-1]}, 201)

    async def _authorize(self, request: Request) -> Response:
        """Ask nobody, and say yes."""
        asked = dict(request.query_params)
        code = secrets.token_urlsafe()
        self.asked[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def _token(self, request: Request) -> Response:
        """Make a token for exactly the resource that was asked for (RFC 8707), of whoever has the code's verifier."""
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.asked.pop(form["code"])
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert challenge == asked["code_challenge"]
        until = int(time.time()) + 300
        token = self.issuer.token(aud=asked["resource"], azp=form["client_id"], exp=until, realm_access=None)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 300})


class InMemoryStorage:
    """Keeps what a client has got. Fills the SDK's `TokenStorage`."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


def signing_in(url: str) -> OAuthClientProvider:
    """The SDK's own way to a token for the server at this address, with a person whose browser agrees to all."""
    landed: list[str] = []

    async def browse(address: str) -> None:
        async with httpx2.AsyncClient(verify=False) as browser:
            landed.append((await browser.get(address)).headers["location"])

    async def back() -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(landed.pop()).query)
        return AuthorizationCodeResult(code=query["code"][0], state=query["state"][0])

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(_BACK)], client_name="Assistant")
    return OAuthClientProvider(url, metadata, InMemoryStorage(), browse, back)
