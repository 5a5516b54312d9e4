"""The MCP clients that Pointsman can be put into: where each keeps its servers, and how it writes what differs.

A client is a value; all that is done with its file is the same for each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .configuration import TOKEN, Form, input_id

Places = Callable[[str, Mapping[str, str]], Path]


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    Attributes:
        title: What its makers call it.
        form: What its file looks like.
        own: Where its user's file is, on a platform and in an environment.
        project: Its file in a project, relative to the project; None where it has none.
        root: The project's folder, as such a file writes it.
        variable: How it writes the value of an environment's variable; None where it cannot.
        typed: The transports of which an entry says that it means them.
        remote: Whether it reaches servers over HTTP by this file.
        asks: Whether it asks its user for a token, and keeps it, instead of reading it from the environment.
        afterwards: What is to be done before it sees a change.
    """

    title: str
    form: Form
    own: Places
    project: Path | None = None
    root: str = ""
    variable: str | None = None
    typed: tuple[str, ...] = ()
    remote: bool = True
    asks: bool = False
    afterwards: str = ""

    def path(self, *, own: bool, folder: Path) -> Path:
        """Give its file: the project's in this folder, or the user's own where it has no other."""
        return self.own(sys.platform, os.environ) if own or self.project is None else folder / self.project

    def project_of(self, path: Path) -> Path | None:
        """Give the folder of the project that a file of this client belongs to."""
        parts = () if self.project is None else self.project.parts
        absolute = path.absolute()
        return absolute.parents[len(parts) - 1] if parts and absolute.parts[-len(parts) :] == parts else None

    def reference(self, name: str) -> str | None:
        """Write the value of an environment's variable; None where the client has no way to."""
        return None if self.variable is None else self.variable.format(name=name)

    def token(self, name: str, url: str) -> str | None:
        """Write the token of a server, which never stands in the file itself."""
        return f"${{input:{input_id(name, url)}}}" if self.asks else self.reference(TOKEN)


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or environment.get("USERPROFILE") or Path.home())


def _application(name: str) -> Callable[[str, Mapping[str, str]], Path]:
    """Where a program with windows keeps what is its own, on each system."""

    def folder(platform: str, environment: Mapping[str, str]) -> Path:
        home = _home(environment)
        if platform == "darwin":
            return home / "Library" / "Application Support" / name
        if platform == "win32":
            roaming = environment.get("APPDATA")
            return (Path(roaming) if roaming else home / "AppData" / "Roaming") / name
        configured = environment.get("XDG_CONFIG_HOME")
        return (Path(configured) if configured else home / ".config") / name

    return folder


def _in_desktop(platform: str, environment: Mapping[str, str]) -> Path:
    return _application("Claude")(platform, environment) / "claude_desktop_config.json"


def _in_claude_code(_platform: str, environment: Mapping[str, str]) -> Path:
    elsewhere = environment.get("CLAUDE_CONFIG_DIR")
    return (Path(elsewhere) if elsewhere else _home(environment)) / ".claude.json"


def _in_cursor(_platform: str, environment: Mapping[str, str]) -> Path:
    return _home(environment) / ".cursor" / "mcp.json"


def _in_vscode(platform: str, environment: Mapping[str, str]) -> Path:
    return _application("Code")(platform, environment) / "User" / "mcp.json"


CLAUDE_DESKTOP: Final = Client(
    title="Claude Desktop",
    form=Form(),
    own=_in_desktop,
    remote=False,
    afterwards="Quit Claude Desktop entirely and start it again.",
)
"""modelcontextprotocol.io, "Connect to local MCP servers". It "will not connect to remote servers that are configured
directly via claude_desktop_config.json" (support.claude.com, article 11503834): those are custom connectors."""

CLAUDE_CODE: Final = Client(
    title="Claude Code",
    form=Form(),
    own=_in_claude_code,
    project=Path(".mcp.json"),
    root="${CLAUDE_PROJECT_DIR:-.}",
    variable="${{{name}}}",
    typed=("stdio", "http"),
    afterwards="Start Claude Code again, or reconnect with /mcp; it asks before it uses a project's servers.",
)
"""code.claude.com/docs/en/mcp, "MCP installation scopes" and "Environment variable expansion in .mcp.json": `${NAME}`
and `${NAME:-text}` in command, args, env, url and headers. The project's folder is in the environment of the server and
not of Claude Code itself, so it has a default: servers start where Claude Code was started."""

CURSOR: Final = Client(
    title="Cursor",
    form=Form(),
    own=_in_cursor,
    project=Path(".cursor") / "mcp.json",
    root="${workspaceFolder}",
    variable="${{env:{name}}}",
    typed=("stdio",),
    afterwards="Start Cursor again, and switch the server on among its MCP servers.",
)
"""cursor.com/docs/mcp, "Configuration locations" and "Config interpolation": `${env:NAME}` and `${workspaceFolder}`,
the folder that holds `.cursor/mcp.json`, in command, args, env, url and headers. One comma too many breaks the file."""

VS_CODE: Final = Client(
    title="VS Code",
    form=Form(servers="servers", comments=True),
    own=_in_vscode,
    project=Path(".vscode") / "mcp.json",
    root="${workspaceFolder}",
    variable="${{env:{name}}}",
    typed=("stdio", "http"),
    asks=True,
    afterwards="Start the server in VS Code: `MCP: List Servers` in the command palette.",
)
"""code.visualstudio.com/docs/copilot/reference/mcp-configuration: `servers`, each with its `type`, and `inputs`, which
VS Code asks for when a server first starts and then keeps. `${env:NAME}` is replaced in `env` and not in `headers`
(microsoft/vscode#336232), so a token is an input. JSON as editors read their own: with comments and last commas."""

CLIENTS: Final[Mapping[str, Client]] = {
    "claude-desktop": CLAUDE_DESKTOP,
    "claude-code": CLAUDE_CODE,
    "cursor": CURSOR,
    "vscode": VS_CODE,
}
"""Every client by the word it is installed by."""
