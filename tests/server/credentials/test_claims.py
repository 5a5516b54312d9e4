"""Whom the claims of an ID token make of somebody."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import JsonObject
from pointsman.server.credentials.claims import judged_id
from pointsman.server.credentials.port import NotAccepted
from tests.server.credentials.entrance import CLIENT
from tests.server.credentials.shown import settings_of

_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES: Final = st.sampled_from(
    ["aud", "sub", "azp", "client_id", "exp", "nbf", "iat", "nonce", "act", "typ", "realm_access"]
)


@given(st.dictionaries(_NAMES, _JSON | st.sampled_from([CLIENT, "n", "hugo"]), max_size=6))
def test_whatever_claims_say_only_a_person_of_this_sign_in_is_somebody(changes: JsonObject) -> None:
    sound: JsonObject = {"aud": CLIENT, "sub": "hugo", "iat": 0, "exp": 10, "nonce": "n"}
    claims = {**sound, **changes}
    found = judged_id(claims, settings_of("https://login.example.com"), CLIENT, "n", 5_000)
    if isinstance(found, NotAccepted):
        assert found.message.isprintable()
        return
    assert found.kind == "human"
    assert claims["nonce"] == "n"
    assert "act" not in claims
    assert CLIENT in str(claims["aud"])
