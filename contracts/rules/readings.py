"""Two readings of a state: what they are compared by, and who decides where they differ."""

from __future__ import annotations

from ..document.states import AgentPart, AgreePart, HumanPart, ModelPart, SecondCallPart, SecondModelPart
from ..near import near
from ..positions import Path
from .people import one_of
from .view import View
from .walk import agreements, events, live_states, second_call


def check_readings(view: View) -> None:
    """Find readings that cannot be compared, that are one and the same, or between which no person decides."""
    for path, state, agree in agreements(view.document):
        _check_differ(view, path, agree)
        _check_events(view, path, state, agree)
        for call_path, call in second_call(agree, path[:-1]):
            _check_fields(view, call_path, call, agree)
        _check_model(view, path, state.model, agree)
    _check_off(view)


def _check_differ(view: View, path: Path, agree: AgreePart) -> None:
    states = view.document.states
    if agree.differ in states and not isinstance(states[agree.differ], HumanPart):
        people = [name for name, state in states.items() if isinstance(state, HumanPart)]
        hint = f"Two readings that differ must bring in a person{one_of(people)}."
        view.at_value("PM613", (*path, "differ"), f"`{agree.differ}` is no human state", hint)


def _check_events(view: View, path: Path, state: AgentPart, agree: AgreePart) -> None:
    """Every event that is a reading must bring what is compared, and one must be a reading."""
    readings = [(place, name, event) for place, name, event in events(state, path[:-1]) if event.agree != "off"]
    if state.events and not readings:
        hint = "Remove it, or remove an `off`."
        view.at_key("PM614", path, "no event is a reading: they all say `agree: off`", hint)
    for place, name, event in readings:
        missing = [field for field in agree.fields if field not in event.requires]
        if missing:
            lacks = ", ".join(f"`{field}`" for field in missing)
            message = f"`{name}` does not require {lacks}, by which two readings are compared"
            hint = "Require it; or say `agree: off` of an event that is no reading, and is taken at once."
            view.at_key("PM614", place, message, hint)


def _check_fields(view: View, path: Path, call: SecondCallPart, agree: AgreePart) -> None:
    for name in call.fields:
        if name not in agree.fields:
            meant = near(name, tuple(agree.fields))
            hint = f"Did you mean `{meant}`?" if meant else "Add it to the `fields` of `agree`, or remove it."
            view.at_key("PM614", (*path, "fields", name), f"`{name}` is not compared", hint)
    missing = [name for name in agree.fields if name not in call.fields]
    if missing:
        hint = f"Say where it is in what `{call.call}` gives: `{missing[0]}: =result.{missing[0]}`."
        lacks = ", ".join(f"`{name}`" for name in missing)
        view.at_key("PM614", (*path, "fields"), f"the second reading does not say what {lacks} is", hint)


def _check_model(view: View, path: Path, first: ModelPart | None, agree: AgreePart) -> None:
    second = agree.second.model if isinstance(agree.second, SecondModelPart) else None
    if first is not None and second is not None and (first.name, first.prompt) == (second.name, second.prompt):
        hint = "Name another model, or give it a `prompt` of its own."
        message = "the same model reads twice with the same prompt, so it errs twice in the same way"
        view.at_key("PM615", (*path, "second", "model"), message, hint)


def _check_off(view: View) -> None:
    """Find `agree: off` where nothing is read twice."""
    for path, name, state in live_states(view.document):
        if isinstance(state, AgentPart) and state.agree is not None:
            continue
        for place, _, event in events(state, path):
            if event.agree is not None:
                message = f"`{name}` has no `agree`, so nothing is read twice here"
                view.at_key("PM706", (*place, "agree"), message, "Remove it.")
