"""Redaction: what a workflow says is never stored is taken out before a fact is made.

Live and replay therefore see the same: whatever judges or keeps a call afterwards has the marker in
place of the value. The clear arguments of a call that is to be run stay in memory (`Decision.clear`).

A path fails closed. One that leads into a list without saying which item means every item, and one
that leads further into a text or a number takes the whole of it. The blocks of MCP content that a
result holds may say again whatever stands beside them, so they go wherever a part of it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_object, as_objects, canonical
from pointsman.contracts.workflow import AgentState, ExternalState, HumanState, ToolPolicy, Workflow

from .refusals import Refusal

REDACTED: Final = "[redacted]"
_SEARCHED_CHARACTERS: Final = 3
"""Shorter values are not looked for in texts: they stand everywhere."""
_BLOCKS: Final = ("text", "image", "audio", "resource", "resource_link")
"""Types of blocks of MCP content (specification of MCP, server/tools, "Tool Result")."""


def kept_arguments(policy: ToolPolicy, arguments: JsonObject) -> JsonObject:
    """Give a call's arguments as they are kept."""
    return _without(arguments, _paths(policy, "args"))


def kept_result(policy: ToolPolicy, result: Json) -> Json:
    """Give a call's result as it is kept. Of blocks of MCP content in it nothing is, where a part of it is not."""
    kept, paths = result, _paths(policy, "result")
    for path in paths:
        kept = _redacted(kept, path)
    return {**kept, "content": REDACTED} if paths and isinstance(kept, dict) and _holds_blocks(result) else kept


def hides_argument(policy: ToolPolicy, names: Iterable[str]) -> bool:
    """Whether any of these arguments, or a part of it, is not kept."""
    hidden = {path[0] if path else "*" for path in _paths(policy, "args")}
    return "*" in hidden or not hidden.isdisjoint(names)


def kept_of_refused(workflow: Workflow, action: str, arguments: JsonObject) -> JsonObject:
    """Give the arguments of a refused call as they are kept, whatever the state offers.

    What is neither a tool's name nor an event's may be a tool's that was mistaken, so there every
    tool's paths are taken out.
    """
    tool = tool_named(workflow, action)
    if tool is not None:
        return kept_arguments(workflow.tools[tool], arguments)
    if _is_event(workflow, action):
        return arguments
    return _without(arguments, [path for policy in workflow.tools.values() for path in _paths(policy, "args")])


def tool_named(workflow: Workflow, action: str) -> str | None:
    """Give the tool of this name, dotted or as on the wire; None where there is none."""
    if action in workflow.tools:
        return action
    return next((name for name in workflow.tools if name.replace(".", "_") == action), None)


def secrets(clear: Json, kept: Json) -> tuple[str, ...]:
    """Give the texts that may not be repeated, the longest first: what `clear` holds and `kept` does not."""
    found = {text for text in _hidden(clear, kept) if len(text) >= _SEARCHED_CHARACTERS}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def without_secrets(text: str, hidden: Sequence[str]) -> str:
    """Put the marker where one of these texts stands."""
    for secret in hidden:
        text = text.replace(secret, REDACTED)
    return text


def kept_refusal(refusal: Refusal, clear: JsonObject, kept: JsonObject) -> Refusal:
    """Give the refusal of a call as it is kept, beside its arguments.

    What it demands is named by paths, which hold names the caller made up. Why an expression could not be
    judged is told in words that nobody has chosen, so of a redacted call that is left out.
    """
    if kept == clear:
        return refusal
    hidden = secrets(clear, kept)
    unmet = tuple(
        replace(one, path=without_secrets(one.path, hidden), problem=without_secrets(one.problem, hidden))
        for one in refusal.unmet
    )
    return replace(refusal, message=without_secrets(refusal.message, hidden), unmet=unmet, detail=None)


def _paths(policy: ToolPolicy, root: str) -> list[tuple[str, ...]]:
    return [path[1:] for path in policy.redact if path[0] == root]


def _without(arguments: JsonObject, paths: Iterable[tuple[str, ...]]) -> JsonObject:
    """Take out what these paths lead to; of all arguments together, the names stay."""
    for path in paths:
        head, rest = (path[0], path[1:]) if path else ("*", ())
        arguments = {
            name: _redacted(value, rest) if head in ("*", name) else value for name, value in arguments.items()
        }
    return arguments


def _redacted(value: Json, path: tuple[str, ...]) -> Json:
    if not path:
        return REDACTED
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: _redacted(item, rest) if head in ("*", name) else item for name, item in value.items()}
    if isinstance(value, list):
        if head.isdecimal():
            return [_redacted(item, rest) if place == int(head) else item for place, item in enumerate(value)]
        return [_redacted(item, rest if head == "*" else path) for item in value]
    return value if value is None or isinstance(value, bool) else REDACTED


def _holds_blocks(result: Json) -> bool:
    """Whether a result has blocks of MCP content as its member `content`, and nothing else there."""
    content = as_object(result).get("content")
    blocks = as_objects(content)
    return bool(blocks) and blocks == content and all(block.get("type") in _BLOCKS for block in blocks)


def _hidden(clear: Json, kept: Json) -> Iterator[str]:
    if isinstance(clear, dict) and isinstance(kept, dict):
        for name, value in clear.items():
            yield from _hidden(value, kept.get(name))
    elif isinstance(clear, list) and isinstance(kept, list):
        for value, other in zip(clear, kept, strict=False):
            yield from _hidden(value, other)
    elif kept == REDACTED and clear != REDACTED:
        yield from _texts(clear)


def _texts(value: Json) -> Iterator[str]:
    """Every text in a value, as it stands and as it is written in JSON; names of members too."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
        yield canonical(value)[1:-1]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield canonical(value)


def _is_event(workflow: Workflow, action: str) -> bool:
    return any(
        isinstance(state, AgentState | ExternalState | HumanState) and action in state.events
        for state in workflow.states.values()
    )
