"""What pages need beside themselves: style sheets, scripts, pictures. Nothing else of the package is served."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ..graph.styles import style_sheet

ROOT: Final = "/console/static"
_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
DIAGRAM: Final = "diagram.css"
"""The colours of diagrams, made from the table of colours that all formats share."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served. `mark` is new with every change of it."""

    content: bytes
    kind: str
    mark: str


class StaticFiles:
    """The files, read once."""

    def __init__(self) -> None:
        contents = {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
        contents[DIAGRAM] = style_sheet(".diagram ").encode()
        self._files = {
            name: StaticFile(content, _TYPES[Path(name).suffix], hashlib.sha256(content).hexdigest()[:16])
            for name, content in contents.items()
        }

    def address(self, name: str) -> str:
        """Give the address of a file: another one when it has changed, so that browsers may keep what they have.

        Raises:
            KeyError: there is no such file.
        """
        return f"{ROOT}/{name}?{self._files[name].mark}"

    async def answer(self, request: Request) -> Response:
        """Answer a request for a file."""
        found = self._files.get(str(request.path_params["name"]))
        if found is None:
            return Response("There is no such file.", HTTPStatus.NOT_FOUND, media_type="text/plain")
        kept = "public, max-age=31536000, immutable" if request.url.query == found.mark else "no-cache"
        headers = {"cache-control": kept, "etag": f'"{found.mark}"'}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(found.content, media_type=found.kind, headers=headers)
