"""Keeps the key of the Messages API in the process of a command that was started with it.

Any command may start programs: sources do, which nobody has looked at yet where they are to be pinned. So every
command keeps the key before it does anything else, also one that asks no model. What it starts from then on does not
inherit the key, not even a program that a Python tool starts, and other programs of its user cannot look into it.

Kept free of imports: it runs at the start of every command, and few have a key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import click

from pointsman.contracts.own_key import OWN_KEY

_KEPT: Final = f"{__name__}.key"


def keep_key(context: click.Context) -> None:
    """Take the key out of this process's environment, and close the process, if there is one."""
    key = os.environ.pop(OWN_KEY, "")
    if not key:
        return
    from ..hardening import close_to_other_programs
    from .logging import log_to_stderr

    context.meta[_KEPT] = key
    log_to_stderr("error")  # until the command says more: it has not begun, and stdout is its own
    close_to_other_programs()


def environment_with_key() -> Mapping[str, str]:
    """Give this process's environment as it is now, with the key in it that was kept, for who asks models.

    Call it where the command was begun: in a thread of its own there is no command.
    """
    kept = click.get_current_context().meta.get(_KEPT)
    return dict(os.environ) if kept is None else {**os.environ, OWN_KEY: kept}
