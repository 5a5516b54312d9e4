"""Triggers: times that come, zones that exist, and starts that the workflow takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..cron import fault_of_cron
from ..document.triggers import SchedulePart
from ..expressions import expression_text
from ..near import near
from ..positions import Path, Scalar, node_at
from ..scalar_places import place_in
from ..values import Json
from ..visible import visible
from .view import View, hint_for


def check_triggers(view: View) -> None:
    """Judge the webhook and the schedules."""
    webhook = view.document.triggers.webhook
    if webhook is not None:
        _check_start(view, ("triggers", "webhook"), webhook.start, "start: {field: =body.field}")
        if webhook.dedupe is not None and not _reads_body(view, webhook.dedupe):
            message = "this is the same for every delivery, so only the first would ever start a session"
            view.at_value("PM904", ("triggers", "webhook", "dedupe"), message, "Read the delivery: `=body.id`.")
    for index, schedule in enumerate(view.document.triggers.schedule):
        path: Path = ("triggers", "schedule", index)
        _check_times(view, path, schedule)
        _check_start(view, path, schedule.start, "start: {field: value}")


def _reads_body(view: View, dedupe: str) -> bool:
    text = expression_text(dedupe)
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
