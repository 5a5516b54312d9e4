"""Logs: JSON lines on stderr, so that stdout belongs to MCP or to what a command prints.

No value of an argument, a result or a record is ever logged. Our own code logs names and
identifiers only; messages of exceptions and of other libraries may hold anything, so of those the
place and the type are kept and the text is not.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from typing_extensions import override

from pointsman.contracts.errors import PointsmanError

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def log_to_stderr(level: str) -> None:
    """Send all logs of this process to stderr, from this level on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _without_texts,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(_LEVELS[level], logging.WARNING), force=True)
    logging.captureWarnings(capture=True)


class _Foreign(logging.Handler):
    """Tells that another library has logged something, and where; its text may hold what must not be logged."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger(record.name).log(
            record.levelno,
            "another library has logged this",
            library=record.name,
            place=f"{record.module}:{record.lineno}",
            exc_info=error,
        )


def _without_texts(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and where it came from; the text only of errors that are ours."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["exception"] = type(error).__name__
        event["places"] = [f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[-8:]]
        if isinstance(error, PointsmanError):
            event["error"] = str(error)
    return event
