"""Endpoints that tell what people made of the work of agents and models."""

from __future__ import annotations

from ...inquiry import Inquiry
from . import shapes
from .endpoint import PEOPLE, Answer, AnyEndpoint, Asked, Endpoint, Nothing
from .parameters import CorrectionsAsked, StatisticsAsked


def about_insights(inquiry: Inquiry) -> list[AnyEndpoint]:
    """Declare them."""

    async def corrected(asked: Asked[CorrectionsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.corrections(asked.caller, wanted.chosen(), wanted.limit, wanted.cursor)

    async def counted(asked: Asked[StatisticsAsked, Nothing]) -> Answer:
        return await inquiry.stats(asked.caller, asked.parameters.asked())

    return [
        Endpoint(
            "GET",
            "/stats",
            "stats",
            "Count what agents and models did in the sessions that you may see, how reviewers judged it, and what has "
            "changed against a time before.",
            counted,
            shapes.Stats,
            StatisticsAsked,
            Nothing,
            PEOPLE,
        ),
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
