"""Makes an answer of the events that stream in. They are foreign: their shapes and sizes are judged as they come.

An answer is whole or it is none: only after `message_stop` is it looked at. What an event is not known for is passed
over, because the API may add kinds of events, of deltas and of blocks at any time.
"""

from __future__ import annotations

from typing import Final

from pointsman.contracts.bounds import MODEL_ANSWER_BYTES, MODEL_BLOCKS, SAFE_INTEGER
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import Json, JsonObject, as_object, canonical
from pointsman.contracts.visible import visible
from pointsman.fsm.model_turns import CUTTING_OFF, MALFORMED_CALL, Tokens

from .retrying import Failed

_NAME_CHARACTERS: Final = 200
_PIECES: Final = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
"""Deltas that lengthen the text of the same name in their block."""
_PARTS: Final = frozenset(
    ("content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop")
)
"""Kinds of events that an answer is made of, between its start and its end."""
_CALL: Final = "tool_use"
_REFUSAL: Final = "refusal"
_COUNTED: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_MUST_BE_COUNTED: Final = _COUNTED[:2]


class ErrorEvent(Exception):
    """The API breaks the answer off with an error: its kind, and what it says of it."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.said = said


class Reading:
    """One answer while it comes. `content` is empty until it is finished."""

    def __init__(self) -> None:
        self._json = JsonReader()
        self._left_bytes = MODEL_ANSWER_BYTES
        self._blocks: list[JsonObject] = []
        self._pieces: list[dict[str, list[str]]] = []
        self._usage: dict[str, int] = {}
        self._started = False
        self._open: int | None = None
        self.model = ""
        self.stop_reason: str | None = None
        self.is_whole = False
        self.content: tuple[JsonObject, ...] = ()

    @property
    def tokens(self) -> Tokens:
        """What has been counted so far."""
        usage = self._usage
        return Tokens(
            input=usage.get("input_tokens", 0),
            output=usage.get("output_tokens", 0),
            cache_read=usage.get("cache_read_input_tokens", 0),
            cache_written=usage.get("cache_creation_input_tokens", 0),
        )

    def take(self, data: str) -> None:
        """Take the data of one event.

        Raises:
            Failed: it is not what the API sends, or the answer is beyond its bounds.
            ErrorEvent: it says that the answer ends here.
        """
        event = self._event(data)
        kind = event.get("type")
        if kind == "error":
            error = event.get("error")
            error = as_object(error)
            raise ErrorEvent(str(error.get("type")), str(error.get("message")))
        if kind == "message_start":
            self._start(_object(event, "message"))
        elif not self._started or self.is_whole:
            if kind in _PARTS:
                raise broken("an event of it comes before its start, or after its end")
        elif kind == "content_block_start":
            self._start_block(event)
        elif kind == "content_block_delta":
            self._lengthen(event)
        elif kind == "content_block_stop":
            self._open = None
        elif kind == "message_delta":
            delta = _object(event, "delta")
            self._count(_object(event, "usage"))
            self.stop_reason = _name(delta.get("stop_reason"))
        elif kind == "message_stop":
            self.is_whole = True

    def finish(self) -> None:
        """Put the blocks of the whole answer together.

        A call whose arguments are no JSON object is none. Of it there is a block `MALFORMED_CALL` with its name, and
        not what was written, of which nobody could say what must not be kept. It was cut off with the answer, or else
        the `stop_reason` says that it is malformed. The answer is paid for, and another one might be no better.

        Raises:
            Failed: the answer is not whole, or does not say what it took.
        """
        if not self.is_whole:
            raise broken("it ends in the middle")
        if missing := [name for name in _MUST_BE_COUNTED if name not in self._usage]:
            raise broken(f"it has no `{missing[0]}`")
        blocks = [self._finished(index) for index in range(len(self._blocks))]
        both = zip(self._blocks, blocks, strict=True)
        self.content = tuple(_unread(block) if found is None else found for block, found in both)
        if None in blocks and self.stop_reason not in (*CUTTING_OFF, _REFUSAL):
            self.stop_reason = MALFORMED_CALL

    def _start(self, message: JsonObject) -> None:
        if self._started:
            raise broken("it starts twice")
        self._started = True
        self.model = _name(message.get("model")) or ""
        if not self.model:
            raise broken("it names no model")
        self._count(_object(message, "usage"))

    def _start_block(self, event: JsonObject) -> None:
        block = _object(event, "content_block")
        if len(self._blocks) == MODEL_BLOCKS:
            raise too_much()
        if event.get("index") != len(self._blocks) or self._open is not None or not isinstance(block.get("type"), str):
            raise broken("its blocks do not come in order")
        if block["type"] == _CALL and not (_name(block.get("id")) and _name(block.get("name"))):
            raise broken("a call in it has no name")
        self._keep(canonical(block))
        self._open = len(self._blocks)
        self._blocks.append(block)
        self._pieces.append({})

    def _lengthen(self, event: JsonObject) -> None:
        delta = _object(event, "delta")
        if self._open is None or event.get("index") != self._open:
            raise broken("a piece of it belongs to no block")
        kind = str(delta.get("type"))
        member = "partial_json" if kind == "input_json_delta" else _PIECES.get(kind)
        if member is None:
            return
        piece = delta.get(member)
        if not isinstance(piece, str):
            raise broken(f"a piece of it has no `{member}`")
        self._keep(piece)
        self._pieces[self._open].setdefault(member, []).append(piece)

    def _finished(self, index: int) -> JsonObject | None:
        """Give a block with all its pieces; None for a call whose arguments cannot be read."""
        block = dict(self._blocks[index])
        pieces = {member: "".join(parts) for member, parts in self._pieces[index].items()}
        written = pieces.pop("partial_json", "")
        for member, text in pieces.items():
            start = block.get(member)
            block[member] = (start if isinstance(start, str) else "") + text
        if block["type"] != _CALL:
            return block
        if written:
            read = self._json.read(written.encode("utf-8", "surrogatepass"))
            block["input"] = None if isinstance(read, Fault) or read.fault is not None else read.value
        return block if isinstance(block.get("input"), dict) else None

    def _event(self, data: str) -> JsonObject:
        read = self._json.read(data.encode("utf-8", "surrogatepass"))
        fault = read if isinstance(read, Fault) else read.fault
        if fault is not None:
            raise broken(f"an event of it: {visible(fault.message)}")
        value = read.value if not isinstance(read, Fault) else None
        if not isinstance(value, dict):
            raise broken("an event of it is no object")
        return value

    def _keep(self, text: str) -> None:
        self._left_bytes -= len(text.encode("utf-8", "surrogatepass"))
        if self._left_bytes < 0:
            raise too_much()

    def _count(self, usage: JsonObject) -> None:
        """Take the numbers of tokens; those that come later are of the whole answer so far, and count instead."""
        for name in _COUNTED:
            number = usage.get(name)
            if number is None:  # the API counts nothing of the kind, or has said it before
                continue
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= SAFE_INTEGER:
                raise broken(f"its `{name}` is no number of tokens")
            self._usage[name] = number


def _unread(call: JsonObject) -> JsonObject:
    return {"type": MALFORMED_CALL, "id": call["id"], "name": call["name"]}


def broken(how: str) -> Failed:
    """What came back is no answer of the Messages API."""
    return Failed(f"The Messages API has sent what is no answer: {how}.", again=True)


def too_much() -> Failed:
    """What came back is more than one answer may be."""
    return Failed(
        f"The answer is longer than {MODEL_ANSWER_BYTES} bytes or {MODEL_BLOCKS} blocks, and is not read any further."
        " Ask for less by `max_tokens`.",
        again=False,
    )


def _object(event: JsonObject, member: str) -> JsonObject:
    found = event.get(member)
    if not isinstance(found, dict):
        raise broken(f"an event of it has no `{member}`")
    return found


def _name(value: Json) -> str | None:
    return visible(value) if isinstance(value, str) and 0 < len(value) <= _NAME_CHARACTERS else None
