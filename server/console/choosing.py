"""Which sessions a list is to have, as the address of the page says it: so that a search can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..bounds import QUERY_CHARACTERS
from ..store.reading import SessionFilter

_DAY_MS: Final = 86_400_000
WAITING: Final[Mapping[str, str]] = {
    "agent": "an agent",
    "human": "a person",
    "external": "the outside",
    "system": "the server",
    "model": "a model",
}
"""Whose turn it can be."""
ENDED: Final[Mapping[str, str]] = {"no": "running", "yes": "ended"}
FAILED: Final[Mapping[str, str]] = {"yes": "failed, or in doubt"}
AGES: Final[Mapping[str, str]] = {
    "within-hour": "within an hour",
    "within-day": "within a day",
    "within-week": "within a week",
    "before-day": "over a day ago",
    "before-week": "over a week ago",
    "before-month": "over 30 days ago",
}
"""How long ago a session was started."""
_SPANS_MS: Final[Mapping[str, int]] = {
    "hour": _DAY_MS // 24,
    "day": _DAY_MS,
    "week": 7 * _DAY_MS,
    "month": 30 * _DAY_MS,
}
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "waiting": WAITING,
    "ended": ENDED,
    "failed": FAILED,
    "started": AGES,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, as the address has it; an empty text chooses nothing. `wrong` says what cannot be chosen."""

    workflow: str = ""
    state: str = ""
    waiting: str = ""
    started: str = ""
    ended: str = ""
    failed: str = ""
    search: str = ""
    wrong: tuple[str, ...] = ()

    def parameters(self) -> dict[str, str]:
        """Give what is chosen by the names in the address."""
        named = {name: str(getattr(self, name)) for name in _NAMES}
        return {name: value for name, value in named.items() if value}

    def as_filter(self, now_ms: int) -> SessionFilter:
        """Give the sessions that are meant at a moment, in milliseconds since the epoch."""
        when, _, span = self.started.partition("-")
        moment_ms = now_ms - _SPANS_MS[span] if span else None
        return SessionFilter(
            workflow=self.workflow or None,
            state=self.state.replace(" ", "_") or None,
            waiting_for=self.waiting or None,
            since_ms=moment_ms if when == "within" else None,
            until_ms=moment_ms if when == "before" else None,
            ended={"yes": True, "no": False}.get(self.ended, False if self.waiting else None),
            failed=True if self.failed else None,
            search=self.search or None,
        )


_NAMES: Final = ("search", "workflow", "state", "waiting", "started", "ended", "failed")


def choice(said: Callable[[str], str]) -> Choice:
    """Read a choice; what is none of those that can be made is left out, and named.

    Args:
        said: Gives a parameter of the address.
    """
    named = {name: said(name) for name in _NAMES}
    wrong = [f"{name} is longer than {QUERY_CHARACTERS} characters" for name in _NAMES if _is_long(named[name])]
    wrong += [
        f"{name} is one of {', '.join(choices)}"
        for name, choices in _CHOICES.items()
        if named[name] and named[name] not in choices
    ]
    names = {one.partition(" ")[0] for one in wrong}
    kept = {name: value for name, value in named.items() if name not in names}
    return Choice(**kept, wrong=tuple(wrong))


def _is_long(value: str) -> bool:
    return len(value) > QUERY_CHARACTERS
