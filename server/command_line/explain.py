"""`pointsman explain`: what a finding means, why it matters, and how it is mended. The page of the documentation too.

What `check` says of each wrong example is asked of `check` itself.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from pointsman.contracts.codes import FAMILIES, RULES, Rule
from pointsman.contracts.codes.examples import BASE, completed
from pointsman.contracts.findings import Finding, as_text
from pointsman.contracts.near import near
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible

from .failures import WrongUsage
from .options import json_option
from .output import print_json, print_json_lines

_FILE: Final = "example.yaml"
_WIDTH: Final = 100
_HEAD: Final = """\
# Findings

What `pointsman check` finds in a workflow file. Every code has an example that `check` refuses and one in which it
finds nothing. `pointsman explain CODE` says the same at a terminal.

An error keeps a workflow from being used; a warning does not, unless `check` is told to be `--strict`.

The examples are the beginning of a file. What they do not say stands as in this one:

"""


@click.command("explain")
@click.argument("code", required=False)
@json_option
@click.option("--markdown", is_flag=True, help="Print the page of the documentation.")
def command(code: str | None, *, as_json: bool, markdown: bool) -> None:
    """Explain what a finding of `check` means, with a wrong and a right example.

    Without CODE it lists all codes.
    """
    if markdown:
        if code is not None or as_json:
            raise WrongUsage("The page of the documentation has all codes: give --markdown alone.")
        click.echo(_page(), nl=False)
    elif code is None:
        _list(as_json=as_json)
    elif as_json:
        print_json(_members(_known(code)))
    else:
        click.echo(_text(_known(code)), nl=False)


def _known(code: str) -> str:
    """Give the code that is meant.

    Raises:
        WrongUsage: there is none like it.
    """
    meant = code.upper()
    if meant in RULES:
        return meant
    known = near(meant, list(RULES))
    hint = f"Did you mean {known}?" if known is not None else "They look like PM301."
    raise WrongUsage(f"There is no finding {code}. {hint} `pointsman explain` lists all.")


def _list(*, as_json: bool) -> None:
    if as_json:
        print_json_lines(
            {"code": code, "title": rule.title, "severity": rule.severity, "family": family}
            for family, rules in FAMILIES.items()
            for code, rule in rules.items()
        )
        return
    for family, rules in FAMILIES.items():
        click.echo(f"\n{family}")
        for code, rule in rules.items():
            click.echo(f"  {code}  {_title(rule)}")


def _title(rule: Rule) -> str:
    return f"{rule.title} (warning)" if rule.severity == "warning" else rule.title


def _found(rule: Rule) -> tuple[Finding, ...]:
    """Ask `check` what it says of the wrong example."""
    from pointsman.contracts.loading import check
    from pointsman.contracts.lock import LOCK_NAME

    with TemporaryDirectory() as folder:
        file = Path(folder, _FILE)
        if rule.locks[0]:
            file.with_name(LOCK_NAME).write_text(rule.locks[0], encoding="utf-8")
        return tuple(replace(one, file=_FILE) for one in check(completed(rule.wrong), str(file)))


def _members(code: str) -> JsonObject:
    rule = RULES[code]
    found: list[Json] = [
        {"line": one.line, "column": one.column, "code": one.code, "message": one.message, "hint": one.hint}
        for one in _found(rule)
    ]
    return {
        "code": code,
        "title": rule.title,
        "severity": rule.severity,
        "meaning": rule.meaning,
        "matters": rule.matters,
        "wrong": rule.wrong,
        "findings": found,
        "right": rule.right,
        "locks": list(rule.locks),
    }


def _text(code: str) -> str:
    rule = RULES[code]
    parts = [
        f"{code}  {_title(rule)}",
        textwrap.fill(rule.meaning, _WIDTH),
        textwrap.fill(f"Why it matters: {rule.matters}", _WIDTH),
        "Wrong:",
        _indented(rule.wrong),
        *_beside(rule.locks[0]),
        "What check says of it:",
        _indented(_said(rule)),
        "Right:",
        _indented(rule.right),
        *_beside(rule.locks[1]),
    ]
    return "\n\n".join(parts) + "\n"


def _beside(lock: str) -> list[str]:
    return ["Beside it, in pointsman.lock:", _indented(lock)] if lock else []


def _indented(text: str) -> str:
    return textwrap.indent(visible(text, lines=True).rstrip("\n"), "    ")


def _said(rule: Rule) -> str:
    return as_text(_found(rule), {_FILE: completed(rule.wrong)}).rstrip("\n")


def _page() -> str:
    parts = [_HEAD + _block(BASE, "yaml")]
    for family, rules in FAMILIES.items():
        parts.append(f"## {family}\n")
        parts += [_section(code, rule) for code, rule in rules.items()]
    return "\n".join(parts)


def _section(code: str, rule: Rule) -> str:
    return (
        f"### {code}: {_title(rule)}\n\n{rule.meaning}\n\n{rule.matters}\n\n"
        f"{_block(rule.wrong, 'yaml')}\n{_lock(rule.locks[0])}{_block(_said(rule), 'text')}\n"
        f"Mended:\n\n{_block(rule.right, 'yaml')}{_lock(rule.locks[1])}"
    )


def _lock(lock: str) -> str:
    return f"Beside it, in `pointsman.lock`:\n\n{_block(lock, 'json')}\n" if lock else ""


def _block(text: str, language: str) -> str:
    shown = visible(text, lines=True).rstrip("\n")
    return f"```{language}\n{shown}\n```\n"
