"""What is said of an OIDC issuer: `[oidc]` of `pointsman.toml`, and what it comes to.

Kept free of imports that are not needed to read it: every command reads the settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeAlias
from urllib.parse import urlsplit

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.errors import PointsmanError

from ..addresses import MCP_PATH, is_loopback, session_of_path
from ..bounds import OIDC_LEEWAY_MS, OIDC_NAME_CHARACTERS

ClaimPath: TypeAlias = tuple[str, ...]
"""Where a value stands in a token: the names to follow, from its outermost object inwards."""
Wanted: TypeAlias = Mapping[str, frozenset[str]]
"""Claims, and the values of which each of them must have one."""

CLIENT_CLAIMS: Final = ("client_id", "azp", "appid", "cid")
"""Where issuers name the client a token was given to: RFC 9068, OIDC, Entra ID (1.0), Okta."""

_FROM_ENVIRONMENT: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*", re.ASCII)
"""RFC 6749, section 3.3."""


class UnfitIssuer(PointsmanError):
    """The settings of the OIDC issuer cannot be meant: compare `[oidc]` with docs/identities.md."""


@dataclass(frozen=True, slots=True)
class IssuerTable:
    """`[oidc]` as it is written. A claim is a dotted path, or a list of names where they have dots themselves."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    issuer: str
    audience: str | tuple[str, ...]
    leeway: str = "60s"
    principal_claim: str | tuple[str, ...] = "sub"
    client_claim: str | tuple[str, ...] | None = None
    roles_claim: str | tuple[str, ...] | None = None
    roles: dict[str, str | tuple[str, ...]] = field(default_factory=dict[str, str | tuple[str, ...]])
    people: dict[str, str | tuple[str, ...]] = field(default_factory=dict[str, str | tuple[str, ...]])
    systems: dict[str, str | tuple[str, ...]] = field(default_factory=dict[str, str | tuple[str, ...]])
    client_id: str | None = None
    client_secret: str | None = None
    scope: str = "openid"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """As which client of the issuer this server signs people in.

    Attributes:
        id: The issuer's name for it.
        secret_from: The name in the environment that has its secret; None for a client without one.
        scope: What it asks the issuer for.
    """

    id: str
    secret_from: str | None = None
    scope: str = "openid"


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """An issuer whose tokens are taken.

    Attributes:
        issuer: Its identifier, exactly as its tokens give it.
        audiences: What a token must be meant for.
        leeway_ms: How far its clock may differ from ours.
        principal: Where a token names the person.
        client: Where it names the client program; None looks at `CLIENT_CLAIMS`.
        roles: Where it lists roles or groups; None where it gives none.
        our_roles: What each of those is here; one that is not named is nothing.
        people: Tokens with these claims are people's. Without any, none is.
        systems: Tokens with these claims are those of other systems. All that is neither is an agent's.
        url: Where clients reach this server, whose endpoints are audiences too; None where that is not known.
        sign_in: As which client people are signed in to the console; None where they are not.
    """

    issuer: str
    audiences: frozenset[str]
    leeway_ms: int = 60_000
    principal: ClaimPath = ("sub",)
    client: ClaimPath | None = None
    roles: ClaimPath | None = None
    our_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    people: Wanted = field(default_factory=dict[str, frozenset[str]])
    systems: Wanted = field(default_factory=dict[str, frozenset[str]])
    url: str | None = None
    sign_in: ClientSettings | None = None

    def takes(self, audience: str) -> bool:
        """Whether a token for this audience is meant for this server, or for one of its endpoints for many sessions."""
        ours = self.audiences if self.url is None else {*self.audiences, self.url, self.url + MCP_PATH}
        return audience.removesuffix("/") in {one.removesuffix("/") for one in ours}

    def session_of(self, audience: str) -> str | None:
        """Give the session whose endpoint here this audience is: each is one of its own (RFC 8707)."""
        if self.url is None or not audience.startswith(self.url):
            return None
        return session_of_path(audience.removeprefix(self.url))


