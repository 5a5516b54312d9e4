"""The command line: `pointsman`, its commands and their exit codes.

Every command lives in a module of its own that exposes `command`, and is imported when it is run:
`pointsman --help` must answer at once. No command decides what a session may do; they ask the
governor, or read what it has written. What goes wrong ends in one line and an exit code (see
`failures`), never in a traceback.
"""

from __future__ import annotations

from typing import Final

import click

from .keeping import keep_key
from .lazy import CommandTable, LazyGroup

COMMANDS: Final[CommandTable] = {
    "serve": (
        "serve",
        "Serve workflows to an MCP client on standard input and output, or to many over HTTP.",
    ),
    "demo": ("demo", "Watch a workflow from the gallery run from start to end."),
    "run": ("run", "Drive a session of a workflow: a model acts wherever an agent would."),
    "check": ("check", "Find what is wrong with workflow files; - is standard input."),
    "lock": ("lock", "Pin what the MCP servers and OpenAPI documents of workflows say of their tools."),
    "explain": ("explain", "Explain what a finding of `check` means, with a wrong and a right example."),
    "schema": ("schema", "Print the JSON Schema of workflow files, for editors."),
    "graph": ("graph", "Draw a workflow."),
    "table": ("table", "Print the transition table of a workflow."),
    "sessions": ("sessions", "List, show, start, restart and cancel sessions."),
    "review": ("review", "See what waits for a person, claim it, and decide it."),
    "effects": ("effects", "See the writes of sessions, and settle one that nobody knows the outcome of."),
    "audit": ("audit", "Read, prove and replay what happened."),
    "corrections": ("corrections", "Export what reviewers changed or rejected, as labelled examples."),
    "stats": ("stats", "Count what agents and models do, how right they are, and what has changed."),
    "token": ("token", "Make, list and revoke the tokens of people, agents and systems."),
    "notify": ("notify", "Send a message to those who are told of what waits, to see whether it arrives."),
    "install": ("install", "Connect an MCP client to Pointsman."),
}
"""Every command, in the order of the help: its module in this package, and the first line of its own help."""


@click.group(cls=LazyGroup, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pointsman", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Hold AI agents to a workflow's state machine.

    Exit codes: 0 done, 1 found problems or was refused, 2 wrong usage, 3 verification failed,
    4 cannot reach or open something.
    """
    keep_key(context)
