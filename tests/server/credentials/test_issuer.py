"""Whom the tokens of an issuer name."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.credentials.port import Identified
from tests.server.credentials.local_issuer import AUDIENCE, private_key, signed
from tests.server.credentials.shown import Shown, reason

ROLES = ("accounts_payable_manager",)


async def test_a_token_is_an_agents_and_the_person_in_it_answers_for_it(shown: Shown) -> None:
    found = await shown.accepted()
    assert found.actor == Actor("agent", "oidc:ada/assistant", ROLES, owner="oidc:ada")
    assert found.actor.accountable == "oidc:ada"
    assert found.expires_at == (shown.issuer.now_s + 300 + 60) * 1000  # with the leeway, as it is judged


async def test_a_token_that_the_settings_say_is_a_persons_is(shown: Shown) -> None:
    assert (await shown.accepted(azp="console")).actor == Actor("human", "oidc:ada", ROLES)


async def test_without_a_word_about_people_no_token_is_a_persons(shown: Shown) -> None:
    found = await shown.identify(shown.issuer.token(azp="console"), people={}, systems={})
    assert isinstance(found, Identified)
    assert found.actor.kind == "agent"


async def test_somebody_who_acts_for_a_person_is_not_that_person(shown: Shown) -> None:
    """RFC 8693, section 4.1."""
    assert (await shown.accepted(azp="console", act={"sub": "butler"})).actor.kind == "agent"


async def test_every_claim_that_is_asked_of_people_must_be_there(shown: Shown) -> None:
    people = {"azp": frozenset({"console"}), "scope": frozenset({"decide", "settle"})}
    for scope, kind in (("openid decide", "human"), ("openid decided", "agent"), (None, "agent")):
        found = await shown.identify(shown.issuer.token(azp="console", scope=scope), people=people)
        assert isinstance(found, Identified)
        assert found.actor.kind == kind


async def test_a_token_without_a_person_is_an_agents_that_answers_for_itself(shown: Shown) -> None:
    assert (await shown.accepted(sub=None)).actor == Actor("agent", "oidc:/assistant", ROLES)


async def test_a_token_of_a_system_is_one_whoever_else_it_names(shown: Shown) -> None:
    for person in ("ada", None):
        assert (await shown.accepted(azp="erp-bridge", sub=person)).actor == Actor(
            "external", "oidc:/erp-bridge", ROLES
        )


async def test_a_persons_token_that_names_nobody_is_refused(shown: Shown) -> None:
    assert reason(await shown.identify(shown.issuer.token(azp="console", sub=None))) == "malformed"


async def test_nobody_is_named_like_the_agent_of_somebody_else(shown: Shown) -> None:
    agent = (await shown.accepted(sub="ada", azp="b/c")).actor
    other = (await shown.accepted(sub="ada/b", azp="c")).actor
    person = (await shown.accepted(sub="ada/b%2F", azp="console")).actor
    assert (agent.id, other.id, person.id) == ("oidc:ada/b/c", "oidc:ada%2Fb/c", "oidc:ada%2Fb%252F")


@pytest.mark.parametrize(
    ("roles", "ours"),
    [
        (["auditors"], ("auditor", "reader")),
        (["auditors", "auditors", "ap-managers"], ("auditor", "reader", "accounts_payable_manager")),
        (["accounts_payable_manager", "admin", ""], ()),
        ([], ()),
    ],
)
async def test_a_role_that_is_not_named_in_the_settings_is_none(
    shown: Shown, roles: list[Json], ours: tuple[str, ...]
) -> None:
    assert (await shown.accepted(realm_access={"roles": roles})).actor.roles == ours


@pytest.mark.parametrize("access", [None, {}, {"groups": ["ap-managers"]}, "roles", ["roles"]])
async def test_a_token_without_roles_where_they_should_stand_has_none(shown: Shown, access: Json) -> None:
    assert (await shown.accepted(realm_access=access)).actor.roles == ()


@pytest.mark.parametrize("name", ["client_id", "azp", "appid", "cid"])
async def test_the_client_is_found_where_issuers_name_it(shown: Shown, name: str) -> None:
    assert (await shown.accepted(**{"azp": None, name: "robot"})).actor.id == "oidc:ada/robot"


async def test_a_claim_can_be_said_to_name_the_client_and_the_person(shown: Shown) -> None:
    token = shown.issuer.token(client_id="somebody else", who={"name": "ada@example.com"})
    assert reason(await shown.identify(token)) == "malformed"
    found = await shown.identify(token, client=("azp",), principal=("who", "name"))
    assert isinstance(found, Identified)
    assert found.actor.id == "oidc:ada@example.com/assistant"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
async def test_one_rsa_key_verifies_by_all_algorithms_of_rsa(shown: Shown, algorithm: str) -> None:
    token = signed(shown.issuer.claims(), private_key(), algorithm, kid="first")
    assert isinstance(await shown.identify(token), Identified)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA", "Ed25519"])
async def test_keys_of_curves_verify_by_the_algorithm_of_their_curve(shown: Shown, algorithm: str) -> None:
    key = private_key("curved", algorithm)
    shown.issuer.keys["curved"] = key
    assert isinstance(await shown.identify(signed(shown.issuer.claims(), key, algorithm, kid="curved")), Identified)


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
async def test_what_access_tokens_call_themselves_is_taken(shown: Shown, kind: str | None) -> None:
    token = signed(shown.issuer.claims(), private_key(), kid="first", typ=kind)
    assert isinstance(await shown.identify(token), Identified)


async def test_a_token_without_a_key_id_is_verified_by_the_only_key_there_is(shown: Shown) -> None:
    token = signed(shown.issuer.claims(), private_key(), kid=None)
    assert isinstance(await shown.identify(token), Identified)
    shown.issuer.keys["second"] = private_key("second")
    shown.clocks.advance(301)
    assert reason(await shown.identify(token)) == "signature"


async def test_what_a_token_says_of_where_its_key_is_counts_for_nothing(shown: Shown) -> None:
    """RFC 8725, section 3.10."""
    header: JsonObject = {
        "jku": "http://127.0.0.1:9/keys",
        "x5u": "http://127.0.0.1:9/",
        "jwk": {"kty": "oct"},
        "x5c": ["MA=="],
    }
    token = signed(shown.issuer.claims(), private_key(), "RS256", kid="first", **header)
    assert isinstance(await shown.identify(token), Identified)


@pytest.mark.parametrize("audience", [AUDIENCE, f"{AUDIENCE}/", [AUDIENCE], ["account", AUDIENCE]])
async def test_a_token_may_be_meant_for_others_too(shown: Shown, audience: Json) -> None:
    assert (await shown.accepted(aud=audience)).actor.session is None


async def test_the_endpoints_of_this_server_are_audiences_and_that_of_a_session_opens_that_one_alone(
    shown: Shown,
) -> None:
    """RFC 8707: the resource that a client asks for is the address it calls."""
    here = "https://p.example"
    session = "s" * 26
    cases: list[tuple[Json, str | None]] = [
        (here, None),
        (f"{here}/mcp", None),
        (f"{here}/sessions/{session}/mcp", session),
        ([f"{here}/sessions/{session}/mcp", f"{here}/mcp"], None),
    ]
    for audience, bound in cases:
        found = await shown.identify(shown.issuer.token(aud=audience), url=here)
        assert isinstance(found, Identified)
        assert found.actor.session == bound
    for audience in (f"{here}/api", f"{here}.evil/mcp", f"{here}/sessions/a/b/mcp", f"{here}/sessions/a/mcp/more"):
        assert reason(await shown.identify(shown.issuer.token(aud=audience), url=here)) == "audience"


async def test_times_are_judged_with_the_leeway_and_no_more(shown: Shown) -> None:
    token = shown.issuer.token(nbf=shown.issuer.now_s - 300)
    for at_s, said in (
        (300 + 59.999, "accepted"),
        (300 + 60, "expired"),
        (-300 - 60, "accepted"),
        (-300 - 60.001, "early"),
    ):
        shown.clocks.now_s = shown.issuer.now_s + at_s
        assert reason(await shown.identify(token)).startswith(said), at_s


async def test_why_a_token_is_not_taken_says_who_it_was_once_that_is_proven(shown: Shown) -> None:
    shown.clocks.now_s += 3600
    expired = await shown.identify(shown.issuer.token())
    assert not isinstance(expired, Identified)
    assert (expired.reason, expired.principal) == ("expired", "oidc:ada/assistant")
    invented = await shown.identify(signed(shown.issuer.claims(), private_key("invented"), kid="first"))
    assert not isinstance(invented, Identified)
    assert (invented.reason, invented.principal) == ("signature", None)
