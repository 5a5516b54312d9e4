"""Holds an invoice against its order and its receipt, to the cent and without tolerance.

Pure: the same three records always give the same differences, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from .records import Comparison, Difference, PurchaseOrder, Receipt

_SKU: Final = ("sku", "item", "code")
_QUANTITY: Final = ("qty", "quantity")
_PRICE: Final = ("price", "unit_price")
"""Names under which an invoice's line may state these; whoever extracts it chooses."""


@dataclass(frozen=True, slots=True)
class _Line:
    sku: str
    qty: Decimal
    price: Decimal


def compare_records(invoice: dict[str, Any], po: PurchaseOrder | None, receipt: Receipt | None) -> Comparison:
    """Give every difference. A record that was not found is one."""
    differences = list(_differences(invoice, po, receipt))
    return Comparison(ok=not differences, differences=differences)


def _differences(invoice: dict[str, Any], po: PurchaseOrder | None, receipt: Receipt | None) -> Iterator[Difference]:
    lines, unreadable = _lines(invoice.get("line_items"))
    yield from unreadable
    if not unreadable:
        yield from _arithmetic(invoice, lines)
    if po is None:
        yield Difference("record", "The ERP has no order with this number.", _text(invoice.get("po_number")))
    else:
        yield from _duplicate(invoice, po)
        yield from _vendor(invoice, po)
        yield from _amounts(invoice, po)
        yield from _ordered(lines, po)
    if receipt is None:
        yield Difference("record", "Nothing was received for this order.", _text(invoice.get("po_number")))
    else:
        yield from _received(lines, receipt)


def _arithmetic(invoice: dict[str, Any], lines: list[_Line]) -> Iterator[Difference]:
    """The lines must add up to the total, with the tax on top or already in the prices."""
    items = sum((line.qty * line.price for line in lines), Decimal(0))
    total, tax = _number(invoice.get("total")), _number(invoice.get("tax"))
    if total is None or tax is None or total not in {items, items + tax}:
        message = "The invoice's own lines do not add up to its total, with or without the tax."
        yield Difference("arithmetic", message, _float(total), _float(items))


def _duplicate(invoice: dict[str, Any], po: PurchaseOrder) -> Iterator[Difference]:
    for posted in po.invoiced:
        if posted.invoice_number == invoice.get("invoice_number"):
            message = f"Invoice number {posted.invoice_number} was already posted against {po.po_number}."
            yield Difference("duplicate", message, posted.invoice_number, posted.invoice_id)


def _vendor(invoice: dict[str, Any], po: PurchaseOrder) -> Iterator[Difference]:
    if invoice.get("vendor_id") != po.vendor_id:
        message = "The invoice comes from another vendor than the order went to."
        yield Difference("vendor", message, _text(invoice.get("vendor_id")), po.vendor_id)
    if _plain(invoice.get("vendor_name")) != _plain(po.vendor_name):
        message = "The vendor's name is not the one on the order."
        yield Difference("vendor", message, _text(invoice.get("vendor_name")), po.vendor_name)


def _amounts(invoice: dict[str, Any], po: PurchaseOrder) -> Iterator[Difference]:
    total, tax = _number(invoice.get("total")), _number(invoice.get("tax"))
    if total != _number(po.total):
        yield Difference("total", f"The total is not that of {po.po_number}.", _float(total), po.total)
    if tax != _number(po.tax):
        yield Difference("tax", f"The tax is not that of {po.po_number}.", _float(tax), po.tax)


def _ordered(lines: list[_Line], po: PurchaseOrder) -> Iterator[Difference]:
    ordered = {line.sku: line for line in po.lines}
    for line in _merged(lines):
        order = ordered.pop(line.sku, None)
        if order is None:
            yield Difference("line", f"{line.sku} is charged and was not ordered.", _float(line.qty * line.price))
            continue
        if line.qty != _number(order.qty):
            yield Difference("line", f"{line.sku}: another quantity than ordered.", _float(line.qty), order.qty)
        if line.price != _number(order.price):
            yield Difference("line", f"{line.sku}: another price than ordered.", _float(line.price), order.price)
    for order in ordered.values():
        yield Difference("line", f"{order.sku} was ordered and is not charged.", None, order.qty)


def _received(lines: list[_Line], receipt: Receipt) -> Iterator[Difference]:
    received = {line.sku: line.qty for line in receipt.lines}
    charged: dict[str, Decimal] = {}
    for line in lines:
        charged[line.sku] = charged.get(line.sku, Decimal(0)) + line.qty
    for sku, qty in charged.items():
        arrived = received.get(sku, 0.0)
        if qty > Decimal(str(arrived)):
            message = f"{sku}: more is charged than {receipt.receipt_number} says was received."
            yield Difference("receipt", message, _float(qty), arrived)


def _merged(lines: list[_Line]) -> Iterator[_Line]:
    """Join lines of one article at one price: an order of six may be charged as three and three."""
    quantities: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        article = (line.sku, line.price)
        quantities[article] = quantities.get(article, Decimal(0)) + line.qty
    return (_Line(sku, qty, price) for (sku, price), qty in quantities.items())


def _lines(items: object) -> tuple[list[_Line], list[Difference]]:
    """Read the invoice's lines; one that cannot be read is a difference, never skipped."""
    read: list[_Line] = []
    unreadable: list[Difference] = []
    listed = cast("list[object]", items) if isinstance(items, list) else []
    for number, item in enumerate(listed, start=1):
        line = _line(item)
        if line is not None:
            read.append(line)
        else:
            message = f"Line {number} does not state sku, qty and price, so it cannot be compared."
            unreadable.append(Difference("line", message))
    return read, unreadable


def _line(item: object) -> _Line | None:
    if not isinstance(item, dict):
        return None
    members = cast("dict[object, object]", item)
    sku = _first(members, _SKU)
    qty, price = _number(_first(members, _QUANTITY)), _number(_first(members, _PRICE))
    return _Line(sku, qty, price) if isinstance(sku, str) and qty is not None and price is not None else None


def _first(members: dict[object, object], names: tuple[str, ...]) -> object:
    return next((members[name] for name in names if name in members), None)


def _number(value: object) -> Decimal | None:
    """Read an amount exactly as it is written: 12.1 is 12.10, not the nearest binary fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _plain(value: object) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else ""
