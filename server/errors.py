"""What can go wrong between the server and the world. A docstring is the default message."""

from __future__ import annotations

from typing import ClassVar

from pointsman.contracts.errors import PointsmanError
from pointsman.fsm.refusals import Code


class StoreError(PointsmanError):
    """The database failed. Look at its file and at the server's log."""


class StoreBusy(StoreError):
    """The database stayed locked by another process. Nothing was done; try again."""

    code: ClassVar[Code] = "BUSY"


class StoreFull(StoreError):
    """The database cannot be written: its disk is full or failing. Nothing was done; make room and try again."""

    code: ClassVar[Code] = "STORAGE_FULL"


class StoreUnreadable(StoreError):
    """The database cannot be read. Restore it from a backup."""


class UnknownDefinition(PointsmanError):
    """The text of the session's workflow is not loaded. Serve the file the session was started with."""


class EngineClosed(PointsmanError):
    """The server is stopping. Nothing was done; try again when it runs."""


class ModelNotDriven(PointsmanError):
    """A state of the workflow is a model's to act in, and this process can ask none."""


class ModelWithoutPrice(PointsmanError):
    """The workflow limits the cost of a model whose price nobody knows. Give it one in `pointsman.toml`."""


class SameName(PointsmanError):
    """Two workflow files have the same name. Give one of them another, or serve them apart."""


class SecretMissing(PointsmanError):
    """A secret is not in the environment, or is none of the kind that is needed. Set it and start again."""


class ConversationTooLong(PointsmanError):
    """The audit of this stay is too long to tell a model what has been said in it."""


class UnknownName(PointsmanError):
    """Nothing has this name."""


class NothingDone(PointsmanError):
    """What a model wanted has left no row, so it is not known what came of it."""
