"""Typing a name once more at a terminal, before something is done that a person answers for.

It hinders a program that has a shell, and does not stop one: it can open a pseudo-terminal. What
separates is another user of the operating system, or another machine.
"""

from __future__ import annotations

import sys

import click

from pointsman.contracts.visible import visible

from .failures import WrongUsage


def at_a_terminal() -> bool:
    """Whether a person can be asked: what is typed and what is asked both go through a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(name: str, question: str) -> None:
    """Have a name typed once more. Ask `at_a_terminal` before.

    Raises:
        WrongUsage: when anything else was typed; nothing must be done then.
    """
    click.echo(f"\n{visible(question)} ", err=True, nl=False)  # not input(), which would write to stdout
    typed = sys.stdin.readline().strip()
    if typed != name:
        raise WrongUsage(f"{typed!r} is not {name!r}. Nothing was done.")
