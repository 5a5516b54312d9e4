"""Writes a governor's reply as a tool result: structured content and a short text (docs/replies.md).

The text is for reading. It repeats the structured content, as JSON in a block of its own, only for
clients that hand a model nothing but text: elsewhere the model would pay for both. Absent members
are left out.

What the called tool answered in MCP content follows as it came, framed by `blocks`; what is long in it
is not said in the structured content again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mcp_types import CallToolResult, TextContent

from pointsman.contracts.schemas import Unmet
from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.fsm.allowed import Action
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Ended

from ..documents.places import given
from ..replies import ApprovalShown, Reply, Sessions, Stray, WaitingFor
from .blocks import framed, without_long, without_said
from .names import Names

LISTED: Final = ("session", "workflow", "state", "actor", "role", "started_by", "started_at", "ended_at")
"""What is said of a session in a list."""


def result_of(reply: Reply | Stray, action: str, names: Names, *, schemas: bool) -> CallToolResult:
    """Write a reply to the call of `action`; `names` are those of the client's tool list.

    `schemas` says that the client's tool list does not show them: `allowed` brings them, with
    descriptions, when the state has been entered, and a refusal those of what is unmet.
    """
    if isinstance(reply, Stray):
        return refused(reply.refusal)
    return CallToolResult(
        content=[TextContent(text=_text(reply, action)), *framed(reply.content, action)],
        structured_content=_structured(reply, names, schemas=schemas),
        is_error=reply.outcome in {"refused", "failed"},
    )


def refused(refusal: Refusal) -> CallToolResult:
    """Write a refusal that belongs to no session."""
    content: JsonObject = {"outcome": "refused", "refusal": _refusal(refusal, schemas=True)}
    return CallToolResult(content=[TextContent(text=_refusal_text(refusal))], structured_content=content, is_error=True)


def failed() -> CallToolResult:
    """Write that the server itself failed. What went wrong is in its log, not in the answer."""
    message = "The server failed while it handled this call. Look at the session's status before you try again."
    return CallToolResult(
        content=[TextContent(text=message)], structured_content={"outcome": "failed", "error": message}, is_error=True
    )


def session_list(found: Sessions, caller: str) -> CallToolResult:
    """Write the sessions a caller may see: who started one is said where it is somebody else."""
    shown: list[Json] = [
        {name: one[name] for name in LISTED if name in one and not (name == "started_by" and one[name] == caller)}
        for one in found.sessions
    ]
    more = " There are more; give `cursor`." if found.cursor is not None else ""
    text = f"{len(shown) or 'No'} session{'' if len(shown) == 1 else 's'}.{more}"
    content = given({"sessions": shown, "cursor": found.cursor})
    return CallToolResult(content=[TextContent(text=text)], structured_content=content)


def in_words(result: CallToolResult) -> CallToolResult:
    """Say in text what the structured content says, for clients that read nothing else.

    The JSON says everything; before it stands only what a person wants to see first.
    """
    content: JsonObject = result.structured_content or {}
    beside = result.content[1:]
    said = {**content, "result": without_said(content.get("result"), beside[1:-1]) or None} if beside else content
    data = json.dumps(given(said), ensure_ascii=False, separators=(",", ":"))
    if "outcome" not in content:
        return result.model_copy(update={"content": [*result.content, TextContent(text=data)]})
    refusal, state = content.get("refusal"), content.get("state")
    how = f"Refused ({refusal.get('code')})" if isinstance(refusal, dict) else str(content["outcome"])
    brief = how if state is None else f"{how}, in {state}"
    ours = [TextContent(text=f"{brief}."), TextContent(text=data)]
    return result.model_copy(update={"content": [*ours, *beside]})


def status_of(reply: Reply, names: Names) -> JsonObject:
    """Give a reply's structured content with everything that is known, as a resource shows it."""
    return _structured(replace(reply, entered=True), names, schemas=True)


def actions_of(workflow: str, actions: Sequence[Action], names: Names) -> list[Json]:
    """Write actions with their schemas."""
    return [_action(action, names.of(workflow, action.name), schemas=True) for action in actions]


