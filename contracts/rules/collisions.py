"""Names that are reserved, and names that meet where an agent sees them: fields, events and tools on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from ..document.states import EventPart, HumanPart
from ..positions import Path
from ..workflow import RESERVED_NAMES
from .view import View
from .walk import events, live_states, mentions


def check_collisions(view: View) -> None:
    """Find names that could not be told apart, or that the server uses itself."""
    for name in view.document.record:
        if name in RESERVED_NAMES:
            view.at_key("PM305", ("record", name), f"`{name}` is a reserved name", "Give the field another name.")
    _check_overlap(view, ("start",), view.document.start.requires, view.document.start.accepts)
    for path, _, state in live_states(view.document):
        if isinstance(state, HumanPart):
            _check_shown(view, path, state)
    wire = _check_tools(view)
    own = {"session_status", "list_sessions", f"start_{view.document.workflow}"}
    for path, _, state in live_states(view.document):
        for event_path, name, event in events(state, path):
            _check_payload(view, event_path, event)
            if name in own:
                view.at_key(
                    "PM305", event_path, f"`{name}` is a tool of the server itself", "Give the event another name."
                )
            elif name in wire:
                message = f"the event `{name}` and the tool `{wire[name]}` have one name on the wire"
                view.at_key("PM306", event_path, message, "Give the event another name.")


def _check_tools(view: View) -> dict[str, str]:
    """Give every tool by its name on the wire, where a dot is `_`; find two that share one."""
    wire: dict[str, str] = {}
    named: list[tuple[Path, str]] = [(("tools", name), name) for name in view.document.tools]
    for path, tool in (*named, *((mention.path, mention.tool) for mention in mentions(view.document))):
        name = tool.replace(".", "_")
        first = wire.setdefault(name, tool)
        if first != tool:
            message = f"the tools `{first}` and `{tool}` have one name on the wire, `{name}`"
            view.at_tool("PM306", path, message, "Give one of the two sources another name.")
    return wire


def _check_shown(view: View, path: Path, state: HumanPart) -> None:
    """What a reviewer sees has one name each."""
    seen: set[str] = set()
    for index, item in enumerate(state.review.show):
        name = item if isinstance(item, str) else item.as_ or item.call
        if name in seen:
            view.at_value("PM306", (*path, "review", "show", index), f"two things are shown as `{name}`", "Add `as`.")
        seen.add(name)


def _check_payload(view: View, path: Path, event: EventPart) -> None:
    fields = {*event.requires, *event.accepts}
    for written in event.payload:
        name = written.removesuffix("?")
        if name in RESERVED_NAMES:
            view.at_key("PM305", (*path, "payload", written), f"`{name}` is a reserved name", "Give it another name.")
        elif name in fields:
            message = f"`{name}` is in the payload and a field of the record"
            view.at_key("PM306", (*path, "payload", written), message, "Keep one of them.")
    _check_overlap(view, path, event.requires, event.accepts)


def _check_overlap(view: View, path: Path, required: Sequence[str], accepted: Sequence[str]) -> None:
    for index, name in enumerate(accepted):
        if name in required:
            hint = "What is required is accepted; leave it out here."
            view.at_value("PM312", (*path, "accepts", index), f"`{name}` is required already", hint)
