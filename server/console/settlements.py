"""The form by which a person says how a write has ended, and what is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError

from pointsman.contracts.values import Json

from ..http.api.bodies import Settling
from .fields import Field, Unreadable, read
from .forms import Form

_REASON: Final = Field(
    "reason", "reason", "paragraph", required=True, description="How you know; it stays in the history."
)
_RESULT: Final = Field(
    "result",
    "result",
    "json",
    required=False,
    description="What the call gave, as JSON, for steps that save it. Only of one that happened.",
)


@dataclass(frozen=True, slots=True)
class SettlementForm:
    """The form. `settling` is what it says, once it can be read."""

    reason: Field = _REASON
    result: Field = _RESULT
    settling: Settling | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """The names of the fields that have a problem."""
        return tuple(one.name for one in (self.reason, self.result) if one.problem is not None)

    def without_problems(self) -> SettlementForm:
        """Give it as somebody goes on to write in it."""
        return replace(self, reason=replace(self.reason, problem=None), result=replace(self.result, problem=None))


def read_settlement(said: Form) -> SettlementForm:
    """Read what somebody has written."""
    reason = replace(_REASON, value=said.one("reason"))
    result = replace(_RESULT, value=said.one("result"))
    value: Json = None
    if result.value.strip():
        try:
            value = read(result, result.value, {})
        except Unreadable as error:
            return SettlementForm(reason, replace(result, problem=str(error)))
    try:
        settling = Settling(outcome=said.one("outcome"), reason=reason.value.strip(), result=value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] -- it is what is validated here
    except ValidationError as error:
        return _with_problems(reason, result, error)
    return SettlementForm(reason, result, settling)


def _with_problems(reason: Field, result: Field, error: ValidationError) -> SettlementForm:
    """Say what is wrong beside the field that it is about; what is about the whole is about what the write gave."""
    for one in error.errors():
        where, words = (one["loc"] or ("result",))[0], one["msg"].removeprefix("Value error, ")
        if where == "reason":
            missing = not reason.value.strip()
            reason = replace(reason, problem="say how you know" if missing else words)
        else:
            result = replace(result, problem=words)
    return SettlementForm(reason, result)
