"""The archive: a second source, which has a prompt of the same name, and says what is no MCP."""

from __future__ import annotations

from typing import Any

from pointsman.tools.errors import NothingDone


def list_resources(cursor: str | None = None) -> list[str]:
    """List nothing that MCP knows."""
    del cursor
    return ["scroll"]


def read_resource(uri: str) -> dict[str, Any]:
    """Read a scroll."""
    return {"contents": [{"uri": uri, "text": "Dust."}] if uri == "scroll://1" else []}


def list_prompts() -> dict[str, Any]:
    """List what can be asked for."""
    return {"prompts": [{"name": "summary", "description": "Sum a scroll up."}]}


def get_prompt(name: str, arguments: dict[str, str] | None = None) -> dict[str, Any]:
    """Write a prompt."""
    del arguments
    if name != "summary":
        raise NothingDone("There is no such prompt.")
    return {"messages": [{"role": "user", "content": {"type": "text", "text": f"Of a scroll: {name}."}}]}
