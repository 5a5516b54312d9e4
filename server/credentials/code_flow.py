"""Signing people in with an OIDC issuer: the authorization code flow (OpenID Connect Core 1.0, section 3.1), with PKCE
(RFC 7636).

A browser holds one random secret while its person is at the issuer. `state`, `nonce` and the code's verifier are made
of it, each by a one-way function of its own: what is sent along tells nothing of the secret, whoever comes back without
it has not begun here, and any server process that knows the issuer can go on. What is kept here is which sign-ins were
used, so that none is used twice.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Final
from urllib.parse import quote_plus, urlencode, urlsplit

import structlog

from ..bounds import OIDC_READ_MS, OIDC_SIGN_INS_USED
from ..clock import Clock
from ..errors import SecretMissing
from .claims import judged_id
from .issuer import verified
from .issuer_documents import Endpoints, IssuerNotRead, object_of
from .issuer_keys import IssuerKeys
from .oidc_settings import ClientSettings, IssuerSettings
from .port import Identified, NotAccepted

_SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z", re.ASCII)
_ANSWERS: Final = ("code", "state", "iss", "error")
"""What an issuer sends a browser back with (RFC 6749, section 4.1.2; RFC 9207)."""
_ERROR: Final = re.compile(r"[a-z_]{1,64}\Z", re.ASCII)
_NOT_BEGUN: Final = NotAccepted("state", "This sign-in was not begun in this browser, or has ended. Begin it again.")


_SILENT: Final = f"the issuer has not answered within {OIDC_READ_MS // 1000} s"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser is sent, and the secret that it holds until it comes back."""

    address: str
    secret: str


class CodeFlow:
    """Signs people in with an issuer.

    Args:
        settings: How the issuer is trusted, and whom of those it names.
        client: As which client this server asks it.
        client_secret: What that client proves itself with; None where it has nothing.
        keys: The issuer's.
        clock: Tells whether a token has expired.
        back: The address that browsers are sent back to.
    """

    def __init__(
        self,
        settings: IssuerSettings,
        client: ClientSettings,
        client_secret: str | None,
        keys: IssuerKeys,
        clock: Clock,
        back: str,
    ) -> None:
        self._settings = settings
        self._client = client
        self._client_secret = client_secret
        self._keys = keys
        self._clock = clock
        self._back = back
        self._used: OrderedDict[str, None] = OrderedDict()

    async def begin(self) -> Begun | NotAccepted:
        """Begin a sign-in."""
        endpoints = await self._keys.endpoints()
        if isinstance(endpoints, NotAccepted):
            return endpoints
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._back,
            "scope": self._client.scope,
            "state": _made(secret, "state"),
            "nonce": _made(secret, "nonce"),
            "code_challenge": _encoded(sha256(_made(secret, "verifier").encode()).digest()),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(endpoints.authorization).query else "?"
        return Begun(f"{endpoints.authorization}{joint}{urlencode(asked)}", secret)

    async def finish(self, secret: str, answer: Sequence[tuple[str, str]]) -> Identified | NotAccepted:
        """Say who has signed in.

        Until when is not the issuer's to say: its ID token is good for this one moment.

        Args:
            secret: What the browser holds; empty where it holds nothing.
            answer: What the issuer has sent it back with, each name as often as it stands there.
        """
        said = {name: [value for given, value in answer if given == name] for name in _ANSWERS}
        if any(len(values) > 1 for values in said.values()):
            return NotAccepted("malformed", "The issuer has answered something twice. Sign in again.")
        code, state, issuer, error = (next(iter(said[name]), None) for name in _ANSWERS)
        if not self._is_begun(secret, state):
            return _NOT_BEGUN
        endpoints = await self._keys.endpoints()
        if isinstance(endpoints, NotAccepted):
            return endpoints
        if issuer != self._settings.issuer and (issuer is not None or endpoints.names_itself):
            return NotAccepted("issuer", "The answer is not from the issuer that this server trusts.")
        if error is not None or not code:
            why = error if error is not None and _ERROR.match(error) else "no reason that can be told"
            return NotAccepted("denied", f"The issuer has not signed you in ({why}).")
        if not self._is_begun(secret, state):  # another answer has come while the issuer was asked for its endpoints
            return _NOT_BEGUN
        self._use(secret)
        token = await self._exchanged(endpoints, code, secret)
        if isinstance(token, NotAccepted):
            return token
        return await self._identified(token, secret)

    def _is_begun(self, secret: str, state: str | None) -> bool:
        """Whether a browser has begun what it comes back from, and has not come back before."""
        if not _SECRET.match(secret) or state is None:
            return False
        expected = _made(secret, "state")
        return hmac.compare_digest(expected.encode(), state.encode("utf-8", "surrogatepass")) and (
            expected not in self._used
        )

    def _use(self, secret: str) -> None:
        """Note that a sign-in is used. Others forget the oldest: its code has expired long since (RFC 6749, 4.1.2)."""
        self._used[_made(secret, "state")] = None
        if len(self._used) > OIDC_SIGN_INS_USED:
            self._used.popitem(last=False)

    async def _exchanged(self, endpoints: Endpoints, code: str, secret: str) -> str | NotAccepted:
        """Exchange a code for the ID token (RFC 6749, section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": _made(secret, "verifier"),
        }
        headers: dict[str, str] = {}
        if self._client_secret is None:
            form["client_id"] = self._client.id
        else:
            # Both are encoded as forms are, before they are joined (RFC 6749, section 2.3.1).
            proof = f"{quote_plus(self._client.id)}:{quote_plus(self._client_secret)}"
            headers["authorization"] = f"Basic {b64encode(proof.encode()).decode()}"
        try:
            async with asyncio.timeout(OIDC_READ_MS / 1000):
                answer = await self._keys.documents.posted(endpoints.token, form, headers)
            if answer.status != HTTPStatus.OK:
                return NotAccepted(
                    "code", f"The issuer does not take back what it gave you ({answer.status}). Try again."
                )
            token = object_of(answer, endpoints.token).get("id_token")
        except (IssuerNotRead, TimeoutError) as error:
            _log.warning("code not exchanged", issuer=self._settings.issuer, problem=str(error) or _SILENT)
            return NotAccepted("unavailable", "The issuer cannot be asked who you are now. Try again.")
        return token if isinstance(token, str) else NotAccepted("malformed", "The issuer has given no ID token.")

    async def _identified(self, token: str, secret: str) -> Identified | NotAccepted:
        read = await verified(token, self._settings.issuer, self._keys)
        if isinstance(read, NotAccepted):
            return read
        if read.kind != "jwt":
            return NotAccepted("malformed", "The issuer has given another token where the ID token should be.")
        nonce = _made(secret, "nonce")
        found = judged_id(read.claims, self._settings, self._client.id, nonce, self._clock.now_ms())
        return found if isinstance(found, NotAccepted) else Identified(found)


def client_secret(client: ClientSettings, environment: Mapping[str, str]) -> str | None:
    """Give the secret of a client; None where it has none.

    Raises:
        SecretMissing: it is not in the environment.
    """
    if client.secret_from is None:
        return None
    found = environment.get(client.secret_from)
    if not found:
        raise SecretMissing(
            f"oidc.client_secret needs {client.secret_from}, which is not set in the environment."
            " Set it and start again."
        )
    return found


def _made(secret: str, purpose: str) -> str:
    """Make of a secret what is sent for one purpose; 43 characters, as PKCE wants of a verifier."""
    return _encoded(hmac.digest(secret.encode(), purpose.encode(), "sha256"))


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
