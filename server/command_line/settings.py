"""Settings: an option of the command, then the environment (`POINTSMAN_DATABASE`), then `pointsman.toml`.

The nearest file counts, looked for from the current directory upwards; no other is read. A path in it
is relative to it. It holds no secrets: a token in a file would be a reviewer in a file.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import click

from ..bounds import HTTP_RATE_AT_MOST
from ..credentials.oidc_settings import IssuerTable, UnfitIssuer, issuer_settings
from ..insights.alerts import StatsTable
from ..models.settings import ModelsTable, UnfitPrices, judge_prices
from ..notices.settings import NotifyTable, UnfitNotices, notify_settings

FILE_NAME: Final = "pointsman.toml"

LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What `pointsman.toml` says. What it does not say is None."""

    database: str | None = None
    surface: Literal["auto", "adaptive", "stable", "compact"] | None = None
    era: Literal["auto", "handshake"] | None = None
    log_level: LogLevel | None = None
    rate: int | None = None
    oidc: IssuerTable | None = None
    notify: NotifyTable | None = None
    models: ModelsTable | None = None
    stats: StatsTable | None = None


@cache
def file_settings(directory: Path) -> Settings:
    """Read the settings of the nearest file, in this directory or above it; all of them are None where there is none.

    Raises:
        click.UsageError: when the file cannot be read, or says what is no setting.
    """
    for above in (directory, *directory.parents):
        path = above / FILE_NAME
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise click.UsageError(f"{path}: {error.strerror}.") from error
        return _located(_settings(text, path), above)
    return Settings()


def _located(settings: Settings, directory: Path) -> Settings:
    """Make the database's path one from the root, unless it is a URL."""
    if settings.database is None or "://" in settings.database:
        return settings
    return replace(settings, database=str(directory / Path(settings.database).expanduser()))


def _settings(text: bytes, path: Path) -> Settings:
    from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

    adapter = TypeAdapter(with_config(ConfigDict(extra="forbid"))(Settings))
    try:
        settings = adapter.validate_python(tomllib.loads(text.decode()))
        if settings.oidc is not None:
            issuer_settings(settings.oidc)  # whatever the command: settings that cannot be meant are said at once
        if settings.notify is not None:
            notify_settings(settings.notify)
        if settings.models is not None:
            judge_prices(settings.models)
        if settings.rate is not None and not 1 <= settings.rate <= HTTP_RATE_AT_MOST:
            raise click.UsageError(f"{path}: rate: write a number of 1 to {HTTP_RATE_AT_MOST}.")
    except (UnfitIssuer, UnfitNotices, UnfitPrices) as error:
        raise click.UsageError(f"{path}: {error}.") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise click.UsageError(f"{path}: {problems}.") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise click.UsageError(f"{path}: {error}.") from error
    return settings


def usual_database() -> str | None:
    """Give the database that commands take where it is not said: that of the environment, or of the file."""
    return os.environ.get("POINTSMAN_DATABASE") or file_settings(Path.cwd()).database


def setting(name: str, default: str | None = None) -> Any:  # noqa: ANN401 -- click's type of a callback
    """Give the callback of an option that `pointsman.toml` may set under this name.

    click itself has asked the command line and the environment before.
    """

    def choose(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            return value
        found: str | None = getattr(file_settings(Path.cwd()), name)
        return found if found is not None else default

    return choose
