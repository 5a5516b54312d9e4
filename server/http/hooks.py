"""Receives deliveries of webhooks. Whoever cannot prove that one is theirs hears the same, whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pointsman.contracts.json_reader import Fault
from pointsman.contracts.values import Json
from pointsman.fsm.refusals import Refusal

from ..replies import Reply
from ..triggers.signatures import Proven, Reason, Signed, Unproven, prove, prove_token
from ..triggers.webhooks import Hook, Webhooks
from .callers import client_of
from .deliveries import Delivered, received, received_unsigned, single_headers
from .refusals import refused

_UNPROVEN: Final = Refusal("FORBIDDEN", "This delivery does not prove that it comes from the sender of this webhook.")
_CHALLENGE: Final = {"www-authenticate": "Webhook"}
"""A status of 401 names a scheme (RFC 9110, section 11.6.1); which one a webhook has is not told."""


class Hooks:
    """Receives what comes in for the webhooks of a server.

    Args:
        webhooks: What is done with it.
        now_ms: Tells the time.
    """

    def __init__(self, webhooks: Webhooks, now_ms: Callable[[], int]) -> None:
        self._webhooks = webhooks
        self._now_ms = now_ms

    def has(self, workflow: str, name: str | None = None) -> bool:
        """Whether a workflow has a webhook of this name."""
        return self._webhooks.find(workflow, name) is not None

    async def receive(self, request: Request, workflow: str, name: str | None = None) -> Response:
        """Answer one delivery."""
        hook = self._webhooks.find(workflow, name)
        if hook is None:
            return await self._unproven(request, workflow, name, None)
        return await self._receive(request, hook)

    async def _receive(self, request: Request, hook: Hook) -> Response:
        scheme, name = hook.webhook.scheme, hook.webhook.name
        if scheme == "basic":  # nothing is read from whoever does not know the password
            early = prove(scheme, hook.keys, Signed(single_headers(request), b"", ""), self._now_ms())
            if isinstance(early, Unproven):
                return await self._unproven(request, hook.workflow, name, early.reason)
        delivered = await (received_unsigned if scheme in ("basic", "mailgun") else received)(request)
        if isinstance(delivered, Response):
            return delivered
        proof, body = await self._judged(hook, delivered)
        if isinstance(proof, Unproven):
            return await self._unproven(request, hook.workflow, name, proof.reason)
        if isinstance(body, Fault):
            refusal = Refusal("MALFORMED", f"The body: {body.message}.")
            return refused(await self._webhooks.turn_down(hook, refusal, client_of(request)))
        return _answer(await self._webhooks.take(hook, proof.covered, body, client_of(request)))

    async def _judged(self, hook: Hook, delivered: Delivered) -> tuple[Proven | Unproven, Json | Fault]:
        """Say whether a delivery is its sender's, and what it says: that is read first where the proof is in it."""
        scheme, keys = hook.webhook.scheme, hook.keys
        if scheme == "mailgun":
            body = await delivered.body()
            said = None if isinstance(body, Fault) else body
            return prove_token(keys, said, self._now_ms()), body
        proof = prove(scheme, keys, delivered.signed, self._now_ms())
        return proof, None if isinstance(proof, Unproven) else await delivered.body()

    async def _unproven(self, request: Request, workflow: str, name: str | None, reason: Reason | None) -> Response:
        await self._webhooks.refuse(workflow, name, reason, client_of(request))
        return refused(_UNPROVEN, HTTPStatus.UNAUTHORIZED, _CHALLENGE)


def _answer(taken: Reply | Refusal) -> Response:
    if isinstance(taken, Refusal):
        return refused(taken)
    if taken.refusal is not None:
        return refused(taken.refusal)
    return JSONResponse({"session": taken.session, "state": taken.state, "repeated": taken.repeated})
