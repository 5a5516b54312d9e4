"""The records of a server that runs, asked over its JSON API with a token. What a decision opens runs there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.fsm.claiming import asked_for
from pointsman.fsm.session import Actor

from ...bounds import API_ITEMS, API_PROOF_MS
from ...documents.pages import Page
from ...inquiry import AUDITOR
from ...insights.alerts import Alerts
from ...store.tables import SERVER_CHAIN
from ..failures import NotReached, NotThere, WrongUsage
from .port import Errand, Fields, Person
from .web import Web

if TYPE_CHECKING:
    from pointsman.fsm.commands import Claim, Delegate, Release

    from ...insights.asking import StatsAsked
    from ...insights.examples import ExampleFilter
    from ...store.reading import SessionFilter
    from ...store.searching import RowFilter, WaitingFilter

CHANNEL: Final = "api"
_PLACE: Final = ("session", "workflow", "state", "revision", "ended", "waiting_for", "votes")
"""What of a session's document says where it is."""


class RemoteRecords:
    """A server.

    Args:
        url: Where it is.
        token: Of whoever asks, and acts.
    """

    sees_all = False

    def __init__(self, url: str, token: str | None) -> None:
        self._web = Web(url, token)
        self._token = token

    def close(self) -> None:
        """Close the connections to the server."""
        self._web.close()

    def sessions(self, chosen: SessionFilter, limit: int) -> Page:
        query = {name: getattr(chosen, name) for name in ("workflow", "state", "started_by", "search")}
        flags = {name: getattr(chosen, name) for name in ("ended", "failed")}
        said = {name: None if flag is None else str(flag).lower() for name, flag in flags.items()}
        return self._page("api/sessions", {**query, **said}, limit)

    def session(self, name: str) -> JsonObject:
        return self._web.get(f"api/sessions/{_step(name)}")

    def waiting(self, chosen: WaitingFilter, limit: int) -> Page:
        return self._page("api/reviews", {"role": chosen.role}, limit)

    def matter(self, name: str) -> JsonObject:
        return self._web.get(f"api/reviews/{_step(name)}")

    def effects(self, session: str | None, status: str | None, limit: int) -> Page:
        return self._page("api/effects", {"session": session, "status": status}, limit)

    def effect(self, name: str) -> JsonObject:
        return self._web.get(f"api/effects/{_step(name)}")

    def rows(self, chosen: RowFilter, limit: int) -> Page:
        names = ("session", "kind", "actor", "action", "code", "since", "until")
        return self._page("api/audit", {name: getattr(chosen, name) for name in names}, limit)

    def history(self, chain: str) -> Iterator[JsonObject]:
        with _for_auditors(chain):
            page = self._one_page(f"api/sessions/{_step(chain)}/audit", {"limit": API_ITEMS})
        yield from page.items
        while page.cursor is not None:
            page = self._one_page(f"api/sessions/{_step(chain)}/audit", {"limit": API_ITEMS, "cursor": page.cursor})
            yield from page.items

    def row(self, chain: str, revision: int) -> JsonObject:
        for row in self.history(chain):
            if row["revision"] == revision:
                return row
        raise NotReached(f"There is no row {revision} of {chain!r}.")

    def verification(self, chain: str | None) -> JsonObject:
        chosen = {"session": chain, "limit": API_ITEMS}
        with _for_auditors(chain):
            found = self._web.get("api/audit/verification", chosen, wait_ms=API_PROOF_MS)
        _items(found)
        return found

    def corrections(self, chosen: ExampleFilter) -> Iterator[JsonObject]:
        histories = chosen.histories
        query: dict[str, str | int | None] = {
            "workflow": histories.workflow,
            "version": histories.version,
            "state": chosen.state,
            "since": histories.since,
            "until": histories.until,
            "accepted": "true" if "accepted" in chosen.labels else None,
            "limit": API_ITEMS,
        }
        while True:
            with _for_names(histories.workflow, histories.version, chosen.state):
                page = self._one_page("api/corrections", query)
            yield from page.items
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    def stats(self, asked: StatsAsked) -> JsonObject:
        usual = asdict(Alerts())
        said = {name: value for name, value in asdict(asked.alerts).items() if value != usual[name]}
        query: dict[str, str | int | None] = {
            "workflow": asked.workflow,
            "version": asked.version,
            "state": asked.state,
            "model": asked.model,
            "window": asked.window,
            "reference": asked.reference,
            "across": ",".join(sorted(asked.across)) or None,
            "thresholds": ",".join(f"{name}={value}" for name, value in said.items()) or None,
        }
        with _for_names(asked.workflow, asked.version, asked.state):
            return self._web.get("api/stats", query, wait_ms=API_PROOF_MS)

    def replayed(self, session: str, to_revision: int | None) -> JsonObject:
        return self._web.get(f"api/sessions/{_step(session)}/replay", {"to": to_revision}, wait_ms=API_PROOF_MS)

    def people(self) -> None:
        """A server tells nobody who its people are."""

    def person(self, errand: Errand) -> Person:
        if self._token is None:
            raise WrongUsage(f"{errand.what} with a person's token (--token, POINTSMAN_TOKEN) where --server is used.")
        principal = self._web.get("api/principal")
        roles = principal.get("roles")
        kind: Final = "human" if principal["kind"] == "human" else "agent"
        actor = Actor(kind, str(principal["id"]), tuple(map(str, roles)) if isinstance(roles, list) else ())
        return Person(actor, CHANNEL, confirms=False)

    def start(self, workflow: str, fields: Fields) -> JsonObject:
        """Start a session of a workflow that the server serves.

        Raises:
            WrongUsage: a file is named.
        """
        if Path(workflow).is_file():
            raise WrongUsage(f"A server starts the workflows that it serves, by name; {workflow} is a file.")
        served = self._web.get(f"api/workflows/{_step(workflow)}")
        start = served.get("start")
        schema = start.get("input_schema") if isinstance(start, dict) else None
        given = fields(as_object(schema))
        answer = self._web.post(f"workflows/{_step(workflow)}/sessions", given)
        if "refusal" in answer:
            return {"outcome": "refused", "refusal": answer["refusal"]}
        where = {**answer, **self._place(str(answer["session"]))}
        return {name: where[name] for name in (*_PLACE, "outcome") if name in where}

    def decide(self, person: Person, matter: JsonObject, event: str, arguments: JsonObject) -> JsonObject:
        del person  # the token says who
        body: JsonObject = {
            "event": event,
            "arguments": arguments,
            "shown_digest": matter["shown_digest"],
            "stay": matter["stay"],
        }
        return self._done(f"api/reviews/{_step(str(matter['id']))}/decisions", body, str(matter["session"]))

    def hold(self, person: Person, matter: str, request: Claim | Release | Delegate) -> JsonObject:
        del person
        how, body = asked_for(request)
        return self._done(f"api/reviews/{_step(matter)}/{how}", body, matter.partition(".")[0])

    def cancel(self, person: Person, session: str, reason: str) -> JsonObject:
        del person
        return self._done(f"api/sessions/{_step(session)}/cancel", {"reason": reason}, session)

    def restart(self, person: Person, session: str, state: str, reason: str) -> JsonObject:
        del person
        return self._done(f"api/sessions/{_step(session)}/restart", {"state": state, "reason": reason}, session)

    def settle(
        self, person: Person, effect: str, outcome: Literal["done", "failed"], reason: str, result: Json
    ) -> JsonObject:
        del person
        body: JsonObject = {"outcome": outcome, "reason": reason, "result": result}
        return self._done(f"api/effects/{_step(effect)}/settlement", body, effect.partition(".")[0])

    def _done(self, path: str, body: JsonObject, session: str) -> JsonObject:
        """Have something done. A refusal is told with where the session is, as a database tells it."""
        answer = self._web.post(path, body)
        if "refusal" not in answer:
            return answer
        return {**self._place(session), "outcome": "refused", "refusal": answer["refusal"]}

    def _place(self, session: str) -> JsonObject:
        """Say where a session is, as far as whoever asks may see it."""
        try:
            document = self.session(session)
        except NotReached:
            return {}
        return {name: document[name] for name in _PLACE if name in document}

    def _page(self, path: str, chosen: Mapping[str, str | None], limit: int) -> Page:
        """Give as many entries as are wanted, page by page."""
        found: list[JsonObject] = []
        cursor: str | None = None
        while True:
            wanted = min(limit - len(found), API_ITEMS)
            page = self._one_page(path, {**chosen, "limit": wanted, "cursor": cursor})
            found += page.items
            cursor = page.cursor
            if cursor is None or len(found) >= limit:
                return Page(tuple(found), cursor)

    def _one_page(self, path: str, chosen: Mapping[str, str | int | None]) -> Page:
        answer = self._web.get(path, chosen)
        cursor = answer.get("cursor")
        return Page(_items(answer), cursor if isinstance(cursor, str) else None)


@contextmanager
def _for_names(*names: object) -> Generator[None]:
    """Take what is not there for a name that was mistyped, where one was given."""
    try:
        yield
    except NotThere as error:
        if not any(names):
            raise
        raise WrongUsage(error.message) from error


@contextmanager
def _for_auditors(chain: str | None) -> Generator[None]:
    """Say who may read it where what is not there belongs to no session, or is everything."""
    try:
        yield
    except NotThere as error:
        if chain not in {None, SERVER_CHAIN}:
            raise
        what = "Everything at once is verified" if chain is None else "What belongs to no session is read"
        raise NotThere(f"{what} by people with the role {AUDITOR}. Name a session, or show such a token.") from error


def _items(answer: JsonObject) -> tuple[JsonObject, ...]:
    """Give the entries of a list.

    Raises:
        NotReached: what was answered is none.
    """
    items = answer.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NotReached("The server's answer is no list. It has another version.")
    return tuple(item for item in items if isinstance(item, dict))


def _step(name: str) -> str:
    """Write a name as one step of a path, whatever it holds."""
    return quote(name, safe="") or "-"
