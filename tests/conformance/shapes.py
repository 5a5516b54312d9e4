"""What the suite wants to see, whichever way its fixtures are served: texts, pictures, forms and questions."""

from __future__ import annotations

from typing import Any, Final

PNG: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""One red pixel."""
WAV: Final = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA=="
"""One silent sample."""

SIMPLE_TEXT: Final = "This is a simple text response for testing."
ERROR: Final = "This tool intentionally returns an error for testing"

USER: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}
DEFAULTS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
    "required": [],
}


def _titled(*titles: str) -> list[dict[str, str]]:
    return [{"const": f"value{number}", "title": title} for number, title in enumerate(titles, start=1)]


ENUMS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": _titled("First Option", "Second Option", "Third Option")},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {"type": "array", "items": {"anyOf": _titled("First Choice", "Second Choice", "Third Choice")}},
    },
    "required": [],
}


def form(message: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Parameters of `elicitation/create`."""
    return {"mode": "form", "message": message, "requestedSchema": schema}


def one(field: str, kind: str = "string") -> dict[str, Any]:
    """A form of one field."""
    return {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}


def sampling(text: str, tokens: int = 100) -> dict[str, Any]:
    """Parameters of `sampling/createMessage`."""
    return {"messages": [{"role": "user", "content": {"type": "text", "text": text}}], "maxTokens": tokens}


RESOURCES: Final[dict[str, dict[str, Any]]] = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": PNG},
    "test://watched-resource": {"mimeType": "text/plain", "text": "Watched."},
}
TEMPLATE: Final = ("test://template/", "/data")


def resource(uri: str) -> dict[str, Any] | None:
    """The contents at an address, as MCP writes them."""
    begin, end = TEMPLATE
    if uri.startswith(begin) and uri.endswith(end):
        name = uri.removeprefix(begin).removesuffix(end)
        text = f'{{"id":"{name}","templateTest":true,"data":"Data for ID: {name}"}}'
        return {"contents": [{"uri": uri, "mimeType": "application/json", "text": text}]}
    found = RESOURCES.get(uri)
    return None if found is None else {"contents": [{"uri": uri, **found}]}


def listed_resources() -> dict[str, Any]:
    """The list of resources."""
    return {
        "resources": [
            {
                "uri": uri,
                "name": uri.removeprefix("test://"),
                "description": "For testing.",
                "mimeType": one["mimeType"],
            }
            for uri, one in RESOURCES.items()
        ]
    }


def listed_templates() -> dict[str, Any]:
    """The list of templates."""
    template = "{id}".join(TEMPLATE)
    return {"resourceTemplates": [{"uriTemplate": template, "name": "template", "description": "For testing."}]}


PROMPTS: Final[dict[str, tuple[str, ...]]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


def listed_prompts() -> dict[str, Any]:
    """The list of prompts."""
    return {
        "prompts": [
            {
                "name": name,
                "description": "For testing.",
                "arguments": [{"name": argument, "required": True} for argument in arguments],
            }
            for name, arguments in PROMPTS.items()
        ]
    }


def prompt(name: str, given: dict[str, str]) -> dict[str, Any] | None:
    """The messages of a prompt, as MCP writes them."""
    match name:
        case "test_simple_prompt":
            return _messages("This is a simple prompt for testing.")
        case "test_prompt_with_arguments":
            return _messages(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        case "test_prompt_with_embedded_resource":
            embedded = {"mimeType": "text/plain", "text": "Embedded resource content for testing."}
            block = {"type": "resource", "resource": {"uri": given.get("resourceUri"), **embedded}}
            return _messages(block, "Please process the embedded resource above.")
        case "test_prompt_with_image":
            image = {"type": "image", "data": PNG, "mimeType": "image/png"}
            return _messages(image, "Please analyze the image above.")
        case _:
            return None


def asked_prompt(context: str) -> dict[str, Any]:
    """The messages of the prompt that asks for a context."""
    return _messages(f"Prompt with the context: {context}")


def _messages(*contents: dict[str, Any] | str) -> dict[str, Any]:
    blocks = [{"type": "text", "text": one} if isinstance(one, str) else one for one in contents]
    return {"messages": [{"role": "user", "content": block} for block in blocks]}
