"""Books: resources, prompts and completions as functions, in the forms of MCP."""

from __future__ import annotations

import base64
from typing import Any

from pointsman.tools.errors import NothingDone

ADDRESS = "book://"


def list_resources(cursor: str | None = None) -> dict[str, Any]:
    """List the books, one to a page."""
    if cursor is None:
        return {"resources": [{"uri": ADDRESS + "emma", "name": "emma", "mimeType": "text/plain"}], "nextCursor": "2"}
    return {"resources": [{"uri": ADDRESS + "cover", "name": "cover", "_meta": {"shelf": 3}}, {"name": "no address"}]}


def list_resource_templates() -> dict[str, Any]:
    """Say how books are addressed."""
    return {"resourceTemplates": [{"uriTemplate": ADDRESS + "{title}", "name": "book"}]}


def read_resource(uri: str) -> dict[str, Any]:
    """Read a book."""
    if uri == ADDRESS + "cover":
        blob = base64.b64encode(b"picture").decode()
        return {"contents": [{"uri": uri, "mimeType": "image/png", "blob": blob}]}
    if not uri.startswith(ADDRESS):
        raise NothingDone("There is no such book.")
    return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": f"The book at {uri}."}]}


def list_prompts() -> dict[str, Any]:
    """List what can be asked for."""
    summary = {"name": "summary", "description": "Sum a book up.", "arguments": [{"name": "title", "required": True}]}
    return {"prompts": [summary, {"name": "library.reading", "description": "A name that is taken."}]}


def get_prompt(name: str, arguments: dict[str, str] | None = None) -> dict[str, Any]:
    """Write a prompt."""
    if name not in {"summary", "library.reading"}:
        raise NothingDone("There is no such prompt.")
    text = f"Of {(arguments or {}).get('title')}: {name}."
    return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}]}


def complete(ref: dict[str, str], argument: dict[str, str], context: dict[str, Any] | None = None) -> dict[str, Any]:
    """Complete a title."""
    del ref, context
    titles = [title for title in ("emma", "emile") if title.startswith(argument["value"])]
    return {"completion": {"values": titles, "total": len(titles), "hasMore": False}}
