"""What a downstream server asks while it works, and the call on whose behalf.

In the revision of 2026-07-28 a question is the answer to a call, so it is known whose it is. In the
handshake era it is a request of its own that names no call: it is taken as the question of the only
call that runs, and declined where several do. Forms are passed on; whatever else a server may ask
(a model, folders, addresses to visit) is refused.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import structlog
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequest, ElicitRequestParams, ElicitResult, InputRequest

from pointsman.contracts.values import JsonObject

from ..errors import ToolError
from ..talk import Talk

_DECLINED: Final = ElicitResult(action="decline")

_log = structlog.get_logger(__name__)


class Questions:
    """The questions of one source's server."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._talks: list[Talk] = []

    @contextmanager
    def during(self, talk: Talk) -> Generator[None]:
        """Note that a call runs for as long as this is open."""
        self._talks.append(talk)
        try:
            yield
        finally:
            self._talks.remove(talk)

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Answer a question that names no call."""
        del context
        if len(self._talks) != 1:
            _log.warning("downstream asks, but for which call is not known", source=self._source, of=len(self._talks))
            return _DECLINED
        answers = await self._elicit(self._talks[0], {"": params})
        return answers[""]

    async def answers(self, tool: str, talk: Talk, requests: Mapping[str, InputRequest]) -> dict[str, ElicitResult]:
        """Answer what a call needs to go on.

        Raises:
            ToolError: something is asked that is not passed on.
        """
        forms = {key: request.params for key, request in requests.items() if isinstance(request, ElicitRequest)}
        refused = sorted({request.method for key, request in requests.items() if key not in forms})
        if refused:
            _log.warning("downstream asks for what is refused", source=self._source, tool=tool, asked=refused)
            raise ToolError(
                f"The server of the source {self._source!r} asks for {' and '.join(refused)} before it goes on with"
                f" {tool}. Pointsman passes nothing on but forms for the person at the client."
            )
        return await self._elicit(talk, forms)

    async def _elicit(self, talk: Talk, forms: Mapping[str, ElicitRequestParams]) -> dict[str, ElicitResult]:
        written: dict[str, JsonObject] = {
            key: form.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta", "task"})
            for key, form in forms.items()
        }
        answers = await talk.elicit(f"The server `{self._source}`", written)
        return {key: ElicitResult.model_validate(answer, by_name=False) for key, answer in answers.items()}
