"""A transition table as one HTML page that stands alone: no script, nothing to fetch, made to be printed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby

from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import Workflow

from .about import READING, ends_of, facts_of, title_of
from .markdown import AS_ABOVE, NOTHING
from .rows import COLUMNS, Cell, Row, Sentence, rows_of
from .styles import style_sheet


def page(workflow: Workflow) -> str:
    """Write the table of a workflow as an HTML document."""
    title = escape(title_of(workflow))
    facts = "\n".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts_of(workflow))
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    groups = groupby(rows_of(workflow), key=lambda row: row.state)
    bodies = "\n".join(_state(workflow, list(rows)) for _, rows in groups)
    ends = "\n".join(
        f"<tr><td>{_chip(end.state, end.outcome)}</td><td>{end.outcome}: {end.meaning}</td>"
        f"<td>{escape(end.owner) or NOTHING}</td></tr>"
        for end in ends_of(workflow)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}: transition table</title>
<style>{style_sheet()}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<dl>
{facts}
</dl>
</header>
<main>
<table class="moves">
<thead><tr>{head}</tr></thead>
{bodies}
</table>
<section>
<h2>Where a session ends</h2>
<table class="ends">
<thead><tr><th scope="col">State</th><th scope="col">Outcome</th><th scope="col">Owner</th></tr></thead>
<tbody>
{ends}
</tbody>
</table>
</section>
<section>
<h2>How to read it</h2>
<ul>
{"".join(f"<li>{escape(sentence)}</li>" for sentence in READING)}
</ul>
</section>
</main>
</body>
</html>
"""


def _state(workflow: Workflow, rows: list[Row]) -> str:
    """All rows of a state; its name stands beside them once."""
    lines = [f"<tr>{_name(workflow, rows[0], len(rows)) if row.first else ''}{_row(row)}</tr>" for row in rows]
    return "\n".join([f'<tbody class="{rows[0].kind or "any"}">', *lines, "</tbody>"])


def _name(workflow: Workflow, row: Row, rows: int) -> str:
    state = workflow.states.get(row.state)
    goal = f"<p>{_shown(state.goal)}</p>" if state is not None and state.goal else ""
    forbid = f"<p><em>{_shown(state.forbid)}</em></p>" if state is not None and state.forbid else ""
    who = f"<small>{row.kind}</small>" if row.kind else ""
    return f'<th scope="rowgroup" rowspan="{rows}"><b>{_broken(row.state)}</b>{who}{goal}{forbid}</th>'


def _shown(text: str) -> str:
    return escape(visible(" ".join(text.split())))


def _row(row: Row) -> str:
    return (
        f'<td class="{row.line}"><b>{_broken(row.event)}</b></td>'
        f"<td>{''.join(map(_condition, row.condition))}</td>"
        f"<td>{_chip(row.next, row.next_kind)}</td>"
        f"<td>{_cell(row.action, first=row.first)}</td>"
        f"<td>{_cell(row.retry, first=row.first)}</td>"
        f"<td>{_cell(row.review, first=row.first)}</td>"
    )


def _cell(cell: Cell, *, first: bool) -> str:
    if not cell.whole:
        return f"<i>{NOTHING}</i>"
    if first or not cell.common:
        return _sentences(cell.whole)
    return f"<p><i>{AS_ABOVE}</i></p>{_sentences(cell.own)}"


def _condition(sentence: Sentence) -> str:
    exact = f"<code>{escape(sentence.exact)}</code>" if sentence.exact else ""
    return f"<p>{_broken(sentence.words)}{exact}</p>"


def _sentences(sentences: Iterable[str]) -> str:
    return "".join(f"<p>{_broken(sentence)}</p>" for sentence in sentences)


def _chip(name: str, kind: str) -> str:
    return f'<span class="chip {kind}">{_broken(name)}</span>'


def _broken(text: str) -> str:
    """Let long names break where their parts end; a short one stays whole."""
    return re.sub(r"\S{18,}", lambda found: re.sub(r"([_.])", r"\1<wbr>", found[0]), escape(text))
