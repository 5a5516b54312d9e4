"""The channels that commands came through, as people read them."""

from __future__ import annotations

from typing import Final

from ..elicitation.offer import CHANNEL

CLIENT_ATTESTED: Final = "client-attested"
"""That somebody has answered inside an MCP client is what that client says, and nobody else."""


def attestation(channel: str) -> str | None:
    """Say in a word on whose word it rests who has acted; None where they have shown it themselves."""
    return CLIENT_ATTESTED if channel == CHANNEL else None


def in_words(channel: str) -> str:
    """Name a channel, and say on whose word it rests."""
    word = attestation(channel)
    return channel if word is None else f"{channel} ({word})"
