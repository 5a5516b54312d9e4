"""What an editor shows of the keys of states: what to write there, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..document.part import Part
from ..document.states import (
    AfterPart,
    AgentPart,
    AgreePart,
    AllPart,
    ApprovalPart,
    CallPart,
    DuePart,
    EventPart,
    EvidencePart,
    ExternalPart,
    FinalPart,
    HumanPart,
    LimitPart,
    ModelPart,
    ReviewPart,
    SecondCallPart,
    SecondModelPart,
    SetPart,
    ShowCallPart,
    StatePart,
    SystemPart,
    ToolGroupPart,
    ToolUsePart,
    TransitionPart,
)

_CALLED: Final = "The tool to call, as `source.tool`."
_GIVEN: Final = "Arguments of the call. A text that begins with `=` is an expression: `invoice: =record.invoice_id`."
_MESSAGE: Final = "What the agent is told when `when` refuses."
_GUARD: Final = "A CEL expression that must be true. An error or a missing value never passes."
_SAVE: Final = (
    "Where the result goes: a field for the whole result, or `{field: =result.member}`. Fields must be in `record`."
)
_EVENTS: Final = "What can be decided here, by name. Each event says what it brings and where it leads."
_EXCLUDE: Final = (
    "Who may not decide, though the role is theirs; of an agent, who answers for it. "
    "`[=session.started_by]` demands four eyes."
)


STATE_WORDS: Final[Mapping[type[Part], Mapping[str, str]]] = {
    StatePart: {
        "goal": "What is to be achieved here. The agent and the reviewer read it.",
        "forbid": "What must not be done here, in words. Whoever acts reads it; what must be impossible belongs into"
        " tools, guards and contracts.",
        "entry": "Steps the server runs when the state is entered, before anybody acts. A failure leads to `failed`.",
        "exit": "Steps the server runs when the state is left, whatever for.",
        "after": "A timer, or a list of them: where the session goes if it is still here then.",
        "limits": "What may be used up in one stay here, and where the session goes then.",
        "failed": "The state that follows when a step has failed. Required where steps can fail.",
        "unknown": "The state that follows when nobody can tell whether a write happened. Required where there are"
        " writes.",
        "confidence": "`off`: events of this state are not held to the workflow's floors of confidence.",
    },
    AgentPart: {
        "actor": "Who acts here. `agent`: the connected MCP client, with the tools and events below and nothing else."
        " `model`: the server asks a model itself, through the same gate.",
        "model": "Which model the server asks in a state of the actor `model`, and its bounds.",
        "agree": "A second reading that knows nothing of the first. Where the two differ a person decides.",
        "show": "Fields of the record that the agent sees. What is not listed stays hidden.",
        "tools": "Tools the agent may call here: names, groups, or mappings with fixed arguments, guards and limits."
        " Every other call is refused.",
        "events": _EVENTS,
    },
    SystemPart: {
        "actor": "`system`: the server runs the steps and goes on by itself.",
        "run": "Steps in order: `call` a tool, `set` fields, or `all` for calls at the same time.",
        "next": "Where it goes on: a state, or a list of `{to, when}` tried in order. The last entry has no `when`.",
    },
    HumanPart: {
        "actor": "`human`: a person decides. No agent can.",
        "review": "Who decides, what they are shown, and by when.",
        "events": _EVENTS,
    },
    ExternalPart: {
        "actor": "`external`: an answer from outside is awaited (a webhook, another system). Give it an `after`.",
        "events": _EVENTS,
    },
    FinalPart: {
        "final": "The session ends here. `success`, `stopped` (rejected or cancelled), `manual` (somebody goes on by"
        " hand), `failed` (something is to be mended).",
        "owner": "Who takes over. Required for `manual` and `failed`.",
    },
    TransitionPart: {"to": "The next state.", "when": f"{_GUARD} Left out: always.", "message": _MESSAGE},
    AfterPart: {
        "in": "How long after the state was entered: `15m`, `2d`.",
        "to": "The state it leads to.",
        "when": f"{_GUARD} Left out: always.",
        "message": "Why, for the audit and for those who wait.",
    },
    LimitPart: {
        "calls": "Calls asked for by the agent or model.",
        "denials": "Refusals of the actor in a row, in its own turn.",
        "invalid": "Payloads in a row that broke a contract.",
        "steps": "States entered.",
        "duration": "Time: `8h`, `14d`.",
        "cost": "US dollars that models have cost.",
        "tokens": "Tokens that models have read and written.",
        "then": "The state that follows when the limit is reached.",
    },
    CallPart: {"call": _CALLED, "with": _GIVEN, "save": _SAVE},
    SetPart: {"set": "Fields and their new values. A text that begins with `=` is an expression."},
    AllPart: {
        "all": "Steps at the same time, on one view of the record. Every branch settles: then `unknown` if any is"
        " unknown, else `failed` if any has failed."
    },
    EvidencePart: {
        "call": "The tool that must have succeeded before.",
        "with": "Arguments that call must have had: evidence about somebody else does not count.",
        "when": "A CEL expression over the `args` and `result` of that call.",
        "within": "`stay`: since this state was entered (the default). `session`: at any time.",
        "until": "Tools that make the evidence void when they are called later; `write`: any later write does.",
        "fetch": "`true`: where the evidence is missing or void, the server makes this read itself.",
    },
    ApprovalPart: {
        "role": "The role whose holders approve. They see exactly the arguments that will be used.",
        "exclude": _EXCLUDE,
        "within": "How long the approval is waited for. After that the call is refused.",
    },
    ToolUsePart: {
        "use": "The tool, as `source.tool`.",
        "with": "Arguments that are fixed: the agent neither sees nor chooses them. A text that begins with `=` is an"
        " expression.",
        "when": f"{_GUARD} It may read `args`.",
        "message": _MESSAGE,
        "evidence": "Calls that must have succeeded before this one: a list of tools, or a map that names each.",
        "limit": "How often the tool may be called in one stay.",
        "save": _SAVE,
        "approval": "A person approves each call before it is made, for exactly these arguments, once.",
    },
    ToolGroupPart: {
        "source": "All tools of this source …",
        "effect": "… that have this effect. A tool whose effect nobody has said counts as a write.",
    },
    EventPart: {
        "description": "What the event says. The agent sees it as the description of a tool.",
        "requires": "Fields of the record that the event must bring. They are written when it is accepted.",
        "accepts": "Fields it may bring besides.",
        "payload": "Further values, by name (`name?` if it may be absent), each with its JSON Schema. They are judged"
        " and audited, and not kept in the record.",
        "evidence": "Calls that must have succeeded before: a list of tools, or a map that names each, so that `when`"
        " can read `evidence.name.result`.",
        "when": f"{_GUARD} What the event brings is `event.field`; `record` is still as it was before.",
        "message": _MESSAGE,
        "approvals": "How many different persons must decide the same (human states).",
        "confidence": "`off`: this event is not held to the floors of confidence.",
        "agree": "`off`: this event is no reading. It is taken at once, without a second one.",
        "next": "Where it leads: a state, or a list of `{to, when}` tried in order. `record` has the event's fields.",
    },
    ModelPart: {
        "name": "The model's name.",
        "prompt": "What the model is told beside the state's contract.",
        "max_tokens": "Tokens of one answer.",
        "max_turns": "Turns in one stay.",
        "timeout": "How long one answer is waited for.",
    },
    AgreePart: {
        "fields": "Fields of the record that both readings must give equally. Every event that is a reading requires"
        " them.",
        "second": "Who reads a second time: a `model`, in a conversation of its own, or the `call` of a read.",
        "differ": "The human state that decides where the readings differ. It is shown both.",
    },
    SecondModelPart: {"model": "Another model, or the same with another prompt."},
    SecondCallPart: {
        "call": "The read that gives the second reading, as `source.tool`.",
        "with": _GIVEN,
        "fields": "Where each compared field is in the result: `total: =result.total`.",
    },
    ReviewPart: {
        "role": "The role whose holders decide, one of `roles`.",
        "exclude": _EXCLUDE,
        "show": "What a reviewer sees: fields of the record, and calls that are made when the review opens. What was"
        " shown is kept with its digest.",
        "edit": "Fields the reviewer may correct.",
        "rationale": "Whether the decision needs a reason in words.",
        "accept": "Channels through which it may be decided. Left out: `console`, `api`, `cli`.",
        "due": "By when, and what happens if nobody decides.",
    },
    ShowCallPart: {"call": _CALLED, "with": _GIVEN, "as": "The name under which the result is shown."},
    DuePart: {
        "in": "How long after the review was opened: `2d`.",
        "remind": "How long after that a reminder is sent.",
        "then": "The state that follows when nobody has decided.",
    },
}
