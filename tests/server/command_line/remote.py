"""A database behind a server, and people who ask it with tokens of their own."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.server.command_line.listening import listening
from tests.server.command_line.terminal import Ended, Shell


@dataclass(frozen=True)
class Remote:
    """A server in front of a shell's database, and a person's token."""

    shell: Shell
    url: str
    token: str

    def run(self, *words: str | Path, token: str | None = None) -> Ended:
        """Run a command against the server, as somebody does who has nothing but its address and the token."""
        env = {"POINTSMAN_DATABASE": "", "POINTSMAN_SERVER": self.url, "POINTSMAN_TOKEN": token or self.token}
        return self.shell.run(*words, env=env)


def token_of(shell: Shell, name: str, *roles: str) -> str:
    """Make a person's token, at a terminal as it must be."""
    words = [word for role in roles for word in ("--role", role)]
    made = shell.at_terminal("token", "create", name, *words, typed=name)
    assert made.code == 0, made.stdout
    return str(max(re.findall(r"[A-Za-z0-9_-]{30,}", made.stdout), key=len))


@contextmanager
def remote(shell: Shell, workflow: str = "purchase.yaml", role: str = "boss") -> Generator[Remote]:
    """Serve a workflow to maria, who has this role and is an auditor."""
    token = token_of(shell, "maria", role, "auditor")
    with listening(shell, workflow, "--require-token") as url:
        yield Remote(shell, url, token)
