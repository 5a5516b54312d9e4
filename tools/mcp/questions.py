"""What a downstream server asks while it works, and the call on whose behalf.

In the revision of 2026-07-28 a question is the answer to a call, so it is known whose it is. In the
handshake era it is a request of its own that names no call: it is taken as the question of the only
call that runs, and declined where several do. Forms are passed on. A model's words (sampling) and
the client's folders (roots) are asked for only where the workflow says so in `asks`; addresses to
visit, and whatever else a server may ask, are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Final

import structlog
from mcp.client.session import ClientRequestContext
from mcp_types import (
    INVALID_REQUEST,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestParams,
    ElicitResult,
    ErrorData,
    InputRequest,
    InputResponse,
    ListRootsRequest,
    ListRootsResult,
)
from pydantic import TypeAdapter, ValidationError

from ..conversation import ELICIT, ROOTS, SAMPLE, Question
from ..errors import ToolError
from ..talk import Talk

ASKABLE: Final = {"sampling": SAMPLE, "roots": ROOTS}
"""What `asks` of a source may hold, and the request of MCP that it allows."""
_DECLINED: Final = ElicitResult(action="decline")
_FORMS: Final[TypeAdapter[ElicitResult]] = TypeAdapter(ElicitResult)
_ANSWERS: Final[Mapping[str, TypeAdapter[InputResponse]]] = {
    ELICIT: TypeAdapter(ElicitResult),
    SAMPLE: TypeAdapter(CreateMessageResult),
    ROOTS: TypeAdapter(ListRootsResult),
}

_log = structlog.get_logger(__name__)


class Questions:
    """The questions of one source's server. `asks` are those beside forms that it may put."""

    def __init__(self, source: str, asks: Collection[str] = ()) -> None:
        self._source = source
        self._methods = {ELICIT, *(ASKABLE[one] for one in asks)}
        self._talks: list[Talk] = []

    @property
    def only(self) -> Talk | None:
        """The call that runs, where it is the only one."""
        return self._talks[0] if len(self._talks) == 1 else None

    def takes(self, method: str) -> bool:
        """Whether the server may ask this."""
        return method in self._methods

    @contextmanager
    def during(self, talk: Talk) -> Generator[None]:
        """Note that a call runs for as long as this is open."""
        self._talks.append(talk)
        try:
            yield
        finally:
            self._talks.remove(talk)

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """Answer a form that names no call."""
        del context
        talk = self._whose()
        if talk is None:
            return _DECLINED
        return _FORMS.validate_python((await self._ask(talk, {"": _written(ElicitRequest(params=params))}))[""])

    async def sampled(
        self, context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> CreateMessageResult | ErrorData:
        """Answer a request for a model's words that names no call."""
        del context
        answer = await self._other(CreateMessageRequest(params=params))
        return answer if isinstance(answer, CreateMessageResult | ErrorData) else _refusal("that is no answer")

    async def rooted(self, context: ClientRequestContext) -> ListRootsResult | ErrorData:
        """Answer a request for the client's folders that names no call."""
        del context
        answer = await self._other(ListRootsRequest())
        return answer if isinstance(answer, ListRootsResult | ErrorData) else _refusal("that is no answer")

    async def answers(self, tool: str, talk: Talk, requests: Mapping[str, InputRequest]) -> dict[str, InputResponse]:
        """Answer what a call needs to go on.

        Raises:
            ToolError: something is asked that is not passed on, or cannot be had.
        """
        refused = sorted({one.method for one in requests.values() if one.method not in self._methods})
        if refused:
            _log.warning("downstream asks for what is refused", source=self._source, tool=tool, asked=refused)
            raise ToolError(
                f"The server of the source {self._source!r} asks for {' and '.join(refused)} before it goes on with"
                f" {tool}. Pointsman passes nothing on but forms for the person at the client, and what `asks` of the"
                " source allows."
            )
        return await self._ask(talk, {key: _written(request) for key, request in requests.items()})

    async def _other(self, request: InputRequest) -> InputResponse | ErrorData:
        talk = self._whose()
        if talk is None:
            return _refusal("it is not known for which call this is asked")
        try:
            return (await self._ask(talk, {"": _written(request)}))[""]
        except ToolError as error:
            return _refusal(str(error))

    async def _ask(self, talk: Talk, questions: Mapping[str, Question]) -> dict[str, InputResponse]:
        answers = await talk.ask(f"The server `{self._source}`", questions)
        try:
            return {
                key: _ANSWERS[questions[key].method].validate_python(answer, by_name=False)
                for key, answer in answers.items()
            }
        except ValidationError as error:
            raise ToolError(f"The client's answer to the server `{self._source}` is no MCP.") from error

    def _whose(self) -> Talk | None:
        if self.only is None:
            _log.warning("downstream asks, but for which call is not known", source=self._source, of=len(self._talks))
        return self.only


def _written(request: InputRequest) -> Question:
    params = (
        None
        if request.params is None
        else request.params.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta", "task"})
    )
    return Question(request.method, params or {})


def _refusal(why: str) -> ErrorData:
    return ErrorData(code=INVALID_REQUEST, message=why)
