"""From the tree of a file to its models, with a finding for every key and value that does not fit.

One wrong value does not hide the others: it is noted, taken out, and the rest is read again, so that
`check` can go on to what places of the file say of each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .document import Document
from .document.part import DURATION_PATTERN, NAME_PATTERN, TOOL_PATTERN, Part, Unfit
from .document.states import AgentPart, ExternalPart, FinalPart, HumanPart, SystemPart
from .document.tools import RATE_PATTERN, REDACTED_PATTERN
from .document.triggers import ENVIRONMENT_PATTERN
from .findings import Findings
from .near import near
from .positions import Mapping, Node, Place, Scalar, Sequence, node_at, place_of, place_of_key, plain
from .python_modules import MODULE_PATTERN
from .values import Json
from .visible import visible

_FORMS: Final = {
    NAME_PATTERN: ("is no name", "Names are lower-case letters, digits and `_`, and begin with a letter."),
    DURATION_PATTERN: ("is no duration", "Durations look like `200ms`, `5s`, `10m`, `4h`, `2d`."),
    TOOL_PATTERN: ("is no tool", "A tool is named `source.tool`."),
    MODULE_PATTERN: (
        "names no module",
        "Write it as in `import shop.erp`: without `.py`, from this file's folder or Python's path.",
    ),
    RATE_PATTERN: (
        "is no rate",
        "Rates look like `10/m`: calls in a second, a minute, an hour or a day.",
    ),
    REDACTED_PATTERN: ("is no path of a call", "Paths look like `args.password` or `result.accounts.*.iban`."),
    ENVIRONMENT_PATTERN: (
        "is no name of the environment",
        "Write `${NAME}`: a secret never stands in the file.",
    ),
}
_SUBJECT: Final = re.compile(r"^(?:Input|String|List|Dictionary|Value) should")
_KINDS: Final = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
MEANT: Final = {
    **dict.fromkeys(
        (("string_type", key) for key in ("in", "remind", "within", "duration", "timeout", "backoff")),
        "Durations look like `30s`.",
    ),
    ("float_type", "cost"): "US dollars, such as `0.05`.",
}
"""What is meant by a key, where its value is of another kind."""
_QUOTED: Final = re.compile("`([^`]*)`")
ACTORS: Final = ("agent", "model", "system", "human", "external")


def _elsewhere() -> dict[tuple[type[Part], str], str]:
    """Say of each key of a state whose state it belongs to."""
    hints: dict[tuple[type[Part], str], str] = {}
    kinds = (AgentPart, SystemPart, HumanPart, ExternalPart, FinalPart)
    for part in kinds:
        for other in kinds:
            for key in (*other.model_fields, "actor"):
                whose = _WHOSE.get(key, "states that are not final")
                hints[part, key] = f"`{key}` belongs to {whose}."
    hints |= {(part, "next"): "Here each event has its own `next`." for part in (AgentPart, HumanPart, ExternalPart)}
    return hints


_WHOSE: Final = {
    "agree": "states whose actor is `agent` or `model`, and their events",
    "model": "states whose actor is `model`",
    "show": "states whose actor is `agent` or `model`; what a person sees is in `review`",
    "tools": "states whose actor is `agent` or `model`; the server's own calls are in `run` or `entry`",
    "events": "states in which somebody acts; a system state has `next`",
    "run": "states whose actor is `system`; others have `entry`",
    "next": "states whose actor is `system`",
    "review": "states whose actor is `human`",
    "final": "states without an actor",
    "owner": "final states, and to the whole workflow",
}
_ELSEWHERE: Final = _elsewhere()


@dataclass(frozen=True, slots=True)
class Declared:
    """The names a file declares, those of parts that did not fit included: using one is no fault of its own."""

    states: tuple[str, ...]
    fields: tuple[str, ...]
    sources: tuple[str, ...]
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file. `whole` says that nothing had to be taken out."""

    document: Document
    declared: Declared
    whole: bool


def read_document(root: Node, findings: Findings) -> Reading | None:
    """Give the models of a file; None where too much of it is wrong.

    What does not fit is noted and taken out of the tree, so that paths of the models lead to the right places.
    """
    if not isinstance(root, Mapping):
        findings.add("PM203", *root.place, "a workflow file is a mapping", "It begins with `workflow: its_name`.")
        return None
    if "steps" in root.entries and not {"workflow", "states"} & root.entries.keys():
        hint = "To play it: `pointsman run WORKFLOW --script SCRIPT`."
        findings.add("PM203", *root.entries["steps"].key, "this is a script, and no workflow", hint)
        return None
    declared = Declared(_keys(root, "states"), _keys(root, "record"), _keys(root, "sources"), _keys(root, "tools"))
    whole = True
    touched: set[int] = set()
    while True:  # each round takes something out
        data = plain(root)
        reader = _Reader(root, data, findings, touched)
        try:
            document = Document.model_validate(data, context={"reader": reader})
        except ValidationError as error:
            whole = False
            details = error.errors(include_url=False)
            for detail in details:
                reader.note(detail)
            if not _take_out(root, [detail["loc"] for detail in details], touched):
                return None
        else:
            return Reading(document, declared, whole)


def _keys(root: Mapping, key: str) -> tuple[str, ...]:
    node = root.entries[key].value if key in root.entries else None
    return tuple(node.entries) if isinstance(node, Mapping) else ()


