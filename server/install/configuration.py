"""A client's configuration as text: an entry put in or taken out, everything else as it was. Pure."""

from __future__ import annotations

import json
import re
from typing import Final, cast

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject

SERVERS: Final = "mcpServers"
_INDENT: Final = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_BOM: Final = "\ufeff"


class UnreadableConfiguration(PointsmanError):
    """The client's configuration is not what it should be. Mend or move it; nothing was changed."""


class NameTaken(PointsmanError):
    """Another server has this name in the client's configuration. Choose another with --name; nothing was changed."""


def with_entry(text: str, name: str, entry: JsonObject) -> str:
    """Put a server's entry into a configuration, in place of an older one of ours.

    Raises:
        UnreadableConfiguration: when the text is no configuration.
        NameTaken: when another program's server has the name.
    """
    document = _read(text)
    servers = _servers(document)
    known = servers.get(name)
    if known is not None and not is_ours(known):
        raise NameTaken(
            f"The configuration has a server {name!r} that is not Pointsman. Choose another name with --name; "
            "nothing was changed."
        )
    if known == entry:
        return text
    return _written(text, {**document, SERVERS: {**servers, name: entry}})


def without_entry(text: str, name: str) -> str:
    """Take our entry out of a configuration. The text stays as it is where there is none.

    Raises:
        UnreadableConfiguration: when the text is no configuration.
    """
    document = _read(text)
    servers = _servers(document)
    if name not in servers or not is_ours(servers[name]):
        return text
    rest: JsonObject = {key: value for key, value in servers.items() if key != name}
    kept: JsonObject = {key: rest if key == SERVERS else value for key, value in document.items()}
    return _written(text, kept)


def differ_only_in(text: str, other: str, name: str) -> bool:
    """Whether two configurations are the same but for our entry (and for where nothing is in them).

    Raises:
        UnreadableConfiguration: when the first is no configuration. A second that is none differs.
    """
    try:
        second = _read(without_entry(other, name))
    except UnreadableConfiguration:
        return False
    first = _read(without_entry(text, name))
    return _without_empty(first) == _without_empty(second)


def is_ours(entry: Json) -> bool:
    """Whether an entry starts Pointsman."""
    if not isinstance(entry, dict):
        return False
    arguments = entry.get("args")
    words = [entry.get("command"), *(arguments if isinstance(arguments, list) else [])]
    return any(re.fullmatch(r"pointsman(\.exe)?|pointsman\.server", _last_part(word)) for word in words)


def _last_part(word: Json) -> str:
    return re.split(r"[/\\]", word)[-1] if isinstance(word, str) else ""


def _read(text: str) -> JsonObject:
    bare = text.removeprefix(_BOM)
    if not bare.strip():
        return {}
    try:
        value = cast("object", json.loads(bare, object_pairs_hook=_unique, parse_constant=_refuse))
    except RecursionError:
        raise UnreadableConfiguration("It is nested too deep. Nothing was changed.") from None
    except json.JSONDecodeError as error:
        raise UnreadableConfiguration(
            f"It is no JSON: {error.msg} in line {error.lineno}, column {error.colno}. "
            "Mend it there and run this again; nothing was changed."
        ) from None
    if not isinstance(value, dict):
        raise UnreadableConfiguration("It holds no JSON object. Mend it and run this again; nothing was changed.")
    return cast("JsonObject", value)


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableConfiguration(f"It has the key {twice!r} twice in one object. Keep one; nothing was changed.")
    return found


def _refuse(constant: str) -> Json:
    raise UnreadableConfiguration(f"It holds {constant}, which is no JSON. Mend it; nothing was changed.")


def _servers(document: JsonObject) -> JsonObject:
    servers = document.get(SERVERS, {})
    if not isinstance(servers, dict):
        raise UnreadableConfiguration(f"Its {SERVERS!r} is no object. Mend it and run this again; nothing was changed.")
    return servers


def _without_empty(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if key != SERVERS or value}


def _written(before: str, document: JsonObject) -> str:
    """Write a document the way the text before was written: its indent, line ends, byte order mark and last line."""
    found = _INDENT.search(before)
    indent = found[1] if found else "  "
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    if not before.strip() or before.endswith("\n"):
        text += "\n"
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    return (_BOM if before.startswith(_BOM) else "") + text
