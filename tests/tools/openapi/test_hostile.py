"""Servers that hang, flood, break off, or answer what they should not: one call ends, and nothing else."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.workflow import Effect

from .api_server import Api, serving
from .workshop import SHORT_MS, Desk, call, document, get


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("huge", "the answer is longer than 8388608 bytes"),
        ("endless", "the answer is longer than 8388608 bytes"),
        ("packed", "it packs its answers, which was not asked for"),
        ("garbage", "it is no JSON that can be read"),
        ("nan", "NaN is not a JSON number"),
        ("doubled", "the member stands there twice"),
        ("deep", "nested more than 64 deep"),
        ("mistext", "it is no text in utf-8"),
        ("lost", "the connection broke before the answer was complete"),
        ("reset", "the connection broke before the answer was complete"),
    ],
)
async def test_what_goes_wrong_after_sending_leaves_a_write_unknown(
    desk: Desk, api: Api, how: str, why: str, effect: Effect, outcome: str
) -> None:
    """Fault 9: no blind retry after a reset; the next call goes through."""
    source = await desk.pinned(document({**get(f"/{how}"), **get("/echo", "echo")}), base_url=api.origin)
    ended = await call(source, effect=effect)
    assert (ended.outcome, why in (ended.error or "")) == (outcome, True), ended.error
    assert ended.cut_off == (how in ("lost", "reset"))
    assert len(api.calls()) == 1
    assert (await call(source, tool="echo")).outcome == "done"


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_server_that_hangs_is_left_at_the_timeout(desk: Desk, api: Api, effect: Effect, outcome: str) -> None:
    source = await desk.pinned(document({**get("/hang"), **get("/echo", "echo")}), base_url=api.origin)
    await source.prepare()
    with capture_logs():
        hung = await call(source, effect=effect, timeout_ms=SHORT_MS)
    assert (hung.outcome, (hung.error or "").startswith("api.it did not answer within 200 ms.")) == (outcome, True)
    assert (await call(source, tool="echo")).outcome == "done"
    api.released.set()


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_a_redirect_is_not_followed(desk: Desk, api: Api, effect: Effect, outcome: str) -> None:
    with serving() as other:
        api.elsewhere = f"{other.origin}/echo"
        source = await desk.pinned(document(get("/redirect")), base_url=api.origin, headers={"authorization": "secret"})
        ended = await call(source, effect=effect)
        assert ended.outcome == outcome
        assert f"it leads to {other.origin}/echo, and redirects are not followed" in (ended.error or "")
        assert other.seen == []
