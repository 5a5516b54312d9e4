"""Endpoints that tell what people made of the work of agents and models."""

from __future__ import annotations

from ...inquiry import Inquiry
from . import shapes
from .endpoint import PEOPLE, Answer, AnyEndpoint, Asked, Endpoint, Nothing
from .parameters import CorrectionsAsked


def about_insights(inquiry: Inquiry) -> list[AnyEndpoint]:
    """Declare them."""

    async def corrected(asked: Asked[CorrectionsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.corrections(asked.caller, wanted.chosen(), wanted.limit, wanted.cursor)

    return [
        Endpoint(
            "GET",
            "/corrections",
            "corrections",
            "List what reviewers changed or rejected in the sessions that you may see, as labelled examples.",
            corrected,
            shapes.Corrections,
            CorrectionsAsked,
            Nothing,
            PEOPLE,
        ),
    ]
