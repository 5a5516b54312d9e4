"""The command line: `pointsman`, its commands and their exit codes."""

import click


@click.group()
@click.version_option(package_name="pointsman")
def main() -> None:
    """Hold AI agents to a workflow's state machine."""
