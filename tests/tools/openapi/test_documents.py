"""Where a document is read from, in which form, and where it says that its operations are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pointsman.contracts.bounds import FILE_BYTES, OPENAPI_DOCUMENT_BYTES
from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.errors import SourceError
from pointsman.tools.openapi import source as source_module

from .api_server import Api, serving
from .workshop import Desk, call, document, get, plan_of

YAML = """
openapi: 3.0.3
info: {title: It, version: 1.0}
servers: [{url: "https://it.example/v1"}]
paths:
  /it:
    get:
      operationId: it
      parameters:
        - {name: since, in: query, schema: {type: string, nullable: true, example: 2026-05-02}}
      responses:
        200: {description: Fine.}
"""


async def why(desk: Desk, said: str) -> str:
    """What is said of a document that cannot be used."""
    with pytest.raises(SourceError) as info:
        await desk.source(said, base_url=None).offer()
    message = str(info.value)
    assert message.startswith("The document of the source 'api' cannot be used: ")
    assert message.endswith(".")
    return message


async def test_a_document_is_json_or_yaml(desk: Desk) -> None:
    tool = await desk.tool(YAML, base_url=None)
    assert tool.definition.input_schema["properties"] == {
        "since": {"type": ["string", "null"], "examples": ["2026-05-02"]}
    }
    assert plan_of(tool)["server"] == "https://it.example/v1"


async def test_a_document_may_be_longer_than_a_workflow_file_as_json(desk: Desk) -> None:
    said = document(get("/it"), note="z" * FILE_BYTES)
    assert (await desk.tool(said)).name == "it"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("{", "it is no JSON that can be read: not JSON"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "the member stands there twice"),
        ('{"openapi": NaN}', "NaN is not a JSON number"),
        ("[1]", "it is no object"),
        ("", "it is no YAML that can be read: line 1: the file is empty"),
        ("a: &a [1]\nb: *a\n", "those with anchors, are read as JSON"),
        ("a: 1\na: 2\n", "line 2: the key `a` stands twice"),
        ("a: " + "z" * FILE_BYTES, "the file is larger than 1,048,576 bytes. Larger documents"),
        ('{"note": "' + "z" * OPENAPI_DOCUMENT_BYTES + '"}', "'api.json' is longer than 16777216 bytes"),
        (
            '{"swagger": "2.0"}',
            "it says `2.0` where `openapi: 3.1.0` or a version of 3.0 belongs; convert older documents",
        ),
        ('{"openapi": "3.2.0"}', "it says `3.2.0`"),
        ('{"openapi": 3.1}', "it says `3.1`"),
    ],
)
async def test_what_is_no_document_is_refused(desk: Desk, said: str, reason: str) -> None:
    assert reason in await why(desk, said)


@pytest.mark.parametrize("name", ["../api.json", "/etc/hostname", "a/../../api.json", "C:api.json", "..\\api.json"])
async def test_a_path_out_of_the_workflows_folder_is_refused(desk: Desk, name: str) -> None:
    """Fault 26."""
    with pytest.raises(SourceError, match="is not in the folder of the workflow file; put it there"):
        await desk.of({"document": name}).offer()


async def test_a_link_out_of_the_workflows_folder_is_refused(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fault 26."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "api.json"
    elsewhere.write_text(json.dumps(document(get("/it"))), encoding="utf-8")
    (desk.folder / "link.json").symlink_to(elsewhere)
    (desk.folder / "below").symlink_to(elsewhere.parent)
    for name in ("link.json", "below/api.json"):
        with pytest.raises(SourceError, match="is not in the folder of the workflow file"):
            await desk.of({"document": name}).offer()


async def test_what_is_no_file_is_refused_without_waiting(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe.json")
    (desk.folder / "folder").mkdir()
    for name, reason in [
        ("pipe.json", "is no file"),
        ("folder", "is no file|Is a directory"),
        ("no.json", "No such file"),
    ]:
        with pytest.raises(SourceError, match=reason):
            await desk.of({"document": name}).offer()


@pytest.mark.parametrize(
    ("servers", "reason"),
    [
        ([], "its server is `/`, which is no address by itself; say `base_url`"),
        ([{"url": "/v1"}], "its server is `/v1`, which is no address by itself"),
        ([{"url": "ftp://a.example"}], "its server is `ftp://a.example`"),
        ([{"url": "https://me:pw@a.example"}], "which is no address by itself"),
        ([{"url": 7}], "its server has no `url`"),
    ],
)
async def test_without_a_server_that_can_be_called_a_base_url_is_asked_for(
    desk: Desk, servers: Json, reason: str
) -> None:
    assert reason in await why(desk, json.dumps(document(get("/it"), servers=servers)))


async def test_variables_of_a_server_have_their_defaults(desk: Desk) -> None:
    variables: JsonObject = {"zone": {"default": "eu"}, "version": {"default": "v2"}}
    servers: list[Json] = [{"url": "https://{zone}.example/{version}", "variables": variables}]
    tool = await desk.tool(document(get("/it"), servers=servers), base_url=None)
    assert plan_of(tool)["server"] == "https://eu.example/v2"


async def test_a_document_at_an_address_says_where_its_operations_are(desk: Desk, api: Api) -> None:
    api.document = document(get("/it"), servers=[{"url": "v2"}])
    settings: JsonObject = {"document": f"{api.origin}/openapi.json"}
    headers = {"authorization": "secret"}
    pins = (await desk.of(settings, headers=headers).offer()).locked()
    assert pins.tools["it"].annotations["server"] == "v2"
    assert (await call(desk.of(settings, pins, headers=headers))).outcome == "done"
    assert api.calls()[-1]["target"] == "/v2/it"
    assert {one["headers"]["authorization"] for one in api.seen} == {"secret"}


async def test_a_document_at_an_address_does_not_send_calls_elsewhere(desk: Desk, api: Api) -> None:
    """Or whoever writes the document would be sent the headers that the workflow declares."""
    with serving() as other:
        api.document = document(get("/it"), servers=[{"url": other.origin}])
        settings: JsonObject = {"document": f"{api.origin}/openapi.json"}
        with pytest.raises(
            SourceError, match="is not where the document is; if it is to be called, say so with `base_url`"
        ):
            await desk.of(settings).offer()
        headers = {"authorization": "secret"}
        pins = (await desk.of(settings, base_url=other.origin, headers=headers).offer()).locked()
        assert (await call(desk.of(settings, pins, base_url=other.origin, headers=headers))).outcome == "done"
        assert other.seen[-1]["headers"]["authorization"] == "secret"
        assert all("authorization" not in one["headers"] for one in api.seen)


async def test_a_server_that_is_no_address_is_refused(desk: Desk, api: Api) -> None:
    api.document = document(get("/it"), servers=[{"url": "//a:port/"}])
    with pytest.raises(SourceError, match="its server is `//a:port/`, which is no address by itself"):
        await desk.of({"document": f"{api.origin}/openapi.json"}).offer()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/status/403/secret", "its server answers HTTP 403 Forbidden: bad token [redacted]"),
        ("/redirect", "its server answers HTTP 307 Temporary Redirect: it leads to nowhere"),
        ("/huge", "the answer is longer than 16777216 bytes"),
        ("/packed", "it packs its answers"),
        ("/lost", "the connection broke before the answer was complete"),
        ("/text", "byte 0xfc is no UTF-8"),
    ],
)
async def test_a_document_that_cannot_be_fetched_is_refused_with_the_reason(
    desk: Desk, api: Api, path: str, reason: str
) -> None:
    api.elsewhere = "nowhere"
    desk.environment["TOKEN"] = "s-123456"
    with pytest.raises(SourceError) as info:
        await desk.of({"document": f"{api.origin}{path}"}, headers={"x-key": "${TOKEN}"}).offer()
    assert reason in str(info.value)


async def test_a_document_that_does_not_come_is_given_up(desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "DOWNSTREAM_START_MS", 200)
    with pytest.raises(SourceError, match="was not there within 200 ms"):
        await desk.of({"document": f"{api.origin}/hang"}).offer()


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_document_that_cannot_be_had_fails_the_call_and_nothing_was_sent(desk: Desk, effect: str) -> None:
    source = await desk.pinned(document(get("/it")))
    Path(desk.folder / "api.json").unlink()
    ended = await call(source, effect="write" if effect == "write" else "read", attempts=2)
    assert (ended.outcome, ended.attempts) == ("failed", 2)
    assert ended.error == (
        "api.it was not called. The document of the source 'api' cannot be used: 'api.json' cannot be read: No such"
        " file or directory."
    )
