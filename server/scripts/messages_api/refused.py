"""What the local server says of a request that the API would refuse."""

from __future__ import annotations

from pointsman.contracts.values import Json


class Refused(Exception):
    """The API would refuse this request: kind and HTTP status of its error, and what it says."""

    def __init__(self, message: str, kind: str = "invalid_request_error", status: int = 400) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


def listed(value: Json, where: str) -> list[Json]:
    """Give a value that must be a list.

    Raises:
        Refused: it is none.
    """
    if not isinstance(value, list):
        raise Refused(f"{where}: Input should be a valid list")
    return value
