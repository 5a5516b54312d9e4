"""Reads an OpenAPI document: a file beside the workflow, or what is at an address. JSON and YAML, bounded."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from pointsman.contracts.bounds import OPENAPI_DOCUMENT_BYTES
from pointsman.contracts.findings import Findings
from pointsman.contracts.folder import is_link_out, leads_out
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.positions import plain
from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.contracts.visible import visible
from pointsman.contracts.yaml_reader import decode, parse

from ..errors import SourceError, ToolError, UnkeepableResult
from .addresses import Address, InvalidAddress, address_of
from .answers import succeeded, words_of
from .client import exchange
from .references import shown
from .settings import Settings

_VERSION: Final = re.compile(r"3\.[01](\.[0-9]+)?\Z", re.ASCII)
_WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ACCEPT: Final = "application/json, application/yaml;q=0.9, */*;q=0.8"


@dataclass(frozen=True, slots=True)
class Document:
    """A document, and where its operations are.

    `server` is what it says of that itself; None where the workflow says it.
    """

    root: JsonObject
    base: Address
    server: str | None


async def read_document(client: httpx2.AsyncClient, settings: Settings) -> Document:
    """Read the document of a source.

    Raises:
        SourceError: it cannot be had, is none of version 3.0 or 3.1, or does not say where its operations are.
    """
    if isinstance(settings.document, str):
        content = await asyncio.to_thread(_content_of, settings.folder, settings.document)
    else:
        content = await _fetched(client, settings, settings.document)
    root = await asyncio.to_thread(_parsed, content)
    version = root.get("openapi")
    if not isinstance(version, str) or not _VERSION.match(version):
        stated = root.get("openapi", root.get("swagger"))
        raise SourceError(
            f"it says {shown(str(stated))} where `openapi: 3.1.0` or a version of 3.0 belongs; convert older documents"
        )
    return _located(root, settings)


def _located(root: JsonObject, settings: Settings) -> Document:
    if settings.base is not None:
        return Document(root, settings.base, None)
    stated = _server(root)
    at = settings.document if isinstance(settings.document, Address) else None
    try:
        base = address_of(stated) if at is None else at.joined(stated)
    except InvalidAddress:
        message = f"it says that its server is {shown(stated)}, which is no address by itself; say `base_url`"
        raise SourceError(message) from None
    if at is not None and base.origin != at.origin:
        raise SourceError(
            f"its server {shown(stated)} is not where the document is; if it is to be called, say so with `base_url`"
        )
    return Document(root, base, stated)


def _server(root: JsonObject) -> str:
    """Give the first server's URL, with the defaults of its variables."""
    servers = root.get("servers")
    first = as_object(servers[0]) if isinstance(servers, list) and servers else {}
    url = first.get("url", "/")
    if not isinstance(url, str):
        raise SourceError("its server has no `url`; say `base_url`")
    for name, variable in as_object(first.get("variables")).items():
        url = url.replace("{" + name + "}", str(as_object(variable).get("default", "")))
    return url


async def _fetched(client: httpx2.AsyncClient, settings: Settings, at: Address) -> bytes:
    ours = settings.base is None or settings.base.origin == at.origin
    headers: Mapping[str, str] = {"accept": _ACCEPT, **(settings.headers if ours else {})}
    try:
        request = client.build_request("GET", at.url, headers=dict(headers))
        answer = await exchange(client, request, _nothing_to_tell, OPENAPI_DOCUMENT_BYTES)
    except (ToolError, UnkeepableResult) as error:
        raise SourceError(str(error)) from error
    if not succeeded(answer):
        raise SourceError(f"its server answers {words_of(answer, settings.secrets)}")
    return answer.body


def _nothing_to_tell() -> None:
    """Reading a document can be taken back."""


def _content_of(folder: Path, name: str) -> bytes:
    """Read a file in the workflow's folder, and nothing that leads out of it or would be waited for."""
    if leads_out(name) or is_link_out(folder, name):
        raise SourceError(f"{name!r} is not in the folder of the workflow file; put it there")
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | _WITHOUT_WAITING)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceError(f"{name!r} is no file")
            content = opened.read(OPENAPI_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{name!r} cannot be read: {error.strerror}") from error
    if len(content) > OPENAPI_DOCUMENT_BYTES:
        raise SourceError(f"{name!r} is longer than {OPENAPI_DOCUMENT_BYTES} bytes")
    return content


def _parsed(content: bytes) -> JsonObject:
    root = _json(content) if content.lstrip().startswith(b"{") else _yaml(content)
    if not isinstance(root, dict):
        raise SourceError("it is no object")
    return root


def _json(content: bytes) -> Json:
    read = JsonReader().read(content)
    fault = read if isinstance(read, Fault) else read.fault
    if isinstance(read, Fault) or fault is not None:
        raise SourceError(f"it is no JSON that can be read: {visible(fault.message) if fault else ''}")
    return read.value


def _yaml(content: bytes) -> Json:
    findings = Findings("")
    text = decode(content, findings)
    node = None if text is None else parse(text, findings)
    if node is None or findings.errors:
        first = findings.sorted()[0]
        raise SourceError(
            f"it is no YAML that can be read: line {first.line}: {visible(first.message)}."
            " Larger documents, and those with anchors, are read as JSON"
        )
    return plain(node)
