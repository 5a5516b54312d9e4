"""Forms, as mail providers send what has come in: the fields as text, and of files what they are, never what they hold.

A field that comes twice is a list. Bodies are not trusted: sizes, counts and characters are bounded.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import Json, JsonObject

from ..bounds import FORM_PARTS

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

_CHARSETS: Final = "charsets"
"""The field in which SendGrid says, as JSON, how the other fields are written."""
_KNOWN: Final = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "ascii", "koi8-r", "koi8-u", "big5", "gb2312", "gbk", "gb18030", "euc-jp", "euc-kr"),
        *("shift_jis", "iso-2022-jp", *(f"iso-8859-{number}" for number in (*range(1, 12), 13, 14, 15, 16))),
        *(f"windows-{number}" for number in range(1250, 1259)),
    )
)
"""Character sets of mail. Others that Python knows can be slow, or are none."""


def media_type(header: str) -> tuple[str, dict[bytes, bytes]]:
    """Give the media type of a body in lower case, and its parameters."""
    kind, options = parse_options_header(header)
    return kind.decode("latin-1").strip(), options


def read_urlencoded(raw: bytes) -> JsonObject | Fault:
    """Read the fields of a form without files."""
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FORM_PARTS)
    except UnicodeDecodeError:
        return Fault("a field is not UTF-8")
    except ValueError:
        return Fault(f"more than {FORM_PARTS} fields")
    return _gathered([(name, value) for name, value in pairs])


class _Hash(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class _Part:
    """A field or a file that is being read."""

    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    name: str = ""
    charset: str = ""
    file: JsonObject | None = None
    text: bytearray = field(default_factory=bytearray)
    size_bytes: int = 0
    hash: _Hash = field(default_factory=hashlib.sha256)


class FormReader:
    """Reads a form with files as it comes in, and keeps no file.

    Args:
        boundary: What separates the parts.
    """

    def __init__(self, boundary: bytes) -> None:
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all,
        }
        self._parts: list[_Part] = []
        self._header = (bytearray(), bytearray())
        self._text_bytes = 0
        self._whole = False
        self._fault: Fault | None = None
        self._parser: MultipartParser | None = None
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            self._fault = _no_form(error)

    def feed(self, chunk: bytes) -> None:
        """Read on. After a fault nothing is read any more."""
        if self._fault is not None or self._parser is None or not chunk:
            return
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            self._fault = _no_form(error)
        except _Unreadable as error:
            self._fault = error.fault

    def fields(self) -> JsonObject | Fault:
        """Give what was read when all has come in."""
        if self._fault is None and not self._whole:
            self._fault = Fault("the form has no end", grammar=True)
        if self._fault is not None:
            return self._fault
        charsets = self._charsets()
        try:
            return _gathered([(part.name, part.file or _text(part, charsets)) for part in self._parts])
        except _Unreadable as error:
            return error.fault

    def _charsets(self) -> dict[str, str]:
        """Give the character sets that a field of the form says the others have."""
        said = next((part for part in self._parts if part.name == _CHARSETS and part.file is None), None)
        if said is None:
            return {}
        read = JsonReader().read(bytes(said.text))
        found = None if isinstance(read, Fault) or read.fault is not None else read.value
        return (
            {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
        )

    # What the parser tells.

    def _begin(self) -> None:
        if len(self._parts) == FORM_PARTS:
            raise _Unreadable(f"more than {FORM_PARTS} fields")
        self._parts.append(_Part())

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._parts[-1].headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        part = self._parts[-1]
        kind, options = parse_options_header(part.headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise _Unreadable("a part without a name")
        part.name = _decoded(options[b"name"], "utf-8", "a field's name")
        said, more = parse_options_header(part.headers.get(b"content-type"))
        part.charset = more.get(b"charset", b"").decode("latin-1")
        if b"filename" in options:
            filename = _decoded(options[b"filename"], "utf-8", f"the name of the file in {part.name}")
            part.file = {"name": filename, "type": said.decode("latin-1") or "application/octet-stream"}

    def _data(self, data: bytes, start: int, end: int) -> None:
        part, piece = self._parts[-1], data[start:end]
        if part.file is not None:
            part.size_bytes += len(piece)
            part.hash.update(piece)
            return
        self._text_bytes += len(piece)
        if self._text_bytes > ARGUMENTS_BYTES:
            raise _Unreadable(f"fields of more than {ARGUMENTS_BYTES} bytes")
        part.text.extend(piece)

    def _end(self) -> None:
        part = self._parts[-1]
        if part.file is not None:
            part.file |= {"size_bytes": part.size_bytes, "sha256": part.hash.hexdigest()}

    def _all(self) -> None:
        self._whole = True


class _Unreadable(Exception):
    """Ends the reading of a form. Inside this module only."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.fault = Fault(problem)


def _no_form(error: FormParserError) -> Fault:
    return Fault(f"not multipart/form-data: {error}", grammar=True)


def _text(part: _Part, charsets: dict[str, str]) -> str:
    return _decoded(bytes(part.text), charsets.get(part.name) or part.charset or "utf-8", part.name)


def _decoded(text: bytes, charset: str, what: str) -> str:
    try:
        known = codecs.lookup(charset).name
    except (LookupError, ValueError):
        known = ""
    if known not in _KNOWN:
        raise _Unreadable(f"{what} is in a character set that is not read here")
    try:
        return text.decode(known)
    except UnicodeDecodeError:
        raise _Unreadable(f"{what} is not {known}") from None


def _gathered(pairs: list[tuple[str, Json]]) -> JsonObject:
    """Put fields together; one that comes more than once is a list."""
    found: dict[str, list[Json]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
