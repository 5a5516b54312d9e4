"""What a principal may see of all sessions, as the store can ask for it.

The rule for one session is `fsm.gate.may_view`. A list cannot ask that of every session there is,
so here it is said by definition: which of them show a principal all their sessions, and which do
not even show the starter one.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Access
from pointsman.fsm.session import Actor

from .catalogue import Catalogue
from .engines.embedded import EmbeddedEngine
from .store.reading import Seen
from .store.searching import newest_definitions
from .store.writing import DefinitionRow

OLDER_TEXTS: Final = 20
"""Texts of the served workflows that are looked at. Sessions of still older ones are listed to their starters alone."""

_NOBODY: Final = Access(start=(), drive=(), view=("starter",))

_log = structlog.get_logger(__name__)


class Sight:
    """Knows who may see sessions of which definition."""

    def __init__(self, catalogue: Catalogue, engine: EmbeddedEngine) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._access: dict[str, Access] = {}

    async def of(self, actor: Actor) -> Seen:
        """Say what this principal may see."""
        texts = await self._engine.reading(newest_definitions, self._catalogue.names(), OLDER_TEXTS)
        for text in texts:
            if text.digest not in self._access:
                self._access[text.digest] = await self._of_text(text)
        granting = frozenset(digest for digest, access in self._access.items() if _shows(access, actor))
        silent = frozenset(digest for digest, access in self._access.items() if not _shows_starter(access))
        return Seen(actor.accountable, actor.roles, granting, silent - granting, actor.session)

    async def _of_text(self, text: DefinitionRow) -> Access:
        known = self._catalogue.find(text.digest)
        if known is not None:
            return known.access
        try:
            return (await asyncio.to_thread(load, text.text.encode(), text.path or "workflow.yaml")).access
        except PointsmanError as error:  # a later version of this program may read a text no more
            _log.warning("an older workflow text cannot be read", definition=text.digest, error=str(error))
            return _NOBODY


def _shows(access: Access, actor: Actor) -> bool:
    """Whether a principal may see every session."""
    grants = {*access.view, *access.drive}
    return "anyone" in grants or not grants.isdisjoint(actor.roles)


def _shows_starter(access: Access) -> bool:
    return not {"starter", "anyone"}.isdisjoint((*access.view, *access.drive))
