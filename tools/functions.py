"""A Python function as a tool: its definition, its arguments made Python, its result made JSON.

The types are the contract. pydantic reads them strictly (`true` is no number, `"12"` is none
either), from JSON, so that a parameter may be a date, a decimal, an enumeration or a model.
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NotRequired, cast

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.python_modules import CALL_PARAMETER
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolDefinition

from .content import content_of, is_content
from .docstrings import read_docstring
from .errors import InvalidArguments, SourceError
from .json_schemas import argument_schema
from .results import Answer, ResultShape
from .source import CallContext

_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_PLAIN: Final = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function that a workflow may call."""

    definition: ToolDefinition
    function: Callable[..., object]
    is_async: bool
    takes_call: bool
    arguments: TypeAdapter[dict[str, object]]
    extra: Literal["forbid"] | None
    result: ResultShape

    def bind(self, arguments: JsonObject) -> dict[str, object]:
        """Make the function's keyword arguments of JSON ones, `call` left out.

        Raises:
            InvalidArguments: with every problem and its path.
        """
        try:
            return self.arguments.validate_json(json.dumps(arguments, allow_nan=False), strict=True, extra=self.extra)
        except ValidationError as error:
            problems = "; ".join(
                f"{_path(one['loc'])}: {one['msg']}"
                for one in error.errors(include_url=False, include_context=False, include_input=False)
            )
            raise InvalidArguments(f"The arguments do not fit {self.definition.name}: {problems}.") from error
        except Exception as error:
            # NaN, endless nesting, an integer past Python's limit of digits, or a validator of the author's that broke.
            message = f"The arguments do not fit {self.definition.name}: {type(error).__name__} while reading them."
            raise InvalidArguments(message) from error

    def answer(self, value: object) -> Answer:
        """Make what the function returned an answer.

        Raises:
            ToolError: it is MCP content that says the call failed.
            UnkeepableResult: it has no JSON form within the bounds, or is not of the annotated type.
        """
        return content_of(self.definition.name, value) or Answer(self.result.plain(value))

    def keywords(self, bound: dict[str, object], context: CallContext) -> dict[str, object]:
        """Add the call's context where the function takes it."""
        return {**bound, CALL_PARAMETER: context} if self.takes_call else bound


def function_tool(name: str, function: Callable[..., object]) -> FunctionTool:
    """Read a function's signature, types and docstring.

    Raises:
        SourceError: the function cannot be a tool; the message says which parameter or type is why.
    """
    if not IDENTIFIER.match(name):
        raise SourceError(f"{name!r} cannot name a tool: use letters, digits and underscores.")
    description, texts = read_docstring(inspect.getdoc(function))
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function, include_extras=True)
        arguments = _arguments_adapter(name, signature, hints, texts)
        schema, closed = argument_schema(arguments)
        returned = hints.get("return", Any)
        result = ResultShape(Any if is_content(returned) else returned)
    except SourceError:
        raise
    except Exception as error:
        message = f"{name}: its types have no JSON form ({type(error).__name__}: {error}). Annotate it with others."
        raise SourceError(message) from error
    return FunctionTool(
        definition=ToolDefinition(name, description, schema, result.schema),
        function=function,
        is_async=inspect.iscoroutinefunction(inspect.unwrap(function)),
        takes_call=CALL_PARAMETER in signature.parameters,
        arguments=arguments,
        extra="forbid" if closed else None,
        result=result,
    )


def _arguments_adapter(
    name: str, signature: inspect.Signature, hints: dict[str, Any], texts: dict[str, str]
) -> TypeAdapter[dict[str, object]]:
    """One closed object type of the parameters. Those with a default may be missing; the function fills them in."""
    annotated: Any = Annotated  # a type checker cannot follow types made at run time
    typed_dict: Any = TypedDict
    members: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        if parameter.kind not in _BY_NAME:
            raise SourceError(f"{name}: the parameter {parameter} cannot be given by name. Name every parameter.")
        if parameter.name == CALL_PARAMETER:
            continue
        default = parameter.default
        shown: dict[str, JsonValue] | None = {"default": default} if isinstance(default, _PLAIN) else None
        description = Field(description=texts.get(parameter.name), json_schema_extra=shown)
        hint = annotated[hints.get(parameter.name, Any), description]
        members[parameter.name] = hint if default is inspect.Parameter.empty else NotRequired[hint]
    arguments = typed_dict("arguments", members)
    arguments.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return cast("TypeAdapter[dict[str, object]]", TypeAdapter(arguments))


def _path(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "arguments"
