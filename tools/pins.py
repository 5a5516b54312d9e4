"""What was pinned of a source's tools, held against what it offers.

A definition is the same when every byte of its name, description, schemas and annotations is. One that
is not is quarantined: its tool is neither offered nor called, until a person has looked and pinned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from pointsman.contracts.lock import LOCK_NAME, LockedSource
from pointsman.contracts.workflow import ToolDefinition

from .errors import NothingDone, SourceError
from .offers import Offer, defined

_MEND: Final = "A person has to look at it and to pin it: `pointsman lock --diff FILE`, then `pointsman lock FILE`."

_log = structlog.get_logger(__name__)


class Pins:
    """The pins of one source, None where it has none, and what is not as it was pinned, as far as it was asked.

    `definitions` are the tools that may be offered, and `quarantined` those that must not be called, each with
    what is to be said of it; both by our names for them.
    """

    def __init__(self, source: str, locked: LockedSource | None) -> None:
        self._source = source
        self._locked = locked
        self._broken: dict[str, str] = {}
        self.quarantined: Mapping[str, str] = self._broken
        self._digests: dict[str, str] = {}
        self.definitions: dict[str, ToolDefinition] = {}
        for bare, tool in ({} if locked is None else locked.tools).items():
            name = f"{source}.{bare}"
            definition = defined(name, tool.model_dump(mode="json"))
            if not tool.is_genuine(bare) or isinstance(definition, str):
                self._broken[name] = (
                    f"What {LOCK_NAME} says of {name} was changed by hand, so it is not called. {_MEND}"
                )
            else:
                self.definitions[name] = definition
                self._digests[name] = tool.digest

    def offered(self) -> list[ToolDefinition]:
        """Give every tool that may be offered.

        Raises:
            SourceError: nothing is pinned of this source.
        """
        if self._locked is None:
            raise SourceError(
                f"Nothing is pinned of the source {self._source!r}, so none of its tools may be offered. Look at what"
                f" it says of them, and pin it: `pointsman lock FILE` writes {LOCK_NAME} beside the workflow."
            )
        return list(self.definitions.values())

    def pinned(self, tool: str) -> ToolDefinition:
        """Give what was pinned of a tool.

        Raises:
            NothingDone: nothing was, or it was changed by hand.
        """
        definition = self.definitions.get(tool)
        if definition is None:
            raise NothingDone(self.quarantined.get(tool, f"{tool} is not pinned, so it is not called."))
        return definition

    def require_unchanged(self, tool: str) -> None:
        """Make sure that a tool is what was pinned, by what its source offered last.

        Raises:
            NothingDone: it is not.
        """
        if tool in self.quarantined:
            raise NothingDone(self.quarantined[tool])

    def compare(self, offer: Offer) -> None:
        """Hold what the source offers now against what was pinned."""
        changed = {
            name: f"What its source says of {name} is not what was pinned, so it is not called. {_MEND}"
            for name, digest in self._digests.items()
            if name not in offer.tools or offer.tools[name].digest != digest
        }
        before, self.quarantined = self.quarantined, {**self._broken, **changed}
        if self.quarantined != before:
            _log.warning("tools are not what was pinned", source=self._source, tools=[*self.quarantined])
