"""Who is told: `[notify]` of `pointsman.toml`, and what it comes to.

Kept free of imports that are not needed to read it: every command reads the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.errors import PointsmanError

from ..bounds import NOTICE_TARGETS

Texts: TypeAlias = str | tuple[str, ...]


class UnfitNotices(PointsmanError):
    """The settings of notifications cannot be meant: compare `[notify]` with docs/time.md."""


@dataclass(frozen=True, slots=True)
class NotifyTable:
    """`[notify]` as it is written. A target is an address as Apprise has them, with `${NAME}` from the environment."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    url: str | None = None
    default: Texts = ()
    roles: dict[str, Texts] = field(default_factory=dict[str, Texts])
    people: dict[str, Texts] = field(default_factory=dict[str, Texts])
    owners: dict[str, Texts] = field(default_factory=dict[str, Texts])


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go. `name` is where it stands in the settings: its address may hold secrets, and is never told."""

    name: str
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Who is told.

    Attributes:
        url: Where people find the console; None for the server's own address.
        default: Those who are told what is for a role or an owner that has no targets.
        roles: Those who are told what waits for a role.
        people: Where a person is told what was handed to them; if not here, those of the role are.
        owners: Those who are told how sessions ended in a final state of theirs, and of writes in doubt.
    """

    url: str | None
    default: tuple[Target, ...]
    roles: Mapping[str, tuple[Target, ...]]
    people: Mapping[str, tuple[Target, ...]]
    owners: Mapping[str, tuple[Target, ...]]

    def targets(self, role: str | None, owner: str | None) -> tuple[Target, ...]:
        """Give the targets of what is for this role, for this owner, or with a role for this person of it."""
        if role is None:
            return self.owners.get(owner or "") or self.default
        return self.people.get(owner or "") or self.roles.get(role) or self.default

    def all(self) -> tuple[Target, ...]:
        """Give every target there is."""
        named = [*self.roles.values(), *self.people.values(), *self.owners.values()]
        return (*self.default, *(target for group in named for target in group))

    def within(self, environment: Mapping[str, str]) -> NotifySettings:
        """Put the values of the environment in. A value that is not the whole address is escaped, as a part of one.

        Raises:
            UnfitNotices: a name is not set there.
        """

        def filled_in(targets: tuple[Target, ...]) -> tuple[Target, ...]:
            return tuple(Target(one.name, _filled(one, environment)) for one in targets)

        return NotifySettings(
            self.url,
            filled_in(self.default),
            {role: filled_in(targets) for role, targets in self.roles.items()},
            {person: filled_in(targets) for person, targets in self.people.items()},
            {owner: filled_in(targets) for owner, targets in self.owners.items()},
        )


def notify_settings(table: NotifyTable) -> NotifySettings:
    """Read what `[notify]` says.

    Raises:
        UnfitNotices: what it says cannot be meant.
    """
    url = None if table.url is None else _url(table.url)
    for role in table.roles:
        if not IDENTIFIER.match(role):
            raise UnfitNotices(f"notify.roles: {role!r} is no role: 1 to 128 of the characters A-Z a-z 0-9 _ . -")
    return NotifySettings(
        url,
        _targets("notify.default", table.default),
        {role: _targets(f"notify.roles.{role}", given) for role, given in table.roles.items()},
        {person: _targets(f"notify.people.{person}", given) for person, given in table.people.items()},
        {owner: _targets(f"notify.owners.{owner}", given) for owner, given in table.owners.items()},
    )


def _targets(name: str, given: Texts) -> tuple[Target, ...]:
    texts = (given,) if isinstance(given, str) else given
    if len(texts) > NOTICE_TARGETS:
        raise UnfitNotices(f"{name}: give {NOTICE_TARGETS} targets at most")
    for number, text in enumerate(texts, start=1):
        if "://" not in text and not text.startswith("${"):
            raise UnfitNotices(
                f"{name}: target {number} is no address such as mailto://… or ${{SLACK_URL}}; docs/time.md shows some"
            )
    return tuple(Target(f"{name} {number}", text) for number, text in enumerate(texts, start=1))


def _url(text: str) -> str:
    from ..http.address import NoAddress, read_url

    try:
        return read_url(text)
    except NoAddress as error:
        raise UnfitNotices(f"notify.url: {error}".rstrip(".")) from error


def _filled(target: Target, environment: Mapping[str, str]) -> str:
    from pointsman.tools.environment import filled
    from pointsman.tools.errors import SourceError

    text = target.address
    whole = text.startswith("${") and text.endswith("}") and text.count("${") == 1
    values = environment if whole else {name: quote(value, safe="") for name, value in environment.items()}
    try:
        return filled(target.name, text, values)
    except SourceError as error:
        raise UnfitNotices(str(error).rstrip(".")) from None
