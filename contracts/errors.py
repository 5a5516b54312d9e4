"""The one exception every other of Pointsman descends from."""

from __future__ import annotations

import inspect


class PointsmanError(Exception):
    """Something of Pointsman failed.

    A subclass's docstring is its default message, and says how to mend what is wrong.
    """

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message is not None else inspect.cleandoc(type(self).__doc__ or ""))
