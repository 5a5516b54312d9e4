"""The ERP's database: what is read from it, and what is written: postings of routes."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ..storage import Database, next_id
from .records import OrderLine, PostedInvoice, PostedRoute, Posting, PurchaseOrder, Receipt, ReceiptLine, Route
from .seeds import INVOICES, ORDERS, RECEIPTS, ROUTES

_SCHEMA: Final = (
    """CREATE TABLE purchase_orders (po_number TEXT PRIMARY KEY, vendor_id TEXT NOT NULL, vendor_name TEXT NOT NULL,
        currency TEXT NOT NULL, ordered_on TEXT NOT NULL, tax TEXT NOT NULL, total TEXT NOT NULL)""",
    """CREATE TABLE order_lines (po_number TEXT NOT NULL, position INTEGER NOT NULL, sku TEXT NOT NULL,
        description TEXT NOT NULL, qty TEXT NOT NULL, price TEXT NOT NULL, PRIMARY KEY (po_number, position))""",
    """CREATE TABLE receipts (po_number TEXT PRIMARY KEY, receipt_number TEXT NOT NULL, received_on TEXT NOT NULL)""",
    """CREATE TABLE receipt_lines (po_number TEXT NOT NULL, sku TEXT NOT NULL, qty TEXT NOT NULL,
        PRIMARY KEY (po_number, sku))""",
    """CREATE TABLE invoices (invoice_id TEXT PRIMARY KEY, vendor_id TEXT NOT NULL, invoice_number TEXT,
        po_number TEXT, locked_by TEXT)""",
    """CREATE TABLE routes (invoice_id TEXT NOT NULL, route TEXT NOT NULL, summary TEXT NOT NULL,
        approved_by TEXT NOT NULL, idempotency_key TEXT UNIQUE, write_id TEXT PRIMARY KEY,
        posted_at TEXT NOT NULL)""",
)


class Refused(Exception):
    """The ERP refused, and wrote nothing. The message says why."""


def order_of(po_number: str) -> PurchaseOrder | None:
    """Read an order."""
    with _ERP.reading() as erp:
        row = erp.execute("SELECT * FROM purchase_orders WHERE po_number = ?", (po_number,)).fetchone()
        if row is None:
            return None
        lines = erp.execute("SELECT * FROM order_lines WHERE po_number = ? ORDER BY position", (po_number,)).fetchall()
        posted = erp.execute(
            "SELECT invoice_id, invoice_number FROM invoices JOIN routes USING (invoice_id)"
            " WHERE po_number = ? ORDER BY invoice_id",
            (po_number,),
        ).fetchall()
    return PurchaseOrder(
        po_number=row["po_number"],
        vendor_id=row["vendor_id"],
        vendor_name=row["vendor_name"],
        currency=row["currency"],
        ordered_on=row["ordered_on"],
        lines=[OrderLine(line["sku"], line["description"], float(line["qty"]), float(line["price"])) for line in lines],
        tax=float(row["tax"]),
        total=float(row["total"]),
        invoiced=[PostedInvoice(one["invoice_id"], one["invoice_number"]) for one in posted],
    )


def receipt_of(po_number: str) -> Receipt | None:
    """Read what was received for an order."""
    with _ERP.reading() as erp:
        row = erp.execute("SELECT * FROM receipts WHERE po_number = ?", (po_number,)).fetchone()
        lines = erp.execute("SELECT * FROM receipt_lines WHERE po_number = ? ORDER BY sku", (po_number,)).fetchall()
    if row is None:
        return None
    return Receipt(
        receipt_number=row["receipt_number"],
        po_number=row["po_number"],
        received_on=row["received_on"],
        lines=[ReceiptLine(line["sku"], float(line["qty"])) for line in lines],
    )


def posted_route(invoice_id: str) -> PostedRoute:
    """Read the route an invoice was posted with; of several, the first."""
    with _ERP.reading() as erp:
        row = _first_posting(erp, invoice_id)
    return PostedRoute(None, None) if row is None else PostedRoute(row["route"], row["write_id"])


def postings(invoice_id: str) -> list[str]:
    """Read the numbers of all postings of an invoice, oldest first. One is as it should be."""
    with _ERP.reading() as erp:
        rows = erp.execute("SELECT write_id FROM routes WHERE invoice_id = ? ORDER BY write_id", (invoice_id,))
        return [row["write_id"] for row in rows]


def post(invoice_id: str, route: Route, summary: str, approved_by: str, key: str | None) -> Posting:
    """Write the route of an invoice, once.

    Raises:
        Refused: the invoice is unknown, locked, or has another route; the key was used for another one.
    """
    with _ERP.changing() as erp:
        _posting_of_key(erp, key, invoice_id)
        invoice = _invoice(erp, invoice_id)
        posted = _first_posting(erp, invoice_id)
        if posted is not None and posted["route"] == route:
            return Posting(posted["write_id"], repeated=True)
        if posted is not None:
            raise Refused(
                f"{invoice_id} was already posted as {posted['route']} under {posted['write_id']}. Nothing was posted."
            )
        _require_unlocked(invoice)
        return _insert(erp, (invoice_id, route, summary, approved_by, key))


def post_again(invoice_id: str, route: Route, summary: str, approved_by: str, key: str | None) -> Posting:
    """Write a route of an invoice, however many there are, unless the key was used.

    Raises:
        Refused: the invoice is unknown or locked; the key was used for another one.
    """
    with _ERP.changing() as erp:
        used = _posting_of_key(erp, key, invoice_id)
        if used is not None:
            return Posting(used["write_id"], repeated=True)
        _require_unlocked(_invoice(erp, invoice_id))
        return _insert(erp, (invoice_id, route, summary, approved_by, key))


@contextmanager
def alone() -> Generator[None]:
    """Keep everybody else from writing meanwhile, other processes too."""
    with _ERP.changing():
        yield


def _first_posting(erp: sqlite3.Connection, invoice_id: str) -> sqlite3.Row | None:
    query = "SELECT route, write_id FROM routes WHERE invoice_id = ? ORDER BY write_id LIMIT 1"
    row: sqlite3.Row | None = erp.execute(query, (invoice_id,)).fetchone()
    return row


def _posting_of_key(erp: sqlite3.Connection, key: str | None, invoice_id: str) -> sqlite3.Row | None:
    used: sqlite3.Row | None = erp.execute("SELECT * FROM routes WHERE idempotency_key = ?", (key,)).fetchone()
    if used is not None and used["invoice_id"] != invoice_id:
        raise Refused("This idempotency key was used for another invoice. Nothing was posted.")
    return used


def _invoice(erp: sqlite3.Connection, invoice_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = erp.execute("SELECT * FROM invoices WHERE invoice_id = ?", (invoice_id,)).fetchone()
    if row is None:
        raise Refused(f"The ERP knows no invoice {invoice_id}. Nothing was posted.")
    return row


def _require_unlocked(invoice: sqlite3.Row) -> None:
    if invoice["locked_by"] is not None:
        who = invoice["locked_by"]
        raise Refused(f"{who} is working on {invoice['invoice_id']} in the ERP. Nothing was posted.")


def _insert(erp: sqlite3.Connection, posting: tuple[str, Route, str, str, str | None]) -> Posting:
    write_id = next_id(erp, "routes", "W", 6)
    erp.execute("INSERT INTO routes VALUES (?, ?, ?, ?, ?, ?, ?)", (*posting, write_id, datetime.now(UTC).isoformat()))
    return Posting(write_id)


def _seed(erp: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        erp.execute(statement)
    for order in ORDERS:
        head = (order.po_number, order.vendor_id, order.vendor_name, order.currency, order.ordered_on)
        erp.execute("INSERT INTO purchase_orders VALUES (?, ?, ?, ?, ?, ?, ?)", (*head, order.tax, order.total))
        for position, line in enumerate(order.lines, start=1):
            erp.execute("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?)", (order.po_number, position, *line))
    for receipt in RECEIPTS:
        arrival = (receipt.po_number, receipt.receipt_number, receipt.received_on)
        erp.execute("INSERT INTO receipts VALUES (?, ?, ?)", arrival)
        for received in receipt.lines:
            erp.execute("INSERT INTO receipt_lines VALUES (?, ?, ?)", (receipt.po_number, *received))
    erp.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?, ?)", INVOICES)
    erp.executemany("INSERT INTO routes VALUES (?, ?, ?, ?, NULL, ?, ?)", ROUTES)


_ERP: Final = Database("invoices-erp.db", _seed)
