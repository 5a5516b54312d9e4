"""The verification of histories, in plain words: what was looked at, what came of it, what it means and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from ..inquiry import Inquiry, is_auditor
from ..replies import Stray
from .asked import Asked
from .auditing import AUDIT
from .doors import Doors
from .pages import Pages

VERIFICATION: Final = f"{AUDIT}/verification"
_TOLD: Final = 100
"""So many histories that do not verify are told of; all are counted."""


class Verifying:
    """Answers for the verification."""

    def __init__(self, doors: Doors, pages: Pages, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._inquiry = inquiry

    def routes(self) -> list[Route]:
        """Make its routes."""
        return [self._doors.shows(VERIFICATION, self._verified), self._doors.does(VERIFICATION, self._everything)]

    async def _verified(self, asked: Asked) -> Response:
        """Verify the session that is named; where none is, say what would be done."""
        session = asked.said("session")
        return await self._proved(asked, session) if session else self._page(asked, "", None)

    async def _everything(self, asked: Asked) -> Response:
        """Verify all histories, which takes long: it is asked by a form, so that no link does it."""
        return await self._proved(asked, "")

    async def _proved(self, asked: Asked, session: str) -> Response:
        proof = await self._inquiry.verification(asked.caller, session or None, _TOLD)
        if isinstance(proof, Stray):
            return self._pages.refused_to(asked, proof.refusal)
        return self._page(asked, session, proof)

    def _page(self, asked: Asked, session: str, proof: Mapping[str, object] | None) -> Response:
        return self._pages.page(
            "verification.html", asked.signed_in, session=session, proof=proof, audits=is_auditor(asked.caller)
        )
