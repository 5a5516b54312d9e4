"""What an editor shows of the keys outside of states: what to write there, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..document import AccessPart, ConfidencePart, Document, StartPart
from ..document.part import Part
from ..document.tools import (
    DeliverPart,
    KeyPart,
    McpPart,
    OpenapiPart,
    PolicyPart,
    ReconcilePart,
    RetryPart,
    SourcePart,
)
from ..document.triggers import DeliveryPart, SchedulePart, TriggersPart, WebhookPart

_GRANTS: Final = "`anyone`, `starter`, a role, or a list of these."
_ENVIRONMENT: Final = (
    "`${NAME}` reads the environment when the server starts, `${NAME:-text}` gives the text where it is not set."
)
_FIELDS: Final = "Fields of the record that the new session begins with; `={}` reads what came in."

FILE_WORDS: Final[Mapping[type[Part], Mapping[str, str]]] = {
    Document: {
        "workflow": "The workflow's name: lower-case letters, digits and `_`.",
        "version": "A whole number. Raise it with every change that matters to running sessions.",
        "title": "The name people read.",
        "goal": "What a session is to achieve, in a sentence. Agents and reviewers read it.",
        "owner": "Who answers for the workflow.",
        "description": "Anything else a reader should know.",
        "record": "The governed data of a session: each field with its JSON Schema (2020-12). Only these fields are"
        " kept, and every value is held to its schema.",
        "start": "What a new session must and may be given.",
        "initial": "The state in which a session begins.",
        "roles": "Roles of people. Reviews and `access` name them; tokens give them to persons.",
        "access": "Who may start, drive and view sessions. Left out: anyone starts, the starter drives, the starter"
        " and the reviewers' roles view.",
        "sources": "Where tools come from, by name. A source's tools are named `source.tool`.",
        "tools": "What is true of a tool wherever it is used: effect, timeout, retry, key. A tool that is not listed"
        " counts as a write.",
        "confidence": "How sure an agent must be. Below the floors, the session goes to a person.",
        "limits": "What a whole session may use up, and where it goes then.",
        "triggers": "What starts sessions from outside a client, or moves those that wait.",
        "states": "The states by name. A state has an `actor` (agent, model, system, human, external) or is `final`.",
    },
    StartPart: {"requires": "Fields a session cannot begin without.", "accepts": "Fields it may be given besides."},
    AccessPart: {
        "start": f"Who may start sessions: {_GRANTS}",
        "drive": f"Who may act in agent states: {_GRANTS}",
        "view": f"Who may see sessions: {_GRANTS}",
    },
    ConfidencePart: {
        "floor": "The least confidence (0 to 1) of one step.",
        "path_floor": "The least product of the confidences along the path since the start or the last decision of a"
        " person.",
        "below": "The human state that takes over below a floor, in place of `next`.",
    },
    SourcePart: {
        "python": "A module, beside this file or on Python's path. Its public functions are the tools.",
        "mcp": "An MCP server: started with `command`, or reached at `url`.",
        "openapi": "An HTTP interface, described by an OpenAPI document.",
    },
    McpPart: {
        "command": "The program to start. `python` is the server's own interpreter.",
        "args": "Its arguments.",
        "env": f"Its environment. {_ENVIRONMENT}",
        "cwd": "The directory it is started in.",
        "url": f"The address of a server over HTTP. {_ENVIRONMENT}",
        "headers": f"Headers of every request. {_ENVIRONMENT}",
        "asks": "What it may ask of the client beside forms: `sampling`, a model's words, and `roots`, its folders.",
    },
    OpenapiPart: {
        "document": "The OpenAPI document: a file beside this one, or an address.",
        "base_url": f"Where the operations are, if not where the document says. {_ENVIRONMENT}",
        "headers": f"Headers of every request. {_ENVIRONMENT}",
    },
    PolicyPart: {
        "effect": "`read` changes nothing and may be tried again. `write` is done at most once, and its outcome is"
        " never guessed.",
        "timeout": "How long one attempt may take: `5s`.",
        "retry": "How often a read is tried again, and after which wait.",
        "rate": "The most calls in a time: `10/m`.",
        "success": "A CEL expression over `args` and `result`: what counts as a success. A login that answers `false`"
        " is no evidence.",
        "redact": "What of a call is never stored in clear: `args.password`, `result.accounts.*.iban`.",
        "key": "What makes two calls of a write the same one. `none`: every call is a new write.",
        "reconcile": "A read that tells whether a write happened, asked before any second attempt.",
    },
    RetryPart: {"attempts": "Attempts in all.", "backoff": "The first wait; it doubles each time."},
    KeyPart: {
        "over": "The arguments that make two calls the same. Left out: all of them.",
        "scope": "`session`: once in a session. `stay`: once in each stay in a state.",
        "deliver": "How the other side receives the key. Left out: it takes none.",
    },
    DeliverPart: {
        "argument": "The argument that takes the key. The model never sees it.",
        "header": "The HTTP header that takes the key.",
        "meta": "The key of MCP's `_meta` that takes it.",
    },
    ReconcilePart: {
        "call": "The read to ask.",
        "with": "Its arguments; `=args.name` is the write's own.",
        "happened": "A CEL expression over its `result`: true if the write has happened.",
    },
    TriggersPart: {
        "webhook": "Signed requests from outside start sessions, or move them; one, or a list.",
        "schedule": "Times at which sessions start; one, or a list.",
    },
    WebhookPart: {
        "name": "Where it is received: `/workflows/{workflow}/webhooks/{name}`. Without a name:"
        " `/workflows/{workflow}/sessions`.",
        "scheme": "How the sender signs: `standard` (standardwebhooks.com), `github`, `stripe`, `mailgun`; or `basic`,"
        " a user and password.",
        "secret": "Where the secret of the signature is, as `${NAME}`; two while it changes. The secret itself never"
        " stands in a file.",
        "start": _FIELDS.format("body.x"),
        "deliver": "Moves a session that waits, instead of starting one.",
        "dedupe": "An expression that is the same for requests that are one. Left out: what the scheme signs.",
    },
    DeliveryPart: {
        "session": "The session's handle: `=body.reference`.",
        "event": "The event, of a state whose actor is `external`.",
        "with": "Its fields; `={}` reads what came in.".format("body.x"),
    },
    SchedulePart: {
        "cron": "Minute, hour, day, month, weekday: `0 7 * * 1-5`.",
        "zone": "The time zone: `Europe/Berlin`.",
        "start": _FIELDS.format("…"),
    },
}
