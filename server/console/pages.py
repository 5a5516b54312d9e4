"""Makes pages from templates. Whatever is put into one is escaped, and a name that is not given is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from pointsman.contracts.problems import Unmet
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.refusals import Refusal

from ..bounds import PAGES_AT_ONCE
from ..clock import Clock
from ..documents.exceptions import missed_in_words
from ..documents.readings import side_by_side
from ..http.refusals import STATUSES
from ..table.demands import demands
from .asked import Asked
from .decisions import Change
from .differences import difference
from .moments import exact, exactly, moment, read, span
from .room import is_cut, new_room
from .sign_ins import SignedIn
from .static_files import StaticFiles
from .texts import hides, marked, told, told_at_length
from .values import as_text, value

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""What a page of the console may do (Content Security Policy, level 3): nothing but with what comes from here."""

_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",  # with less, browsers would not say from which page a form comes
    "x-frame-options": "DENY",
}


_NO_SESSION: Final = Refusal(
    "NOT_FOUND",
    "There is nothing of this name that you may see. The list of sessions has those you may; what belongs to none "
    "is for people with the role `auditor`.",
)
"""What people are told in place of what agents are told: the same of what is not there and of what is not theirs."""


class Page(HTMLResponse):
    """A page that is still to be made: `make` it before it is answered.

    That takes a while where others wrote long texts, so it is done beside the event loop.
    """

    def __init__(self, render: Callable[[], str], status: HTTPStatus, gate: asyncio.Semaphore) -> None:
        super().__init__("", status, _HEADERS)
        self._render = render
        self._gate = gate

    async def make(self) -> None:
        """Make it."""
        async with self._gate:
            made = await asyncio.to_thread(self._made)
        self.body = made.encode("utf-8", "replace")
        self.headers["content-length"] = str(len(self.body))

    def _made(self) -> str:
        with new_room():
            return self._render()


class Pages:
    """Makes pages.

    Args:
        files: What stands beside them.
        clock: Tells how long ago something was.
    """

    def __init__(self, files: StaticFiles, clock: Clock) -> None:
        self._clock = clock
        self._gate = asyncio.Semaphore(PAGES_AT_ONCE)
        self._templates = Environment(
            loader=PackageLoader("pointsman.server.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # pyright takes the types of what jinja2 itself puts there for those of all there can be
        everywhere: MutableMapping[str, object] = self._templates.globals  # pyright: ignore[reportAssignmentType]
        everywhere.update(static=files.address, span=span, exactly=exactly, since_s=self._since_s)
        everywhere.update(demands=demands, is_cut=is_cut)
        everywhere.update(missed_in_words=missed_in_words, side_by_side=side_by_side)
        filters: MutableMapping[str, object] = self._templates.filters  # pyright: ignore[reportAssignmentType]
        filters.update(told=told, told_at_length=told_at_length, marked=marked, hides=hides, words=words)
        filters.update(value=value, as_text=as_text, difference=_difference)
        filters.update(exact=exact, exactly=exactly, moment=partial(_moment, clock))

    def _since_s(self, at: str) -> float:
        return (self._clock.now_ms() - read(at)) / 1000

    def page(
        self, template: str, signed_in: SignedIn | None, status: HTTPStatus = HTTPStatus.OK, **named: object
    ) -> Page:
        """Make a page.

        Args:
            template: Its file.
            signed_in: Who sees it; None where nobody has said who they are.
            status: Of the answer.
            named: What the template names.
        """
        template_ = self._templates.get_template(template)
        return Page(partial(template_.render, signed_in=signed_in, **named), status, self._gate)

    def refused(self, refusal: Refusal, signed_in: SignedIn | None, status: HTTPStatus | None = None) -> Page:
        """Make the page that says what was refused, and why."""
        if refusal == NOT_FOUND:
            refusal = _NO_SESSION
        unmet: tuple[Unmet, ...] = refusal.unmet
        chosen = status or STATUSES.get(refusal.code, HTTPStatus.CONFLICT)
        return self.page("refused.html", signed_in, chosen, refusal=refusal, unmet=unmet)

    def refused_to(self, asked: Asked, refusal: Refusal) -> Page:
        """Make the same for whoever asked."""
        return self.refused(refusal, asked.signed_in)


def words(name: str) -> str:
    """Write a name of a workflow file (`awaiting_review`) as words."""
    return name.replace("_", " ")


def _moment(now: Clock, at: str) -> Markup:
    return moment(at, now.now_ms())


def _difference(change: Change) -> Markup:
    return difference(change.before, change.after)
