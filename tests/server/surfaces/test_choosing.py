"""Who is shown which surface: design, section 5."""

from __future__ import annotations

import pytest

from pointsman.server.surfaces.choosing import choose


@pytest.mark.parametrize(
    ("client", "surface"),
    [
        ("claude-code", "adaptive"),
        ("Visual Studio Code", "adaptive"),
        ("vscode-insiders", "adaptive"),
        ("goose-cli", "adaptive"),
        ("github-copilot-developer", "adaptive"),
        ("windsurf-client", "adaptive"),
        ("claude-ai", "stable"),
        ("openai-mcp", "stable"),
        ("codex-mcp-client", "stable"),
        ("something else", "stable"),
        (None, "stable"),
    ],
)
def test_in_the_handshake_era_only_clients_known_to_follow_list_changes_get_adaptive(
    client: str | None, surface: str
) -> None:
    assert choose("auto", client, modern=False) == surface


def test_the_2026_era_gets_stable_whatever_the_client() -> None:
    """MCP 2026-07-28 forbids lists that vary per connection."""
    assert choose("auto", "claude-code", modern=True) == "stable"


def test_a_choice_of_the_user_stands_above_the_table() -> None:
    assert choose("adaptive", "claude-ai", modern=True) == "adaptive"
    assert choose("compact", "claude-code", modern=False) == "compact"
    assert choose("stable", "claude-code", modern=False) == "stable"
