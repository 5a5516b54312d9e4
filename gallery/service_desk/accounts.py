"""The account directory: who has which account, whether somebody is that person, and changes to accounts.

The directory takes no part in the workflow's rules: whoever calls it directly may do all of this.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from typing import Final

from pointsman.tools import NothingDone

from ..storage import next_id, now
from .records import Account, Change, Changed, IdentityCheck, NewPassword, Role
from .store import DESK

__all__ = [
    "changes",
    "check_identity",
    "close_account",
    "find_by_email",
    "grant_role",
    "look_up",
    "reset_password",
    "unlock",
]

_PASSWORD_VALID_MIN: Final = 30


def look_up(account_id: str) -> Account | None:
    """Look up an account.

    Args:
        account_id: Identifier of the account, such as A-1042.

    Returns:
        The account, or null if there is none.
    """
    with DESK.reading() as desk:
        row = _row(desk, account_id)
        return None if row is None else _account(desk, row)


def find_by_email(email: str) -> list[Account]:
    """Find the accounts of an address; a person and a shared mailbox may have the same.

    Args:
        email: The whole address; letters count as equal whether capital or small.
    """
    with DESK.reading() as desk:
        rows = desk.execute("SELECT * FROM accounts WHERE lower(email) = lower(?) ORDER BY account_id", (email,))
        return [_account(desk, row) for row in rows.fetchall()]


def check_identity(account_id: str, code: str) -> IdentityCheck:
    """Check whether somebody is the account's own person.

    Args:
        account_id: The account they say is theirs.
        code: The six digits that they read from the back of their badge.
    """
    with DESK.reading() as desk:
        row = _row(desk, account_id)
    known = "" if row is None else str(row["code"])
    return IdentityCheck(account_id, verified=bool(known) and hmac.compare_digest(known.encode(), code.encode()))


def changes(account_id: str) -> list[Change]:
    """List the changes that were made to an account, the oldest first.

    Args:
        account_id: Identifier of the account.
    """
    with DESK.reading() as desk:
        rows = desk.execute("SELECT * FROM changes WHERE account_id = ? ORDER BY change_id", (account_id,)).fetchall()
    return [Change(row["change_id"], row["what"], row["detail"], row["at"]) for row in rows]


def unlock(account_id: str) -> Changed:
    """Let the person of a locked account sign in again, with the password they had.

    Args:
        account_id: Identifier of the account.
    """
    with DESK.changing() as desk:
        if not _open_account(desk, account_id)["locked"]:
            raise NothingDone(f"{account_id} is not locked. Nothing was changed.")
        desk.execute("UPDATE accounts SET locked = 0 WHERE account_id = ?", (account_id,))
        return _changed(desk, account_id, "unlocked")


def reset_password(account_id: str) -> NewPassword:
    """Give an account a new password, which works once. Every call gives another one.

    Args:
        account_id: Identifier of the account.
    """
    with DESK.changing() as desk:
        if _open_account(desk, account_id)["locked"]:
            raise NothingDone(f"{account_id} is locked; unlock it first. Nothing was changed.")
        change = _changed(desk, account_id, "password reset")
    return NewPassword(change.change_id, secrets.token_urlsafe(9), _PASSWORD_VALID_MIN)


def grant_role(account_id: str, role: Role) -> Changed:
    """Grant a role to an account.

    Args:
        account_id: Identifier of the account.
        role: The role.
    """
    with DESK.changing() as desk:
        _open_account(desk, account_id)
        if desk.execute("SELECT 1 FROM roles WHERE account_id = ? AND role = ?", (account_id, role)).fetchone():
            raise NothingDone(f"{account_id} has the role {role} already. Nothing was changed.")
        desk.execute("INSERT INTO roles VALUES (?, ?)", (account_id, role))
        return _changed(desk, account_id, "role granted", role)


def close_account(account_id: str, reason: str) -> Changed:
    """Close an account for ever, and take its roles away.

    Args:
        account_id: Identifier of the account.
        reason: Why, for the directory's own records.
    """
    with DESK.changing() as desk:
        _open_account(desk, account_id)
        desk.execute("UPDATE accounts SET closed = 1, locked = 1 WHERE account_id = ?", (account_id,))
        desk.execute("DELETE FROM roles WHERE account_id = ?", (account_id,))
        return _changed(desk, account_id, "closed", reason)


def _row(desk: sqlite3.Connection, account_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = desk.execute("SELECT * FROM accounts WHERE account_id = ?", (account_id,)).fetchone()
    return row


def _open_account(desk: sqlite3.Connection, account_id: str) -> sqlite3.Row:
    row = _row(desk, account_id)
    if row is None:
        raise NothingDone(f"There is no account {account_id!r}. Nothing was changed.")
    if row["closed"]:
        raise NothingDone(f"{account_id} is closed for ever. Nothing was changed.")
    return row


def _account(desk: sqlite3.Connection, row: sqlite3.Row) -> Account:
    roles = desk.execute("SELECT role FROM roles WHERE account_id = ? ORDER BY role", (row["account_id"],)).fetchall()
    return Account(
        account_id=row["account_id"],
        email=row["email"],
        name=row["name"],
        department=row["department"],
        kind=row["kind"],
        locked=bool(row["locked"]),
        closed=bool(row["closed"]),
        roles=[one["role"] for one in roles],
    )


def _changed(desk: sqlite3.Connection, account_id: str, what: str, detail: str = "") -> Changed:
    change_id = next_id(desk, "changes", "C", 6)
    desk.execute("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", (change_id, account_id, what, detail, now()))
    return Changed(change_id)
