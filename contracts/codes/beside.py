"""PM313 and on: names of which each is right by itself, and that nothing gives or asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

_AGENT: Final = """\
sources: {bank: {mcp: {command: bank-server, env: {BANK_KEY: "${BANK_KEY}"}}}}
tools:
  bank.find: {effect: EFFECT}
states:
  begin:
    actor: agent
    tools:
      - {source: bank, effect: read}
    events:
      submit: {next: paid}
"""

_MODEL: Final = """\
states:
  begin:
    actor: model
    model: {name: claude-sonnet, prompt: PROMPT}
    failed: paid
    events:
      submit: {next: paid}
"""

_LETTER: Final = """\
sources: {mail: {mcp: {command: mail-server}}}
"""

_LOCK: Final = """\
{"version": 1,
 "sources": {"mail": {"tools": {"send": {
   "description": "Send a letter.",
   "input_schema": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
   "output_schema": null, "annotations": {},
   "digest": "sha256:9fa6226e5954a542873860d24c70688c07f23f40dc28a12bd5ac1f2e2f169b65"}}}}}
"""

BESIDE: Final[Mapping[str, Rule]] = {
    "PM313": Rule(
        title="A field that nothing can have written",
        severity="warning",
        meaning="A state reads or shows a field of the record that neither the start nor a state before it, nor the"
        " state itself, writes.",
        matters="A guard that reads it gives an error and never passes; what is shown is not there. `has(…)` asks"
        " whether a field is set.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: refused, when: record.category == 'meals'}
                  - to: paid
              refused: {final: stopped}
        """),
        right=snippet("""
            start: {requires: [amount, purpose, category]}
            states:
              begin:
                actor: system
                next:
                  - {to: refused, when: record.category == 'meals'}
                  - to: paid
              refused: {final: stopped}
        """),
    ),
    "PM314": Rule(
        title="A role that nothing asks for",
        severity="warning",
        meaning="`roles` names a role that no review, no approval and no grant of `access` asks for.",
        matters="Whoever is given it can do no more than before: probably a review names another role.",
        wrong="roles: [manager, auditor]\n",
        right="roles: [manager, auditor]\naccess: {view: [starter, manager, auditor]}\n",
    ),
    "PM315": Rule(
        title="A group of tools with nothing in it",
        meaning="A state offers all reads of a source, and `tools` declares none of its tools a read.",
        matters="What nothing is said of counts as a write, so the group is empty and the agent is offered nothing.",
        wrong=_AGENT.replace("EFFECT", "write, key: {over: [name]}"),
        right=_AGENT.replace("EFFECT", "read"),
        also=("PM309",),
    ),
    "PM316": Rule(
        title="A file that is not beside the workflow",
        meaning="A `prompt` that ends in `.md` or `.txt`, or the document of an `openapi` source, is not in the folder"
        " of the workflow file or below it; or a prompt there is no text in UTF-8, or too long.",
        matters="A workflow and what belongs to it are moved and reviewed together; a path out of the folder would"
        " read what nobody reviewed.",
        wrong=_MODEL.replace("PROMPT", "../prompts/summary.md"),
        right=_MODEL.replace("PROMPT", "Say in one sentence what the expense is for."),
    ),
    "PM317": Rule(
        title="A reference to the environment that nobody reads",
        meaning="`${NAME}` reads the environment in `env`, headers and URLs of sources and in a webhook's `secret`;"
        " `${NAME:-text}`, in all but the secret, gives the text where the name is not set. Here all would be taken as"
        " it stands, or it is no such reference.",
        matters="A program would be started with the six characters `${KEY}` in place of the key.",
        wrong='sources: {bank: {mcp: {command: bank-server, args: [--key, "${BANK_KEY}"]}}}\n',
        right='sources: {bank: {mcp: {command: bank-server, env: {BANK_KEY: "${BANK_KEY}"}}}}\n',
    ),
    "PM318": Rule(
        title="`pointsman.lock` cannot be used",
        meaning="The file `pointsman.lock` beside the workflow is no JSON of its form, or a tool in it was changed by"
        " hand: its digest is not that of what stands there.",
        matters="Tools of MCP servers and OpenAPI documents are judged by it. A lock that cannot be trusted is worse"
        " than none, because it looks like a promise.",
        wrong=_LETTER,
        right=_LETTER,
        locks=(_LOCK.replace("Send", "Burn"), _LOCK),
    ),
    "PM319": Rule(
        title="A source that is not in `pointsman.lock`",
        severity="warning",
        meaning="There is a `pointsman.lock` beside the workflow, and it says nothing of this source.",
        matters="Nothing can be said of the source's tools and their arguments before the server asks it.",
        wrong=_LETTER,
        right=_LETTER,
        locks=(_LOCK.replace('"mail"', '"post"'), _LOCK),
    ),
    "PM320": Rule(
        title="A prompt that looks like a file, and is taken as it stands",
        severity="warning",
        meaning="A `prompt` is one word with a slash or the ending of a file. Only what ends in `.md` or `.txt` is a"
        " file; this is the prompt itself.",
        matters="The model would be told the name of a file in place of what is in it.",
        wrong=_MODEL.replace("PROMPT", "prompts/summary.markdown"),
        right=_MODEL.replace("PROMPT", "Say in one sentence what the expense is for."),
    ),
    "PM321": Rule(
        title="The server's own key, asked for by a source",
        meaning="A source or a webhook names `${ANTHROPIC_API_KEY}`, with which the server asks models. It is given to"
        " nobody.",
        matters="Whoever has the key asks models in your name, and past every budget. The server does not start with"
        " such a file.",
        wrong='sources: {bank: {mcp: {command: bank-server, env: {KEY: "${ANTHROPIC_API_KEY}"}}}}\n',
        right='sources: {bank: {mcp: {command: bank-server, env: {KEY: "${BANK_ANTHROPIC_KEY}"}}}}\n',
    ),
}
