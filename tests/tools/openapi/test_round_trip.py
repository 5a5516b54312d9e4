"""What a server receives is exactly what the agent gave: random arguments, read by a server that others wrote."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pointsman.contracts.values import Json, JsonObject, settled

from .workshop import OK, Desk, call, document

Called: TypeAlias = Callable[[str, JsonObject], Json]

TEXT: JsonObject = {"type": "string"}
TEXTS: JsonObject = {"type": "array", "items": TEXT}


def operation(name: str, parameters: list[Json], content: JsonObject) -> JsonObject:
    return {"operationId": name, "parameters": parameters, "requestBody": {"content": content}, "responses": OK}


PARAMETERS: list[Json] = [
    {"name": "one", "in": "path", "required": True, "schema": TEXT},
    {"name": "two", "in": "path", "required": True, "schema": TEXT},
    {"name": "text", "in": "query", "schema": TEXT},
    {"name": "list", "in": "query", "schema": TEXTS},
    {"name": "deep", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
    {"name": "X-Text", "in": "header", "schema": TEXT},
]
FORM: JsonObject = {"schema": {"type": "object", "properties": {"a&": TEXT, "b": TEXTS}}}
WHOLE = document(
    {
        "/{one}/of/{two}": {
            "post": operation("json", PARAMETERS, {"application/json": {}}),
            "put": operation("form", PARAMETERS, {"application/x-www-form-urlencoded": FORM}),
        }
    }
)


async def answer(request: Request) -> JSONResponse:
    """Say what has come, as Starlette reads it."""
    query, form = request.query_params, {}
    if request.method == "PUT":
        sent = await request.form()
        form = {"a": sent.get("a&"), "b": sent.getlist("b")}
    return JSONResponse(
        {
            "one": request.path_params["one"],
            "two": request.path_params["two"],
            "text": query.get("text"),
            "list": query.getlist("list"),
            "deep": {name[5:-1]: value for name, value in query.multi_items() if name.startswith("deep[")},
            "X-Text": request.headers.get("x-text"),
            "body": await request.json() if request.method == "POST" else form,
        }
    )


@pytest.fixture
def origin() -> Iterator[str]:
    """Where the server listens."""
    app = Starlette(routes=[Route("/{one}/of/{two}", answer, methods=["POST", "PUT"])])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def called(origin: str, tmp_path: Path) -> Iterator[Called]:
    """Calls an operation, and gives what the server says has come."""
    desk = Desk(tmp_path)
    with asyncio.Runner() as runner:
        source = runner.run(desk.pinned(WHOLE, base_url=origin))

        def call_once(tool: str, arguments: JsonObject) -> Json:
            done = runner.run(call(source, arguments, tool, effect="write"))
            assert done.outcome == "done", done.error
            return done.result

        yield call_once
        for one in desk.opened:
            runner.run(one.aclose())


PATHS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn"), exclude_characters="/\\")
    | st.sampled_from(" ?#%&=+;:@.~-"),
    min_size=1,
).filter(lambda text: text not in (".", ".."))
TEXTUAL = st.text()  # no halves of characters, if nothing else is said
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126)).map(str.strip)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1)
JSONS: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTUAL,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTUAL, inner, max_size=4),
    max_leaves=8,
)
GIVEN = st.fixed_dictionaries(
    {
        "one": PATHS,
        "two": PATHS,
        "text": TEXTUAL,
        "list": st.lists(TEXTUAL, max_size=4),
        "deep": st.dictionaries(KEYS, TEXTUAL, max_size=3),
        "X-Text": HEADERS,
    }
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=GIVEN, body=JSONS, form=st.none() | st.tuples(TEXTUAL, st.lists(TEXTUAL, max_size=3)))
def test_a_server_receives_exactly_the_values(
    called: Called, arguments: dict[str, Any], body: Json, form: tuple[str, list[str]] | None
) -> None:
    if form is None:
        got = called("json", {**arguments, "body": body})
        assert got == {**arguments, "body": settled(body)}
    else:
        got = called("form", {**arguments, "a": form[0], "b": list(form[1])})
        assert got == {**arguments, "body": {"a": form[0], "b": form[1]}}
