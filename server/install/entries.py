"""The entry of a client's configuration: one that starts Pointsman, or one that leads to a running one.

A secret never stands in it. What a workflow's sources read from the environment, and the token of a
server, are references in the client's own syntax.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pointsman.contracts.values import Json, JsonObject, as_list

from .clients import Client
from .configuration import Entry, input_id


def starting(
    client: Client, launch: Sequence[str], files: Sequence[Path], database: str | None, project: Path | None
) -> Entry:
    """Make the entry that starts a server of these workflow files.

    Args:
        client: Whose configuration it is for.
        launch: The command that starts Pointsman.
        files: The workflow files.
        database: A file's path or a URL, or None for the default.
        project: The project's folder, for a file that is shared with it: paths in it are written from there.
    """
    words = [*launch, "serve", *(_written(client, file, project) for file in files)]
    if database is not None:
        words += ["--database", database if "://" in database else _written(client, Path(database), project)]
    words[0] = _written(client, Path(words[0]), project) if Path(words[0]).is_absolute() else words[0]
    arguments: list[Json] = [*words[1:]]
    return Entry({**_type(client, "stdio"), "command": words[0], "args": arguments})


def with_environment(client: Client, entry: Entry, names: Iterable[str]) -> Entry:
    """Hand variables of the client's environment on to the server, by reference, where the client knows how."""
    references: JsonObject = {name: text for name in names if (text := client.reference(name)) is not None}
    return Entry({**entry.server, "env": references}) if references else entry


def reaching(client: Client, name: str, url: str) -> Entry:
    """Make the entry that leads to a running server, with a reference to its token.

    Args:
        client: Whose configuration it is for; one that reaches servers by it.
        name: What it calls the server.
        url: The server's MCP endpoint.
    """
    headers: JsonObject = {"Authorization": f"Bearer {client.token(name, url)}"}
    asked: JsonObject = {
        "type": "promptString",
        "id": input_id(name, url),
        "description": f"The token of an agent for {url}",
        "password": True,
    }
    return Entry({**_type(client, "http"), "url": url, "headers": headers}, asked if client.asks else None)


def paths_of_this_machine(entry: Entry) -> list[str]:
    """Give what an entry names that another machine need not have."""
    arguments = entry.server.get("args")
    words = [entry.server.get("command"), *as_list(arguments)]
    return [word for word in words if isinstance(word, str) and Path(word).is_absolute()]


def _type(client: Client, transport: str) -> JsonObject:
    return {"type": transport} if transport in client.typed else {}


def _written(client: Client, path: Path, project: Path | None) -> str:
    """Write a path from the root, or from the project's folder if it lies in it."""
    absolute = path.absolute()
    if project is not None and absolute.is_relative_to(project):
        return f"{client.root}/{absolute.relative_to(project).as_posix()}"
    return str(absolute)
