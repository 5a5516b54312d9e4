"""Requests made of the OpenAPI document, by a program that knows nothing else, with every kind of credential."""

from __future__ import annotations

import sys
from itertools import starmap
from pathlib import Path

import anyio
import pytest

from tests.server.governor.desks import started
from tests.server.http.api.offices import Office, in_doubt, in_review

EXAMPLES = 15
"""Requests of each endpoint and kind, at most."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""`positive_data_acceptance` is left out: a cursor is any text to the document, and only ours are taken."""

METHODS = """
[phases.coverage]
unexpected-methods = ["DELETE", "GET", "PATCH", "POST", "PUT"]
"""
"""The rest, `TRACE` among it, reaches no endpoint: it is answered with 501 before (RFC 9110, section 15.6.2)."""


@pytest.mark.slow
@pytest.mark.parametrize("who", ["agent", "own", "auditor", ""])
async def test_every_answer_is_as_declared_and_none_is_an_error_of_the_server(
    served: Office, who: str, tmp_path: Path
) -> None:
    """`own` is the starter in person, `auditor` a person who may see no session, and the last comes without a token."""
    started_one = (await started(served.application)).session
    reviewed = await in_review(served.application)
    await in_doubt(served.application)
    [write] = await served.listed("/effects", "own")
    named = {"sessions": started_one, "reviews": reviewed, "effects": str(write["id"]), "workflows": "desk"}
    settings = METHODS + "".join(starmap(_named, named.items()))
    (tmp_path / "schemathesis.toml").write_text(settings, encoding="utf-8")
    token = ["--header", f"Authorization: Bearer {who}"] if who else []
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{served.url}/api/openapi.json"),
        *("--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"),
        *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", *token),
    ]
    with anyio.fail_after(300):
        done = await anyio.run_process(command, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert (await served.seen("/audit/verification", "auditor"))["ok"] is True


def _named(resource: str, name: str) -> str:
    """Say by what a path of this resource finds something."""
    parameter = "name" if resource == "workflows" else "id"
    return f"""
[[operations]]
include-path-regex = "^/api/{resource}/"
parameters = {{ "path.{parameter}" = "{name}" }}
"""
