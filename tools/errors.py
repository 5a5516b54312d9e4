"""What can go wrong with tools. A docstring is the default message.

`ToolError` and `NothingDone` are for the authors of tools: they raise them, and what they say is
shown to the agent as it stands. Everything else a tool raises is shown by its type alone, because
nobody knows which values its message holds.
"""

from __future__ import annotations

from pointsman.contracts.errors import PointsmanError


class SourceError(PointsmanError):
    """A source of tools cannot be had. See `sources` in the workflow file."""


class ToolError(PointsmanError):
    """The tool could not do what was asked.

    The message is for the agent and the audit: it names what is wrong and how to go on, and holds
    no value that they may not see. Of a write this proves nothing: it stays unknown whether the
    write happened, unless the tool raises `NothingDone`.

    `again_ms` is how long the downstream asks to be left alone before another try, in milliseconds.
    """

    again_ms: int = 0


class ConnectionLost(ToolError):
    """The connection ended after the request was sent and before it was answered. It may be under way still."""


class NothingDone(ToolError):
    """The tool refused, and is certain that nothing happened.

    A write that raises this has failed, and may be asked again. It is not tried again by itself, and
    neither is a read: the tool has answered.
    """


class NotReached(NothingDone):
    """What the tool stands for could not be reached, so nothing was sent. It is tried again."""


class InvalidArguments(PointsmanError):
    """The arguments do not fit the tool. Nothing was sent."""


class UnkeepableResult(PointsmanError):
    """The result has no JSON form within the bounds."""


class Unanswered(PointsmanError):
    """Whoever waits for the call has given no answer."""
