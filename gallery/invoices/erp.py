"""The ERP of the example: orders, receipts, and the routes that were posted, in SQLite.

Its file (`..storage` says where it is) is filled with the example's records when it is first used, and
keeps what is posted.
"""

from __future__ import annotations

from typing import Any

from pointsman.tools import NothingDone

from .comparison import compare_records
from .records import Comparison, PostedRoute, Posting, PurchaseOrder, Receipt, Route
from .store import Refused, order_of, post, posted_route, receipt_of

__all__ = ["compare", "find_purchase_order", "find_receipt", "find_route", "post_route"]


def find_purchase_order(po_number: str) -> PurchaseOrder | None:
    """Find an order with its lines, and the invoices already posted against it.

    Args:
        po_number: Number of the order, such as PO-4420.

    Returns:
        The order, or null if there is none.
    """
    return order_of(po_number)


def find_receipt(po_number: str) -> Receipt | None:
    """Find what was received for an order.

    Args:
        po_number: Number of the order.

    Returns:
        The receipt, or null if nothing was received.
    """
    return receipt_of(po_number)


def compare(invoice: dict[str, Any], po: PurchaseOrder | None, receipt: Receipt | None) -> Comparison:
    """Hold an invoice against its order and its receipt, to the cent. Asks nobody and changes nothing.

    Args:
        invoice: The fields as extracted. Lines are compared by sku, qty and price.
        po: The order, as find_purchase_order gave it.
        receipt: The receipt, as find_receipt gave it.
    """
    return compare_records(invoice, po, receipt)


def find_route(invoice_id: str) -> PostedRoute:
    """Tell which route an invoice was posted with; both values are null if with none.

    Args:
        invoice_id: Identifier of the invoice, such as INV-1001.
    """
    return posted_route(invoice_id)


def post_route(
    invoice_id: str, route: Route, summary: str, approved_by: str, idempotency_key: str | None = None
) -> Posting:
    """Post the approved route of an invoice. An invoice has one route, and it is written once.

    The same route again gives the first posting's number; another one is refused.

    Args:
        invoice_id: Identifier of the invoice.
        route: The route that was approved.
        summary: Why, in a few sentences.
        approved_by: The person who approved it.
        idempotency_key: Equal for what is meant as the same posting.
    """
    try:
        return post(invoice_id, route, summary, approved_by, idempotency_key)
    except Refused as refused:
        raise NothingDone(str(refused)) from refused
