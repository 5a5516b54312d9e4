"""A workflow over an HTTP interface that breaks its connection right after it has done what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from tests.server.command_line.terminal import Shell
from tests.tools.loopback import QuietHandler, running

WORKFLOW = """
workflow: ordering
version: 1
record: {article: {type: string}, order: {type: string}}
start: {requires: [article]}
initial: asking
sources: {shop: {openapi: {document: shop.json, base_url: "${SHOP}/v1?key=${KEY}"}}}
tools:
  shop.order: {effect: write, timeout: 5s, key: {over: [article], deliver: {header: Idempotency-Key}}}
states:
  asking:
    actor: agent
    events: {order: {next: ordering}}
    after: {in: 1d, to: lost}
  ordering:
    actor: system
    run: [{call: shop.order, with: {article: =record.article}, save: {order: =result.id}}]
    next: ordered
    failed: lost
    unknown: lost
  ordered: {final: success}
  lost: {final: stopped}
"""
SCRIPT = """
start: {article: paper}
steps: [{call: order, state: ordered}]
end: ordered
record: {order: o-1}
"""
ORDER: JsonObject = {"type": "object", "properties": {"article": {"type": "string"}}}
SHOP: JsonObject = {
    "openapi": "3.0.3",
    "paths": {
        "/orders": {
            "post": {
                "operationId": "order",
                "requestBody": {"content": {"application/json": {"schema": ORDER}}},
            }
        }
    },
}


class Shop(ThreadingHTTPServer):
    """Keeps what was ordered, by the key of who ordered it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: dict[str, object] = {}
        self.asked: list[str] = []


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Shop  # pyright: ignore[reportIncompatibleVariableOverride] - it is made by no other

    def do_POST(self) -> None:
        key = str(self.headers["idempotency-key"])
        self.server.asked.append(self.path)
        self.server.orders[key] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if len(self.server.asked) == 1:
            self.close_connection = True
        else:
            self.answer(201, json.dumps({"id": f"o-{len(self.server.orders)}"}).encode())


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running(Shop()) as shop:
        yield shop


@pytest.mark.slow
def test_an_order_whose_answer_is_lost_is_made_once(tmp_path: Path, shop: Shop) -> None:
    """Fault 9, with a downstream that takes our key: it is called again with the same."""
    shell = Shell(tmp_path)
    for name, text in (("it.yaml", WORKFLOW), ("it.script.yaml", SCRIPT), ("shop.json", json.dumps(SHOP))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {"SHOP": f"http://127.0.0.1:{shop.server_address[1]}", "KEY": "s-123456"}
    locked = shell.run("lock", "it.yaml", env=environment)
    assert locked.code == 0, locked.stderr
    done = shell.run("run", "it.yaml", "--script", "it.script.yaml", "--database", "it.sqlite3", env=environment)
    assert done.code == 0, done.stdout + done.stderr
    assert list(shop.orders.values()) == [{"article": "paper"}]
    assert shop.asked == ["/v1/orders?key=s-123456"] * 2
    written = [path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith(("it.sqlite3", "pointsman"))]
    assert all(b"s-123456" not in content for content in written)
    assert "s-123456" not in done.stdout + done.stderr + locked.stdout
