"""A bank whose transfers have to be confirmed by whoever waits for them."""

from typing import Any

from pointsman.tools import CallContext

FORM: dict[str, Any] = {
    "message": "Really pay 7 to tin-4711?",
    "requestedSchema": {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]},
}


async def pay(to: str, call: CallContext) -> dict[str, Any]:
    """Pay, if it is confirmed."""
    call.talk.progress(1, 2, "asking")
    return (await call.talk.elicit("The tool `bank.pay`", {"k": {**FORM, "message": f"Really pay 7 to {to}?"}}))["k"]


async def look(to: str, call: CallContext) -> dict[str, Any]:
    """Look, if that is allowed."""
    return await pay(to, call)
