"""`pointsman schema`: the JSON Schema of the workflow format, for editors."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of workflow files, for editors.

    Editors with a YAML language server complete keys and show what they mean when a file begins with
    `# yaml-language-server: $schema=workflow.schema.json`.
    """
    from pointsman.contracts.editor_schema import editor_schema

    from .output import print_json

    print_json(editor_schema())
