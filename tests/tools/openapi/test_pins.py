"""Only what was pinned is offered and called; one changed byte quarantines an operation (fault 25)."""

from __future__ import annotations

import json

import pytest

from pointsman.contracts.bounds import OPENAPI_DOCUMENT_AGE_MS
from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.errors import SourceError

from .api_server import Api
from .workshop import OK, Desk, call, document, get

PINNED = document({**get("/it", summary="Look."), **get("/other", "other")})
CHANGED = (
    "What its source says of api.it is not what was pinned, so it is not called. A person has to look at it and to pin"
    " it: `pointsman lock --diff FILE`, then `pointsman lock FILE`."
)


async def test_without_pins_nothing_is_offered(desk: Desk) -> None:
    source = desk.source(PINNED)
    with pytest.raises(SourceError, match=r"Nothing is pinned of the source 'api'.*`pointsman lock FILE`"):
        await source.definitions()
    ended = await call(source, effect="write")
    assert (ended.outcome, ended.error) == ("failed", "api.it is not pinned, so it is not called.")


async def test_definitions_come_from_the_pins_and_read_nothing(desk: Desk) -> None:
    source = await desk.pinned(PINNED)
    (desk.folder / "api.json").unlink()
    assert [(one.name, one.description) for one in await source.definitions()] == [
        ("api.it", "Look."),
        ("api.other", ""),
    ]


@pytest.mark.parametrize(
    "paths",
    [
        get("/it", summary="Look!"),
        get("/it", summary="Look.", parameters=[{"name": "a", "in": "query"}]),
        get("/it", summary="Look.", responses={"200": {"content": {"application/json": {"schema": {}}}}}),
        get("/It", summary="Look."),
        get("/it", "its", summary="Look."),
        {"/it": {"post": {"operationId": "it", "summary": "Look.", "responses": OK}}},
    ],
)
async def test_an_operation_that_is_not_what_was_pinned_is_not_called(desk: Desk, api: Api, paths: JsonObject) -> None:
    """Its description, its schemas, its method and its path."""
    pins = (await desk.source(PINNED).offer()).locked()
    source = desk.source(document({**get("/other", "other"), **paths}), pins, base_url=api.origin)
    assert source.quarantined() == {}
    await source.prepare()
    assert source.quarantined() == {"api.it": CHANGED}
    ended = await call(source, effect="write")
    assert (ended.outcome, ended.error) == ("failed", CHANGED)
    assert (await call(source, tool="other")).outcome == "done"
    assert len(api.calls()) == 1


@pytest.mark.parametrize("change", [{"style": "spaceDelimited"}, {"explode": False}, {"name": "A"}, {"in": "header"}])
async def test_how_an_argument_is_sent_is_pinned_too(desk: Desk, change: JsonObject) -> None:
    def said(**more: Json) -> JsonObject:
        return document(get("/it", parameters=[{"name": "a", "in": "query", "schema": {"type": "array"}, **more}]))

    pins = (await desk.source(said()).offer()).locked()
    source = desk.source(said(**change), pins)
    await source.prepare()
    assert source.quarantined() == {"api.it": CHANGED}


async def test_a_server_that_the_document_moves_to_is_not_called(desk: Desk, api: Api) -> None:
    """Whatever else stays the same: the headers that are declared would go there."""
    pins = (
        await desk.source(document(get("/it"), servers=[{"url": "https://a.example"}]), base_url=None).offer()
    ).locked()
    source = desk.source(document(get("/it"), servers=[{"url": api.origin}]), pins, base_url=None)
    assert (await call(source, effect="write")).error == CHANGED
    assert api.seen == []


async def test_a_document_is_read_again_after_a_while(desk: Desk, api: Api) -> None:
    source = await desk.pinned(PINNED, base_url=api.origin)
    assert (await call(source)).outcome == "done"
    (desk.folder / "api.json").write_text(json.dumps(document(get("/it", summary="Pay."))), encoding="utf-8")
    assert (await call(source)).outcome == "done"
    desk.skipped_s += OPENAPI_DOCUMENT_AGE_MS / 1000
    assert (await call(source)).error == CHANGED
    assert set(source.quarantined()) == {"api.it", "api.other"}


async def test_a_pin_that_was_changed_by_hand_counts_for_nothing(desk: Desk, api: Api) -> None:
    pins = (await desk.source(PINNED).offer()).locked()
    pins.tools["it"] = pins.tools["it"].model_copy(update={"description": "Anything."})
    source = desk.source(PINNED, pins, base_url=api.origin)
    assert "was changed by hand" in source.quarantined()["api.it"]
    assert "was changed by hand" in ((await call(source)).error or "")