def _structured(reply: Reply, names: Names, *, schemas: bool) -> JsonObject:
    allowed: list[Json] = [
        _action(action, names.of(reply.workflow, action.name), schemas=schemas and reply.entered)
        for action in reply.allowed
    ]
    members: JsonObject = {
        "session": reply.session,
        "workflow": reply.workflow,
        "state": reply.state,
        "revision": reply.revision,
        "outcome": reply.outcome,
        "repeated": True if reply.repeated else None,
        "result": without_long(reply.result, reply.content),
        "refusal": None if reply.refusal is None else _refusal(reply.refusal, schemas=schemas),
        "goal": reply.goal,
        "forbid": reply.forbid,
        "context": reply.context,
        "allowed": allowed or None,
        "waiting_for": None if reply.waiting_for is None else _waiting_for(reply.waiting_for),
        "approvals": [_approval(one, names.of(reply.workflow, one.tool)) for one in reply.approvals] or None,
        "ended": None if reply.ended is None else _ended(reply.ended),
    }
    return given(members)


def _action(action: Action, name: str, *, schemas: bool) -> JsonObject:
    shown: JsonObject = {"name": name, "kind": action.kind}
    if schemas:
        shown |= {"description": action.description, "input_schema": action.input_schema}
    return shown


def _refusal(refusal: Refusal, *, schemas: bool) -> JsonObject:
    unmet: list[Json] = [_unmet(one, schemas=schemas) for one in refusal.unmet]
    return given({"code": refusal.code, "message": refusal.message, "unmet": unmet or None})


def _unmet(unmet: Unmet, *, schemas: bool) -> JsonObject:
    schema = unmet.schema if schemas else None
    return given({"path": unmet.path, "problem": unmet.problem, "schema": schema})


def _waiting_for(waiting: WaitingFor) -> JsonObject:
    return given({"actor": waiting.actor, "role": waiting.role, "due": waiting.due})


def _approval(approval: ApprovalShown, tool: str) -> JsonObject:
    return given(
        {
            "number": approval.number,
            "tool": tool,
            "status": approval.status,
            "arguments": approval.arguments,
            "by": approval.by,
            "rationale": approval.rationale,
            "due": approval.due,
        }
    )


def _ended(ended: Ended) -> JsonObject:
    return given({"outcome": ended.outcome, "at": iso(ended.at), "owner": ended.owner})


def _text(reply: Reply, action: str) -> str:
    lines: list[str] = []
    if reply.refusal is not None:
        lines.append(_refusal_text(reply.refusal, "Waiting" if reply.outcome == "waiting" else "Refused"))
    if reply.outcome not in {"refused", "waiting"}:
        lines.append(f"{action}: {reply.outcome}{_how(reply)}.")
    lines.append(_whereabouts(reply))
    return "\n".join(lines)


def _how(reply: Reply) -> str:
    if reply.repeated:
        return " before; nothing was done again"
    error = reply.result.get("error") if reply.outcome != "done" and isinstance(reply.result, dict) else None
    return f" ({visible(error)})" if isinstance(error, str) else ""  # in one line: it may be anybody's words


def _whereabouts(reply: Reply) -> str:
    if reply.ended is not None:
        owner = f"; {reply.ended.owner} takes over" if reply.ended.owner else ""
        return f"The session has ended in {reply.state} ({reply.ended.outcome}{owner})."
    if reply.waiting_for is not None:
        role = f" ({reply.waiting_for.role})" if reply.waiting_for.role else ""
        due = f" until {reply.waiting_for.due}" if reply.waiting_for.due else ""
        return f"In {reply.state}, waiting for: {reply.waiting_for.actor}{role}{due}."
    goal = f" Goal: {reply.goal}" if reply.goal else ""
    return f"In {reply.state}.{goal}"


def _refusal_text(refusal: Refusal, what: str = "Refused") -> str:
    return f"{what} ({refusal.code}): {refusal.message}"
