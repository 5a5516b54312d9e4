"""Doing something to a session from the command line, beside whichever servers hold the database.

This process is then one of several on the database, for a moment: what its command opens, it runs
itself, and it ends when all of that has settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

import click

from pointsman.contracts.values import JsonObject, as_objects
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Attest, Cancel, Claim, Command, Delegate, Release
from pointsman.fsm.decision import Decision

from ..application import open_application
from ..documents.answers import answered
from ..engines.embedded import EmbeddedEngine
from ..engines.strays import Frame, ServerAct
from ..governor import Governor
from ..identity import new_command_id, new_instance_id
from ..owning import with_owned
from ..replies import Caller, Reply, Stray
from ..timekeeping import clock_beside
from .callers import local_caller
from .database import reading_database, session_named
from .failures import FoundProblems
from .logging import log_to_stderr
from .output import print_json
from .whereabouts import sentence, votes_in_words

T = TypeVar("T")
OpensNothing: TypeAlias = Cancel | Attest | Claim | Release | Delegate
"""What opens no call; a cancellation only where the state has no `exit`."""


def governed(database: str | None, files: Sequence[Path], work: Callable[[Governor], Awaitable[T]]) -> T:
    """Open the database with these workflows, do the work, and wait until what it opened has settled."""
    log_to_stderr("warning")

    async def run() -> T:
        async with open_application(database, files, caretaking=False) as application:
            return await work(application.governor)

    return asyncio.run(run())


def submitted(
    database: str | None, session_id: str, workflow: Workflow, caller: Caller, request: OpensNothing
) -> Decision:
    """Submit what opens no call to the engine itself: no source is needed, so it works without a session's tools."""

    async def submit(engine: EmbeddedEngine) -> Decision:
        clock = await clock_beside(engine)
        return await engine.submit(
            session_id,
            Command(
                id=new_command_id(),
                at=clock.now_ms(),
                actor=caller.actor,
                channel=caller.channel,
                instance=engine.instance,
                request=await with_owned(engine, caller.actor, request),
                client=caller.client,
            ),
        )

    return _with_engine(database, [workflow], submit)


def record_act(database: str | None, act: ServerAct, result: JsonObject, caller: Caller | None = None) -> None:
    """Write to the audit what somebody has done that belongs to no session. If not said: the user of this machine."""
    who = caller or local_caller(())

    async def record(engine: EmbeddedEngine) -> None:
        at = (await clock_beside(engine)).now_ms()
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


def answer_document(database: str | None, answer: Reply | Stray, approval: str | None = None) -> JsonObject:
    """Say what came of a command, and where its session is now that everything has settled.

    `approval` is the number of the call that it has let run, if it has.
    """
    if isinstance(answer, Stray):
        return answered(answer, None, approval)
    with reading_database(database) as connection:
        return answered(answer, session_named(connection, answer.session), approval)


def tell(answer: JsonObject, *, as_json: bool, hint: str = "", ran: str | None = None) -> None:
    """Print what came of a command.

    `hint` follows a refusal, on lines of its own. Of the tool `ran` is said how it ended.

    Raises:
        FoundProblems: when it was refused.
    """
    refusal = answer.get("refusal")
    if as_json:
        print_json(answer)
    elif "session" in answer and refusal is None:
        how = [] if ran is None else [f"{ran}: {answer['outcome']}."]
        click.echo(visible("\n".join([*how, sentence(answer), *votes_in_words(answer)]), lines=True))
    if isinstance(refusal, dict):
        raise FoundProblems(refusal_text(refusal) + (f"\n{hint}" if hint else ""))


def refusal_text(refusal: JsonObject) -> str:
    """Write a refusal for a person, with every demand that is not met."""
    unmet = "".join(f"\n  {one['path'] or 'arguments'}: {one['problem']}" for one in as_objects(refusal.get("unmet")))
    return f"Refused ({refusal['code']}): {refusal['message']}{unmet}"
