"""Triggers: times that come, zones that exist, and starts that the workflow takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..cron import fault_of_cron
from ..document.states import AgentPart, EventPart, ExternalPart
from ..document.triggers import DeliveryPart, SchedulePart, WebhookPart
from ..expressions import expression_text
from ..near import near
from ..positions import Path, Scalar, node_at
from ..scalar_places import place_in
from ..values import Json
from ..visible import visible
from .view import View, hint_for
from .walk import live_states


def check_triggers(view: View) -> None:
    """Judge the webhooks and the schedules."""
    _check_drivers(view)
    names: set[str | None] = set()
    for index, webhook in enumerate(view.document.triggers.webhook):
        at: Path = ("triggers", "webhook", index)
        if webhook.name in names:
            _note_same_address(view, at, webhook.name)
        names.add(webhook.name)
        _check_webhook(view, at, webhook)
    for index, schedule in enumerate(view.document.triggers.schedule):
        path: Path = ("triggers", "schedule", index)
        _check_times(view, path, schedule)
        _check_start(view, path, schedule.start, "start: {field: value}")


def _check_drivers(view: View) -> None:
    """What a trigger starts has no starter among agents: a role must drive it, or anyone."""
    triggers, drive = view.document.triggers, view.document.access.drive
    agents = (state for _, _, state in live_states(view.document) if isinstance(state, AgentPart))
    if drive not in (None, ["starter"]) or not any(state.actor == "agent" for state in agents):
        return
    starts: list[Path] = [
        ("triggers", "webhook", index) for index, webhook in enumerate(triggers.webhook) if webhook.start is not None
    ]
    starts += [("triggers", "schedule", index) for index, _ in enumerate(triggers.schedule)]
    for path in starts[:1]:
        message = "nobody may act for the agent in a session that this starts: its starter is the trigger"
        hint = "Name a role that agents have: `access: {drive: [starter, clerk]}`."
        view.at_value("PM908", path, message, hint)


def _note_same_address(view: View, path: Path, name: str | None) -> None:
    if name is None:
        message = "another webhook of this workflow has no name either, so both are at one address"
        view.at_value("PM905", path, message, "Give it a name: `name: mail`.")
    else:
        message = f"another webhook of this workflow is named `{name}`, so both are at one address"
        view.at_value("PM905", (*path, "name"), message, "Give it another name.")


def _check_webhook(view: View, path: Path, webhook: WebhookPart) -> None:
    if webhook.start is not None:
        _check_start(view, path, webhook.start, "start: {field: =body.field}")
    if webhook.deliver is not None:
        _check_delivery(view, (*path, "deliver"), webhook.deliver)
    if webhook.dedupe is None:
        return
    if not _reads_body(view, webhook.dedupe):
        message = "this is the same for every delivery, so only the first would ever count"
        view.at_value("PM904", (*path, "dedupe"), message, "Read the delivery: `=body.id`.")
    elif webhook.scheme == "mailgun":
        message = "the signature of `mailgun` covers a time and a token, and not this"
        hint = "Leave `dedupe` out: the token is used once. Or know that who has seen one delivery can send others."
        view.at_value("PM906", (*path, "dedupe"), message, hint)


def _check_delivery(view: View, path: Path, delivery: DeliveryPart) -> None:
    """Hold a delivery to the events of the states that wait for the outside."""
    if not _reads_body(view, delivery.session):
        message = "this is the same session for every delivery"
        view.at_value("PM907", (*path, "session"), message, "Read it from the delivery: `=body.reference`.")
    waiting = [
        event
        for _, _, state in live_states(view.document)
        if isinstance(state, ExternalPart)
        for name, event in state.events.items()
        if name == delivery.event
    ]
    if not waiting:
        known = dict.fromkeys(
            name
            for _, _, state in live_states(view.document)
            if isinstance(state, ExternalPart)
            for name in state.events
        )
        message = f"no state that waits for the outside has the event `{visible(delivery.event)}`"
        hint = hint_for(delivery.event, tuple(known)) or "Add it to a state whose actor is `external`."
        view.at_value("PM907", (*path, "event"), message, hint)
        return
    if any(_takes(event, delivery) for event in waiting):
        return
    message = f"no event `{delivery.event}` takes what is given here: {_listed(delivery.with_) or 'nothing'}"
    needed = " or ".join(dict.fromkeys(_listed(_demanded(event)) or "nothing" for event in waiting))
    view.at_value("PM907", (*path, "event"), message, f"It needs {needed}: `with: {{field: =body.field}}`.")


def _takes(event: EventPart, delivery: DeliveryPart) -> bool:
    """Whether an event takes the fields of a delivery, and lacks none."""
    taken = {*_demanded(event), *event.accepts, *(name.removesuffix("?") for name in event.payload)}
    return set(_demanded(event)) <= delivery.with_.keys() <= taken


def _demanded(event: EventPart) -> tuple[str, ...]:
    return (*event.requires, *(name for name in event.payload if not name.endswith("?")))


def _reads_body(view: View, value: str) -> bool:
    text = expression_text(value)
    return text is not None and (
        not view.compiled.compiles(text) or any(root == "body" for root, _ in view.compiled.reads(text))
    )


def _check_times(view: View, path: Path, schedule: SchedulePart) -> None:
    fault = fault_of_cron(schedule.cron)
    if fault is not None:
        node = node_at(view.root, (*path, "cron"))
        place = place_in(view.lines, node, fault.offset) if isinstance(node, Scalar) else node.place
        view.at_place("PM901", place, fault.message, fault.hint)
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone `{visible(schedule.zone)}`"
        meant = near(schedule.zone, sorted(available_timezones()))
        hint = f"Did you mean `{meant}`?" if meant else "Zones are named like `Europe/Vienna` or `UTC`."
        view.at_value("PM902", (*path, "zone"), message, hint)


def _check_start(view: View, path: Path, start: Mapping[str, Json], form: str) -> None:
    """Hold what a trigger gives to what the workflow's `start` takes."""
    wanted = view.document.start
    taken = dict.fromkeys((*wanted.requires, *wanted.accepts))
    for name in start:
        if name not in taken:
            message = f"`start` of this workflow does not take `{visible(name)}`"
            hint = hint_for(name, tuple(taken)) or "Add it to `accepts` of the workflow's `start`."
            view.at_key("PM903", (*path, "start", name), message, hint)
    missing = [name for name in wanted.requires if name not in start]
    if missing:
        message = f"a session needs {_listed(missing)} to start, and this trigger does not give it"
        place = (*path, "start") if start else path
        view.at_key("PM903", place, message, f"Add it: `{form}`.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
