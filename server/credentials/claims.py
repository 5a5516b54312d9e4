"""Judges the claims of a token whose signature is good: what it is, for whom, when, and whom it names.

A token is an agent's unless the settings say by its claims that it is a person's: an MCP client holds
the token of the person it acts for, and must not decide as that person.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import UNSEEN
from pointsman.fsm.session import Actor

from ..bounds import OIDC_NAME_CHARACTERS, OIDC_ROLES
from .oidc_settings import CLIENT_CLAIMS, ClaimPath, IssuerSettings, Wanted
from .port import Identified, NotAccepted

_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, up to which a calendar can write."""
_NOT_OF_ACCESS: Final = ("nonce", "at_hash", "c_hash", "s_hash", "events")
"""Claims of ID tokens (OpenID Connect Core 1.0, sections 2 and 3.3.2.11) and of tokens about events (RFC 8417)."""
_KINDS: Final = {"typ": "bearer", "token_use": "access"}
"""What issuers that say the kind of a token in a claim call an access token: Keycloak, Cognito."""
_KINDS_OF_ID: Final = {"typ": "id", "token_use": "id"}
"""The same of an ID token."""
_IN_ONE_TEXT: Final = ("scope", "scp")
"""Claims whose values may stand in one text, with spaces between them (RFC 8693, section 4.2)."""


class _Unfit(ValueError):
    """A claim that cannot be used: what is wrong with the token."""


def judged(claims: JsonObject, settings: IssuerSettings, now_ms: int) -> Identified | NotAccepted:
    """Say whom a token of this issuer names."""
    try:
        _demand_an_access_token(claims)
        audiences = _texts(claims, ("aud",))
        client = _client(claims, settings)
        actor = _actor(claims, client, settings)
        until_ms = _moment_ms(claims, "exp")
        since_ms = max((_moment_ms(claims, name) for name in ("nbf", "iat") if name in claims), default=0)
    except _Unfit as unfit:
        return NotAccepted("malformed", f"The token {unfit}.")
    meant = [one for one in audiences if settings.takes(one)]
    session = None if meant else next(filter(None, map(settings.session_of, audiences)), None)
    if not meant and session is None:
        return NotAccepted("audience", "The token is meant for another server than this one.", actor.id)
    if all(one == client for one in meant) and session is None:
        said = (
            "The token is meant for the client that it was given to, as an ID token is. Send the one for this server."
        )
        return NotAccepted("audience", said, actor.id)
    return _out_of_time(actor, since_ms, until_ms, settings.leeway_ms, now_ms) or Identified(
        replace(actor, session=session), until_ms + settings.leeway_ms
    )


def judged_id(
    claims: JsonObject, settings: IssuerSettings, client: str, nonce: str, now_ms: int
) -> Actor | NotAccepted:
    """Say which person an ID token names (OpenID Connect Core 1.0, section 3.1.3.7).

    Whether it is a person who signed in is said by the same settings as of access tokens. The client that an ID token
    was made for is who it was given to, so it stands for the claims that name one where the token has none.

    Args:
        claims: What the issuer has signed.
        settings: How the issuer is trusted.
        client: This server, as the issuer knows it.
        nonce: What was sent along with the person, so that the token is of this sign-in and of no other.
        now_ms: The time, in milliseconds since the epoch.
    """
    try:
        _demand_an_id_token(claims)
        audiences, said = _texts(claims, ("aud",)), claims.get("nonce")
        actor = _actor({**dict.fromkeys(CLIENT_CLAIMS, client), **claims}, client, settings)
        since_ms, until_ms = _moment_ms(claims, "iat"), _moment_ms(claims, "exp")
        since_ms = max(since_ms, _moment_ms(claims, "nbf") if "nbf" in claims else 0)
    except _Unfit as unfit:
        return NotAccepted("malformed", f"The ID token {unfit}.")
    others = len(audiences) > 1 and "azp" not in claims
    if client not in audiences or others or any(claims.get(name, client) != client for name in CLIENT_CLAIMS):
        return NotAccepted("audience", "The ID token is meant for another client than this server.", actor.id)
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "surrogatepass"), nonce.encode()):
        return NotAccepted("nonce", "The ID token is not of this sign-in. Sign in again.", actor.id)
    untimely = _out_of_time(actor, since_ms, until_ms, settings.leeway_ms, now_ms)
    if untimely is not None:
        return untimely
    if actor.kind != "human":
        told = "The issuer does not say of you what makes somebody a person here (`people` in the server's settings)."
        return NotAccepted("kind", told, actor.id)
    return actor


def _out_of_time(actor: Actor, since_ms: int, until_ms: int, leeway_ms: int, now_ms: int) -> NotAccepted | None:
    if now_ms >= until_ms + leeway_ms:
        return NotAccepted("expired", "The token has expired. Get another one from its issuer.", actor.id)
    if now_ms < since_ms - leeway_ms:
        return NotAccepted(
            "early", "The token is not valid yet. Compare the issuer's clock with this server's.", actor.id
        )
    return None