class _Reader:
    """Hears of unknown keys while the models are made, and puts their errors into words."""

    def __init__(self, root: Node, data: Json, findings: Findings, touched: set[int]) -> None:
        self._root = root
        self._nodes: dict[int, Mapping] = {}
        self._findings = findings
        self._touched = touched
        self._meant: set[tuple[Place, str]] = set()
        self._pair(root, data)

    def _pair(self, node: Node, data: Json) -> None:
        """Remember which mapping of the file each dictionary comes from."""
        if isinstance(node, Mapping) and isinstance(data, dict):
            self._nodes[id(data)] = node
            for key, value in data.items():
                self._pair(node.entries[key].value, value)
        elif isinstance(node, Sequence) and isinstance(data, list) and len(data) == len(node.items):
            for item, value in zip(node.items, data, strict=True):
                self._pair(item, value)

    def known_part(self, part: type[Part], data: MappingOf[str, object]) -> MappingOf[str, object]:
        """Note the keys of `data` that the model lacks, and give the rest."""
        known = [field.alias or name for name, field in part.model_fields.items()]
        node = self._nodes.get(id(data))
        for key in data:
            if node is None or self._findings.full or key in known:
                continue
            elsewhere = _ELSEWHERE.get((part, key))
            meant = None if elsewhere else near(key, known)
            self._meant.add((node.place, meant or ""))
            hint = elsewhere or (f"Did you mean `{meant}`?" if meant else f"Known here: {', '.join(known)}.")
            self._findings.add("PM201", *node.entries[key].key, f"unknown key `{visible(key)}`", hint)
        return {key: value for key, value in data.items() if key in known}

    def note(self, error: ErrorDetails) -> None:
        """Put an error of the models into a finding, unless it follows from one that was noted."""
        path = tuple(step for _, step in _steps(self._root, error["loc"]))
        node = node_at(self._root, path)
        if id(node) in self._touched:
            return
        is_key = error["loc"][-1:] == ("[key]",)
        place = place_of_key(self._root, path) if is_key else place_of(self._root, path)
        kind = error["type"]
        if kind == "missing":
            if (place, error["loc"][-1]) not in self._meant:
                key = error["loc"][-1]
                self._findings.add("PM202", *place, f"the key `{key}` is missing", f"Add `{key}: …`.")
            return
        named = str(path[-1]) if is_key else node.text if isinstance(node, Scalar) else None
        message, hint = self._words(error, node, "this" if named is None else f"`{visible(named[:60])}`")
        self._findings.add("PM203", *place, message, hint)

    def _words(self, error: ErrorDetails, node: Node, shown: str) -> tuple[str, str | None]:
        kind, context = error["type"], error.get("ctx", {})
        if kind in _KINDS:
            return f"{shown} must be {_KINDS[kind]}", _meant_value(kind, str(error["loc"][-1]), node)
        if kind == "string_pattern_mismatch":
            problem, hint = _FORMS[context["pattern"]]
            return f"{shown} {problem}", hint
        if kind == "literal_error":
            wanted = str(context["expected"]).replace("'", "`")
            meant = near(shown.strip("`"), _QUOTED.findall(wanted))
            return f"{shown} must be {wanted}", f"Did you mean `{meant}`?" if meant else None
        if kind.startswith("union_tag"):
            if "_step_kind" in str(context.get("discriminator")):
                return "a step is a `call`, a `set` or an `all`", "It begins with one of these keys."
            return f"a state has an `actor` ({', '.join(ACTORS)}) or is `final`", _meant_actor(node)
        if kind == "too_short":
            return f"{shown} must not be empty", None
        cause = context.get("error")
        said = error["msg"].removeprefix("Value error, ")
        return _SUBJECT.sub(lambda _: f"{shown} should", said), cause.hint if isinstance(cause, Unfit) else None


def _meant_value(kind: str, key: str, node: Node) -> str | None:
    """Say how a value is written, of which nothing but its kind is wrong."""
    if not isinstance(node, Scalar) or node.value is None:
        return None
    if kind == "model_type" and key == "model":
        return f"Write `{{name: {visible(node.text)}}}`."
    return MEANT.get((kind, key)) or ("Quote it." if kind == "string_type" else None)


def _meant_actor(node: Node) -> str | None:
    actor = node.entries["actor"].value if isinstance(node, Mapping) and "actor" in node.entries else None
    meant = near(actor.text, ACTORS) if isinstance(actor, Scalar) else None
    return f"Did you mean `{meant}`?" if meant else None


def _steps(root: Node, location: tuple[int | str, ...]) -> list[tuple[Mapping | Sequence, str | int]]:
    """Give each step of a location with what it leads out of.

    What pydantic adds to a location is dropped: the members of unions, `[key]`, a key that is missing.
    """
    found: list[tuple[Mapping | Sequence, str | int]] = []
    node = root
    for step in location:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
            found.append((node, step))
            node = node.entries[step].value
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            found.append((node, step))
            node = node.items[step]
    return found


def _take_out(root: Node, locations: SequenceOf[tuple[int | str, ...]], touched: set[int]) -> bool:
    """Remove the values that errors are about, or those that lack something. False if that is the whole file.

    What something was removed from is added to `touched`.
    """
    removed: dict[tuple[int, str | int], tuple[Mapping | Sequence, str | int]] = {}
    for location in locations:
        steps = _steps(root, location)
        if not steps:
            return False
        # Of a policy all goes: what is left of one would be judged by its defaults.
        parent, step = steps[:2][-1] if steps[0][1] == "tools" else steps[-1]
        removed[id(parent), step] = (parent, step)
        touched.add(id(parent))
    for parent, step in removed.values():
        if isinstance(parent, Mapping):
            parent.entries.pop(str(step), None)
    for sequence in {id(parent): parent for parent, _ in removed.values() if isinstance(parent, Sequence)}.values():
        sequence.items = [item for index, item in enumerate(sequence.items) if (id(sequence), index) not in removed]
    return True
