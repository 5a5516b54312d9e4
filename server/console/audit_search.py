"""The search of the audit, as its form says it: what is asked, what of it cannot be read, and how it goes on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from pydantic import ValidationError

from pointsman.fsm.facts import FactKind
from pointsman.fsm.refusals import CODES

from ..http.api.parameters import RowsAsked
from ..store.searching import RowFilter

FIELDS: Final = ("session", "kind", "actor", "action", "code", "since", "until")
KINDS: Final[tuple[str, ...]] = get_args(FactKind)
_DAY_CHARACTERS: Final = len("2026-11-22")


@dataclass(frozen=True, slots=True)
class RowSearch:
    """A search of rows. `said` is what its fields hold; `problems` are said of those that cannot be read, by name."""

    said: Mapping[str, str]
    chosen: RowFilter
    problems: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that can be chosen."""
        return CODES

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of rows that can be chosen."""
        return KINDS


def search_of(query: Mapping[str, str]) -> RowSearch:
    """Read a search from the parameters of an address. Those that are empty say nothing."""
    said = {name: query.get(name, "").strip() for name in FIELDS}
    try:
        asked = RowsAsked.model_validate({name: value for name, value in said.items() if value})
    except ValidationError as error:
        problems = {str(one["loc"][0]): _words(one["type"], one["msg"]) for one in error.errors()}
        return RowSearch(said, RowFilter(), problems)
    return RowSearch({**said, **_as_inputs_have_them(said)}, asked.chosen())


def _words(kind: str, message: str) -> str:
    return "choose one of those that are offered" if kind == "literal_error" else message.removeprefix("Value error, ")


def _as_inputs_have_them(said: Mapping[str, str]) -> dict[str, str]:
    """Write moments as fields of browsers hold them: a day alone is its beginning."""
    moments = {name: said[name].removesuffix("Z").replace(" ", "T") for name in ("since", "until")}
    return {name: f"{at}T00:00" if len(at) == _DAY_CHARACTERS else at for name, at in moments.items()}
