"""What is said of an issuer in `pointsman.toml`."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pointsman.server.command_line.settings import file_settings
from pointsman.server.credentials.oidc_settings import ClientSettings, IssuerSettings, issuer_settings

IDENTITIES = Path(__file__).parents[3] / "docs" / "identities.md"
WHOLE = """
[oidc]
issuer = "https://login.example.com/realms/acme"
audience = ["https://pointsman.example.com", "pointsman"]
leeway = "2m"
principal_claim = "email"
client_claim = "azp"
roles_claim = ["https://acme.example.com/roles"]
people = {azp = "console", scope = ["pointsman.decide"]}
systems = {azp = ["erp-bridge", "mailroom"]}
client_id = "console"
client_secret = "${ACME_SECRET}"
scope = "openid email"

[oidc.roles]
"ap-managers" = "accounts_payable_manager"
"audit/external" = ["auditor", "reader"]
"""


def read(folder: Path, text: str) -> IssuerSettings:
    (folder / "pointsman.toml").write_text(text)
    file_settings.cache_clear()
    found = file_settings(folder).oidc
    assert found is not None
    return issuer_settings(found)


def test_everything_can_be_said_of_an_issuer(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == IssuerSettings(
        issuer="https://login.example.com/realms/acme",
        audiences=frozenset({"https://pointsman.example.com", "pointsman"}),
        leeway_ms=120_000,
        principal=("email",),
        client=("azp",),
        roles=("https://acme.example.com/roles",),
        our_roles={"ap-managers": ("accounts_payable_manager",), "audit/external": ("auditor", "reader")},
        people={"azp": frozenset({"console"}), "scope": frozenset({"pointsman.decide"})},
        systems={"azp": frozenset({"erp-bridge", "mailroom"})},
        sign_in=ClientSettings("console", "ACME_SECRET", "openid email"),
    )


def test_an_issuer_and_an_audience_are_enough_and_then_nobody_is_a_person(tmp_path: Path) -> None:
    found = read(tmp_path, '[oidc]\nissuer = "http://[::1]:8080"\naudience = "pointsman"\n')
    assert found == IssuerSettings("http://[::1]:8080", frozenset({"pointsman"}))
    assert (found.principal, found.leeway_ms, found.people) == (("sub",), 60_000, {})


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", IDENTITIES.read_text(), re.DOTALL))
def test_the_issuers_of_the_documentation_can_be_meant(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert found.people
    assert found.our_roles


GOOD = {"issuer": '"https://a.example"', "audience": '"p"'}
CLIENT = {**GOOD, "people": '{azp = "console"}', "client_id": '"console"'}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": '"http://login.example.com"'}, "oidc.issuer: it must begin with https://"),
        ({"issuer": '"ftp://login.example.com"'}, "oidc.issuer: it must begin with https://"),
        ({"issuer": '"login.example.com"'}, "oidc.issuer: it must be an address"),
        ({"issuer": '"https://"'}, "oidc.issuer: it must be an address"),
        ({"issuer": '"https://ada:secret@login.example.com"'}, "oidc.issuer: it must be an address"),
        ({"issuer": '"https://login.example.com/#x"'}, "oidc.issuer: it must be an address"),
        ({"issuer": '"https://login.example.com/\\u0007"'}, "oidc.issuer: it must be an address"),
        ({"issuer": '"https://login.example.com/?x"'}, "oidc.issuer: an issuer has no `?`"),
        ({"issuer": '"https://login.example.com:port"'}, "oidc.issuer: it is no address"),
        ({"issuer": "7"}, "oidc.issuer: Input should be a valid string"),
        ({"audience": '""'}, "oidc.audience: give a text"),
        ({"audience": "[]"}, "oidc.audience: give a text"),
        ({"leeway": '"1h"'}, "oidc.leeway: '1h' is no duration up to 5 minutes"),
        ({"leeway": '"60"'}, "oidc.leeway: '60' is no duration"),
        ({"principal_claim": '"a..b"'}, "oidc.principal_claim: give a text"),
        ({"roles_claim": '"groups"'}, "oidc: `roles_claim` says"),
        ({"roles": '{a = "b"}'}, "oidc: `roles_claim` says"),
        ({"roles_claim": '"groups"', "roles": '{a = "a b"}'}, "oidc.roles: 'a b' is no role"),
        ({"roles_claim": '"groups"', "roles": "{a = []}"}, "oidc.roles.a: give a text"),
        ({"people": "{azp = []}"}, "oidc.people.azp: give a text"),
        ({"people": '"azp"'}, "oidc.people: Input should be a valid dictionary"),
        ({"secret": '"x"'}, "oidc.secret: Unexpected keyword argument"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_with_their_place(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    lines = "\n".join(f"{name} = {value}" for name, value in {**GOOD, **changes}.items())
    with pytest.raises(click.UsageError) as refused:
        read(tmp_path, f"[oidc]\n{lines}\n")
    assert said in refused.value.message
    assert "secret" not in refused.value.message or "secret" in changes


def test_people_sign_in_as_a_client_of_the_issuer_and_its_secret_is_not_in_the_file(tmp_path: Path) -> None:
    lines = "\n".join(f"{name} = {value}" for name, value in CLIENT.items())
    assert read(tmp_path, f"[oidc]\n{lines}\n").sign_in == ClientSettings("console")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": '""'}, "oidc.client_id: give a name of 1 to 256 characters"),
        ({"client_id": '"a\\nb"'}, "oidc.client_id: give a name"),
        ({"people": "{}"}, "oidc.client_id: nobody could sign in"),
        ({"client_secret": '"hunter2"'}, "oidc.client_secret: write `${NAME}`"),
        ({"client_secret": '"${ACME} hunter2"'}, "oidc.client_secret: write `${NAME}`"),
        ({"client_secret": '""'}, "oidc.client_secret: write `${NAME}`"),
        ({"scope": '"email"'}, "oidc.scope: give names with one space between them, `openid` among them"),
        ({"scope": '"openid  email"'}, "oidc.scope: give names"),
        ({"scope": '"openid \\"email\\""'}, "oidc.scope: give names"),
    ],
)
def test_a_client_that_cannot_be_meant_is_refused_and_its_secret_not_repeated(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    lines = "\n".join(f"{name} = {value}" for name, value in {**CLIENT, **changes}.items())
    with pytest.raises(click.UsageError) as refused:
        read(tmp_path, f"[oidc]\n{lines}\n")
    assert said in refused.value.message
    assert "hunter2" not in refused.value.message


def test_a_secret_without_a_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="say which by `client_id`"):
        read(tmp_path, '[oidc]\nissuer = "https://a.example"\naudience = "p"\nclient_secret = "${ACME_SECRET}"\n')
