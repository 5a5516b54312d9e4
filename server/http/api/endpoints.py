"""Every endpoint of the API. Routes and the OpenAPI document are made of this list; there is no other."""

from __future__ import annotations

from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Attest, Decide

from ...documents import effects
from ...inquiry import Inquiry
from . import bodies, shapes
from .about_insights import about_insights
from .endpoint import PEOPLE, Answer, AnyEndpoint, Asked, Endpoint, Nothing
from .parameters import EffectsAsked, Paged, ReplayAsked, ReviewsAsked, RowsAsked, SessionsAsked, VerificationAsked


def endpoints(inquiry: Inquiry) -> list[AnyEndpoint]:
    """Declare the endpoints, of everything that an inquiry answers."""
    return [
        *_about_workflows(inquiry),
        *_about_sessions(inquiry),
        *_that_move_sessions(inquiry),
        *_about_reviews(inquiry),
        *_about_effects(inquiry),
        *_about_histories(inquiry),
        *about_insights(inquiry),
        Endpoint(
            "GET",
            "/principal",
            "principal",
            "Say who you are: whom your token was made for, with which roles, until when.",
            _principal,
            shapes.Principal,
            Nothing,
            Nothing,
        ),
    ]


def _about_workflows(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def listed(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.workflows(asked.caller)

    async def shown(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.workflow(asked.caller, asked.name)

    async def counted(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.counts(asked.caller, asked.name)

    return [
        Endpoint(
            "GET",
            "/workflows",
            "workflows",
            "List the workflows that are served and that you may know of.",
            listed,
            shapes.Workflows,
            Nothing,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/workflows/{name}",
            "workflow",
            "Say what a workflow is about: what a start takes, who may do what, and its states.",
            shown,
            shapes.Workflow,
            Nothing,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/workflows/{name}/counts",
            "counts",
            "Count the sessions of a workflow that you may see, state by state: those that run, and those that ended.",
            counted,
            shapes.Counts,
            Nothing,
            Nothing,
        ),
    ]


def _about_sessions(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def listed(asked: Asked[SessionsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.sessions(asked.caller, wanted.chosen(), wanted.limit, wanted.cursor)

    async def shown(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.session(asked.caller, asked.name)

    async def drawn(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.diagram(asked.caller, asked.name)

    return [
        Endpoint(
            "GET",
            "/sessions",
            "sessions",
            "List the sessions that you may see, newest first.",
            listed,
            shapes.Sessions,
            SessionsAsked,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/sessions/{id}",
            "session",
            "Show where a session is and how it came there; to people also what it holds.",
            shown,
            shapes.Session,
            Nothing,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/sessions/{id}/diagram",
            "session_diagram",
            "Draw the session's workflow as mermaid, with the state that it is in.",
            drawn,
            shapes.Diagram,
            Nothing,
            Nothing,
        ),
    ]


def _that_move_sessions(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def cancelled(asked: Asked[Nothing, bodies.Cancelling]) -> Answer:
        return await inquiry.cancel(asked.caller, asked.name, asked.body.reason)

    async def restarted(asked: Asked[Nothing, bodies.Restarting]) -> Answer:
        return await inquiry.restart(asked.caller, asked.name, asked.body.state, asked.body.reason)

    return [
        Endpoint(
            "POST",
            "/sessions/{id}/cancel",
            "cancel",
            "End a session where it is. A person does this, who may drive it; a write that runs is never cut off.",
            cancelled,
            shapes.Done,
            Nothing,
            bodies.Cancelling,
        ),
        Endpoint(
            "POST",
            "/sessions/{id}/restart",
            "restart",
            "Let a session go on from a state, whether it runs or has ended. A person does this, who may drive it.",
            restarted,
            shapes.Done,
            Nothing,
            bodies.Restarting,
        ),
    ]


def _about_reviews(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def listed(asked: Asked[ReviewsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.reviews(asked.caller, wanted.chosen(), wanted.limit, wanted.cursor)

    async def shown(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.review(asked.caller, asked.name)

    async def decided(asked: Asked[Nothing, bodies.Deciding]) -> Answer:
        body = asked.body
        said: JsonObject = {} if body.rationale is None else {"rationale": body.rationale}
        request = Decide(body.event, {**body.arguments, **said}, body.shown_digest, body.stay)
        return await inquiry.decide(asked.caller, asked.name, request)

    return [
        Endpoint(
            "GET",
            "/reviews",
            "reviews",
            "List the reviews, and the calls of tools, that wait for a person, the oldest first.",
            listed,
            shapes.Reviews,
            ReviewsAsked,
            Nothing,
            PEOPLE,
        ),
        Endpoint(
            "GET",
            "/reviews/{id}",
            "review",
            "Show what a person sees of a review or a call, and which decisions there are.",
            shown,
            shapes.Review,
            Nothing,
            Nothing,
            PEOPLE,
        ),
        Endpoint(
            "POST",
            "/reviews/{id}/decisions",
            "decide",
            "Decide a review or a call. A person does this, on exactly what they have seen.",
            decided,
            shapes.Done,
            Nothing,
            bodies.Deciding,
        ),
        *_about_claims(inquiry),
    ]


def _about_claims(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def claimed(asked: Asked[Nothing, bodies.Claiming]) -> Answer:
        return await inquiry.claim(asked.caller, asked.name, take_over=asked.body.take_over)

    async def released(asked: Asked[Nothing, bodies.Releasing]) -> Answer:
        return await inquiry.release(asked.caller, asked.name)

    async def delegated(asked: Asked[Nothing, bodies.Delegating]) -> Answer:
        return await inquiry.delegate(asked.caller, asked.name, asked.body.to, asked.body.reason)

    return [
        Endpoint(
            "POST",
            "/reviews/{id}/claim",
            "claim",
            "Claim a review or a call, so that you alone decide it. A person does this, who may decide it.",
            claimed,
            shapes.Done,
            Nothing,
            bodies.Claiming,
        ),
        Endpoint(
            "POST",
            "/reviews/{id}/release",
            "release",
            "Give back what you have claimed.",
            released,
            shapes.Done,
            Nothing,
            bodies.Releasing,
        ),
        Endpoint(
            "POST",
            "/reviews/{id}/delegate",
            "delegate",
            "Hand a review or a call to another person, who then decides it if they may.",
            delegated,
            shapes.Done,
            Nothing,
            bodies.Delegating,
        ),
    ]


def _about_effects(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def listed(asked: Asked[EffectsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.effects(asked.caller, wanted.session, wanted.status, wanted.limit, wanted.cursor)

    async def shown(asked: Asked[Nothing, Nothing]) -> Answer:
        return await inquiry.effect(asked.caller, asked.name)

    async def settled(asked: Asked[Nothing, bodies.Settling]) -> Answer:
        body, (_, number) = asked.body, effects.parts(asked.name)
        return await inquiry.settle(asked.caller, asked.name, Attest(number, body.outcome, body.reason, body.result))

    return [
        Endpoint(
            "GET",
            "/effects",
            "effects",
            "List the writes that run or that nobody knows the outcome of, or all of a session, the oldest first.",
            listed,
            shapes.Effects,
            EffectsAsked,
            Nothing,
            PEOPLE,
        ),
        Endpoint(
            "GET",
            "/effects/{id}",
            "effect",
            "Show a write: with what it was called, under which key, and all that is known of it.",
            shown,
            shapes.Effect,
            Nothing,
            Nothing,
            PEOPLE,
        ),
        Endpoint(
            "POST",
            "/effects/{id}/settlement",
            "settle",
            "Say how a write has ended that nobody knows the outcome of. A person does this; the session stays there.",
            settled,
            shapes.Settled,
            Nothing,
            bodies.Settling,
        ),
    ]


def _about_histories(inquiry: Inquiry) -> list[AnyEndpoint]:
    async def listed(asked: Asked[RowsAsked, Nothing]) -> Answer:
        wanted = asked.parameters
        return await inquiry.rows(asked.caller, wanted.chosen(), wanted.limit, wanted.cursor)

    async def of_session(asked: Asked[Paged, Nothing]) -> Answer:
        return await inquiry.history(asked.caller, asked.name, asked.parameters.limit, asked.parameters.cursor)

    async def verified(asked: Asked[VerificationAsked, Nothing]) -> Answer:
        return await inquiry.verification(asked.caller, asked.parameters.session, asked.parameters.limit)

    async def replayed(asked: Asked[ReplayAsked, Nothing]) -> Answer:
        return await inquiry.replay(asked.caller, asked.name, asked.parameters.to)

    return [
        Endpoint(
            "GET",
            "/audit",
            "rows",
            "List the rows of the sessions that you may see, newest first. Bodies are for people.",
            listed,
            shapes.Rows,
            RowsAsked,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/sessions/{id}/audit",
            "history",
            "List the rows of a session in their order. `server` has the calls that belong to none, for auditors.",
            of_session,
            shapes.Rows,
            Paged,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/audit/verification",
            "verification",
            "Verify that no row of a history was changed, removed, added or reordered, and that the rows give the "
            "snapshot. All histories at once are for auditors.",
            verified,
            shapes.Verification,
            VerificationAsked,
            Nothing,
        ),
        Endpoint(
            "GET",
            "/sessions/{id}/replay",
            "replay",
            "Make a session again from its rows, and compare it with its snapshot byte for byte.",
            replayed,
            shapes.Replay,
            ReplayAsked,
            Nothing,
            PEOPLE,
        ),
    ]


async def _principal(asked: Asked[Nothing, Nothing]) -> Answer:
    actor, expires_at = asked.caller.actor, asked.visitor.expires_at
    return {
        "kind": "system" if actor.kind == "external" else actor.kind,
        "id": actor.id,
        "roles": [*actor.roles],
        "owner": actor.owner,
        "session": actor.session,
        "expires_at": None if expires_at is None else iso(expires_at),
    }
