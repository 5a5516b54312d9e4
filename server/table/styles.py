"""The style sheet of a transition table's page: for light, for dark and for paper, in the colours of the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..graph.colours import DARK_EDGES, DARK_FILLS, EDGES, FILLS, Colour
from ..graph.picture import Kind, Line

_LAYOUT: Final = """
:root{color-scheme:light dark;--paper:#fff;--ink:#0f172a;--soft:#475569;--rule:#cbd5e1;--head:#f8fafc}
@media screen and (prefers-color-scheme:dark){
 :root{--paper:#0b1120;--ink:#f1f5f9;--soft:#a3b1c6;--rule:#334155;--head:#172033}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem;max-width:112rem;background:var(--paper);color:var(--ink);
 font:14px/1.45 system-ui,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 1rem}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:.35rem 2rem;margin:0 0 1.6rem}
dl div{display:grid;grid-template-columns:6.5rem 1fr}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.5rem .65rem;font-weight:400;overflow-wrap:anywhere}
thead th{position:sticky;top:0;z-index:1;background:var(--head);color:var(--soft);font-size:.85em;font-weight:600;
 box-shadow:inset 0 -2px var(--rule)}
.moves{table-layout:fixed}
.moves th:nth-child(1){width:13%}.moves th:nth-child(2){width:12%}.moves th:nth-child(3){width:19%}
.moves th:nth-child(4){width:12%}.moves th:nth-child(5){width:18%}.moves th:nth-child(6){width:14%}
.moves tbody{border-top:2px solid var(--rule)}
.moves tbody tr+tr td{border-top:1px solid var(--rule)}
tbody th{border-left:4px solid var(--rule)}
tbody th b,td b{font-weight:600}
tbody th small{display:block;margin:.1rem 0 .4rem;font-size:.85em;font-weight:600}
tbody th p{color:var(--soft)}
p{margin:0 0 .3rem}
p:last-child{margin-bottom:0}
i{color:var(--soft)}
code{display:block;margin-top:.3rem;padding:.15rem .35rem;border-radius:3px;background:var(--head);color:var(--soft);
 font:12px/1.4 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.chip{display:inline-block;padding:.1rem .5rem;border:1px solid;border-radius:.6rem;overflow-wrap:anywhere}
.ends{width:auto}.ends td{border-top:1px solid var(--rule)}
ul{padding-left:1.2rem;max-width:60rem}
"""
_PRINT: Final = """
@page{size:A4 landscape;margin:12mm}
@media print{body{padding:0;max-width:none;font-size:8.5px;line-height:1.35}
 h1{font-size:18px}h2{font-size:13px}code{font-size:7.5px}
 dl{grid-template-columns:1fr 1fr}dl div{grid-template-columns:5rem 1fr}
 th,td{padding:.25rem .4rem}thead{display:table-header-group}thead th{position:static}tr,li{break-inside:avoid}
 h2{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def style_sheet() -> str:
    """Give all rules. Classes are kinds of states and of moves. Paper is light, whatever the screen is."""
    edges: dict[Line, str] = {line: stroke.colour for line, stroke in EDGES.items()}
    light = "\n".join(_colours(FILLS, edges))
    dark = "\n".join(_colours(DARK_FILLS, DARK_EDGES))
    return f"{_LAYOUT}{light}\n@media screen and (prefers-color-scheme:dark){{\n{dark}\n}}{_PRINT}"


def _colours(fills: Mapping[Kind, Colour], edges: Mapping[Line, str]) -> list[str]:
    chips = [f".chip.{kind}{{background:{one.fill};border-color:{one.stroke}}}" for kind, one in fills.items()]
    states = [
        f"tbody.{kind}>tr>th{{background:{one.fill};border-color:{one.stroke}}}tbody.{kind} small{{color:{one.stroke}}}"
        for kind, one in fills.items()
    ]
    return [*chips, *states, *(f"td.{line}{{color:{colour}}}" for line, colour in edges.items())]
