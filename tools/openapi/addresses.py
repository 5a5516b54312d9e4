"""Addresses of documents and APIs: http and https, without a name and password in them.

What is in an address may come from the environment, so no message repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx2

from pointsman.contracts.errors import PointsmanError


class InvalidAddress(PointsmanError):
    """It is no address."""


@dataclass(frozen=True, slots=True)
class Address:
    """Scheme and authority, the path, and the query, which for an API is sent with every call. All are encoded."""

    origin: str
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def query_names(self) -> frozenset[str]:
        """The names that the query gives values to."""
        return frozenset(name for name, _ in parse_qsl(self.query, keep_blank_values=True))

    def joined(self, reference: str) -> Address:
        """Read a reference relative to this address (RFC 3986, section 5).

        Raises:
            InvalidAddress: it is none.
        """
        try:
            return address_of(str(httpx2.URL(self.url).join(reference)))
        except httpx2.InvalidURL:
            raise InvalidAddress from None


def address_of(text: str) -> Address:
    """Read an absolute address.

    Raises:
        InvalidAddress: it is none, or none of HTTP.
    """
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise InvalidAddress from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidAddress("It must begin with `https://` or `http://`, and name a host.")
    if url.userinfo:
        raise InvalidAddress('It holds a name or password. Send them as a header: `authorization: "Basic ${NAME}"`.')
    if url.fragment:
        raise InvalidAddress("It holds a `#`. Remove what follows, or write `%23`.")
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return Address(f"{url.scheme}://{url.netloc.decode('ascii')}", path, query)
