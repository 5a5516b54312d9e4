"""The gallery, found by its name: the server depends on no workflow of it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Protocol, cast

from pointsman.contracts.errors import PointsmanError


class NotInGallery(PointsmanError):
    """The gallery has no such workflow."""


class _Gallery(Protocol):
    """What the package `pointsman.gallery` offers."""

    def path(self, name: str) -> Path:
        """Give a workflow's file."""
        ...

    def names(self) -> tuple[str, ...]:
        """Name the workflows."""
        ...


class Faults(Protocol):
    """What a workflow's module `faults` offers. The script of that name is played while they are on."""

    EXPLANATION: str
    """What one is about to see."""

    def switch_on(self) -> None:
        """Let what the workflow's tools rely on fail from now on."""
        ...

    def outside(self) -> str:
        """Say what is seen there afterwards."""
        ...


def workflow_file(name: str) -> Path:
    """Give the file of a gallery's workflow.

    Raises:
        NotInGallery: when there is none of this name; the message lists those there are.
    """
    try:
        return _gallery().path(name)
    except ValueError as error:
        raise NotInGallery(str(error)) from None


def workflow_files() -> list[Path]:
    """Give the files of all of the gallery's workflows."""
    return [_gallery().path(name) for name in _gallery().names()]


def script_file(name: str, script: str) -> Path:
    """Give the file of a script of a gallery's workflow.

    Raises:
        NotInGallery: when there is no such workflow, or it has no such script.
    """
    path = workflow_file(name).parent / "scripts" / f"{script}.yaml"
    if not path.is_file():
        raise NotInGallery(f"The gallery's workflow {name!r} has no script {script!r}.")
    return path


def faults_of(name: str) -> Faults:
    """Give what a workflow of the gallery shows of faults.

    Raises:
        NotInGallery: when there is no such workflow, or it shows none.
    """
    module = f"pointsman.gallery.{workflow_file(name).parent.name}.faults"
    if importlib.util.find_spec(module) is None:
        raise NotInGallery(f"The gallery's workflow {name!r} shows no faults.")
    return cast("Faults", importlib.import_module(module))


def _gallery() -> _Gallery:
    return cast("_Gallery", importlib.import_module("pointsman.gallery"))
