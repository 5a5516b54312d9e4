"""What a trigger gives: the expressions of its `start`, `deliver` and `dedupe`, read from what came in."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.expressions import EvaluationError, Expression, Template
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.refusals import Refusal


@dataclass(frozen=True, slots=True)
class BodyScope:
    """What expressions of a trigger see: the body of a delivery. Fills the port `Scope`."""

    body: Json

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        """Give the body with only these members, where it has members. Raises KeyError for another root."""
        if root != "body":
            raise KeyError(root)
        if members is None or not isinstance(self.body, dict):
            return self.body
        return {name: self.body[name] for name in members if name in self.body}


def rendered(template: Template, scope: BodyScope, key: str) -> JsonObject | Refusal:
    """Give the values of a mapping of the file that stands under `key`, or say which of them nothing gives."""
    values: JsonObject = {}
    missing: dict[str, str] = {}
    for name, part in template.parts.items():
        try:
            values |= Template((name,), {name: part}).render(scope)
        except EvaluationError as error:
            missing[f"{key}.{name}"] = str(error)
    return _unread(missing) if missing else values


def evaluated(expression: Expression, scope: BodyScope, key: str) -> Json | Refusal:
    """Give the value of an expression that stands under `key`, or say that nothing gives it."""
    try:
        return expression.evaluate(scope)
    except EvaluationError as error:
        return _unread({key: str(error)})


def _unread(missing: dict[str, str]) -> Refusal:
    """Refuse what the file cannot read. Why is for the audit: it may hold what came in."""
    unmet = tuple(Unmet(path, "cannot be read from what came in", missing=True) for path in missing)
    return Refusal(
        "MISSING_FIELDS", f"What came in does not give {', '.join(missing)}.", unmet, "; ".join(missing.values())
    )
