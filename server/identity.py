"""Who somebody is on this machine, and the random names the server gives.

A session's handle is 26 characters of lower-case base32: 130 random bits, so that it cannot be
guessed. It is a name all the same, never a permission: every call checks the caller.
"""

from __future__ import annotations

import getpass
import os
import secrets
from typing import Final

from pointsman.fsm.session import Actor

SOMEBODY: Final = Actor("external", "unknown")
"""Whoever has not said who they are, as the audit has them."""
SERVER: Final = Actor("system", "pointsman")
"""The actor of what happens by itself."""
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648, section 6, in lower case
HANDLE_CHARACTERS: Final = 26


def new_handle() -> str:
    """Make a session's handle."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(HANDLE_CHARACTERS))


def new_command_id() -> str:
    """Make the identifier of a command that a surface sends."""
    return secrets.token_hex(16)


def new_instance_id() -> str:
    """Make the name of this server process."""
    return secrets.token_hex(8)


def local_principal() -> str:
    """Name the accountable principal of whoever runs this process: the user of the operating system.

    The system is asked, not the environment: whoever sets `LOGNAME` does not become somebody else.
    """
    return f"local:{_system_user()}"


def _system_user() -> str:
    try:
        import pwd
    except ImportError:  # Windows
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user that has no name
        return str(os.getuid())
