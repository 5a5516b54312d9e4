"""Who is behind an agent: the user of the machine, or a token's owner who is a person here."""

from __future__ import annotations

import pytest

from pointsman.contracts.building import bound
from pointsman.contracts.loading import load
from pointsman.fsm.session import Actor
from pointsman.server.elicitation.people import LocalPerson, TokenOwners
from pointsman.server.store.principals import Principal, PrincipalKind
from tests.server.elicitation.payouts import PAYOUT

WORKFLOW = bound(load(PAYOUT.encode(), "payout.yaml"), {})
NOW_MS = 1_000


def principal(name: str, kind: PrincipalKind, *, until: int | None = None, revoked: int | None = None) -> Principal:
    return Principal(name, kind, ("chief",), None, None, 0, until, revoked, "s1")


async def test_the_user_of_the_machine_has_the_roles_of_the_workflow() -> None:
    """As at the command line."""
    found = await LocalPerson().behind(Actor("agent", "local:ann"), WORKFLOW)
    assert found == Actor("human", "local:ann", ("chief", "clerk"))


@pytest.mark.parametrize(
    ("owner", "is_known"),
    [
        ("maria", True),
        ("late", False),
        ("gone", False),
        ("bot", False),
        ("erp", False),
        ("Maria", False),
        (None, False),
    ],
)
async def test_an_owner_is_asked_who_is_a_person_with_a_token_that_opens_something(
    owner: str | None, *, is_known: bool
) -> None:
    known = {
        one.id: one
        for one in (
            principal("maria", "human", until=NOW_MS + 1),
            principal("late", "human", until=NOW_MS),
            principal("gone", "human", revoked=NOW_MS),
            principal("bot", "agent"),
            principal("erp", "system"),
        )
    }

    async def by_name(name: str) -> Principal | None:
        return known.get(name)

    found = await TokenOwners(by_name, lambda: NOW_MS).behind(Actor("agent", "a", ("boss",), owner), WORKFLOW)
    assert found == (Actor("human", "maria", ("chief",), session="s1") if is_known else None)
