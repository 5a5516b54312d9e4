"""The key of the Messages API: from the environment, else from the keyring of the system.

It is looked for when a workflow with a model is served, and given to nobody but the SDK. It is in no message and in no
log. The keyring needs the extra `keyring`, and may have to wait for the person who unlocks it: ask for it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from pointsman.contracts.bounds import MODEL_KEY_CHARACTERS
from pointsman.contracts.own_key import OWN_KEY

NAME: Final = OWN_KEY
SERVICE: Final = "pointsman"
USER: Final = "anthropic"
HOW: Final = (
    f"Set {NAME} in the environment of the server, or keep the key in the keyring: install pointsman[keyring], then"
    f" run `keyring set {SERVICE} {USER}`."
)
"""How to give a key."""

_log = structlog.get_logger(__name__)


def find_key(environment: Mapping[str, str]) -> str | None:
    """Find the key; None where there is none, or what is there cannot be one."""
    found = environment.get(NAME, "").strip() or _in_keyring()
    if not found or len(found) > MODEL_KEY_CHARACTERS or not (found.isascii() and found.isprintable()):
        return None
    return found


def _in_keyring() -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:  # the extra is not installed
        return None
    try:
        found = keyring.get_password(SERVICE, USER)
    except KeyringError as error:  # there is none on this system, or it stays locked
        _log.warning("keyring not read", problem=type(error).__name__)
        return None
    return None if found is None else found.strip()
