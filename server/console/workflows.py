"""Workflows: the list of them, and one with its picture, the contract of each state, and what is in it now."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from pointsman.contracts.values import Json, JsonObject, as_list

from ..governor import Governor
from ..inquiry import Inquiry
from ..replies import Stray
from ..table.about import facts_of
from .asked import ROOT, Asked
from .diagrams import Diagrams
from .doors import Doors
from .pages import Pages
from .state_contracts import contracts_of

WORKFLOWS: Final = f"{ROOT}/workflows"
_SAID_ABOVE: Final = ("Goal", "Description")
"""What the head of the page says already."""


class Workflows:
    """Answers for workflows."""

    def __init__(self, doors: Doors, pages: Pages, governor: Governor, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._governor = governor
        self._inquiry = inquiry
        self._diagrams = Diagrams(governor)

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [self._doors.shows(WORKFLOWS, self._listed), self._doors.shows(f"{WORKFLOWS}/{{name}}", self._shown)]

    async def _listed(self, asked: Asked) -> Response:
        found = await self._inquiry.overview(asked.caller)
        return self._pages.page("workflows.html", asked.signed_in, items=found.items)

    async def _shown(self, asked: Asked) -> Response:
        counted = await self._inquiry.counts(asked.caller, asked.name)
        if isinstance(counted, Stray):
            return self._pages.refused_to(asked, counted.refusal)
        workflow = next(one for one in self._governor.workflows() if one.name == asked.name)
        counts = _by_state(counted["states"])
        return self._pages.page(
            "workflow.html",
            asked.signed_in,
            workflow=workflow,
            facts=[one for one in facts_of(workflow) if one[0] not in _SAID_ABOVE],
            contracts=[*contracts_of(workflow)],
            diagram=await self._diagrams.of(workflow),
            running=counted["open"],
            ended=counted["ended"],
            counts=counts,
            older=[name for name in counts if name not in workflow.states],
        )


def _by_state(counted: Json) -> dict[str, JsonObject]:
    found = as_list(counted)
    return {str(one["state"]): one for one in found if isinstance(one, dict)}
