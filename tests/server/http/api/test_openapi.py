"""The OpenAPI document, and that the answers are what it says."""

from __future__ import annotations

from typing import Any, Final

import jsonschema_rs
import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.http.api.endpoints import endpoints
from pointsman.server.http.api.openapi import openapi
from pointsman.server.http.api.routes import api_routes
from pointsman.server.inquiry import Inquiry
from tests.server.governor.desks import started
from tests.server.http.api.offices import Office, in_doubt, in_review

REQUESTS: Final = (
    ("/workflows", "/workflows"),
    ("/workflows/desk", "/workflows/{name}"),
    ("/workflows/desk/counts", "/workflows/{name}/counts"),
    ("/sessions", "/sessions"),
    ("/sessions/{review}", "/sessions/{id}"),
    ("/sessions/{doubt}", "/sessions/{id}"),
    ("/sessions/{writing}", "/sessions/{id}"),
    ("/sessions/{doubt}/audit", "/sessions/{id}/audit"),
    ("/sessions/{doubt}/diagram", "/sessions/{id}/diagram"),
    ("/sessions/{doubt}/replay", "/sessions/{id}/replay"),
    ("/reviews", "/reviews"),
    ("/reviews/{review}", "/reviews/{id}"),
    ("/effects", "/effects"),
    ("/effects/{effect}", "/effects/{id}"),
    ("/audit", "/audit"),
    ("/audit/verification?session={doubt}", "/audit/verification"),
    ("/corrections?accepted=true", "/corrections"),
    ("/stats", "/stats"),
    ("/principal", "/principal"),
)
"""What is asked, and the path by which the document describes it."""


async def test_there_is_a_route_for_every_operation_and_an_operation_for_every_route(served: Office) -> None:
    inquiry = Inquiry(served.application.governor)
    document: Any = openapi(endpoints(inquiry))
    described = {(path, method.upper()) for path, operations in document["paths"].items() for method in operations}
    routed = {
        (route.path, method)
        for route in api_routes(inquiry)
        if not route.path.endswith("openapi.json")
        for method in (route.methods or set[str]()) - {"HEAD"}
    }
    assert described == routed
    assert (await served.get("/openapi.json", None)).json() == document


async def test_every_operation_says_what_it_does_and_every_name_is_one_of_a_kind(served: Office) -> None:
    document: Any = (await served.get("/openapi.json", None)).json()
    operations = [one for operations in document["paths"].values() for one in operations.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["description"].endswith(".") for one in operations)
    assert all(parameter["description"] for one in operations for parameter in one["parameters"])


@pytest.fixture
async def busy(served: Office) -> dict[str, str]:
    """Sessions that write, wait and are in doubt, and a write in doubt."""
    names = {
        "writing": (await started(served.application)).session,
        "review": await in_review(served.application),
        "doubt": await in_doubt(served.application),
    }
    [effect] = await served.listed("/effects", "own")
    return {**names, "effect": str(effect["id"])}


@pytest.mark.parametrize("who", ["own", "agent"])
async def test_every_answer_is_what_the_document_says_and_nothing_more(
    served: Office, busy: dict[str, str], who: str
) -> None:
    document: Any = closed((await served.get("/openapi.json", None)).json())
    for path, described in REQUESTS:
        response = await served.get(path.format(**busy), who)
        operation = document["paths"][f"/api{described}"]["get"]
        if response.status_code == 403:
            assert who == "agent", path
            continue
        assert response.status_code == 200, (path, response.text)
        held(document, operation["responses"]["200"], response.json(), path)
    described_paths = {path for path, operations in document["paths"].items() if "get" in operations}
    assert {f"/api{described}" for _, described in REQUESTS} == described_paths


async def test_the_answers_of_commands_and_refusals_are_what_the_document_says(
    served: Office, busy: dict[str, str]
) -> None:
    document: Any = closed((await served.get("/openapi.json", None)).json())
    session, effect = busy["writing"], busy["effect"]
    review: Any = (await served.get(f"/reviews/{busy['review']}")).json()
    decision = {"event": "approve", "shown_digest": review["shown_digest"], "stay": review["stay"]}
    for path, named, body in (
        ("/sessions/{id}/cancel", session, {"reason": "x"}),
        ("/sessions/{id}/restart", session, {"state": "writing", "reason": "x"}),
        ("/effects/{id}/settlement", effect, {"outcome": "failed", "reason": "x"}),
        ("/reviews/{id}/decisions", busy["review"], decision),
    ):
        who = "chief" if named == busy["review"] else "own"
        responses = document["paths"][f"/api{path}"]["post"]["responses"]
        for sent, status in ((body, 200), ({}, 422)):
            response = await served.post(path.format(id=named), sent, who)
            assert response.status_code == status, response.text
            held(document, responses[str(status)], response.json(), path)


def held(document: Any, response: Any, value: object, path: str) -> None:  # noqa: ANN401 -- a JSON document
    """Hold an answer to what the document says of it."""
    schema = {**response["content"]["application/json"]["schema"], "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert [f"{path}: {error.instance_path} {error.message}" for error in validator.iter_errors(value)] == []


def closed(schema: Json) -> Any:  # noqa: ANN401 -- a JSON document
    """Forbid what the shapes leave open for later: members that no shape names."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner: JsonObject = {name: closed(one) for name, one in schema.items()}
    if "properties" in inner and schema.get("type") == "object" and "additionalProperties" not in inner:
        inner["additionalProperties"] = False
    return inner
