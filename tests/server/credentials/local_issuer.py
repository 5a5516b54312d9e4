"""An OIDC issuer on loopback: a real server and real keys. It can rotate them, fall silent, go away and lie."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Final, TypeAlias

import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import PyJWS
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from pointsman.contracts.values import Json, JsonObject

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

AUDIENCE: Final = "https://pointsman.example.com"
REALM: Final = "/realms/acme"
CONFIGURATION: Final = f"{REALM}/.well-known/openid-configuration"
KEYS: Final = f"{REALM}/keys"

_CURVES: Final[dict[str, type[ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1]]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}


@cache
def private_key(_name: str = "first", algorithm: str = "RS256") -> PrivateKey:
    """A key of that name, which is made once for all tests."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm]())
    if algorithm in ("EdDSA", "Ed25519"):
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: PrivateKey, **members: Json) -> JsonObject:
    """The public half of a key, as issuers publish it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **members}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), **members}
    return {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), **members}


def signed(claims: Mapping[str, Json] | bytes, key: PrivateKey, algorithm: str = "RS256", **header: Json) -> str:
    """Sign claims, or whatever bytes stand in their place. A member of the header that is None is left out."""
    content = claims if isinstance(claims, bytes) else json.dumps(dict(claims)).encode()
    signing = PyJWS()
    if algorithm == "Ed25519":
        signing.register_algorithm(algorithm, OKPAlgorithm())
    members = {"typ": "at+jwt", **header}
    return signing.encode(
        content, key, algorithm, {name: value for name, value in members.items() if value is not None}
    )


class LocalIssuer:
    """An issuer that signs with the last of its `keys`.

    `requests` are the paths that were asked for. `answers` are given in the place of what it would say,
    `configured` changes what its configuration says, and it answers nothing unless `speaks` is set. `routes` are
    what else it has.
    """

    def __init__(self) -> None:
        self.keys: dict[str, PrivateKey] = {"first": private_key()}
        self.requests: list[str] = []
        self.answers: dict[str, Response] = {}
        self.configured: JsonObject = {}
        self.asked, self.speaks = asyncio.Event(), asyncio.Event()
        self.speaks.set()
        self.routes: list[Route] = []
        self.now_s = int(time.time())
        self._port = 0
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Its identifier."""
        return f"http://127.0.0.1:{self._port}{REALM}"

    def token(self, **claims: Json) -> str:
        """Make a token of Ada's assistant. A claim that is None is left out."""
        key_id, key = list(self.keys.items())[-1]
        told = {name: value for name, value in {**self.claims(), **claims}.items() if value is not None}
        return signed(told, key, kid=key_id)

    def claims(self) -> JsonObject:
        """What it says of Ada's assistant: for ten minutes, of which five have passed."""
        return {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "azp": "assistant",
            "iat": self.now_s - 300,
            "exp": self.now_s + 300,
            "realm_access": {"roles": ["ap-managers", "offline_access"]},
        }

    def rotate(self, name: str) -> None:
        """Sign with a key of this name from now on, and publish no other."""
        self.keys = {name: private_key(name)}

    async def start(self) -> None:
        """Serve; after an outage, where it was before."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(self._app(), log_config=None, access_log=False, lifespan="off")
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        await self._server.serves.wait()

    async def stop(self) -> None:
        """Go away: nobody listens at its address."""
        if self._server is not None and self._serving is not None:
            self.speaks.set()
            self._server.should_exit = True
            await self._serving
            self._server = None

    def _app(self) -> Starlette:
        return Starlette(routes=[Route(CONFIGURATION, self._answer), Route(KEYS, self._answer), *self.routes])

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests.append(path)
        self.asked.set()
        await self.speaks.wait()
        if path in self.answers:
            return self.answers[path]
        if path == KEYS:
            return JSONResponse({"keys": [public_jwk(key, kid=name, use="sig") for name, key in self.keys.items()]})
        return JSONResponse({"issuer": self.url, "jwks_uri": self.url.replace(REALM, KEYS), **self.configured})


class _Server(uvicorn.Server):
    """Says when it serves, and leaves the signals to the tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serves = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serves.set()

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def local_issuer() -> AsyncGenerator[LocalIssuer]:
    """Run an issuer."""
    issuer = LocalIssuer()
    await issuer.start()
    try:
        yield issuer
    finally:
        await issuer.stop()
