"""The bank as an MCP server of the SDK over Streamable HTTP, at the port of its argument. It outlives its clients."""

from __future__ import annotations

import sys
from typing import Any

from mcp.server.mcpserver import MCPServer

from tests.faults.bank import Bank

bank = Bank()
server = MCPServer("bank", log_level="ERROR")


@server.tool()
def balance(account: str) -> dict[str, Any]:
    """Tell an account's balance."""
    return bank.call("balance", {"account": account})


@server.tool()
def pay_with_key(payer: str, amount: int, idempotency_key: str) -> dict[str, Any]:
    """Pay, once for each key."""
    return bank.call("pay_with_key", {"payer": payer, "amount": amount, "idempotency_key": idempotency_key})


@server.tool()
def pay_findable(payer: str, amount: int) -> dict[str, Any]:
    """Pay."""
    return bank.call("pay_findable", {"payer": payer, "amount": amount})


@server.tool()
def pay_blindly(payer: str, amount: int) -> dict[str, Any]:
    """Pay."""
    return bank.call("pay_blindly", {"payer": payer, "amount": amount})


@server.tool()
def find_payment(payer: str) -> dict[str, Any]:
    """Find what somebody has paid."""
    return bank.call("find_payment", {"payer": payer})


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]))
