"""What the places of a file say of each other. Each module is one topic; its docstring says which.

`check_parts` judges what can be judged even of a file in which something had to be left out; `check_whole`
what needs all of it. `check_surroundings` reads files beside the workflow, and never imports one.
"""

from __future__ import annotations

from .collisions import check_collisions
from .cycles import check_cycles
from .expressions import check_expressions
from .graph import check_graph
from .names import check_names
from .people import check_people
from .python_sources import check_python_sources
from .schemas import check_literals, check_schemas
from .tools import check_tools
from .view import View

__all__ = ["View", "check_parts", "check_surroundings", "check_whole"]


def check_parts(view: View) -> None:
    """Judge names, schemas, expressions and tools."""
    check_schemas(view)
    check_names(view)
    check_collisions(view)
    check_expressions(view)
    check_literals(view)
    check_tools(view)


def check_whole(view: View) -> None:
    """Judge the graph of states, and people's part in it."""
    check_graph(view)
    check_cycles(view)
    check_people(view)


def check_surroundings(view: View) -> None:
    """Judge what is not in the file: the modules of its Python sources."""
    check_python_sources(view)
