"""`${NAME}` and `${NAME:-text}` in the settings of a source, read from the environment.

The environment is read once, when the source is opened; a name that is not set there is an error
then, and not at the first call, unless the file says what to take instead. Values never get into a message.
The key that the server asks models with is given to nobody: a workflow that names it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pointsman.contracts.own_key import ANOTHER_NAME, GIVEN_TO_NOBODY, OWN_KEY
from pointsman.contracts.values import Json, as_object
from pointsman.contracts.workflow import Workflow

from .errors import SourceError

_NAME: Final = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<instead>[^}]*))?\}", re.ASCII)


def resolved(source: str, text: str, environment: Mapping[str, str]) -> str:
    """Put the values of the environment into a text.

    Raises:
        SourceError: a name is not set there, and nothing is said to take instead.
    """
    return filled(f"The source {source!r}", text, environment)


def filled(who: str, text: str, environment: Mapping[str, str]) -> str:
    """Do the same for whoever needs it; `who` begins the sentence that says so.

    Raises:
        SourceError: a name is not set there, and nothing is said to take instead; or it is that of the server's key.
    """

    def value(found: re.Match[str]) -> str:
        name, instead = found["name"], found["instead"]
        if name == OWN_KEY:
            raise SourceError(f"{who} {GIVEN_TO_NOBODY}. {ANOTHER_NAME}")
        if instead is not None:
            return environment.get(name) or instead
        if name not in environment:
            raise SourceError(f"{who} needs {name}, which is not set in the environment. Set it and start again.")
        return environment[name]

    return _NAME.sub(value, text)


def resolved_all(source: str, texts: Json, environment: Mapping[str, str]) -> dict[str, str]:
    """Do the same to every value of an object, such as a source's headers.

    Raises:
        SourceError: a name is not set there, and nothing is said to take instead.
    """
    said = as_object(texts)
    return {name: resolved(source, str(text), environment) for name, text in said.items()}


def values_in(texts: Iterable[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Give the values that texts take from the environment; they are secrets, for all that is known."""
    names = (found["name"] for text in texts for found in _NAME.finditer(text))
    return frozenset(environment[name] for name in names if name in environment)


def names_needed(workflow: Workflow) -> frozenset[str]:
    """Give the names without which the sources of a workflow cannot be opened."""
    settings = [source.settings for source in workflow.sources.values() if isinstance(source.settings, dict)]
    single = [said.get(key) for said in settings for key in ("url", "document", "base_url")]
    grouped = [group for said in settings for key in ("headers", "env") if isinstance(group := said.get(key), dict)]
    texts = [*single, *(text for group in grouped for text in group.values())]
    found = (match for text in texts if isinstance(text, str) for match in _NAME.finditer(text))
    return frozenset(match["name"] for match in found if match["instead"] is None)
