"""Asking the JSON API of a server: one request at a time, strict about certificates, addresses and answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx2

from pointsman.contracts.json_reader import JsonReader, Parsed
from pointsman.contracts.values import JsonObject
from pointsman.fsm.gate import NOT_FOUND

from ...bounds import API_ANSWER_BYTES, API_ANSWER_MS, API_REACH_MS
from ..failures import FoundProblems, NotReached, NotThere
from ..invocation import program

_JSON: Final = "application/json"


class Web:
    """The API of one server. No redirect is followed, and nothing of this machine's network settings counts on it.

    Args:
        url: Where the server is, without a slash at its end.
        token: The token that is sent, if there is one.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        headers = {"accept": _JSON, "user-agent": "pointsman"}
        if token is not None:
            headers["authorization"] = f"Bearer {token.strip()}"
        self._has_token = token is not None
        self._client = httpx2.Client(
            base_url=f"{url}/",
            headers=headers,
            timeout=_timeout(API_ANSWER_MS),
            follow_redirects=False,
            trust_env=url.startswith("https:"),  # a proxy would be told the token of a server on this machine
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, path: str, chosen: Mapping[str, str | int | None] | None = None, wait_ms: int = API_ANSWER_MS
    ) -> JsonObject:
        """Ask for a document, and wait so long at most.

        Raises:
            NotReached: the server cannot be reached, is none, or does not have it.
            FoundProblems: the question is refused.
        """
        query = {name: str(value) for name, value in (chosen or {}).items() if value is not None}
        request = self._client.build_request("GET", path, params=query, timeout=_timeout(wait_ms))
        answer = self._asked(request, wait_ms)
        refusal = answer.get("refusal")
        if isinstance(refusal, dict):
            raise FoundProblems(str(refusal["message"]))
        return answer

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """Have something done, and give what came of it: a document, or `{"refusal": …}`.

        Raises:
            NotReached: the server cannot be reached, is none, or does not have what it is to be done to.
        """
        doubt = " Whether it was done is not known: look before you try again."
        return self._asked(self._client.build_request("POST", path, json=body), API_ANSWER_MS, doubt)

    def _asked(self, request: httpx2.Request, wait_ms: int, doubt: str = "") -> JsonObject:
        """Send a request; `doubt` is said where it may have been received and was not answered."""
        try:
            response = self._client.send(request, stream=True)
            content = _content(response, wait_ms)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            why = f"{str(error) or 'no answer'}.{_plain(error)}"
            raise NotReached(f"The server at {self._url} cannot be reached: {why}") from error
        except httpx2.TimeoutException as error:
            raise NotReached(f"The server at {self._url} has not answered in time.{doubt}") from error
        except httpx2.HTTPError as error:
            raise NotReached(f"The connection to {self._url} broke: {error}.{doubt}") from error
        if response.is_redirect:
            target = response.headers.get("location", "elsewhere")
            raise NotReached(f"{self._url} answers with a redirect to {target}, and a token is not sent on. Name it.")
        answer = _document(response, content)
        if answer is None:
            what = f"HTTP {response.status_code} without a document"
            raise NotReached(f"What answers at {self._url} is no Pointsman, or has another version: {what}.{doubt}")
        return self._judged(response.status_code, answer)

    def _judged(self, status: int, answer: JsonObject) -> JsonObject:
        """Give an answer, or raise what it means that the token, or what was asked for, is not there."""
        refusal = answer.get("refusal")
        if not isinstance(refusal, dict) or not isinstance(refusal.get("message"), str):
            if status < HTTPStatus.BAD_REQUEST:
                return answer
            raise NotReached(f"{self._url} answers with HTTP {status}, and does not say why.")
        if status == HTTPStatus.UNAUTHORIZED:
            how = "" if self._has_token else " Give one with --token, or in POINTSMAN_TOKEN."
            raise FoundProblems(f"The server does not know who you are. {refusal['message']}{how}")
        if status == HTTPStatus.NOT_FOUND:
            raise NotThere(self._missing(refusal))
        return answer

    def _missing(self, refusal: JsonObject) -> str:
        """Say what is not there, and where to look for it, in the words of the command line."""
        message = str(refusal["message"])
        if message == NOT_FOUND.message:
            return message.replace("list_sessions", f"{program()} sessions list")
        if urlsplit(self._url).path:
            return f"{message} The address of a server has no path, unless a proxy adds one: leave out /mcp or /api."
        return message


def _plain(error: Exception) -> str:
    """Say that who was asked for TLS seems to speak none; nothing of other errors."""
    return " It speaks no TLS there: is it another port, or http?" if "WRONG_VERSION_NUMBER" in str(error) else ""


def _timeout(wait_ms: int) -> httpx2.Timeout:
    return httpx2.Timeout(wait_ms / 1000, connect=API_REACH_MS / 1000)


def _content(response: httpx2.Response, wait_ms: int) -> bytes:
    """Read a body, no further than any answer of ours is long, and not for longer than it takes.

    Raises:
        httpx2.HTTPError: it is longer, or takes longer.
    """
    content, end = bytearray(), time.monotonic() + wait_ms / 1000
    try:
        for part in response.iter_bytes():
            content += part
            if len(content) > API_ANSWER_BYTES:
                raise httpx2.ReadError(f"the answer is longer than {API_ANSWER_BYTES} bytes")
            if time.monotonic() > end:
                raise httpx2.ReadTimeout("the answer does not end")
    finally:
        response.close()
    return bytes(content)


def _document(response: httpx2.Response, content: bytes) -> JsonObject | None:
    """Read an answer; None where it is no JSON object, or has no JSON that can only be meant in one way."""
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        return None
    read = JsonReader().read(content)
    if not isinstance(read, Parsed) or read.fault is not None or not isinstance(read.value, dict):
        return None
    return read.value
