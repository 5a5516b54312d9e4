"""States in which the server asks a model: which one it asks."""

from __future__ import annotations

from ..document.states import AgentPart, SecondModelPart
from .view import View
from .walk import live_states


def check_models(view: View) -> None:
    """Find model states without a model, and models where an agent acts."""
    for path, name, state in live_states(view.document):
        if not isinstance(state, AgentPart):
            continue
        if state.actor == "model" and state.model is None:
            hint = "Add `model: {name: …}`: which model the server asks."
            view.at_value("PM202", (*path, "actor"), f"the key `model` of the model state `{name}` is missing", hint)
        elif state.actor == "agent" and state.model is not None:
            hint = "Write `actor: model`, or remove it: an agent brings its own model."
            view.at_key("PM201", (*path, "model"), "`model` belongs to states whose actor is `model`", hint)
        elif state.actor == "agent" and state.agree is not None and isinstance(state.agree.second, SecondModelPart):
            hint = "Let a tool read a second time: `second: {call: …, fields: {…}}`; or write `actor: model`."
            message = "a second reading by a `model` belongs to states whose actor is `model`"
            view.at_key("PM201", (*path, "agree", "second", "model"), message, hint)
