"""The key that the server asks models with: it is given to nobody, so a workflow that names it is refused."""

from __future__ import annotations

from typing import Final

OWN_KEY: Final = "ANTHROPIC_API_KEY"
"""Its name in the environment of the server."""
GIVEN_TO_NOBODY: Final = f"asks for {OWN_KEY}, with which this server asks models: nobody else is given it"
"""What is wrong, after whoever it is that asks."""
ANOTHER_NAME: Final = "Put a key that is meant for it in the environment under another name."
"""How to mend it."""
