"""Faults of the ERP that can be switched on, to see what a workflow makes of them.

They stand in the file `invoices-erp.faults` beside the ERP's own. A line is one fault:

    once|always  TOOL  slow|hang|fail|die  before|after
    once|always  post_route  again

`once` serves one call and is taken out, so that two such lines serve two calls; `always` serves every call. The file is
read at each call: nothing has to be started again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ..storage import data_file
from .store import alone

What: TypeAlias = Literal["slow", "hang", "fail", "die", "again"]
When: TypeAlias = Literal["before", "after"]

_WHATS: Final[dict[str, What]] = {"slow": "slow", "hang": "hang", "fail": "fail", "die": "die"}
_WHENS: Final[dict[str, When]] = {"before": "before", "after": "after"}
_OFTEN: Final = ("once", "always")


class InvalidFaults(Exception):
    """A line of the file is no fault. The message says which, and how one looks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call, and whether before or after the ERP has done what was asked.

    `slow` answers late, `hang` never, `fail` with an error, and `die` ends the process. `again` posts what was
    posted already a second time, unless both have the same idempotency key.
    """

    tool: str
    what: What
    when: When = "before"
    once: bool = False


def faults_file() -> Path:
    """The file in which faults are switched on."""
    return data_file("invoices-erp.faults")


def take(tool: str) -> tuple[Fault, ...]:
    """Give what goes wrong with this call of a tool: all that always does, and the first that does once.

    Raises:
        InvalidFaults: the file has a line that is no fault.
    """
    file = faults_file()
    if not file.exists():
        return ()
    with alone():  # calls at the same time, of other processes too, each take a line of their own
        lines = file.read_text(encoding="utf-8").splitlines()
        faults = [_fault(line) for line in lines]
        due = [index for index, fault in enumerate(faults) if fault is not None and fault.tool == tool]
        once = [index for index in due if (fault := faults[index]) is not None and fault.once][:1]
        if once:
            file.write_text("".join(f"{line}\n" for index, line in enumerate(lines) if index not in once), "utf-8")
    return tuple(fault for index in due if (fault := faults[index]) is not None and (not fault.once or index in once))


def _fault(line: str) -> Fault | None:
    match line.partition("#")[0].split():
        case []:
            return None
        case [often, "post_route", "again"] if often in _OFTEN:
            return Fault("post_route", "again", once=often == "once")
        case [often, tool, what, when] if often in _OFTEN and what in _WHATS and when in _WHENS:
            return Fault(tool, _WHATS[what], _WHENS[when], once=often == "once")
        case _:
            pass
    example = "One looks like `once post_route hang after`."
    raise InvalidFaults(f"{faults_file().name} has a line that is no fault: {line.strip()!r}. {example}")
