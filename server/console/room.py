"""How much of what others wrote a page takes in all. What is beyond it is said to be missing, and where it is.

A page is made in a thread of its own, with a room of its own; the words of this server take none of it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ..bounds import PAGE_CHARACTERS, PAGE_MARKS, PAGE_PARTS


@dataclass(slots=True)
class Room:
    """What is left of it. `cut` says that something was left out."""

    characters: int = PAGE_CHARACTERS
    marks: int = PAGE_MARKS
    parts: int = PAGE_PARTS
    cut: bool = False

    def take_characters(self, most: int) -> int:
        """Take room for so many characters, or for as many as there is room for."""
        taken = min(most, self.characters)
        self.characters -= taken
        return taken

    def take_marks(self, most: int) -> int:
        """Take room for so many characters that are marked each by itself."""
        taken = min(most, self.marks)
        self.marks -= taken
        return taken

    def take_part(self) -> bool:
        """Take room for one value; False where there is none left."""
        self.parts -= 1
        return self.parts >= 0


_ROOM: ContextVar[Room | None] = ContextVar("room", default=None)


@contextmanager
def new_room() -> Generator[None]:
    """Have a room, until the page is made."""
    token = _ROOM.set(Room())
    try:
        yield
    finally:
        _ROOM.reset(token)


def room() -> Room:
    """Give the room of the page that is being made; of what is written for itself, a room of its own."""
    found = _ROOM.get()
    return Room() if found is None else found


def is_cut() -> bool:
    """Whether something was left out of the page so far."""
    return room().cut
