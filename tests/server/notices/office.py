"""An office where everything happens that somebody is told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pointsman.server.application import Application
from pointsman.server.notices.messages import Message
from pointsman.server.notices.sender import Sender
from pointsman.server.notices.settings import NotifySettings, Target

BASE: Final = "https://p.example.com"
OFFICE: Final = """
workflow: office
version: 1
owner: operators
record: {text: {type: string}}
roles: [clerk, chief]
initial: writing
sources: {desk: {python: desk}}
tools:
  desk.look: {effect: read}
  desk.fetch: {effect: read}
  desk.send: {effect: write, key: {over: [text]}}
states:
  writing:
    actor: agent
    goal: Write.
    tools:
      - {use: desk.send, approval: {role: chief, within: 1h}}
    events:
      ready: {requires: [text], next: checking}
      give_up: {next: given_up}
    failed: given_up
    unknown: in_doubt
  checking:
    actor: human
    review: {role: clerk, show: [text], due: {in: 2h, remind: 1h, then: deciding}}
    events: {ok: {next: done}}
  deciding:
    actor: human
    review:
      role: chief
      show: [text, {call: desk.fetch, with: {what: text}, as: fetched}]
      due: {in: 2d, then: given_up}
    events: {ok: {next: done}}
    failed: given_up
  done: {final: success}
  given_up: {final: stopped, owner: post-room}
  in_doubt: {final: manual, owner: post-room}
"""


def settings(
    *roles: str, people: tuple[str, ...] = (), owners: tuple[str, ...] = (), default: bool = False
) -> NotifySettings:
    """Tell each of these roles and owners at a target of their own name."""

    def targets(*names: str) -> dict[str, tuple[Target, ...]]:
        return {name: (Target(name, f"json://{name}"),) for name in names}

    elsewhere = (Target("default", "json://default"),) if default else ()
    return NotifySettings(None, elsewhere, targets(*roles), targets(*people), targets(*owners))


@dataclass
class Told:
    """Takes messages, except at the targets that are `deaf`."""

    taken: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])
    deaf: set[str] = field(default_factory=set[str])
    asked: int = 0

    async def __call__(self, target: Target, message: Message) -> bool:
        self.asked += 1
        if target.name in self.deaf:
            return False
        self.taken.append((target.name, message))
        return True

    def sender(self, application: Application, whom: NotifySettings, base: str | None = BASE) -> Sender:
        return Sender(application.engine, application.governor.clock, whom, self, base)

    @property
    def titles(self) -> list[tuple[str, str]]:
        return [(name, message.title) for name, message in self.taken]


def write_office(place: Path) -> None:
    (place / "office.yaml").write_text(OFFICE)
