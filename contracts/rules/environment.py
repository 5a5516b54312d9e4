"""References to the environment: `${NAME}` or `${NAME:-text}` where it is read, and nowhere else.

The server reads the environment when it starts, and only in `env`, headers and URLs of sources, and in the
secret of a webhook. Anywhere else the text would be taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..own_key import ANOTHER_NAME, GIVEN_TO_NOBODY, OWN_KEY
from ..positions import Mapping, Node, Path, Scalar, Sequence
from .view import View

_REFERENCE: Final = re.compile(r"\$\{[^}]*\}?")
_NAMED: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}\Z")
_BARE: Final = re.compile(r"(?:^|(?<=\s))\$([A-Z_][A-Z0-9_]*)")
_READ: Final = frozenset({"env", "headers", "url", "base_url", "document"})
_PROSE: Final = frozenset({"title", "goal", "forbid", "description", "message", "owner", "record", "payload", "prompt"})
"""Keys under which a dollar sign is a dollar sign: texts for people, and patterns of schemas."""


def check_environment(view: View) -> None:
    """Find references that nobody reads, those that are none where one is meant, and those to the server's own key."""
    for path, node in _texts(view.root, ()):
        read = path[0] == "sources" and any(step in _READ for step in path[2:])
        secret = path[:2] == ("triggers", "webhook") and "secret" in path[2:4]
        if not (read or secret) and _PROSE.intersection(map(str, path)):
            continue
        for found in _REFERENCE.findall(node.text):
            named = _NAMED.match(found)
            if (read or secret) and named and named[1] == OWN_KEY:
                who = f"the source `{path[1]}`" if read else "the secret of the webhook"
                view.at_value("PM321", path, f"{who} {GIVEN_TO_NOBODY}", ANOTHER_NAME)
            elif secret:
                continue
            elif not read:
                hint = "Only `env`, headers and URLs of sources read the environment; write the value itself here."
                view.at_value("PM317", path, f"`{found}` is not read here and would be taken as it stands", hint)
            elif not named:
                hint = "Write `${NAME}`, or `${NAME:-text}` to say what it is where that is not set."
                view.at_value("PM317", path, f"`{found}` is no name of the environment", hint)
        for name in _BARE.findall(node.text) if read else ():
            message = f"`${name}` would be taken as it stands"
            view.at_value("PM317", path, message, f"Did you mean `${{{name}}}`?")


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, Scalar]]:
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield from _texts(entry.value, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _texts(item, (*path, index))
    elif "$" in node.text:
        yield path, node
