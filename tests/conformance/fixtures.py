"""The suite's fixtures as a Python source: every public function is a tool named `test_…` on the wire."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from mcp_types import AudioContent, EmbeddedResource, ImageContent, TextContent, TextResourceContents

from pointsman.tools import CallContext
from pointsman.tools.conversation import ELICIT, ROOTS, SAMPLE, Question
from pointsman.tools.errors import NothingDone, ToolError

sys.path.append(str(Path(__file__).parents[2]))
from tests.conformance import shapes

_WHO = "The conformance suite"


def simple_text() -> TextContent:
    """Return text."""
    return TextContent(text=shapes.SIMPLE_TEXT)


def image_content() -> ImageContent:
    """Return a picture."""
    return ImageContent(data=shapes.PNG, mime_type="image/png")


def audio_content() -> AudioContent:
    """Return a sound."""
    return AudioContent(data=shapes.WAV, mime_type="audio/wav")


def embedded_resource() -> EmbeddedResource:
    """Return a resource."""
    return _embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")


def multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    """Return a bit of everything."""
    json = _embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    return [TextContent(text="Multiple content types test:"), image_content(), json]


def error_handling() -> str:
    """Fail."""
    raise ToolError(shapes.ERROR)


async def tool_with_progress(call: CallContext) -> str:
    """Tell of progress."""
    for done in (0, 50, 100):
        call.talk.progress(done, 100)
        await asyncio.sleep(0.05)
    return "Done."


async def tool_with_logging(call: CallContext) -> str:
    """Log."""
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await call.talk.log("info", message, "test")
        await asyncio.sleep(0.05)
    return "Logged."


async def logging_tool(call: CallContext) -> str:
    """Log, whether anybody wants it or not."""
    return await tool_with_logging(call)


async def sampling(prompt: str, call: CallContext) -> str:
    """Ask the client's model."""
    return f"LLM response: {await _ask(call, SAMPLE, shapes.sampling(prompt))}"


async def elicitation(message: str, call: CallContext) -> str:
    """Ask the user."""
    return f"User response: {await _ask(call, ELICIT, shapes.form(message, shapes.USER))}"


async def elicitation_sep1034_defaults(call: CallContext) -> str:
    """Ask with defaults."""
    return f"Elicitation completed: {await _ask(call, ELICIT, shapes.form('With defaults', shapes.DEFAULTS))}"


async def elicitation_sep1330_enums(call: CallContext) -> str:
    """Ask with choices."""
    return f"Elicitation completed: {await _ask(call, ELICIT, shapes.form('With choices', shapes.ENUMS))}"


async def streaming_elicitation(call: CallContext) -> str:
    """Ask while a stream could be open."""
    return str(await _ask(call, ELICIT, shapes.form("Go on?", shapes.one("ok", "boolean"))))


async def missing_capability(call: CallContext) -> str:
    """Need a model."""
    return str(await _ask(call, SAMPLE, shapes.sampling("Anybody there?")))


async def input_required_result_elicitation(call: CallContext) -> str:
    """Ask for a name."""
    answer = await _ask(call, ELICIT, shapes.form("What is your name?", shapes.one("name")), key="user_name")
    return f"Hello, {answer.get('content', {}).get('name')}!"


async def input_required_result_sampling(call: CallContext) -> str:
    """Ask for a capital."""
    question = shapes.sampling("What is the capital of France?")
    return str(await _ask(call, SAMPLE, question, key="capital_question"))


async def input_required_result_list_roots(call: CallContext) -> str:
    """Ask for folders."""
    return str(await _ask(call, ROOTS, {}, key="client_roots"))


async def input_required_result_request_state(call: CallContext) -> str:
    """Ask, with a state that comes back."""
    await _ask(call, ELICIT, shapes.form("Please confirm", shapes.one("ok", "boolean")), key="confirm")
    return "state-ok"


async def input_required_result_tampered_state(call: CallContext) -> str:
    """Ask, with a state that comes back changed."""
    return await input_required_result_request_state(call)


async def input_required_result_multiple_inputs(call: CallContext) -> str:
    """Ask three things at once."""
    questions = {
        "user_name": Question(ELICIT, shapes.form("What is your name?", shapes.one("name"))),
        "greeting": Question(SAMPLE, shapes.sampling("Generate a greeting", 50)),
        "client_roots": Question(ROOTS, {}),
    }
    return str(await call.talk.ask(_WHO, questions))


async def input_required_result_multi_round(call: CallContext) -> str:
    """Ask twice."""
    await _ask(call, ELICIT, shapes.form("Step 1: What is your name?", shapes.one("name")), key="step1")
    await _ask(call, ELICIT, shapes.form("Step 2: What is your favorite color?", shapes.one("color")), key="step2")
    return "Both steps are done."


async def input_required_result_capabilities(call: CallContext) -> str:
    """Ask what the client can be asked."""
    questions = {
        "question": Question(SAMPLE, shapes.sampling("Say something.")),
        "form": Question(ELICIT, shapes.form("Say something.", shapes.one("words"))),
    }
    return str(await call.talk.ask(_WHO, {key: one for key, one in questions.items() if call.talk.takes(one.method)}))


def list_resources() -> dict[str, Any]:
    """List resources."""
    return shapes.listed_resources()


def list_resource_templates() -> dict[str, Any]:
    """List templates."""
    return shapes.listed_templates()


def read_resource(uri: str) -> dict[str, Any]:
    """Read a resource."""
    found = shapes.resource(uri)
    if found is None:
        raise NothingDone("There is no such resource.")
    return found


def list_prompts() -> dict[str, Any]:
    """List prompts."""
    return shapes.listed_prompts()


async def get_prompt(name: str, call: CallContext, arguments: dict[str, str] | None = None) -> dict[str, Any]:
    """Get a prompt."""
    if name == "test_input_required_result_prompt":
        form = shapes.form("What context should the prompt use?", shapes.one("context"))
        answer = await _ask(call, ELICIT, form, key="user_context")
        return shapes.asked_prompt(str(answer.get("content", {}).get("context")))
    found = shapes.prompt(name, arguments or {})
    if found is None:
        raise NothingDone("There is no such prompt.")
    return found


def _embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


async def _ask(call: CallContext, method: str, params: dict[str, Any], key: str = "input") -> dict[str, Any]:
    answer: dict[str, Any] = (await call.talk.ask(_WHO, {key: Question(method, params)}))[key]
    return answer