def issuer_settings(table: IssuerTable) -> IssuerSettings:
    """Read what `[oidc]` says.

    Raises:
        UnfitIssuer: what it says cannot be meant.
    """
    refused = refused_address(table.issuer)
    if refused is not None or "?" in table.issuer:
        raise UnfitIssuer(f"oidc.issuer: {refused or 'an issuer has no `?`'}")
    leeway_ms = _leeway_ms(table.leeway)
    if (table.roles_claim is None) != (not table.roles):
        raise UnfitIssuer(
            "oidc: `roles_claim` says where a token lists roles, and `[oidc.roles]` what each of them is here:"
            " give both, or neither"
        )
    return IssuerSettings(
        issuer=table.issuer,
        audiences=frozenset(_texts("audience", table.audience)),
        leeway_ms=leeway_ms,
        principal=_path("principal_claim", table.principal_claim),
        client=None if table.client_claim is None else _path("client_claim", table.client_claim),
        roles=None if table.roles_claim is None else _path("roles_claim", table.roles_claim),
        our_roles={theirs: _our_roles(theirs, ours) for theirs, ours in table.roles.items()},
        people={claim: frozenset(_texts(f"people.{claim}", values)) for claim, values in table.people.items()},
        systems={claim: frozenset(_texts(f"systems.{claim}", values)) for claim, values in table.systems.items()},
        sign_in=_client(table),
    )


def refused_address(text: str) -> str | None:
    """Say why nothing is read from an address, or None: keys come by https, or from this machine."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # is read only now, and may be none
    except ValueError:
        return "it is no address"
    if not parts.hostname or parts.username is not None or "#" in text or not text.isascii() or not text.isprintable():
        return "it must be an address such as https://login.example.com, without a name, a password or a `#`"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(text)):
        return None
    return "it must begin with https://, because keys that come unprotected prove nothing"


def _client(table: IssuerTable) -> ClientSettings | None:
    if table.client_id is None:
        if table.client_secret is not None:
            raise UnfitIssuer("oidc.client_secret is that of a client: say which by `client_id`")
        return None
    if not 0 < len(table.client_id) <= OIDC_NAME_CHARACTERS or not table.client_id.isprintable():
        raise UnfitIssuer(f"oidc.client_id: give a name of 1 to {OIDC_NAME_CHARACTERS} characters")
    if not table.people:
        raise UnfitIssuer(
            "oidc.client_id: nobody could sign in, because `people` does not say whose tokens are a person's"
        )
    secret = None if table.client_secret is None else _FROM_ENVIRONMENT.fullmatch(table.client_secret)
    if table.client_secret is not None and secret is None:
        raise UnfitIssuer(
            "oidc.client_secret: write `${NAME}`, and put the secret into the environment under that name"
        )
    if "openid" not in table.scope.split(" ") or not _SCOPE.fullmatch(table.scope):
        raise UnfitIssuer("oidc.scope: give names with one space between them, `openid` among them")
    return ClientSettings(table.client_id, None if secret is None else secret[1], table.scope)


def _leeway_ms(text: str) -> int:
    from pointsman.contracts.document.part import DURATION_PATTERN, duration_ms  # brings pydantic

    leeway_ms = duration_ms(text) if re.match(DURATION_PATTERN, text, re.ASCII) else None
    if leeway_ms is None or leeway_ms > OIDC_LEEWAY_MS:
        raise UnfitIssuer(
            f"oidc.leeway: {text!r} is no duration up to {OIDC_LEEWAY_MS // 60_000} minutes, such as `60s`"
        )
    return leeway_ms


def _texts(name: str, given: str | tuple[str, ...]) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else given
    if not texts or not all(texts):
        raise UnfitIssuer(f"oidc.{name}: give a text, or a list of texts, none of them empty")
    return texts


def _path(name: str, given: str | tuple[str, ...]) -> ClaimPath:
    return _texts(name, tuple(given.split(".")) if isinstance(given, str) else given)


def _our_roles(theirs: str, given: str | tuple[str, ...]) -> tuple[str, ...]:
    ours = _texts(f"roles.{theirs}", given)
    for role in ours:
        if not IDENTIFIER.match(role):
            raise UnfitIssuer(f"oidc.roles: {role!r} is no role: 1 to 128 of the characters A-Z a-z 0-9 _ . -")
    return ours
