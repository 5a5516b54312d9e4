"""How a server has people sign in with an issuer."""

from __future__ import annotations

from pathlib import Path

from tests.server.credentials.entrance import CLIENT, Entrance
from tests.server.credentials.local_issuer import AUDIENCE


def trusting(place: Path, entrance: Entrance, *more: str, role: str = "boss") -> None:
    """Write the settings of a server that trusts an issuer, with `more` of them; its managers have this role."""
    (place / "pointsman.toml").write_text(
        "\n".join(
            [
                "[oidc]",
                f'issuer = "{entrance.issuer.url}"',
                f'audience = "{AUDIENCE}"',
                'roles_claim = "realm_access.roles"',
                f'people = {{azp = "{CLIENT}"}}',
                *more,
                "[oidc.roles]",
                f'ap-managers = "{role}"',
                "",
            ]
        )
    )
