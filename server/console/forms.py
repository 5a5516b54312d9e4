"""Reads what a form of the console has sent: as browsers write it, within the bounds of all arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from pointsman.fsm.refusals import Refusal

from ..bounds import FORM_FIELDS
from ..http.json_bodies import NotRead, whole_body

TYPE: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form: names are not repeated, but for those of boxes that may be ticked together."""

    fields: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def one(self, name: str) -> str:
        """Give the value of a field; nothing where there is none. Line breaks are as our own texts have them."""
        values = self.fields.get(name, ())
        return values[0].replace("\r\n", "\n") if len(values) == 1 else ""

    def below(self, prefix: str) -> dict[str, str]:
        """Give the fields whose names begin so, by what follows."""
        names = (name for name in self.fields if name.startswith(prefix))
        return {name.removeprefix(prefix): self.one(name) for name in names}


async def read_form(request: Request) -> Form | Response:
    """Read the form of a request; a body that takes too long to come is answered.

    Raises:
        NotRead: it is none.
        ClientDisconnect: its client has gone.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != TYPE:
        raise NotRead(_no_form(f"it is not of the type {TYPE}"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    raw = await whole_body(request)
    if isinstance(raw, Response):
        return raw
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            errors="strict",
            max_num_fields=FORM_FIELDS,
        )
    except ValueError as error:
        raise NotRead(_no_form("it is not written as browsers write forms")) from error
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def _no_form(why: str) -> Refusal:
    return Refusal("MALFORMED", f"This is no form of the console: {why}.")
