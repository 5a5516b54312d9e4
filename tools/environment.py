"""`${NAME}` in the settings of a source, read from the environment.

The environment is read once, when the source is opened; a name that is not set there is an error
then, and not at the first call. Values never get into a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from pointsman.contracts.values import Json

from .errors import SourceError

_NAME: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def resolved(source: str, text: str, environment: Mapping[str, str]) -> str:
    """Put the values of the environment into a text.

    Raises:
        SourceError: a name is not set there.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in environment:
            raise SourceError(
                f"The source {source!r} needs {name}, which is not set in the environment. Set it and start again."
            )
        return environment[name]

    return _NAME.sub(value, text)


def resolved_all(source: str, texts: Json, environment: Mapping[str, str]) -> dict[str, str]:
    """Do the same to every value of an object, such as a source's headers.

    Raises:
        SourceError: a name is not set there.
    """
    said = texts if isinstance(texts, dict) else {}
    return {name: resolved(source, str(text), environment) for name, text in said.items()}


def values_in(texts: Iterable[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Give the values that texts take from the environment; they are secrets, for all that is known."""
    return frozenset(environment[name] for text in texts for name in _NAME.findall(text) if name in environment)
