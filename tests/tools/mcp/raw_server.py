"""An MCP server of the handshake era on the standard library alone: quick to start, and as bad as a test wants it.

Its one argument is a JSON object: `tools` (what it lists), `many` (how many tools it makes up),
`swell` (how long the last description is), `page` (how many tools a page holds), and `at_start` (what
it does before anything else). A call of the tool `answer` is answered with the result it is given; the
other tools do what they are named for.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCHEMA = {"type": "object"}
OK = {"content": [{"type": "text", "text": "ok"}]}
Result = dict[str, Any] | None
Id = int | str


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def log(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def say(message: dict[str, Any]) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


class Server:
    def __init__(self, wish: dict[str, Any]) -> None:
        self.calls: dict[str, Callable[[Id, dict[str, Any]], Result]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }
        many = [f"t{number}" for number in range(wish.get("many", 0))]
        named = [{"name": name, "inputSchema": SCHEMA} for name in many or self.calls]
        self.tools: list[Any] = wish.get("tools") or named
        if "swell" in wish:
            self.tools[-1]["description"] = "d" * wish["swell"]
        self.page: int = wish.get("page") or len(self.tools)
        self.meta: dict[str, Any] = {}
        self.token: Any = None
        self.cancelled = 0

    def reply(self, message: dict[str, Any]) -> None:
        method: str = message["method"]
        params: dict[str, Any] = message.get("params") or {}
        if method == "initialize":
            result: Result = {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {"listChanged": True}},
                "serverInfo": {"name": "raw", "version": "1"},
            }
        elif method == "tools/list":
            result = self.listed(int(params.get("cursor", 0)))
        elif method == "tools/call":
            self.meta = params.get("_meta", {})
            self.token = self.meta.get("progressToken")
            result = self.calls[params["name"]](message["id"], params.get("arguments") or {})
        else:
            result = None
            say({"id": message["id"], "error": {"code": -32601, "message": f"no {method}"}})
        if result is not None:
            say({"id": message["id"], "result": result})

    def listed(self, first: int) -> dict[str, Any]:
        end = first + self.page
        more = {"nextCursor": str(end)} if end < len(self.tools) else {}
        return {"tools": self.tools[first:end], **more}

    def do_answer(self, _id: Id, arguments: dict[str, Any]) -> Result:
        return dict(arguments["result"])

    def do_echo(self, _id: Id, arguments: dict[str, Any]) -> Result:
        return {"content": [], "structuredContent": arguments}

    def do_error(self, request: Id, _arguments: dict[str, Any]) -> Result:
        say({"id": request, "error": {"code": -32603, "message": "out of \u202epaper"}})
        return None

    def do_die(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        log("last words\n")
        os._exit(3)

    def do_hang(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        return None

    def do_junk(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        write("thinking aloud\n{}\n[1, 2]\n\nnull\n")
        return OK

    def do_noise(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        for number in range(5_000):
            log(f"line {number} \x1b[2J\n")
        log("y" * 100_000)
        return OK

    def do_flood(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        while True:
            say({"method": "notifications/message", "params": {"level": "info", "data": "again"}})

    def do_raw(self, request: Id, arguments: dict[str, Any]) -> Result:
        write(f'{{"jsonrpc": "2.0", "id": {request}, "result": {arguments["raw"]}}}\n')
        return None

    def do_long(self, _id: Id, arguments: dict[str, Any]) -> Result:
        return {"content": [{"type": "text", "text": "z" * int(arguments["bytes"])}]}

    def do_ask(self, _id: Id, arguments: dict[str, Any]) -> Result:
        say({"id": "q", "method": arguments["method"], "params": arguments["params"]})
        answer = json.loads(sys.stdin.readline())
        if "error" in answer:
            return {"content": [{"type": "text", "text": answer["error"]["message"]}], "isError": True}
        return {"content": [], "structuredContent": answer["result"]}

    def do_progress(self, request: Id, arguments: dict[str, Any]) -> Result:
        for params in arguments["said"]:
            say({"method": "notifications/progress", "params": {"progressToken": self.token or request, **params}})
        return {"content": [], "structuredContent": {"token": self.token}}

    def do_log(self, _id: Id, arguments: dict[str, Any]) -> Result:
        for _ in range(arguments["times"]):
            say({"method": "notifications/message", "params": {"level": "info", "data": arguments["data"]}})
        return OK

    def do_told(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        return {"content": [], "structuredContent": {"meta": self.meta, "cancelled": self.cancelled}}

    def do_grow(self, _id: Id, arguments: dict[str, Any]) -> Result:
        self.tools.append({"name": "grown", "inputSchema": SCHEMA, "description": arguments.get("description", "")})
        self.page = len(self.tools)
        self.calls["grown"] = self.do_answer
        say({"method": "notifications/tools/list_changed"})
        return OK

    def do_look(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        seen = {"pid": os.getpid(), "environment": dict(os.environ), "folder": str(Path.cwd())}
        return {"content": [], "structuredContent": seen}

    def do_child(self, _id: Id, _arguments: dict[str, Any]) -> Result:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
        return {"content": [], "structuredContent": {"pid": child.pid}}


def begin(what: str | None) -> None:
    if what == "hang":
        sys.stdin.read()
    elif what == "die":
        log("no \x1b[31mlicence\x1b[0m\n")
        sys.exit(2)
    elif what == "junk":
        write("Welcome to the server!\nListening on stdio\n")
    while what == "flood":
        write("x" * 100 + "\n")


def main() -> None:
    wish = json.loads(sys.argv[1])
    begin(wish.get("at_start"))
    server = Server(wish)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message and "method" in message:
            server.reply(message)
        if message.get("method") == "notifications/cancelled":
            server.cancelled += 1
            log("cancelled\n")
    if wish.get("at_start") == "stay":
        time.sleep(600)


if __name__ == "__main__":
    main()
