"""Cutting lines from a stream, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pointsman.server.json_rpc.messages import END_BYTES, Oversized
from pointsman.server.stdio.framing import Lines

LIMIT = 3 * END_BYTES


def cut(*chunks: bytes, limit_bytes: int = LIMIT) -> list[bytes | Oversized]:
    lines = Lines(limit_bytes)
    found = [line for chunk in chunks for line in lines.feed(chunk)]
    rest = lines.finish()
    return found if rest is None else [*found, rest]


@given(st.lists(st.binary(max_size=20)))
def test_lines_are_the_same_however_the_stream_is_cut_into_chunks(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    expected = whole.split(b"\n")
    assert cut(*chunks) == (expected if expected[-1] else expected[:-1])


def test_a_line_of_exactly_the_bound_is_kept() -> None:
    line = b"x" * LIMIT
    assert cut(line + b"\n") == [line]


@given(st.integers(1, 3 * LIMIT), st.integers(1, LIMIT))
def test_of_a_larger_line_only_the_ends_and_the_size_are_kept(more: int, step: int) -> None:
    line = bytes(index * 7 % 251 + 1 for index in range(LIMIT + more)).replace(b"\n", b" ")
    chunks = [line[start : start + step] for start in range(0, len(line), step)]
    kept = Oversized(line[:END_BYTES], line[-END_BYTES:], len(line))
    assert cut(*chunks, b"\nnext\n") == [kept, b"next"]
    assert cut(*chunks) == [kept]
