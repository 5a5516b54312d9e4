"""The wiring: one place where engine, catalogue, governor and caretaker are put together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .caretaker import Caretaker
from .catalogue import Catalogue
from .clock import Clock, SteadyClock
from .engines.embedded import EmbeddedEngine
from .governor import Governor
from .identity import new_instance_id
from .models.admission import admit_models
from .models.driver import Access
from .timekeeping import Timekeeper
from .triggers.handles import Handles
from .triggers.schedules import Schedules


@dataclass(frozen=True, slots=True)
class Application:
    """A server process, whatever it shows to the outside."""

    governor: Governor
    caretaker: Caretaker

    @property
    def engine(self) -> EmbeddedEngine:
        """Where the sessions are."""
        return self.governor.engine


@asynccontextmanager
async def open_application(
    database: str | None,
    files: Sequence[Path],
    *,
    clock: Clock | None = None,
    caretaking: bool,
    access: Access | None = None,
) -> AsyncGenerator[Application]:
    """Open the database and load the workflows; on leaving, wait for what runs and close everything.

    Args:
        database: A SQLAlchemy URL or a file's path; None for the default in the user's data directory.
        files: The workflow files to serve.
        clock: What tells the time. If not said: a steady clock, that of the processes which run on this database.
        caretaking: Whether this process fires timers and takes over calls; one that is there for a
            single command does not.
        access: What models are asked by. Without it none is: a process that looks after sessions refuses workflows in
            which a model acts, and any other leaves such turns to those that do.

    Raises:
        InvalidWorkflow: when a workflow file has faults.
        ModelNotDriven: when a model acts in one of them, and there is no access to models.
        ModelWithoutPrice: when the cost of a model is limited in one of them, and its price is not known.
        SameName: when two of them are of one name.
        SourceError: when a source of tools cannot be had.
        StoreError: when the database cannot be opened.
    """
    # Without caretaking the turns of models are left to a process that looks after them.
    catalogue = Catalogue(admit_models=partial(admit_models, access) if caretaking else None)
    instance = new_instance_id()
    engine = await EmbeddedEngine.open(database, catalogue.find, instance=instance, path_of=catalogue.path)
    clock = clock or SteadyClock()
    timekeeper = Timekeeper(engine, clock) if isinstance(clock, SteadyClock) else None
    governor = Governor(engine, catalogue, clock, instance, access)
    caretaker = Caretaker(governor, Schedules(governor, Handles(engine)), timekeeper)
    try:
        if timekeeper is not None:
            await timekeeper.begin()
        for file in files:
            await catalogue.serve(file)
        caretaker.show_life()
        if caretaking:
            await caretaker.start()
        yield Application(governor, caretaker)
    finally:
        await caretaker.rest()
        await governor.aclose()
        await caretaker.aclose()
        await engine.aclose()
        await catalogue.aclose()
