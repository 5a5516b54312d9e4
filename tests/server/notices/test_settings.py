"""What is said of notifications in `pointsman.toml`."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pointsman.server.bounds import NOTICE_TARGETS
from pointsman.server.command_line.settings import file_settings
from pointsman.server.notices.settings import NotifySettings, UnfitNotices, notify_settings
from pointsman.server.notices.targets import Targets

WHOLE = """
[notify]
url = "https://pointsman.example.com"
default = "mailto://${MAIL_USER}:${MAIL_PASSWORD}@mail.example.com?from=p@example.com&to=${TO:-ops@example.com}"

[notify.roles]
accounts_payable_manager = ["${SLACK_URL}", "json://hooks.example.com/p"]

[notify.owners]
"ap-team" = ["json://hooks.example.com/ap"]
"""
TIME = Path(__file__).parents[3] / "docs" / "time.md"
ENVIRONMENT = {"MAIL_USER": "p@example.com", "MAIL_PASSWORD": "p/w:1", "SLACK_URL": "slack://A/B/C"}


def read(folder: Path, text: str) -> NotifySettings:
    (folder / "pointsman.toml").write_text(text)
    file_settings.cache_clear()
    found = file_settings(folder).notify
    assert found is not None
    return notify_settings(found)


def test_roles_owners_and_everybody_else_have_their_targets(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    assert settings.url == "https://pointsman.example.com"
    assert [one.name for one in settings.all()] == [
        "notify.default 1",
        "notify.roles.accounts_payable_manager 1",
        "notify.roles.accounts_payable_manager 2",
        "notify.owners.ap-team 1",
    ]
    assert settings.targets("accounts_payable_manager", None) == settings.roles["accounts_payable_manager"]
    assert settings.targets(None, "ap-team") == settings.owners["ap-team"]
    assert settings.targets("procurement", None) == settings.default == settings.targets(None, None)


def test_values_of_the_environment_are_a_whole_address_or_escaped_parts_of_one(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE).within(ENVIRONMENT)
    mail = "mailto://p%40example.com:p%2Fw%3A1@mail.example.com?from=p@example.com&to=ops@example.com"
    assert settings.default[0].address == mail
    assert settings.targets("accounts_payable_manager", None)[0].address == "slack://A/B/C"
    assert "p%2Fw" not in repr(settings)


def test_a_name_that_the_environment_lacks_is_told_without_a_value(tmp_path: Path) -> None:
    with pytest.raises(UnfitNotices, match=r"^notify\.default 1 needs MAIL_PASSWORD, which is not set") as refused:
        read(tmp_path, WHOLE).within({"MAIL_USER": "secret-user"})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[notify]\ntargets = 'x'", r"notify\.targets: "),
        ("[notify]\nurl = 'p.example.com'", r"notify\.url: .*https://pointsman\.example\.com"),
        ("[notify]\ndefault = 'secret@example.com'", r"notify\.default: target 1 is no address such as mailto://"),
        ("[notify.roles]\n'a b' = 'json://x'", r"notify\.roles: 'a b' is no role"),
        ("[notify.roles]\na = 3", r"notify\.roles\.a"),
        (f"[notify.owners]\na = {['json://x'] * (NOTICE_TARGETS + 1)}", rf"give {NOTICE_TARGETS} targets at most"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(click.UsageError, match=told) as refused:
        read(tmp_path, text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", TIME.read_text(), re.DOTALL))
def test_the_targets_of_the_documentation_are_known_to_apprise(tmp_path: Path, text: str) -> None:
    teams, slack = (
        "workflows://example.com:443/WORKFLOW/SIGNATURE",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    )
    settings = read(tmp_path, text).within({**ENVIRONMENT, "TEAMS_URL": teams, "SLACK_URL": slack})
    Targets(settings.all()).close()
    assert settings.default
    assert settings.roles
    assert settings.owners
