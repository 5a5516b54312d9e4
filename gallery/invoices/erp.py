"""The ERP of the example: orders, receipts, and the routes that were posted, in SQLite.

`python -m pointsman.gallery.invoices.erp` serves its functions as the tools of an MCP server. Its file (`..storage`
says where it is) is filled with the example's records when it is first used, and keeps what is posted.
"""

from __future__ import annotations

from typing import Any

from pointsman.tools import NothingDone

from .comparison import compare_records
from .records import Comparison, FoundOrder, FoundReceipt, PostedRoute, Posting, PurchaseOrder, Receipt, Route
from .store import Refused, order_of, post, post_again, posted_route, receipt_of

__all__ = ["compare", "find_purchase_order", "find_receipt", "find_route", "post_route"]


def find_purchase_order(po_number: str) -> FoundOrder:
    """Find an order with its lines, and the invoices already posted against it. It is null if there is none.

    Args:
        po_number: Number of the order, such as PO-4420.
    """
    return FoundOrder(order_of(po_number))


def find_receipt(po_number: str) -> FoundReceipt:
    """Find what was received for an order. It is null if nothing was.

    Args:
        po_number: Number of the order.
    """
    return FoundReceipt(receipt_of(po_number))


def compare(invoice: dict[str, Any], po: PurchaseOrder | None, receipt: Receipt | None) -> Comparison:
    """Hold an invoice against its order and its receipt, to the cent. Asks nobody and changes nothing.

    Args:
        invoice: The fields as extracted. Lines are compared by sku, qty and price.
        po: The order that find_purchase_order gave.
        receipt: The receipt that find_receipt gave.
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


def post_route_again(
    invoice_id: str, route: Route, summary: str, approved_by: str, idempotency_key: str | None = None
) -> Posting:
    """Post a route as a careless ERP does: whatever was posted before, this is one more, unless its key was used.

    No tool: it stands for `post_route` where the fault `again` is switched on.
    """
    try:
        return post_again(invoice_id, route, summary, approved_by, idempotency_key)
    except Refused as refused:
        raise NothingDone(str(refused)) from refused


if __name__ == "__main__":
    from .erp_server import main

    main()
