"""Driving a session from this terminal: the models of `pointsman run`, and the person who watches."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final

import click

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Model, Workflow
from pointsman.fsm.allowed import waiting
from pointsman.fsm.session import Actor, Session

from ..application import open_application
from ..documents.sessions import models
from ..governor import Governor
from ..identity import local_principal, new_handle
from ..models.access import access_of_this_process
from ..models.admission import see_prices
from ..models.driver import CHANNEL
from ..models.hired import Hired
from ..models.running import MayNotDrive, NoSession, NotDriven, run
from ..replies import Caller, Stray
from .acting import refusal_text
from .arguments import assigned, read_input
from .failures import FoundProblems, NotReached
from .invocation import program
from .keeping import environment_with_key
from .live_path import LivePath
from .logging import log_to_stderr
from .pricing import prices
from .whereabouts import taken_in_words

CLIENT: Final = "pointsman-run"
_MAX_TOKENS: Final = 4_096
_TIMEOUT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Driven:
    """What is driven: a workflow, a session of it that there is already, and the model in place of an agent."""

    file: Path
    session: str | None
    model: str
    max_turns: int


def drive(driven: Driven, input_file: str | None, assignments: Sequence[str], database: str | None) -> None:
    """Start a session or go on with one, and print what happens until somebody else must act.

    Raises:
        FoundProblems: when it cannot be started, has ended as failed, or went on without the model's answer.
        ModelWithoutPrice: when the cost of a model is limited, and its price is not known.
        NotAskable: when no model can be asked from here.
        NotReached: when the model that acts in place of the agent cannot be asked.
    """
    log_to_stderr("error")
    given = read_input(input_file) if input_file is not None else {}
    asyncio.run(_drive(driven, given, assignments, database))


async def _drive(driven: Driven, given: JsonObject, assignments: Sequence[str], database: str | None) -> None:
    async with AsyncExitStack() as stack:
        access = await stack.enter_async_context(access_of_this_process(environment_with_key(), prices()))
        await asyncio.to_thread(access.check)
        opening = open_application(database, [driven.file], caretaking=True, access=access)
        governor = (await stack.enter_async_context(opening)).governor
        see_prices(access.prices, governor.workflows()[0], driven.file, driven.model)
        fields = {**given, **assigned(assignments, governor.workflows()[0].start.input_schema)}
        session_id = driven.session or new_handle()
        go_on = f"{program()} run {quote(str(driven.file))} --session {session_id}"
        path = LivePath()
        work = asyncio.create_task(_driven(governor, driven, session_id, fields, path))
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # an event loop of Windows takes no signals
                asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        try:
            session = await work
        except asyncio.CancelledError:
            begun = await governor.engine.read(session_id) is not None
            click.echo(f"\nStopped. Nothing is lost; go on with: {go_on}" if begun else "\nStopped; nothing has begun.")
            return
        except (MayNotDrive, NoSession) as error:
            raise FoundProblems(str(error)) from error
        except NotDriven as error:
            raise NotReached(f"{error}\nNothing is lost; go on with: {go_on}") from error
        problems = [] if path.unasked is None else [f"The model could not be asked. {path.unasked}"]
        problems += _conclude(session, go_on)
        if problems:
            raise FoundProblems("\n".join(problems))


async def _driven(governor: Governor, driven: Driven, session_id: str, fields: JsonObject, path: LivePath) -> Session:
    workflow = governor.workflows()[0]
    caller = Caller(Actor("agent", local_principal()), CLIENT, CHANNEL)
    if driven.session is None:
        await _start(governor, caller, workflow, fields, session_id)
    else:
        await _check(governor, driven, workflow)
    model = Model(driven.model, None, _MAX_TOKENS, driven.max_turns, _TIMEOUT_MS)
    return await run(governor, session_id, Hired(caller, model), path)


async def _start(governor: Governor, caller: Caller, workflow: Workflow, fields: JsonObject, session_id: str) -> None:
    """Start the session and name it. Whoever is stopped meanwhile waits until it is known whether it has begun."""
    starting = asyncio.create_task(governor.begin(caller, workflow.name, fields, session_id))
    try:
        answer = await asyncio.shield(starting)
    except asyncio.CancelledError:
        if not isinstance(await starting, Stray):
            click.echo(f"session {session_id}")
        raise
    if isinstance(answer, Stray):
        raise FoundProblems(refusal_text(_refusal(answer)))
    click.echo(f"session {session_id}")


async def _check(governor: Governor, driven: Driven, workflow: Workflow) -> None:
    """Check that a session is one of the file's workflow; it may be of another version, and keeps its own."""
    session = await governor.engine.read(driven.session or "")
    if session is not None and session.workflow != workflow.name:
        raise FoundProblems(
            f"The session {session.id} is of the workflow {session.workflow}, and {driven.file} is {workflow.name}. "
            f"Run the file of {session.workflow}."
        )


def _refusal(answer: Stray) -> JsonObject:
    unmet: list[Json] = [{"path": one.path, "problem": one.problem} for one in answer.refusal.unmet]
    return {"code": answer.refusal.code, "message": answer.refusal.message, "unmet": unmet}


def _conclude(session: Session, go_on: str) -> list[str]:
    """Print where the session is, and who goes on. Gives what is wrong with that."""
    stay = session.stay
    asked = f"{taken_in_words(models(session))}." if session.counts.turns else ""
    if session.ended is not None:
        click.echo(f"\nIt has ended in {session.state} ({session.ended.outcome}). {asked}".rstrip())
        if session.ended.outcome in ("failed", "manual"):
            look = f"{program()} sessions show {session.id}"
            return [f"{session.ended.owner or 'Somebody'} has to look at it: {look}"]
        return []
    waits = sorted((one for one in stay.approvals.values() if one.status == "pending"), key=lambda one: int(one.id))
    if stay.actor == "human":
        who = waiting(session)
        whose, looks = f"a person{_with_role(who.role if who else None)} decides", [session.id]
    elif waits and stay.actor in ("agent", "model"):
        roles = " or ".join(dict.fromkeys(one.role for one in waits))
        tools = ", ".join(dict.fromkeys(one.tool for one in waits))
        whose, looks = f"a person{_with_role(roles)} decides about {tools}", [f"{session.id}.{one.id}" for one in waits]
    else:
        whose, looks = "the outside answers", []
    click.echo(f"\nIn {session.state} {whose} now. {asked}".rstrip())
    for look in looks:
        click.echo(f"Look at it:  {program()} review show {look}")
    click.echo(f"Go on then:  {go_on}")
    return []


def _with_role(role: str | None) -> str:
    return "" if role is None else f" with the role {role}"
