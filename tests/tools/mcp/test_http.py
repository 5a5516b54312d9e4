"""Downstream servers over Streamable HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.workflow import Effect, Key
from pointsman.tools.errors import SourceError
from pointsman.tools.mcp.source import McpSource
from tests.tools.listener import heard_by

from .web_server import Web, serving
from .workshop import Docks, call


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


def source_of(docks: Docks, web: Web, **headers: str) -> McpSource:
    return docks.at(web.url, {**headers})


async def test_a_server_is_called_with_the_declared_headers(
    docks: Docks, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_TOKEN", "t-1")
    done = await call(source_of(docks, web, authorization="Bearer ${ERP_TOKEN}"), "echo", effect="write")
    assert (done.outcome, done.result) == ("done", {"text": "ok"})
    assert {one["authorization"] for one in web.seen} == {"Bearer t-1"}
    assert {one["accept-encoding"] for one in web.seen} == {"identity"}


async def test_a_name_that_the_environment_lacks_is_said_at_once(docks: Docks, web: Web) -> None:
    with pytest.raises(SourceError, match="The source 'dock' needs NO_SUCH_NAME, which is not set in the environment"):
        source_of(docks, web, authorization="${NO_SUCH_NAME}")


async def test_a_redirect_to_another_host_is_not_followed(docks: Docks, web: Web) -> None:
    with serving() as other:
        web.elsewhere = other.url
        redirected = await call(source_of(docks, web, authorization="secret"), "redirect", effect="write")
        assert redirected.outcome == "unknown"
        assert "not followed" in (redirected.error or "")
        assert other.seen == []


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("huge", "longer than"),
        ("endless", "ended before it answered"),
        ("packed", "it packs its answers"),
        ("unauthorized", "HTTP 401"),
        ("page", "Unexpected content type"),
        ("broken", "Failed to parse"),
        ("lost", "the connection broke"),
        ("gateway", "HTTP 504"),
    ],
)
async def test_what_goes_wrong_after_sending_leaves_a_write_unknown(
    docks: Docks, web: Web, tool: str, why: str, effect: Effect, outcome: str
) -> None:
    source = source_of(docks, web)
    with capture_logs():
        ended = await call(source, tool, effect=effect)
    assert (ended.outcome, why in (ended.error or "")) == (outcome, True), ended.error
    assert (await call(source, "echo")).outcome == "done"


@pytest.mark.parametrize(
    ("tool", "under_way"), [("lost", True), ("gateway", True), ("unauthorized", True), ("broken", False)]
)
async def test_what_the_server_itself_has_not_answered_may_be_under_way(
    docks: Docks, web: Web, tool: str, under_way: bool
) -> None:
    """Design, section 6: that a write has not happened is not believed at once then."""
    with capture_logs():
        assert (await call(source_of(docks, web), tool, effect="write")).cut_off is under_way


async def test_a_server_that_cannot_be_reached_was_sent_nothing(docks: Docks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ended = await call(docks.at(f"http://127.0.0.1:{port}/mcp"), "echo", effect="write", attempts=1)
    assert ended.outcome == "failed"
    assert "cannot be had: it cannot be reached (ConnectError)" in (ended.error or "")


async def test_a_server_that_has_gone_was_sent_nothing_and_is_found_again(docks: Docks) -> None:
    with serving() as web:
        source = source_of(docks, web)
        assert (await call(source, "echo")).outcome == "done"
        await call(source, "lost")  # so that no open connection is left to be used
    gone = await call(source, "echo", effect="write")
    assert gone.outcome == "failed"
    assert gone.error == "dock.echo was not called. Its server: it cannot be reached (ConnectError)."


async def test_the_key_of_a_write_goes_as_a_header_of_that_request_alone(docks: Docks, web: Web) -> None:
    source = source_of(docks, web)
    key = Key(deliver=("header", "idempotency-key"))
    await call(source, "echo")
    await call(source, "echo", key=key, context=heard_by(None), effect="write")
    await call(source, "echo")
    assert [one["idempotency-key"] for one in web.seen if "idempotency-key" in one] == ["k-1"]
