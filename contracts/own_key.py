"""The name of the key that is the server's own: a workflow that names it is refused, and no source is given it."""

from __future__ import annotations

from typing import Final

OWN_KEY: Final = "ANTHROPIC_API_KEY"
"""What models are asked with."""
