"""Where clients learn who issues tokens (RFC 9728), as MCP's authorization has them look for it."""

from __future__ import annotations

import httpx2
import pytest
from mcp.client.auth.utils import (
    build_protected_resource_metadata_discovery_urls,
    extract_resource_metadata_from_www_auth,
)
from mcp.shared.auth import ProtectedResourceMetadata
from mcp.shared.auth_utils import check_resource_allowed

from tests.server.http.served import INITIALIZE, Served, Tokens, post, served

ISSUER = "https://login.example.com/realms/acme"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
SESSION = "s" * 26


async def got(server: Served, path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(verify=False) as client:
        return await client.get(server.url + path, headers=headers)


@pytest.mark.parametrize("path", ["", "/mcp", f"/sessions/{SESSION}/mcp", "/sessions/nothing-there/mcp"])
async def test_every_resource_is_described_at_the_address_that_is_made_of_its_own(path: str) -> None:
    async with served(tokens=Tokens(), issuer=ISSUER) as server:
        answer = await got(server, WELL_KNOWN + path)
        assert answer.status_code == 200
        assert answer.json() == {
            "resource": server.url + path,
            "authorization_servers": [ISSUER],
            "bearer_methods_supported": ["header"],
            "resource_name": "Pointsman",
        }


@pytest.mark.parametrize("path", ["/mcp", f"/sessions/{SESSION}/mcp"])
async def test_the_sdks_client_finds_the_issuer_by_the_401_and_without_it(path: str) -> None:
    async with served(tokens=Tokens(), issuer=ISSUER) as server:
        refused = await post(server, INITIALIZE, path)
        assert refused.status_code == 401
        told = extract_resource_metadata_from_www_auth(refused)
        assert told == f"{server.url}{WELL_KNOWN}{path}"
        for first in (told, None):
            url = build_protected_resource_metadata_discovery_urls(first, server.url + path)[0]
            found = ProtectedResourceMetadata.model_validate((await got(server, url.removeprefix(server.url))).json())
            assert [str(one) for one in found.authorization_servers] == [ISSUER]
            assert check_resource_allowed(server.url + path, str(found.resource))


async def test_behind_a_proxy_the_address_is_the_one_that_clients_use() -> None:
    url = "https://pointsman.example.com"
    async with served(tokens=Tokens(), issuer=ISSUER, url=url) as server:
        answer = await got(server, f"{WELL_KNOWN}/mcp", host="pointsman.example.com")
        assert answer.json()["resource"] == f"{url}/mcp"
        refused = await post(server, INITIALIZE, host="pointsman.example.com", authorization="Bearer a.b.c")
        assert refused.headers["www-authenticate"] == (
            f'Bearer error="invalid_token", resource_metadata="{url}{WELL_KNOWN}/mcp"'
        )


@pytest.mark.parametrize("path", ["/api", "/sessions/a%2Fb/mcp", "/sessions/a%0Ab/mcp", "/sessions//mcp"])
async def test_what_is_no_resource_is_not_described(path: str) -> None:
    async with served(tokens=Tokens(), issuer=ISSUER) as server:
        answer = await got(server, WELL_KNOWN + path)
        assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "NOT_FOUND")


async def test_a_server_without_an_issuer_describes_nothing() -> None:
    async with served(tokens=Tokens()) as server:
        assert (await got(server, f"{WELL_KNOWN}/mcp")).status_code == 404
        assert (await post(server, INITIALIZE)).headers["www-authenticate"] == "Bearer"
