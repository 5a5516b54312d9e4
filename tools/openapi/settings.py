"""What a workflow file says of an `openapi` source, with `${NAME}` read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pointsman.contracts.headers import may_be_sent
from pointsman.contracts.values import Json, as_object

from ..environment import resolved, resolved_all, values_in
from ..errors import SourceError
from .addresses import Address, InvalidAddress, address_of

HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?\Z", re.ASCII)
"""RFC 9110, section 5.5, without what is no ASCII: nobody agrees on how that is read."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the document is (a file in `folder`, or an address), where its operations are, and what every call is sent.

    `secrets` are the values that came from the environment.
    """

    document: str | Address
    folder: Path
    base: Address | None
    headers: Mapping[str, str]
    secrets: frozenset[str]


def read_settings(source: str, settings: Json, beside: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a source whose workflow file is in the folder `beside`.

    Raises:
        SourceError: a `${NAME}` is not set in the environment, an address is none, or a header cannot be sent.
    """
    said = as_object(settings)
    document, base_url, headers = str(said.get("document")), said.get("base_url"), said.get("headers")
    declared = resolved_all(source, headers, environment)
    for name, value in declared.items():
        _require_header(source, name, value)
    texts = [document, str(base_url), *(map(str, headers.values()) if isinstance(headers, dict) else ())]
    return Settings(
        _address(source, "document", document, environment) if "://" in document else document,
        beside,
        None if base_url is None else _address(source, "base_url", str(base_url), environment),
        {name.lower(): value for name, value in declared.items()},
        values_in(texts, environment),
    )


def _address(source: str, key: str, stated: str, environment: Mapping[str, str]) -> Address:
    try:
        return address_of(resolved(source, stated, environment))
    except InvalidAddress as error:
        raise SourceError(f"The source {source!r}: `{key}` is {stated!r}: {error}") from None


def _require_header(source: str, name: str, value: str) -> None:
    if not may_be_sent(name):
        raise SourceError(f"The source {source!r}: the header {name!r} cannot be declared. Remove it.")
    if not HEADER_VALUE.match(value):
        raise SourceError(
            f"The source {source!r}: the value of the header {name!r} holds more than visible ASCII. Mend it, or the"
            " value in the environment: a line break at its end, perhaps."
        )
