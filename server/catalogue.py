"""The workflows a server knows: those it serves by name, and older texts that sessions still hold.

A session keeps the digest of the text it was started with. When that text is not the served one
any more, it is loaded again from the database, with its sources looked up beside where its file
stood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog

from pointsman.contracts.building import bound
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.loading import load
from pointsman.contracts.prompts import readable_prompts, whole, with_prompts
from pointsman.contracts.workflow import Workflow
from pointsman.tools.rates import Rates
from pointsman.tools.sources import Sources, open_sources

from .errors import SameName

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """A workflow with its tools' definitions bound, and the sources that hold the tools.

    `unpinned` are tools that the file names and nobody has pinned, each with what is to be said of it.
    """

    workflow: Workflow
    sources: Sources
    path: Path
    unpinned: Mapping[str, str]


class StoredText(Protocol):
    """A workflow's text as the database keeps it."""

    @property
    def text(self) -> str:
        """The whole text, as the file had it."""
        ...

    @property
    def path(self) -> str | None:
        """Where the file stood, if it is known."""
        ...

    def kept_prompts(self) -> Mapping[str, str] | None:
        """Give the prompts that it names, if they were kept with it."""
        ...


class Texts(Protocol):
    """Where older texts are kept."""

    async def definition(self, digest: str) -> StoredText | None:
        """Give the text with this digest."""
        ...


class Catalogue:
    """Holds every loaded workflow by its digest, and the served ones by name.

    Args:
        admit_models: Refuses a workflow in which a model acts that could not be asked. If not said: none is refused.
    """

    def __init__(self, *, admit_models: Callable[[Workflow, Path], None] | None = None) -> None:
        self._admit_models = admit_models
        self._by_digest: dict[str, Served] = {}
        self._served: dict[str, str] = {}
        self._rates: dict[str, Rates] = {}
        self._recalling = asyncio.Lock()

    async def serve(self, path: Path) -> Served:
        """Load a workflow file and serve it under its name.

        Raises:
            InvalidWorkflow: with every fault of the file.
            ModelNotDriven: when a state of it is a model's to act in, and no model can be asked.
            ModelWithoutPrice: when the cost of a model is limited, and its price is not known.
            PromptUnreadable: when the file of a prompt cannot be read.
            SameName: when another file with this name is served.
            SourceError: when a source of its tools cannot be had.
            OSError: when the file cannot be read.
        """
        served = await self._open(whole(load(path.read_bytes(), str(path)), path.absolute().parent), path)
        try:
            self._admit(served)
        except PointsmanError:
            await served.sources.aclose()
            raise
        self._by_digest[served.workflow.digest] = served
        self._served[served.workflow.name] = served.workflow.digest
        return served

    def _admit(self, served: Served) -> None:
        """Refuse a workflow that cannot be served: one whose name is taken, or that nobody would go on with."""
        other = self.by_name(served.workflow.name)
        if other is not None:
            raise SameName(
                f"{other.path} and {served.path} are both the workflow `{served.workflow.name}`. "
                "Give one of them another name, or serve them apart."
            )
        if self._admit_models is not None:
            self._admit_models(served.workflow, served.path)

    async def recall(self, digest: str, texts: Texts) -> Served | None:
        """Give the workflow with this digest, from memory or from the database; None if neither has it."""
        served = self._current(digest)
        if served is not None:
            return served
        async with self._recalling:  # so that the sources of one text are opened once
            served = self._current(digest)
            stored = await texts.definition(digest) if served is None else None
            if stored is not None:
                path = Path(stored.path or "workflow.yaml")
                served = await self._open(_as_kept(stored, path, digest), path)
                self._by_digest[digest] = served
                _log.info("workflow recalled", workflow=served.workflow.name, definition=digest)
        return served

    def find(self, digest: str) -> Workflow | None:
        """Give a workflow that is already in memory."""
        served = self._current(digest)
        return served.workflow if served else None

    def path(self, digest: str) -> str | None:
        """Say where the file of a workflow in memory stood."""
        served = self._by_digest.get(digest)
        return str(served.path) if served else None

    def by_name(self, name: str) -> Served | None:
        """Give the served workflow of this name."""
        digest = self._served.get(name)
        return self._current(digest) if digest else None

    def names(self) -> tuple[str, ...]:
        """Name the served workflows, in the order they were given."""
        return tuple(self._served)

    def _current(self, digest: str) -> Served | None:
        """Give a workflow in memory, without the tools that were found to be not what was pinned."""
        served = self._by_digest.get(digest)
        if served is None:
            return None
        quarantined = {**served.unpinned, **served.sources.quarantined()}
        if quarantined != served.workflow.quarantined:
            served = replace(served, workflow=replace(served.workflow, quarantined=quarantined))
            self._by_digest[digest] = served
        return served

    async def aclose(self) -> None:
        """Close every source."""
        for served in self._by_digest.values():
            await served.sources.aclose()

    async def _open(self, workflow: Workflow, path: Path) -> Served:
        """Open a workflow's sources, and bind it to their tools."""
        rates = self._rates.setdefault(workflow.name, Rates())
        sources = open_sources(workflow, path.absolute().parent, rates)
        definitions = {one.name: one for one in await sources.definitions()}
        how = f"A person has to look at it: `pointsman lock {path.name}`."
        unpinned = {
            name: f"{name} is not pinned, so it is not called. {how}"
            for name in workflow.tools
            if workflow.sources[name.partition(".")[0]].kind != "python" and name not in definitions
        }
        if unpinned:
            _log.warning("tools are not pinned, and not offered", workflow=workflow.name, tools=[*unpinned])
        return Served(bound(workflow, definitions), sources, path.absolute(), unpinned)


def _as_kept(stored: StoredText, path: Path, digest: str) -> Workflow:
    """Load a text from the database, with its prompts.

    One that was kept before prompts were has the digest of the text alone, and those prompts that can be read now: a
    session in which nobody asks a model goes on without them.
    """
    workflow = load(stored.text.encode(), str(path))
    kept = stored.kept_prompts()
    prompts = readable_prompts(workflow, path.absolute().parent) if kept is None else kept
    return replace(with_prompts(workflow, prompts), digest=digest)
