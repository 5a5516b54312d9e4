"""Doing something to a session from the command line, beside whichever servers hold the database.

This process is then one of several on the database, for a moment: what its command opens, it runs
itself, and it ends when all of that has settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import click
from sqlalchemy import Connection

from pointsman.contracts.loading import load
from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Attest, Cancel, Command
from pointsman.fsm.decision import Decision
from pointsman.fsm.refusals import Refusal, unmet_values
from pointsman.fsm.session import Session

from ..application import open_application
from ..clock import SystemClock
from ..engines.embedded import EmbeddedEngine
from ..engines.strays import Frame, ServerAct
from ..governor import Governor
from ..identity import new_command_id, new_instance_id
from ..replies import Caller, Reply, Stray
from ..store.reading import definition
from .callers import local_caller
from .database import reading_database, session_named
from .failures import FoundProblems, NotReached
from .logging import log_to_stderr
from .output import print_json
from .whereabouts import place, sentence, votes_in_words

T = TypeVar("T")


def governed(database: str | None, files: Sequence[Path], work: Callable[[Governor], Awaitable[T]]) -> T:
    """Open the database with these workflows, do the work, and wait until what it opened has settled."""
    log_to_stderr("warning")

    async def run() -> T:
        async with open_application(database, files, caretaking=False) as application:
            return await work(application.governor)

    return asyncio.run(run())


def submitted(
    database: str | None, session_id: str, workflow: Workflow, caller: Caller, request: Cancel | Attest
) -> Decision:
    """Submit what opens no call to the engine itself: no source is needed, so it works without a session's tools."""

    async def submit(engine: EmbeddedEngine) -> Decision:
        return await engine.submit(
            session_id,
            Command(
                id=new_command_id(),
                at=SystemClock().now_ms(),
                actor=caller.actor,
                channel=caller.channel,
                instance=engine.instance,
                request=request,
                client=caller.client,
            ),
        )

    return _with_engine(database, [workflow], submit)


def record_act(database: str | None, act: ServerAct, result: JsonObject, caller: Caller | None = None) -> None:
    """Write to the audit what somebody has done that belongs to no session. If not said: the user of this machine."""
    who = caller or local_caller(())

    async def record(engine: EmbeddedEngine) -> None:
        at = SystemClock().now_ms()
        await engine.record_act(Frame(new_command_id(), at, who.actor, who.channel, who.client), act, result)

    _with_engine(database, [], record)


def _with_engine(
    database: str | None, workflows: Sequence[Workflow], work: Callable[[EmbeddedEngine], Awaitable[T]]
) -> T:
    """Open the database for what needs no source of tools."""
    log_to_stderr("warning")
    known = {workflow.digest: workflow for workflow in workflows}

    async def run() -> T:
        engine = await EmbeddedEngine.open(database, known.get, instance=new_instance_id())
        try:
            return await work(engine)
        finally:
            await engine.aclose()

    return asyncio.run(run())


def workflow_of(connection: Connection, session: Session) -> Workflow:
    """Give the workflow a session was started with, as the database keeps it. Its sources are not loaded.

    Raises:
        NotReached: when the text is not there.
    """
    stored = definition(connection, session.definition)
    if stored is None:
        raise NotReached(f"The text of {session.workflow} ({session.definition}) is not in the database.")
    return load(stored.text.encode(), stored.path or f"{session.workflow}.yaml")


class Ran(NamedTuple):
    """A call of a tool that a person has let run: its approval's number, and the tool."""

    approval: str
    tool: str


def tell(
    database: str | None, answer: Reply | Stray, *, as_json: bool, hint: str = "", call: Ran | None = None
) -> None:
    """Say what came of a command, and where its session is now that everything has settled.

    `hint` follows a refusal, on lines of its own. Of `call` is said how it ended.

    Raises:
        FoundProblems: when it was refused.
    """
    session: Session | None = None
    if isinstance(answer, Reply):
        with reading_database(database) as connection:
            session = session_named(connection, answer.session)
    refusal = answer.refusal
    outcome = "refused" if refusal else "done" if call is None else _ended(session, answer, call)
    if as_json:
        where = place(session) if session is not None else {}
        print_json({**where, "outcome": outcome, **_refusal(refusal)})
    elif session is not None and refusal is None:
        ran = [] if call is None else [f"{call.tool}: {outcome}."]
        click.echo(visible("\n".join([*ran, sentence(session), *votes_in_words(session)]), lines=True))
    if refusal is not None:
        raise FoundProblems(refusal_text(refusal) + (f"\n{hint}" if hint else ""))


def _ended(session: Session | None, answer: Reply | Stray, call: Ran) -> str:
    """Say how a call ended: as its session has it, or as was answered where the session has gone elsewhere."""
    approval = session.stay.approvals.get(call.approval) if session is not None else None
    if approval is not None:
        return approval.status
    return answer.outcome if isinstance(answer, Reply) else "refused"


def refusal_text(refusal: Refusal) -> str:
    """Write a refusal for a person, with every demand that is not met."""
    unmet = "".join(f"\n  {one.path or 'arguments'}: {one.problem}" for one in refusal.unmet)
    return f"Refused ({refusal.code}): {refusal.message}{unmet}"


def _refusal(refusal: Refusal | None) -> JsonObject:
    if refusal is None:
        return {}
    unmet = unmet_values(refusal.unmet)
    return {"refusal": {"code": refusal.code, "message": refusal.message, **({"unmet": [*unmet]} if unmet else {})}}
