"""Mermaid's own parser and Graphviz itself read what is written for them, and find every state and every arrow."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.server.graph import Trail, mermaid
from pointsman.server.graph.colours import FILLS, MARK
from pointsman.server.graph.dot import dot
from pointsman.server.graph.picture import ANYWHERE, Line, picture_of
from tests.server.graph.test_large import EVERY, workflow

PARSER = Path(__file__).parent / "mermaid_parser"
SVG = "{http://www.w3.org/2000/svg}"
NASTY = [
    'say "hi"; <b>&amp;</b>',
    "a\\b \\N \\n \\l {x|y} <f0>",
    "#35; #quot; %% comment",
    "end subgraph [x](y){z} |p|",
    "Größe 請求書 🚂 --> ---",
]


def parsed(text: str) -> dict[str, Any]:
    """What mermaid itself reads in a text."""
    node = shutil.which("node")
    if node is None or not (PARSER / "node_modules").is_dir():
        pytest.skip(f"mermaid is not there: install node, then run `npm install` in {PARSER}")
    done = subprocess.run([node, "parse.mjs"], cwd=PARSER, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def drawn(text: str) -> ET.Element:
    """What Graphviz draws of a text."""
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not there: apt-get install graphviz")
    done = subprocess.run([program, "-Tsvg"], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return ET.fromstring(done.stdout)


def titles(root: ET.Element, kind: str) -> list[str]:
    groups = [group for group in root.iter(f"{SVG}g") if group.attrib.get("class") == kind]
    return [group.findtext(f"{SVG}title") or "" for group in groups]


def nasty(text: str) -> Workflow:
    states = {
        "end": {
            "actor": "agent",
            "goal": text,
            "events": {
                "go": {
                    "next": [
                        {"to": "over", "when": f"record.a == {json.dumps(text, ensure_ascii=False)}"},
                        {"to": "end"},
                    ]
                }
            },
        },
        "over": {"final": "manual", "owner": text},
    }
    content = {
        "workflow": "nasty",
        "version": 1,
        "title": text,
        "record": {"a": {"type": "string"}},
        "initial": "end",
        "states": states,
    }
    return load(json.dumps(content, ensure_ascii=False).encode(), "nasty.json")


@pytest.mark.slow
@EVERY
def test_mermaid_reads_every_state_and_every_arrow(name: str) -> None:
    flow = workflow(name)
    picture = picture_of(flow)
    found = parsed(mermaid(flow, Trail(flow.initial, frozenset({flow.initial}))))
    states = {node["id"]: node for node in found["nodes"]}
    assert {f"s_{state}" for state in flow.states} | {"anywhere", "begin"} == set(states)
    for node in picture.nodes:
        assert f"{node.kind}State" in states[f"s_{node.name}"]["classes"]
    assert "now" in states[f"s_{flow.initial}"]["classes"]
    assert len(found["edges"]) == len(picture.arrows) + 1
    assert {edge["stroke"] for edge in found["edges"]} == {"normal", "dotted"}


@pytest.mark.slow
@pytest.mark.parametrize("text", NASTY)
def test_mermaid_takes_no_text_of_a_file_for_markup(text: str) -> None:
    found = parsed(mermaid(nasty(text)))
    assert {node["id"] for node in found["nodes"]} == {"s_end", "s_over", "begin"}
    assert len(found["edges"]) == 3
    (over,) = [node["text"] for node in found["nodes"] if node["id"] == "s_over"]
    # In a label mermaid keeps `#34;` as `ﬂ°°34¶ß` until it draws it.
    codes = re.sub(r"(?:#|ﬂ°°)(\d+)(?:;|¶ß)", lambda code: chr(int(code[1])), over)
    assert codes == f"over<br><small>manual: {text}</small>"


def test_mermaid_gives_each_actor_a_class_and_each_kind_of_arrow_a_colour() -> None:
    text = mermaid(workflow("60"))
    for kind in ("agent", "system", "human", "external", "success", "stopped", "manual", "failed"):
        assert f"classDef {kind}State fill:{FILLS[kind].fill}" in text
    assert len(re.findall(r"linkStyle [0-9,]+ stroke:", text)) == 5
    assert len(text) < 50_000  # what mermaid draws unless it is told otherwise


@EVERY
def test_graphviz_draws_every_state_and_every_arrow(name: str) -> None:
    flow = workflow(name)
    picture = picture_of(flow)
    root = drawn(dot(flow))
    own = [title for title in titles(root, "node") if not title.startswith("legend ")]
    assert sorted(own) == sorted([*flow.states, ANYWHERE, "begin "])
    edges = [title for title in titles(root, "edge") if "legend" not in title]
    assert sorted(edges) == sorted(
        [f"begin ->{flow.initial}", *(f"{one.source}->{one.target}" for one in picture.arrows)]
    )
    assert titles(root, "cluster") == ["cluster_legend"]


@pytest.mark.parametrize("text", NASTY)
def test_graphviz_takes_no_text_of_a_file_for_markup_or_for_an_escape(text: str) -> None:
    root = drawn(dot(nasty(text)))
    assert [title for title in titles(root, "node") if not title.startswith("legend ")] == ["begin ", "end", "over"]
    said = "".join(element.text or "" for element in root.iter(f"{SVG}text")).replace("\u00a0", " ")
    assert f"manual: {text}" in said


def test_dot_marks_where_a_session_is_and_the_way_it_has_taken() -> None:
    flow = workflow("20")
    taken: frozenset[tuple[str, str, Line]] = frozenset({("intake_collecting", "intake_checking", "chosen")})
    trail = Trail("intake_checking", frozenset({"intake_collecting", "intake_checking"}), taken)
    lines = dot(flow, trail).splitlines()
    (now,) = [line for line in lines if 'peripheries="2"' in line]
    assert now.startswith('  "intake_checking" [')
    assert [line.partition(" [")[0].strip() for line in lines if f'color="{MARK}"' in line] == [
        '"intake_collecting"',
        '"intake_checking"',
    ]
    (way,) = [line for line in lines if 'penwidth="4"' in line]
    assert way.startswith('  "intake_collecting" -> "intake_checking"')
    assert MARK not in dot(flow)
