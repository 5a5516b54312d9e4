"""What a page is asked: by whom, for what, and with which form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from ..replies import Caller
from .forms import Form
from .sign_ins import SignedIn

CHANNEL: Final = "console"
"""The channel of what people do here."""
ROOT: Final = "/console"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a person who is signed in. `form` is empty unless something is to be done."""

    request: Request
    signed_in: SignedIn
    caller: Caller
    form: Form

    @property
    def name(self) -> str:
        """What the path names; empty where it names nothing."""
        return str(next(iter(self.request.path_params.values()), ""))

    def said(self, parameter: str) -> str:
        """Give a parameter of the query, without spaces around it; empty where it is not said."""
        return self.request.query_params.get(parameter, "").strip()


Answers: TypeAlias = Callable[[Asked], Awaitable[Response]]
"""Answers a request of somebody who is signed in."""
