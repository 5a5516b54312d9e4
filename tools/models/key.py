"""The key of the Messages API: from the environment, else from the keyring of the system.

It is looked for when a workflow with a model is served, and given to nobody but the SDK. Neither it nor what a keyring
says is in any message or log. The keyring needs the extra `keyring`, and may have to wait for the person who unlocks
it: ask for it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pointsman.contracts.bounds import MODEL_KEY_CHARACTERS
from pointsman.contracts.own_key import OWN_KEY

from .port import NotAskable

NAME: Final = OWN_KEY
SERVICE: Final = "pointsman"
USER: Final = "anthropic"
HOW: Final = (
    f"Set {NAME} in the environment of the server, or keep the key in the keyring: in the folder of Pointsman install "
    f'it with `uv tool install ".[keyring]"`, then run `uvx keyring set {SERVICE} {USER}`.'
)
"""How to give a key."""


def find_key(environment: Mapping[str, str]) -> str:
    """Find the key.

    Raises:
        NotAskable: there is none, or what is there cannot be one.
    """
    found = environment.get(NAME, "").strip()
    locked = ""
    if not found:
        found, locked = _in_keyring()
    if not found or len(found) > MODEL_KEY_CHARACTERS or not (found.isascii() and found.isprintable()):
        raise NotAskable(f"There is no key to ask a model with.{locked} {HOW}")
    return found


def _in_keyring() -> tuple[str, str]:
    """Give what the keyring holds, and a sentence with a space before it where there is one that cannot be read."""
    try:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:  # the extra is not installed
        return "", ""
    try:
        return (keyring.get_password(SERVICE, USER) or "").strip(), ""
    except NoKeyringError:
        return "", ""
    except KeyringError as error:  # it stays locked
        return "", f" The keyring could not be read ({type(error).__name__})."
