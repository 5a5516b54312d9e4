"""Asks the person behind an MCP client to decide the review that its session has come to, and has that decided.

The reply to a client's call waits for the person only so long as any reply may wait; what they answer later counts all
the same, unless the session has moved on. What is no answer (a decline, a cancel, silence, what does not fit the form,
a client that has gone) changes nothing, and is no refusal of anybody. Whoever has declined is not asked
again, and nobody more often than the bound: by this process, which knows it of the last reviews it has asked about.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import structlog

from pointsman.tools.conversation import ELICIT, Question
from pointsman.tools.forms import misshapen

from ..bounds import REVIEW_ASKS, REVIEWS_ASKED
from ..documents import reviews
from ..replies import Caller, Governed, Reply, Stray, Waiter
from .form import Form, form_of, read
from .message import message_of
from .offer import ANSWERS_COUNT, CHANNEL, Offer
from .people import People

_Key: TypeAlias = tuple[str, str, int]
"""A person, a session and its stay."""

_log: Final = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Asked:
    """How one person has been asked about one review."""

    times: int = 0
    is_open: bool = False
    declined: bool = False


class Elicitation:
    """Asks for all connections of a server.

    Args:
        governed: Answers every call, and has decisions decided.
        people: Knows the person behind an agent.
    """

    def __init__(self, governed: Governed, people: People) -> None:
        self._governed = governed
        self._people = people
        self._asked: dict[_Key, _Asked] = {}
        self._asking: set[asyncio.Task[Reply | None]] = set()

    async def asked(self, caller: Caller, reply: Reply, waiter: Waiter) -> Reply | Stray:
        """Let the person behind a caller decide, where they may be asked; give the reply to the call as it is then.

        Args:
            caller: The client whose call has brought the session to rest, or asks for its status.
            reply: What it would be told now.
            waiter: The client that waits for the reply.
        """
        if reply.waiting_for is None or reply.waiting_for.actor != "human" or not waiter.takes(ELICIT):
            return reply
        offer = await self._governed.offered(caller, reply.session, self._people)
        begun = None if offer is None else self._begun(caller, offer, waiter)
        if begun is None:
            return reply
        try:
            await asyncio.wait({begun}, timeout=waiter.patience_s)
        except asyncio.CancelledError:
            begun.cancel()  # whoever called has taken the call back, and its question with it
            raise
        decided = begun.result() if begun.done() else None
        now = await self._governed.status(caller, reply.session)
        if isinstance(now, Stray):
            return now
        outcome = "waiting" if decided is not None and decided.outcome == "waiting" else reply.outcome
        said = replace(now, outcome=outcome, result=reply.result, refusal=reply.refusal)
        return replace(said, repeated=reply.repeated, content=reply.content)

    async def aclose(self) -> None:
        """Ask nobody any more."""
        for asking in self._asking:
            asking.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _begun(self, caller: Caller, offer: Offer, waiter: Waiter) -> asyncio.Task[Reply | None] | None:
        """Begin to ask, if this person may be asked about this review once more."""
        key = (offer.person.accountable, offer.session.id, offer.session.stay.number)
        asked = self._asked.get(key)
        if asked is None:
            if len(self._asked) >= REVIEWS_ASKED:
                del self._asked[next(iter(self._asked))]
            asked = self._asked[key] = _Asked()
        if asked.is_open or asked.declined or asked.times >= REVIEW_ASKS:
            return None
        asked.is_open = True
        task = asyncio.create_task(self._decided(caller, offer, waiter, asked))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return task

    async def _decided(self, caller: Caller, offer: Offer, waiter: Waiter, asked: _Asked) -> Reply | None:
        """Ask until there is a decision, or no answer; give what came of the decision."""
        try:
            return await self._conversed(caller, offer, waiter, asked)
        except Exception:  # noqa: BLE001 -- the border: the call that is waited for is answered all the same
            _log.exception("review not decided by elicitation", session=offer.session.id)
            return None
        finally:
            asked.is_open = False

    async def _conversed(self, caller: Caller, offer: Offer, waiter: Waiter, asked: _Asked) -> Reply | None:
        before: str | None = None
        now: Offer | None = offer
        while now is not None and asked.times < REVIEW_ASKS:
            question = _question(now, before)
            if question is None:
                return None
            asked.times += 1
            form, asks = question
            answer = read(form, await waiter.put(asks))
            _log.info("review asked", session=now.session.id, action=answer.action, why=answer.why)
            if answer.event is None:
                asked.declined = answer.action == "decline"
                return None
            person = await self._people.behind(caller.actor, now.workflow)
            if person is None or person.id != now.person.id:
                return None  # they are nobody here any more
            decider = Caller(person, caller.client, CHANNEL)
            request = now.decision(answer.event, answer.arguments)
            reply = await self._governed.decide(decider, now.session.id, request)
            if reply.refusal is None or reply.refusal.code not in ANSWERS_COUNT:
                return reply if isinstance(reply, Reply) and reply.refusal is None else None
            before = reply.refusal.message
            now = await self._governed.offered(caller, now.session.id, self._people)
        return None


def _question(offer: Offer, before: str | None) -> tuple[Form, Question] | None:
    """Make what is asked; None where a form cannot say it."""
    form = form_of(offer)
    shown = reviews.shown(offer.state, offer.review)
    message = None if form is None else message_of(offer, shown, before)
    why = "no event can be said in a form" if form is None else misshapen(form.schema)
    if form is None or message is None or why is not None:
        _log.info("review not asked", session=offer.session.id, why=why or "it shows more than can be told")
        return None
    return form, Question(ELICIT, {"mode": "form", "message": message, "requestedSchema": form.schema})
