"""The way to the Messages API: the key, and the address that it is sent to.

It is looked for before anything is started, so that what is missing costs no session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .key import find_key
from .port import NotAskable
from .wire import carries_safely

ADDRESS_NAME: Final = "ANTHROPIC_BASE_URL"
_ADDRESS: Final = "https://api.anthropic.com"


def find_way(environment: Mapping[str, str]) -> tuple[str, str]:
    """Find the key and the address, in this order.

    Raises:
        NotAskable: there is no key, or it cannot be sent to the address that is set.
    """
    key = find_key(environment)
    address = environment.get(ADDRESS_NAME) or _ADDRESS
    if not carries_safely(address):
        raise NotAskable(
            f"{ADDRESS_NAME} is no address that the key can be sent to. Write one that begins with https://, or with "
            "http:// on this machine (127.0.0.1)."
        )
    return key, address
