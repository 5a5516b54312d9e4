"""A process is closed to other programs before it has a key of the keyring."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordSetError
from typing_extensions import override

from pointsman.server.models.access import access_of_this_process
from pointsman.tools.models.port import NoAnswer, NotAskable
from tests.server.closing import is_closed, opened_again
from tests.tools.models.asked import question

from .desks import FixedPrices

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such switch")


class Watching(KeyringBackend):
    """A keyring without a key, that notes whether who asks it is closed."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]  # keyring wants a property of the class or a number
    found_closed: bool | None = None

    @override
    def get_password(self, service: str, username: str) -> str | None:
        self.found_closed = is_closed()
        return None

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(f"{service}: nothing is kept here for {username}")


@pytest.fixture
def watching() -> Iterator[Watching]:
    before, ours = keyring.get_keyring(), Watching()  # type: ignore[no-untyped-call]  # keyring's base class has no types here
    keyring.set_keyring(ours)
    with opened_again():
        yield ours
    keyring.set_keyring(before)


async def test_it_is_closed_where_it_is_only_asked_whether_there_is_a_key(watching: Watching) -> None:
    async with access_of_this_process({}, FixedPrices()) as access:
        assert not is_closed()
        with pytest.raises(NotAskable, match="no key"):
            access.check()
    assert watching.found_closed


async def test_it_is_closed_where_a_model_is_asked_at_once(watching: Watching) -> None:
    """So it is with a session of an older version that has a model, where what is served now has none."""
    async with access_of_this_process({}, FixedPrices()) as access:
        with pytest.raises(NoAnswer, match="no key"):
            await access.models.ask(question())
    assert watching.found_closed
