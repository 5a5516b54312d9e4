"""Evidence found by index is what a search through the whole history would find."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from .bank import BANK, transfer
from .driver import Story

_USERS = ("ann", "bob")


@dataclass(frozen=True)
class Past:
    """One thing that happened: what, to whom, in which stay, and what came of it."""

    what: str
    user: str
    stay: int
    value: int = 0
    good: bool = True


def _logged_in(history: list[Past], user: str) -> bool:
    """Whether the newest login of this user that succeeded has no logout after it."""
    logins = [n for n, past in enumerate(history) if past.what == "login" and past.user == user and past.good]
    return bool(logins) and not any(past.what == "logout" for past in history[logins[-1] + 1 :])


def _balance(history: list[Past], user: str, stay: int) -> int | None:
    """The newest balance of this user in this stay, if no write came after it."""
    reads = [n for n, past in enumerate(history) if (past.what, past.user, past.stay) == ("balance", user, stay)]
    if not reads or any(past.what == "write" for past in history[reads[-1] + 1 :]):
        return None
    return history[reads[-1]].value


_STEP = st.tuples(
    st.sampled_from(("login", "bad login", "logout", "balance", "note", "transfer", "leave and return")),
    st.sampled_from(_USERS),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_STEP, max_size=25))
def test_a_transfer_is_made_exactly_when_the_history_holds_its_evidence(steps: list[tuple[str, str, int]]) -> None:
    story = Story(BANK, {"customer": "ann"})
    history: list[Past] = []
    for step, user, value in steps:
        stay = story.session.stay.number
        match step:
            case "login" | "bad login":
                good = step == "login"
                story.call("t.login", {"user": user}, gives={"ok": good, "currency": "EUR"})
                history.append(Past("login", user, stay, good=good))
            case "logout":
                story.call("t.logout", {"user": user})
                history.append(Past("logout", user, stay))
            case "balance":
                story.call("t.balance", {"user": user, "currency": "EUR"}, gives={"value": value})
                history.append(Past("balance", user, stay, value))
            case "note":
                story.call("t.note", {"text": user})
                story.settle("t.note", gives=None)
                history.append(Past("write", user, stay))
            case "transfer":
                code = transfer(story, user, value)
                known = _balance(history, user, stay)
                if not _logged_in(history, user) or known is None:
                    assert code == "MISSING_EVIDENCE"
                elif known < value:
                    assert code == "GUARD_FAILED"
                else:
                    assert code is None
                    story.settle("t.transfer", gives={})
                    history.append(Past("write", user, stay))
            case _:
                story.send("rest")
                story.send("back")
