"""What the places of a file say of each other. Each module is one topic; its docstring says which.

`check_parts` judges what can be judged even of a file in which something had to be left out; `check_whole`
what needs all of it. `check_surroundings` reads files beside the workflow, and never imports one.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..signatures import ToolsOfSource
from .access import check_access
from .approvals import check_approvals
from .collisions import check_collisions
from .cycles import check_cycles
from .environment import check_environment
from .evidence import check_evidence
from .expressions import check_expressions
from .fields import check_fields
from .files import check_files
from .graph import check_graph
from .leaving import check_entry_and_exit
from .limits import check_limits
from .models import check_models
from .names import check_names
from .people import check_people
from .policies import check_policies
from .readings import check_readings
from .redaction import check_redaction
from .schemas import check_literals, check_schemas
from .sources import check_sources
from .tools import check_tools
from .triggers import check_triggers
from .view import View

__all__ = ["View", "check_parts", "check_surroundings", "check_whole"]


def check_parts(view: View) -> None:
    """Judge names, schemas, expressions, tools and triggers, each for itself."""
    check_schemas(view)
    check_names(view)
    check_collisions(view)
    check_expressions(view)
    check_literals(view)
    check_tools(view)
    check_policies(view)
    check_redaction(view)
    check_entry_and_exit(view)
    check_environment(view)


def check_whole(view: View) -> None:
    """Judge what depends on parts that are missing: the graph of states, people, evidence, limits, triggers."""
    check_graph(view)
    check_cycles(view)
    check_people(view)
    check_approvals(view)
    check_access(view)
    check_models(view)
    check_readings(view)
    check_evidence(view)
    check_limits(view)
    check_triggers(view)
    check_fields(view)


def check_surroundings(view: View, asked: Mapping[str, ToolsOfSource]) -> None:
    """Judge what is not in the file: what it names beside it, and the tools of its sources.

    `asked` are the tools of the sources that were asked themselves.
    """
    check_files(view)
    check_sources(view, asked)
