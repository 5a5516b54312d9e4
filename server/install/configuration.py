"""A client's configuration as text: an entry put in or taken out, everything else as it was. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject, as_list, as_object

from .text import UnreadableConfiguration, Value, added, read, removed, replaced

INPUTS: Final = "inputs"
"""Where VS Code keeps what it asks its user for."""
TOKEN: Final = "POINTSMAN_TOKEN"  # noqa: S105 -- the name of the variable
_INPUT: Final = re.compile(r"\$\{input:(pointsman-token-[^}]+)\}")
_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Form:
    """What a client's file looks like: the key its servers stand under, and whether it may hold comments."""

    servers: str = "mcpServers"
    comments: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What is put into a configuration: the server, and what the client is to ask its user for (VS Code)."""

    server: JsonObject
    input: JsonObject | None = None


class NameTaken(PointsmanError):
    """Another server has this name in the client's configuration. Choose another with --name; nothing was changed."""


def with_entry(text: str, form: Form, name: str, entry: Entry) -> str:
    """Put a server's entry into a configuration, in place of an older one of ours.

    What the user has put under `env` of the older one stays.

    Raises:
        UnreadableConfiguration: when the text is no configuration.
        NameTaken: when another program's server has the name.
    """
    known = _servers(_read(text, form), form).get(name)
    if known is not None and not is_ours(known):
        raise NameTaken(
            f"The configuration has a server {name!r} that is not Pointsman. Choose another name with --name; "
            "nothing was changed."
        )
    text = _with_member(text, form, name, _with_kept_environment(entry.server, known))
    before, now = _asked_by(known), _asked_by(entry.server)
    if before is not None and before != now:
        text = _without_input(text, form, before)
    return text if entry.input is None else _with_input(text, form, entry.input)


def without_entry(text: str, form: Form, name: str) -> str:
    """Take our entry out of a configuration. The text stays as it is where there is none.

    Raises:
        UnreadableConfiguration: when the text is no configuration.
    """
    servers = _servers(_read(text, form), form)
    if name not in servers or not is_ours(servers[name]):
        return text
    bom, bare = _parted(text)
    holder = _holder(bare, form, form.servers)
    part = None if holder is None else holder.member(name)
    if holder is not None and part is not None:
        bare = removed(bare, holder, part)
    asked = _asked_by(servers[name])
    return bom + bare if asked is None else _without_input(bom + bare, form, asked)


def differ_only_in(text: str, other: str, form: Form, name: str) -> bool:
    """Whether two configurations are the same but for our entry (and for where nothing is in them).

    Raises:
        UnreadableConfiguration: when the first is no configuration. A second that is none differs.
    """
    try:
        second = _read(without_entry(other, form, name), form)
    except UnreadableConfiguration:
        return False
    first = _read(without_entry(text, form, name), form)
    return _without_empty(first, form) == _without_empty(second, form)


def is_ours(entry: Json) -> bool:
    """Whether an entry starts Pointsman, or sends a server the token that is kept for it."""
    if not isinstance(entry, dict):
        return False
    headers = entry.get("headers")
    if "url" in entry and isinstance(headers, dict):
        return TOKEN in str(headers.get("Authorization")) or _asked_by(entry) is not None
    arguments = entry.get("args")
    words = [entry.get("command"), *as_list(arguments)]
    return any(re.fullmatch(r"pointsman(\.exe)?|pointsman\.server", _last_part(word)) for word in words)


def input_id(name: str, url: str) -> str:
    """Name what VS Code asks for: the token of the server of this name at this address.

    What was typed is kept under this name, and must not be sent to another address.
    """
    return "pointsman-token-" + re.sub(r"[^A-Za-z0-9.-]+", "-", f"{name}-{url.partition('://')[2]}")


def _asked_by(entry: Json) -> str | None:
    """Give the name of the token that VS Code asks for, of an entry of ours that leads to a server."""
    headers = entry.get("headers") if isinstance(entry, dict) else None
    found = _INPUT.search(str(headers.get("Authorization"))) if isinstance(headers, dict) else None
    return None if found is None else found[1]


def _last_part(word: Json) -> str:
    return re.split(r"[/\\]", word)[-1] if isinstance(word, str) else ""


def _parted(text: str) -> tuple[str, str]:
    """Cut off the byte order mark."""
    return (_BOM, text.removeprefix(_BOM)) if text.startswith(_BOM) else ("", text)


def _read(text: str, form: Form) -> JsonObject:
    bare = _parted(text)[1]
    if not bare.strip():
        return {}
    value = read(bare, comments=form.comments).value
    if not isinstance(value, dict):
        raise UnreadableConfiguration("It holds no JSON object. Mend it and run this again; nothing was changed.")
    return value


def _servers(document: JsonObject, form: Form) -> JsonObject:
    servers = document.get(form.servers, {})
    if not isinstance(servers, dict):
        raise UnreadableConfiguration(
            f"Its {form.servers!r} is no object. Mend it and run this again; nothing was changed."
        )
    return servers


def _holder(bare: str, form: Form, key: str) -> Value | None:
    """Find the object or list under a key of the document."""
    part = read(bare, comments=form.comments).member(key)
    return None if part is None else part.value


def _with_kept_environment(server: JsonObject, known: Json) -> JsonObject:
    kept = known.get("env") if isinstance(known, dict) else None
    if not isinstance(kept, dict) or "command" not in server:
        return server
    declared = server.get("env")
    return {**server, "env": {**as_object(declared), **kept}}


def _with_member(text: str, form: Form, name: str, server: JsonObject) -> str:
    bom, bare = _parted(text)
    if not bare.strip():
        bare = "{}\n"
    holder = _holder(bare, form, form.servers)
    if holder is None:
        return bom + added(bare, read(bare, comments=form.comments), form.servers, {name: server}, 1)
    part = holder.member(name)
    if part is None:
        return bom + added(bare, holder, name, server, 2)
    return text if part.value.value == server else bom + replaced(bare, part.value, server, 2)


def _with_input(text: str, form: Form, asked: JsonObject) -> str:
    bom, bare = _parted(text)
    holder = _holder(bare, form, INPUTS)
    if holder is None:
        return bom + added(bare, read(bare, comments=form.comments), INPUTS, [asked], 1)
    if not isinstance(holder.value, list):
        raise UnreadableConfiguration(f"Its {INPUTS!r} is no list. Mend it and run this again; nothing was changed.")
    if any(_is_input(part.value.value, str(asked["id"])) for part in holder.parts):
        return text
    return bom + added(bare, holder, None, asked, 2)


def _without_input(text: str, form: Form, wanted: str) -> str:
    bom, bare = _parted(text)
    holder = _holder(bare, form, INPUTS)
    for part in () if holder is None else holder.parts:
        if holder is not None and _is_input(part.value.value, wanted):
            return bom + removed(bare, holder, part)
    return text


def _is_input(value: Json, wanted: str) -> bool:
    return isinstance(value, dict) and value.get("id") == wanted


def _without_empty(document: JsonObject, form: Form) -> JsonObject:
    return {key: value for key, value in document.items() if key not in (form.servers, INPUTS) or value}
