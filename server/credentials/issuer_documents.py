"""What an issuer publishes of itself: its configuration, and what that leads to. JSON of a bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx2

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import visible
from pointsman.tools.errors import ToolError, UnkeepableResult
from pointsman.tools.openapi.client import HttpAnswer, exchange

from ..addresses import is_loopback
from ..bounds import OIDC_DOCUMENT_BYTES
from .oidc_settings import refused_address

CONFIGURATION_PATH: Final = "/.well-known/openid-configuration"
"""What an issuer's configuration has its address from (OpenID Connect Discovery 1.0, section 4)."""

_ACCEPT: Final = {"accept": "application/json"}


class IssuerNotRead(PointsmanError):
    """The issuer has not said what it was asked for."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where people sign in with an issuer.

    Attributes:
        authorization: Where a browser is sent.
        token: Where a code is exchanged.
        names_itself: Whether it says who it is when it sends a browser back (RFC 9207).
    """

    authorization: str
    token: str
    names_itself: bool = False


class IssuerDocuments:
    """Reads what an issuer publishes.

    Args:
        issuer: Its identifier.
        client: Asks it.
    """

    def __init__(self, issuer: str, client: httpx2.AsyncClient) -> None:
        self.issuer = issuer
        self._client = client

    async def configuration(self) -> JsonObject:
        """Read its configuration, which must be its own.

        Raises:
            IssuerNotRead: it cannot be read, or is another issuer's.
        """
        configuration = await self.document(self.issuer.removesuffix("/") + CONFIGURATION_PATH)
        said = configuration.get("issuer")
        if said != self.issuer:
            raise IssuerNotRead(
                f"its configuration says that it is {visible(str(said)[:200])!r}; write `issuer` as it does"
            )
        return configuration

    async def document(self, address: str) -> JsonObject:
        """Read a JSON object.

        Raises:
            IssuerNotRead: there is none at this address.
        """
        answer = await self._ask(self._client.build_request("GET", address, headers=_ACCEPT))
        if answer.status != HTTPStatus.OK:
            raise IssuerNotRead(f"{address} answers {answer.status}")
        return object_of(answer, address)

    async def posted(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> HttpAnswer:
        """Send a form, and give what is answered.

        Raises:
            IssuerNotRead: nothing was answered, or more than is read.
        """
        return await self._ask(self._client.build_request("POST", address, data=form, headers={**_ACCEPT, **headers}))

    def address(self, configuration: JsonObject, name: str) -> str | None:
        """Give an address of its configuration; None where it names none that could be trusted as far as itself."""
        at = configuration.get(name)
        if not isinstance(at, str) or refused_address(at) or (is_loopback(at) and not is_loopback(self.issuer)):
            return None
        return at

    def endpoints(self, configuration: JsonObject) -> Endpoints | None:
        """Give where people sign in with it, if they can (OpenID Connect Discovery 1.0, section 3)."""
        authorization, token = (
            self.address(configuration, name) for name in ("authorization_endpoint", "token_endpoint")
        )
        if authorization is None or token is None:
            return None
        return Endpoints(
            authorization, token, configuration.get("authorization_response_iss_parameter_supported") is True
        )

    async def _ask(self, request: httpx2.Request) -> HttpAnswer:
        try:
            return await exchange(self._client, request, _nothing_to_tell, OIDC_DOCUMENT_BYTES)
        except (ToolError, UnkeepableResult, httpx2.InvalidURL) as error:
            raise IssuerNotRead(f"{request.url}: {error}") from error


def object_of(answer: HttpAnswer, address: str) -> JsonObject:
    """Read the JSON object that was answered.

    Raises:
        IssuerNotRead: it is none.
    """
    read = JsonReader().read(answer.body)
    if isinstance(read, Fault) or read.fault is not None or not isinstance(read.value, dict):
        raise IssuerNotRead(f"{address} gives no JSON object")
    return read.value


def _nothing_to_tell() -> None:
    """What an issuer is asked for can be asked for again."""
