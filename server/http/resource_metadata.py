"""Where clients learn who issues tokens for this server: OAuth 2.0 Protected Resource Metadata (RFC 9728).

Each endpoint of MCP is a resource of its own, described at the address that this RFC makes of its path, as
MCP's authorization demands; so clients find it before anybody has answered them with 401, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response

from pointsman.contracts.values import JsonObject

from ..addresses import MCP_PATH, MCP_PATH_OF_SESSION, session_of_path
from .doors import ANYBODY, door

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
_NAME: Final = "Pointsman"


@dataclass(frozen=True, slots=True)
class ProtectedResources:
    """The resources of a server.

    Attributes:
        base: Where clients reach it, without a slash at the end.
        issuer: Who issues tokens for it.
    """

    base: str
    issuer: str

    def metadata(self, path: str = "") -> JsonObject:
        """Describe the resource at a path of this server; the server as a whole without one."""
        return {
            "resource": self.base + path,
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
            "resource_name": _NAME,
        }

    def metadata_url(self, path: str) -> str:
        """Give the address of the description of whatever is at this path."""
        return self.base + WELL_KNOWN + (path if _is_mcp(path) else "")

    def routes(self) -> list[Route]:
        """Make the routes of all descriptions. A session's says nothing of whether there is such a session."""

        async def describe(request: Request) -> Response:
            path = str(request.scope["path"]).removeprefix(WELL_KNOWN)
            if path and not _is_mcp(path):
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return JSONResponse(self.metadata(path))

        paths = (WELL_KNOWN, WELL_KNOWN + MCP_PATH, WELL_KNOWN + MCP_PATH_OF_SESSION)
        return [door(path, request_response(describe), ["GET"], ANYBODY) for path in paths]


def _is_mcp(path: str) -> bool:
    """Whether a path is that of an endpoint of MCP, whatever session it names."""
    return path == MCP_PATH or session_of_path(path) is not None
