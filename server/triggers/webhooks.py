"""Webhooks: what a delivery that its sender has proven starts, or moves, once.

Where it came in and how it was read is not known here; `server/http/hooks.py` does that. Whoever sends a
delivery learns what has become of it, and of a refusal no more than what its own fields lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Delivery, Webhook, Workflow
from pointsman.fsm.refusals import Code, Refusal
from pointsman.fsm.session import Actor

from ..errors import SecretMissing
from ..governor import Governor
from ..identity import SOMEBODY
from ..replies import Caller, Reply, Stray
from .handles import Handles
from .rendering import BodyScope, evaluated, rendered
from .signatures import Keys, Reason, UnfitSecret, key_of

CHANNEL: Final = "webhook"

_NOBODY: Final = Refusal("NOT_FOUND", "There is no session that this is for.")
_OWN: Final[frozenset[Code]] = frozenset({"MISSING_FIELDS", "INVALID_FIELDS"})
"""Refusals that speak of nothing but what was sent."""

_WHY: Final[Mapping[Reason, str]] = {
    "unsigned": "It has no signature.",
    "malformed": "Its signature is not of the form that the webhook's scheme has.",
    "signature": "No secret of the webhook gives its signature.",
    "old": "It is older than its signature is good for.",
    "future": "It is signed for a time to come: somebody's clock is wrong.",
}


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that is served, and the keys that prove its deliveries."""

    workflow: str
    webhook: Webhook
    keys: Keys


class Webhooks:
    """Takes the deliveries of the webhooks of a governor's workflows.

    Args:
        governor: Starts and moves sessions.
        handles: Gives the same name to the same thing.
        environment: Where the secrets are.

    Raises:
        SecretMissing: one of them is not there, or is no secret of its scheme.
    """

    def __init__(self, governor: Governor, handles: Handles, environment: Mapping[str, str]) -> None:
        self._governor = governor
        self._handles = handles
        self._hooks = {(hook.workflow, hook.webhook.name): hook for hook in _hooks(governor.workflows(), environment)}

    def find(self, workflow: str, name: str | None) -> Hook | None:
        """Give the webhook of a workflow by its name; None for the one without a name."""
        return self._hooks.get((workflow, name))

    async def refuse(self, workflow: str, name: str | None, reason: Reason | None, client: str | None) -> None:
        """Record that a delivery was not its sender's; no reason is for one to a webhook that there is not."""
        why = "There is no such webhook." if reason is None else _WHY[reason]
        about: JsonObject = {"workflow": workflow, "webhook": name, "reason": reason or "unknown"}
        caller = Caller(SOMEBODY, client, CHANNEL)
        await self._governor.stray(caller, "deliver", Refusal("FORBIDDEN", why), about)

    async def turn_down(self, hook: Hook, refusal: Refusal, client: str | None) -> Refusal:
        """Record that a delivery of its sender's says nothing that can be read."""
        return await self._refused(hook, _caller(hook, client), refusal)

    async def take(self, hook: Hook, covered: str, body: Json, client: str | None) -> Reply | Refusal:
        """Do what a delivery says, once. `covered` is what its signature tells it from others by."""
        caller = _caller(hook, client)
        scope = BodyScope(body)
        identity = _identity(hook.webhook, covered, scope)
        if isinstance(identity, Refusal):
            return await self._refused(hook, caller, identity)
        named: list[Json] = ["webhook", hook.workflow, hook.webhook.name, *identity]
        if isinstance(hook.webhook.purpose, Delivery):
            return await self._deliver(hook, caller, hook.webhook.purpose, scope, named)
        fields = rendered(hook.webhook.purpose, scope, "start")
        if isinstance(fields, Refusal):
            return await self._refused(hook, caller, fields)
        started = await self._governor.begin(caller, hook.workflow, fields, await self._handles.of(*named))
        return started.refusal if isinstance(started, Stray) else started

    async def _deliver(
        self, hook: Hook, caller: Caller, delivery: Delivery, scope: BodyScope, named: Sequence[Json]
    ) -> Reply | Refusal:
        fields = rendered(delivery.fields, scope, "deliver.with")
        session = evaluated(delivery.session, scope, "deliver.session")
        for found in (session, fields):
            if isinstance(found, Refusal):
                return await self._refused(hook, caller, found)
        if not isinstance(session, str) or not IDENTIFIER.match(session) or isinstance(fields, Refusal):
            return await self._refused(hook, caller, _NOBODY)
        if await self._governor.workflow_of(caller, session) != hook.workflow:
            return await self._refused(hook, caller, _NOBODY)
        name = await self._handles.of(*named)
        moved = await self._governor.hand_over(caller, session, delivery.event, fields, name)
        refusal = moved.refusal
        if refusal is None or isinstance(moved, Stray):
            return _NOBODY if isinstance(moved, Stray) else moved
        if refusal.code in _OWN:
            return refusal
        return replace(refusal, message="The session does not take this now.", unmet=(), detail=None)

    async def _refused(self, hook: Hook, caller: Caller, refusal: Refusal) -> Refusal:
        """Record a delivery that never reached a session."""
        about: JsonObject = {"workflow": hook.workflow, "webhook": hook.webhook.name}
        await self._governor.stray(caller, "deliver", refusal, about)
        return refusal


def _caller(hook: Hook, client: str | None) -> Caller:
    return Caller(Actor("system", f"webhook:{hook.workflow}"), client, CHANNEL)


def _identity(webhook: Webhook, covered: str, scope: BodyScope) -> tuple[str, Json] | Refusal:
    """Give what is the same for deliveries that are one."""
    if webhook.dedupe is None:
        return "covered", covered
    value = evaluated(webhook.dedupe, scope, "dedupe")
    if isinstance(value, Refusal):
        return value
    if value in (None, "", [], {}):
        return Refusal("MISSING_FIELDS", "What came in is told from nothing else: `dedupe` is empty.")
    return "dedupe", value


def _hooks(workflows: Iterable[Workflow], environment: Mapping[str, str]) -> Iterable[Hook]:
    for workflow in workflows:
        for trigger in workflow.triggers:
            if isinstance(trigger, Webhook):
                keys = [_key(workflow.name, trigger, name, environment) for name in trigger.secrets]
                yield Hook(workflow.name, trigger, keys)


def _key(workflow: str, webhook: Webhook, name: str, environment: Mapping[str, str]) -> bytes:
    whose = f"The webhook {webhook.name!r}" if webhook.name is not None else "The webhook"
    if not environment.get(name):
        message = f"{whose} of {workflow!r} needs {name}, which is not set in the environment. Set it and start again."
        raise SecretMissing(message)
    try:
        return key_of(webhook.scheme, environment[name])
    except UnfitSecret as error:
        raise SecretMissing(
            f"{whose} of {workflow!r} cannot use {name} as the secret of `{webhook.scheme}`: {error}."
        ) from error