def _demand_an_access_token(claims: JsonObject) -> None:
    foreign = next((name for name in _NOT_OF_ACCESS if name in claims), None)
    if foreign is not None:
        raise _Unfit(f"is no access token: it has `{foreign}`")
    _demand_kinds(claims, _KINDS, "access token")
    if "cnf" in claims:
        raise _Unfit("is bound to a key of its holder (`cnf`), which is not checked here; get one that is not")


def _demand_an_id_token(claims: JsonObject) -> None:
    if "events" in claims:
        raise _Unfit("is no ID token: it has `events`")
    _demand_kinds(claims, _KINDS_OF_ID, "ID token")


def _demand_kinds(claims: JsonObject, kinds: Mapping[str, str], what: str) -> None:
    for name, wanted in kinds.items():
        said = claims.get(name, wanted)
        if not isinstance(said, str) or said.lower() != wanted:
            raise _Unfit(f"is no {what} by its claim `{name}`")


def _actor(claims: JsonObject, client: str, settings: IssuerSettings) -> Actor:
    """Make the actor. In identifiers a person's name has no `/`, so that nobody is named like another one's agent."""
    person = _name(claims, settings.principal)
    escaped = None if person is None else person.replace("%", "%25").replace("/", "%2F")
    roles = _our_roles(claims, settings)
    if settings.systems and _has(claims, settings.systems):
        return Actor("external", f"oidc:/{client}", roles)
    if settings.people and _has(claims, settings.people) and "act" not in claims:  # `act`: somebody else acts for them
        if escaped is None:
            raise _Unfit(f"is that of a person, and does not name one (`{'.'.join(settings.principal)}`)")
        return Actor("human", f"oidc:{escaped}", roles)
    if escaped is None:
        return Actor("agent", f"oidc:/{client}", roles)
    return Actor("agent", f"oidc:{escaped}/{client}", roles, owner=f"oidc:{escaped}")


def _client(claims: JsonObject, settings: IssuerSettings) -> str:
    paths = [(name,) for name in CLIENT_CLAIMS] if settings.client is None else [settings.client]
    named = {name for name in (_name(claims, path) for path in paths) if name is not None}
    if len(named) > 1:
        raise _Unfit("names more than one client; say with `client_claim` which claim counts")
    if not named:
        raise _Unfit(f"names no client, as access tokens do (`{'`, `'.join('.'.join(path) for path in paths)}`)")
    return named.pop()


def _our_roles(claims: JsonObject, settings: IssuerSettings) -> tuple[str, ...]:
    theirs = () if settings.roles is None else _texts(claims, settings.roles, alone=settings.roles[-1] in _IN_ONE_TEXT)
    return tuple(dict.fromkeys(ours for one in theirs for ours in settings.our_roles.get(one, ())))


def _has(claims: JsonObject, wanted: Wanted) -> bool:
    return all(not values.isdisjoint(_texts(claims, (claim,))) for claim, values in wanted.items())


def _at(claims: JsonObject, path: ClaimPath) -> Json:
    """Give what stands there, or None where nothing does."""
    value: Json = claims
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _name(claims: JsonObject, path: ClaimPath) -> str | None:
    """Give the name that stands there, or None where nothing does. It ends up on terminals and in identifiers."""
    value = _at(claims, path)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= OIDC_NAME_CHARACTERS:
        raise _Unfit(f"has no name of 1 to {OIDC_NAME_CHARACTERS} characters at `{'.'.join(path)}`")
    if UNSEEN.search(value) or value != value.strip():
        raise _Unfit(f"has a name at `{'.'.join(path)}` with characters that cannot be seen")
    return value


def _texts(claims: JsonObject, path: ClaimPath, *, alone: bool = True) -> tuple[str, ...]:
    """Give the texts that stand there: a list of them, or one `alone`; none where nothing stands."""
    value = _at(claims, path)
    if value is None:
        return ()
    if isinstance(value, str) and alone:
        listed: list[Json] = [*value.split(" ")] if path[-1] in _IN_ONE_TEXT else [value]
    elif isinstance(value, list):
        listed = value
    else:
        raise _Unfit(f"has no list of texts at `{'.'.join(path)}`")
    texts = tuple(one for one in listed if isinstance(one, str))
    if len(texts) != len(listed) or len(texts) > OIDC_ROLES:
        raise _Unfit(f"has no list of at most {OIDC_ROLES} texts at `{'.'.join(path)}`")
    return texts


def _moment_ms(claims: JsonObject, name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LAST_SECOND:
        raise _Unfit(f"has no time at `{name}`, in seconds since 1970")
    return int(value * 1000)
