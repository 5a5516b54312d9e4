"""What one call says and asks of whoever waits for it, within the bounds and written down.

A tool's words are not trusted, and neither is the answer: what is asked carries the name of who asks
and nothing that hides, forms are flat and small, and an answer is held to its form before the tool
sees it. Where nobody can be asked the tool is told that it was declined, and the record says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from pointsman.contracts.bounds import (
    ASK_MESSAGE_CHARACTERS,
    ASK_MODEL_BYTES,
    ASKS_PER_CALL,
    LOG_CHARACTERS,
)
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.visible import visible
from pointsman.fsm.facts import Asked

from .conversation import ELICIT, ROOTS, SAMPLE, Conversation, Question
from .errors import ToolError, Unanswered
from .forms import Action, End, judged, misshapen

NOBODY: Final = "nobody who could be asked waits for this call"
_WANTED: Final = {SAMPLE: "an answer of the client's model", ROOTS: "the client's folders"}
_log = structlog.get_logger(__name__)


class Talk:
    """One call's side of a conversation. `asked` is what it has asked so far.

    A person who has declined something is not asked the same again, however often the call is tried.

    Args:
        conversation: Who waits for the call; None where nobody does.
        safe: Makes of a text what may be written down.
    """

    def __init__(
        self, conversation: Conversation | None = None, safe: Callable[[str], str] = lambda text: text
    ) -> None:
        self.conversation: Final = conversation
        self.asked: Final[list[Asked]] = []
        self._safe = safe
        self._declined: set[str] = set()
        self._loop = _running_loop()

    @property
    def listens(self) -> bool:
        """Whether somebody wants to be told of progress."""
        return self.conversation is not None and self.conversation.listens

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell how far the call is, to whoever wants to know. A function in a worker thread may do so too."""
        if self.conversation is None:
            return
        if self._loop is None or _running_loop() is self._loop:
            self.conversation.progress(done, total, message)
        else:
            self._loop.call_soon_threadsafe(self.conversation.progress, done, total, message)

    async def log(self, level: str, data: Json, logger: str) -> None:
        """Tell what is for the client's log: text, or JSON that is small. `logger` names who says it."""
        if self.conversation is None:
            return
        said = visible(data[:LOG_CHARACTERS], lines=True) if isinstance(data, str) else data
        if isinstance(said, str) or len(canonical(said)) <= LOG_CHARACTERS:
            await self.conversation.log(level, said, logger)

    async def elicit(self, asker: str, forms: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """Have a person fill in forms, all at once; give the results of MCP by the same keys.

        Args:
            asker: Who asks, as the person is told: "The server `wiki`".
            forms: Parameters of `elicitation/create`, by keys of the tool's own choice.
        """
        return await self.ask(asker, {key: Question(ELICIT, form) for key, form in forms.items()})

    def takes(self, method: str) -> bool:
        """Whether somebody can be asked this."""
        return self.conversation is not None and self.conversation.takes(method)

    async def ask(self, asker: str, questions: Mapping[str, Question]) -> dict[str, JsonObject]:
        """Ask whatever MCP lets a server ask, all at once; give the results of MCP by the same keys.

        Forms that cannot be put before a person are declined. A model's words and the client's folders
        cannot be declined for somebody: where they cannot be had, the call cannot go on.

        Args:
            asker: Who asks, as the person is told.
            questions: By keys of the tool's own choice.

        Raises:
            ToolError: something that is no form cannot be asked, or was refused.
        """
        obstacles: dict[str, str] = {}
        asked: dict[str, Question] = {}
        for place, (key, question) in enumerate(questions.items()):
            room = ASKS_PER_CALL - len(self.asked) - place
            if question.method != ELICIT:
                self._require(asker, question, room=room)
                asked[key] = question
            elif (why := self._obstacle(question.params, room=room)) is not None:
                obstacles[key] = why
            else:
                asked[key] = Question(ELICIT, {**question.params, "message": _message(asker, question.params)})
        answers, silence = await self._answers(asked)
        return {
            key: self._form(asker, question.params, answers.get(key), obstacles.get(key), silence)
            if question.method == ELICIT
            else self._other(asker, question, answers.get(key), silence)
            for key, question in questions.items()
        }

    def _form(
        self, asker: str, form: JsonObject, answer: JsonObject | None, obstacle: str | None, silence: str | None
    ) -> JsonObject:
        """Hold the answer to a form to it, and write down how it ended."""
        end: End = ("decline", None, obstacle) if obstacle is not None else ("cancel", None, silence)
        action, content, why = end if answer is None else judged(answer, form)
        if obstacle is None and action != "accept":
            self._declined.add(canonical(form))
        self.asked.append(Asked(self._safe(_message(asker, form)), action, sorted(content or ()), why))
        _log.info("tool asked", asker=asker, action=action, why=why)
        return {"action": action} if content is None else {"action": action, "content": content}

    def _other(self, asker: str, question: Question, answer: JsonObject | None, silence: str | None) -> JsonObject:
        """Write down that something else was asked, and give the answer."""
        action: Action = "cancel" if answer is None else "accept"
        self.asked.append(Asked(f"{asker} asks for {_WANTED[question.method]}.", action, [], silence))
        _log.info("tool asked", asker=asker, method=question.method, action=action, why=silence)
        if answer is None:
            raise ToolError(f"{asker} needs {_WANTED[question.method]}: {silence or 'the client refused'}.")
        return answer

    def _require(self, asker: str, question: Question, *, room: int) -> None:
        """Make sure that something that is no form can be asked.

        Raises:
            ToolError: it cannot.
        """
        wanted = _WANTED.get(question.method)
        if wanted is None:
            raise ToolError(f"{asker} asks `{visible(question.method)[:128]}`, which nobody is asked.")
        if self.conversation is None or not self.conversation.takes(question.method):
            if self.conversation is not None:
                self.conversation.lack(question.method)
            raise ToolError(f"{asker} needs {wanted}, and {NOBODY}.")
        if room <= 0 or len(canonical(question.params).encode()) > ASK_MODEL_BYTES:
            raise ToolError(
                f"{asker} asks too much: at most {ASKS_PER_CALL} times a call, and {ASK_MODEL_BYTES} bytes each time."
            )

    async def _answers(self, questions: Mapping[str, Question]) -> tuple[Mapping[str, JsonObject], str | None]:
        if not questions or self.conversation is None:
            return {}, None
        try:
            return await self.conversation.ask(questions), None
        except Unanswered as error:
            return {}, str(error)

    def _obstacle(self, form: JsonObject, *, room: int) -> str | None:
        """Say why this is asked of nobody; None where it is."""
        if form.get("mode", "form") != "form":
            return "addresses to visit are not passed on"
        if self.conversation is None or not self.conversation.takes(ELICIT):
            return NOBODY
        if canonical(form) in self._declined:
            return "it was declined before"
        if room <= 0:
            return f"a call may ask {ASKS_PER_CALL} times"
        return misshapen(form.get("requestedSchema"))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _message(asker: str, form: JsonObject) -> str:
    """Say who asks, and then what. Lines after the first are marked, so that none looks like ours."""
    said = visible(str(form.get("message", ""))[:ASK_MESSAGE_CHARACTERS], lines=True)
    return f"{asker} asks: " + said.replace("\n", "\n| ")
