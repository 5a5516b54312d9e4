"""The bank's accounts as tools. `check` reads this text; nothing runs it."""

from __future__ import annotations


def login(customer: str, pin: str) -> dict[str, object]:
    """Open the customer's accounts."""
    return {"ok": pin != "", "token": customer}


def logout(customer: str) -> bool:
    """Close the customer's accounts."""
    return customer != ""


def balance(account: str) -> dict[str, float]:
    """Look up what is in an account."""
    return {"value": float(len(account))}


def rate_risk(account: str, payee: str) -> dict[str, int]:
    """Rate how likely a transfer is a fraud, from 0 to 100."""
    return {"score": len(account) + len(payee)}


def transfer(account: str, payee: str, amount: float, key: str) -> dict[str, object]:
    """Move money to another account."""
    return {"account": account, "payee": payee, "amount": amount, "key": key}


def find_transfer(account: str, payee: str) -> dict[str, bool]:
    """Tell whether money was moved."""
    return {"found": account != payee}


def deposit(account: str, amount: float) -> dict[str, object]:
    """Put money into an account."""
    return {"account": account, "amount": amount}
