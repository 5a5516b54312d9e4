"""The bank as an MCP server over stdio, on the standard library alone so that it starts at once.

It serves calls at the same time. When its input ends it finishes what it has begun, as a careful server would,
although nobody listens any more. `BANK_PID` is the file that names its process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.bank import TOOLS, Bank


def say(lock: threading.Lock, message: dict[str, Any], result: dict[str, Any]) -> None:
    with lock, suppress(BrokenPipeError):
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}) + "\n")
        sys.stdout.flush()


def serve(bank: Bank, lock: threading.Lock, message: dict[str, Any]) -> None:
    params = message["params"]
    content = bank.call(params["name"], params["arguments"])
    say(lock, message, {"content": [{"type": "text", "text": json.dumps(content)}], "structuredContent": content})


def main() -> None:
    Path(os.environ["BANK_PID"]).write_text(str(os.getpid()))
    bank, lock = Bank(), threading.Lock()
    tools = [
        {"name": name, "inputSchema": {"type": "object", "properties": arguments, "required": [*arguments]}}
        for name, arguments in TOOLS.items()
    ]
    for line in sys.stdin:
        message = json.loads(line)
        method = message.get("method")
        if method == "initialize":
            version = message["params"]["protocolVersion"]
            info = {"name": "bank", "version": "1"}
            say(lock, message, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        elif method == "tools/list":
            say(lock, message, {"tools": tools})
        elif method == "tools/call":
            threading.Thread(target=serve, args=(bank, lock, message)).start()
        elif "id" in message:
            error = {"code": -32601, "message": f"no {method}"}
            with lock:
                sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
