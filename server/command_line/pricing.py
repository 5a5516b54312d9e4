"""What models cost, by the table of this version and what `pointsman.toml` says."""

from __future__ import annotations

from typing_extensions import override

from pointsman.fsm.model_turns import Tokens
from pointsman.tools.models.port import Prices


class _Unknown(Prices):
    @override
    def cost_usd(self, model: str, tokens: Tokens) -> float | None:
        return None


def prices() -> Prices:
    """Give the prices that are in force for this command."""
    return _Unknown()
