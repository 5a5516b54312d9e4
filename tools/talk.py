"""What one call says and asks of whoever waits for it, within the bounds and written down.

A tool's words are not trusted, and neither is the answer: what is asked carries the name of who asks
and nothing that hides, forms are flat and small, and an answer is held to its form before the tool
sees it. Where nobody can be asked the tool is told that it was declined, and the record says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import structlog

from pointsman.contracts.bounds import ASK_FIELDS, ASK_MESSAGE_CHARACTERS, ASK_SCHEMA_BYTES, ASKS_PER_CALL
from pointsman.contracts.schemas import InvalidSchema, Schema
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.visible import UNSEEN, visible
from pointsman.fsm.facts import Asked

from .conversation import ELICIT, Conversation, Question
from .errors import Unanswered

NOBODY: Final = "nobody who could be asked waits for this call"
_BESIDE: Final = "enumNames"
"""How MCP names choices until 2025-11-25: no keyword of JSON Schema, and nothing that an answer is held to."""
_LINES: Final = str.maketrans("", "", "\n\t")

_Action: TypeAlias = Literal["accept", "decline", "cancel"]
_End: TypeAlias = tuple[_Action, JsonObject | None, str | None]
"""What was answered, with which values, and why it was not what somebody said."""

_log = structlog.get_logger(__name__)


class Talk:
    """One call's side of a conversation. `asked` is what it has asked so far.

    Args:
        conversation: Who waits for the call; None where nobody does.
    """

    def __init__(self, conversation: Conversation | None = None) -> None:
        self.conversation: Final = conversation
        self.asked: Final[list[Asked]] = []

    @property
    def listens(self) -> bool:
        """Whether somebody wants to be told of progress."""
        return self.conversation is not None and self.conversation.listens

    def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell how far the call is, to whoever wants to know."""
        if self.conversation is not None:
            self.conversation.progress(done, total, message)

    async def elicit(self, asker: str, forms: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
        """Have a person fill in forms, all at once; give the results of MCP by the same keys.

        Args:
            asker: Who asks, as the person is told: "The server `wiki`".
            forms: Parameters of `elicitation/create`, by keys of the tool's own choice.
        """
        room = ASKS_PER_CALL - len(self.asked)
        obstacles = {
            key: why
            for place, (key, form) in enumerate(forms.items())
            if (why := self._obstacle(form, room=room - place)) is not None
        }
        messages = {key: _message(asker, form) for key, form in forms.items()}
        questions = {
            key: Question(ELICIT, {**form, "message": messages[key]})
            for key, form in forms.items()
            if key not in obstacles
        }
        answers, silence = await self._answers(questions)
        results: dict[str, JsonObject] = {}
        for key, form in forms.items():
            end: _End = ("decline", None, obstacles[key]) if key in obstacles else ("cancel", None, silence)
            action, content, why = _judged(answers[key], form) if key in answers else end
            self.asked.append(Asked(messages[key], action, sorted(content or ()), why))
            _log.info("tool asked", asker=asker, action=action, why=why)
            results[key] = {"action": action} if content is None else {"action": action, "content": content}
        return results

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
        if room <= 0:
            return f"a call may ask {ASKS_PER_CALL} times"
        return _misshapen(form.get("requestedSchema"))


def _message(asker: str, form: JsonObject) -> str:
    """Say who asks, and then what. Lines after the first are marked, so that none looks like ours."""
    said = visible(str(form.get("message", ""))[:ASK_MESSAGE_CHARACTERS], lines=True)
    return f"{asker} asks: " + said.replace("\n", "\n| ")


def _misshapen(schema: Json) -> str | None:
    """Say why a form is none that a person can be shown; None where it is one."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not all(isinstance(one, dict) for one in properties.values()):
        return "its form is no flat object"
    if len(properties) > ASK_FIELDS or len(canonical(schema).encode()) > ASK_SCHEMA_BYTES:
        return f"its form is larger than {ASK_FIELDS} fields or {ASK_SCHEMA_BYTES} bytes"
    if any(UNSEEN.search(text.translate(_LINES)) for text in _texts(schema)):
        return "its form holds characters that hide"
    try:
        _held_to(properties, schema).unmet({})
    except InvalidSchema:
        return "its form is no JSON Schema that can be held to"
    return None


def _judged(answer: JsonObject, form: JsonObject) -> _End:
    """Hold an answer to its form. What was not asked for is left out, and what does not fit is no answer."""
    action = answer.get("action")
    if action in {"decline", "cancel"}:
        return "decline" if action == "decline" else "cancel", None, None
    schema = form.get("requestedSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    content = answer.get("content")
    if action != "accept" or not isinstance(properties, dict) or not isinstance(content, dict | None):
        return "cancel", None, "what came back is no answer"
    kept = {name: value for name, value in (content or {}).items() if name in properties}
    unmet = _held_to(properties, schema).unmet(kept)
    if unmet:
        return "cancel", None, f"the answer does not fit its form: {visible(unmet[0].path)[:128]} {unmet[0].problem}"
    return "accept", kept, None


def _held_to(properties: JsonObject, schema: Json) -> Schema:
    held: JsonObject = {
        name: {word: value for word, value in one.items() if word != _BESIDE} if isinstance(one, dict) else one
        for name, one in properties.items()
    }
    required = schema.get("required", []) if isinstance(schema, dict) else []
    return Schema({"type": "object", "properties": held, "required": required})


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value
