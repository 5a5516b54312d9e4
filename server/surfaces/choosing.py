"""Which surface a client is shown (docs/replies.md says it to users).

The 2026 era forbids lists that vary, and several clients of the handshake era read the list once:
they get `stable`. Only clients known to follow list changes get `adaptive`. Where the stable list
would be larger than clients take, `compact` stands in its place.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

SurfaceName: TypeAlias = Literal["adaptive", "stable", "compact"]
SurfaceChoice: TypeAlias = Literal["auto", "adaptive", "stable", "compact"]

FOLLOW_LIST_CHANGES: Final = ("claude-code", "vscode", "visual studio code", "goose", "copilot", "windsurf")
READ_THE_LIST_ONCE: Final = ("claude-ai", "openai", "codex")
READ_STRUCTURED_CONTENT: Final = ("claude-code",)
"""Clients known to hand a result's structured content to the model. Others, Claude Desktop among them, hand over
the text alone, so theirs must say everything."""


def reads_structured_content(client: str | None) -> bool:
    """Whether a client's model sees structured content. `client` is the name it gives of itself."""
    name = (client or "").lower()
    return any(known in name for known in READ_STRUCTURED_CONTENT)


def choose(choice: SurfaceChoice, client: str | None, *, modern: bool) -> SurfaceName:
    """Choose a client's surface. `client` is the name it gives of itself, `modern` the 2026 era."""
    if choice != "auto":
        return choice
    name = (client or "").lower()
    if modern or any(known in name for known in READ_THE_LIST_ONCE):
        return "stable"
    return "adaptive" if any(known in name for known in FOLLOW_LIST_CHANGES) else "stable"
