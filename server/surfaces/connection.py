"""What is known of one client connection: who calls, and the sessions it has started.

The argument `session` may be left out where exactly one session is bound. A second start binds the
newer one beside the first; what has ended is let go when another begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.gate import may_start
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..elicitation.eliciting import Elicitation
from ..known import known_workflows
from ..replies import Caller, Glimpse, Governed, Reply, Stray, Waiter

NAMED_SESSIONS: Final = 20
"""Bound sessions that a refusal names, the newest."""


class Connection:
    """One connection.

    Args:
        governed: Answers every call.
        actor: Who calls.
        channel: The way the calls come.
        on_list_changed: Is told that the newest session may offer something else now.
        elicitation: Asks the person behind the calls; None where nobody is known.
    """

    def __init__(
        self,
        governed: Governed,
        actor: Actor,
        channel: str,
        on_list_changed: Callable[[], None],
        elicitation: Elicitation | None = None,
    ) -> None:
        self.governed = governed
        self._elicitation = elicitation
        self.caller = Caller(actor, None, channel)
        self._on_list_changed = on_list_changed
        self._bound: dict[str, bool] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._stay = 0

    def identify(self, client: str | None) -> None:
        """Note the name of the client program, which may come with every request."""
        if client != self.caller.client:
            self.caller = Caller(self.caller.actor, client, self.caller.channel)

    def act_as(self, actor: Actor) -> None:
        """Note who calls."""
        if actor != self.caller.actor:
            self.caller = Caller(actor, self.caller.client, self.caller.channel)

    async def workflows(self) -> list[Workflow]:
        """Give the served workflows that the caller may know, in their order."""
        return await known_workflows(self.governed, self.caller)

    def startable(self) -> list[Workflow]:
        """Give those of which the caller may start a session."""
        return [one for one in self.governed.workflows() if may_start(one, self.caller.actor)]

    @property
    def sessions(self) -> tuple[str, ...]:
        """The bound sessions, oldest first."""
        return tuple(self._bound)

    @property
    def only(self) -> str | None:
        """The session bound, where it is the only one."""
        return next(iter(self._bound)) if len(self._bound) == 1 else None

    @property
    def newest(self) -> str | None:
        """The session bound last."""
        return next(reversed(self._bound), None)

    def bind(self, session: str) -> None:
        """Bind a session, and let go of those that have ended."""
        for other in [other for other, ended in self._bound.items() if ended or other == session]:
            del self._bound[other]
        self._bound[session] = False
        self._stay = 0
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._unsubscribe = self.governed.subscribe(session, self._glimpsed)
        self._on_list_changed()

    def _glimpsed(self, glimpse: Glimpse) -> None:
        """Only another stay in which the session rests offers something else."""
        if glimpse.rests and glimpse.stay != self._stay:
            self._stay = glimpse.stay
            self._on_list_changed()

    def started(self, reply: Reply | Stray) -> None:
        """Bind the session that was started, if one was."""
        if isinstance(reply, Reply) and reply.outcome != "refused":
            self.bind(reply.session)
            self.note(reply)

    def note(self, reply: Reply | Stray | None) -> None:
        """Remember that a session has ended."""
        if isinstance(reply, Reply) and reply.ended is not None and reply.session in self._bound:
            self._bound[reply.session] = True

    async def asked(self, reply: Reply | Stray, waiter: Waiter) -> Reply | Stray:
        """Let the person behind the connection decide the review that a call has brought its session to, if they may
        be asked; give the reply to the call as it is then.
        """
        if self._elicitation is None or isinstance(reply, Stray) or not reply.entered:
            return reply
        return await self._elicitation.asked(self.caller, reply, waiter)

    def session_for(self, named: str | None, start_with: str) -> str | Refusal:
        """Give the session a call is for: the one it names, or the only one bound.

        `start_with` names the tool that starts a session.
        """
        if named is not None:
            return named
        if len(self._bound) == 1:
            return next(iter(self._bound))
        if not self._bound:
            how = f"Start one with {start_with}, or name yours in `session`; list_sessions lists yours."
            return Refusal("NOT_ALLOWED", f"No session is open here. {how}")
        newest = list(self._bound)[-NAMED_SESSIONS:]
        more = "" if len(newest) == len(self._bound) else f" and {len(self._bound) - len(newest)} older ones"
        names = f"{', '.join(newest)}{more}"
        return Refusal("MISSING_FIELDS", f"Several sessions are open here: name yours in `session`. They are {names}.")

    def close(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
