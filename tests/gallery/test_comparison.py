"""Comparing to the cent (issue 2: the invoice exception workflow)."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.gallery.invoices.comparison import compare_records
from pointsman.gallery.invoices.erp import compare
from pointsman.gallery.invoices.records import OrderLine, PostedInvoice, PurchaseOrder, Receipt, ReceiptLine

ORDER = PurchaseOrder(
    po_number="PO-1",
    vendor_id="V-1",
    vendor_name="Acme Ltd",
    currency="EUR",
    ordered_on="2026-04-01",
    lines=[OrderLine("A", "Apples", 3, 0.1), OrderLine("B", "Bags", 2, 1.0)],
    tax=0.23,
    total=2.53,
    invoiced=[PostedInvoice("INV-1", "A-1")],
)
RECEIPT = Receipt("GR-1", "PO-1", "2026-04-03", [ReceiptLine("A", 3), ReceiptLine("B", 2)])
APPLES = {"sku": "A", "qty": 3, "price": 0.1}
BAGS = {"sku": "B", "qty": 2, "price": 1}


def invoice(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever an agent extracts
    fields = {
        "vendor_id": "V-1",
        "vendor_name": "ACME  Ltd",
        "invoice_number": "A-2",
        "po_number": "PO-1",
        "line_items": [APPLES, BAGS],
        "total": 2.53,
        "tax": 0.23,
    }
    return {**fields, **changes}


def differences(given: dict[str, Any]) -> list[tuple[str, str | float | None, str | float | None]]:
    return [(one.about, one.invoice, one.records) for one in compare_records(given, ORDER, RECEIPT).differences]


def test_an_invoice_that_matches_to_the_cent_is_ok() -> None:
    """0.1 + 0.1 + 0.1 is 0.3 here, as on paper."""
    comparison = compare(invoice(), ORDER, RECEIPT)
    assert (comparison.ok, comparison.differences) == (True, [])


@pytest.mark.parametrize(
    "lines",
    [
        [{"item": "A", "quantity": "3", "unit_price": "0.10"}, {"code": "B", "qty": 2.0, "price": "1.00"}],
        [{"sku": "B", "qty": 2, "price": 1, "description": "Bags"}, APPLES],
    ],
)
def test_a_line_may_use_other_names_order_and_spelling(lines: list[Any]) -> None:
    assert differences(invoice(line_items=lines)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"total": 2.54}, [("arithmetic", 2.54, 2.3), ("total", 2.54, 2.53)]),
        ({"total": "much"}, [("arithmetic", None, 2.3), ("total", None, 2.53)]),
        ({"total": True}, [("arithmetic", None, 2.3), ("total", None, 2.53)]),
        ({"total": "NaN"}, [("arithmetic", None, 2.3), ("total", None, 2.53)]),
        ({"tax": 0.24, "total": 2.54}, [("total", 2.54, 2.53), ("tax", 0.24, 0.23)]),
        ({"vendor_id": "V-2"}, [("vendor", "V-2", "V-1")]),
        ({"vendor_name": "Acme Inc"}, [("vendor", "Acme Inc", "Acme Ltd")]),
        ({"vendor_name": None, "vendor_id": 7}, [("vendor", None, "V-1"), ("vendor", None, "Acme Ltd")]),
        ({"invoice_number": "A-1"}, [("duplicate", "A-1", "INV-1")]),
        ({"line_items": [APPLES]}, [("arithmetic", 2.53, 0.3), ("line", None, 2.0)]),
        (
            {"line_items": [APPLES, {"sku": "B", "qty": 4, "price": 0.5}]},
            [("line", 4.0, 2.0), ("line", 0.5, 1.0), ("receipt", 4.0, 2.0)],
        ),
        (
            {"line_items": [APPLES, {"sku": "C", "qty": 2, "price": 1}]},
            [("line", 2.0, None), ("line", None, 2.0), ("receipt", 2.0, 0.0)],
        ),
        ({"line_items": [APPLES, {"sku": "B"}]}, [("line", None, None), ("line", None, 2.0)]),
        ({"line_items": ["B: 2", {"sku": 3, "qty": 2, "price": 1}, APPLES, BAGS]}, [("line", None, None)] * 2),
        (
            {"line_items": None},
            [("arithmetic", 2.53, 0.0), ("line", None, 3), ("line", None, 2)],
        ),
    ],
)
def test_whatever_differs_is_named_with_both_sides(changes: dict[str, Any], expected: list[Any]) -> None:
    assert differences(invoice(**changes)) == expected


def test_prices_may_contain_the_tax() -> None:
    order = PurchaseOrder("PO-1", "V-1", "Acme Ltd", "EUR", "2026-04-01", ORDER.lines, 0.21, 2.30, [])
    assert compare_records(invoice(total=2.30, tax=0.21), order, RECEIPT).ok


def test_a_record_that_was_not_found_is_a_difference() -> None:
    comparison = compare_records(invoice(), None, None)
    assert not comparison.ok
    assert [(one.about, one.invoice) for one in comparison.differences] == [("record", "PO-1"), ("record", "PO-1")]


def test_lines_of_one_article_count_together() -> None:
    one, two = {**APPLES, "qty": 1}, {**APPLES, "qty": 2}
    assert differences(invoice(line_items=[one, BAGS, two])) == []
    twice = invoice(line_items=[APPLES, APPLES, BAGS], total=2.83)
    assert differences(twice) == [("total", 2.83, 2.53), ("line", 6.0, 3), ("receipt", 6.0, 3)]


def test_one_article_at_two_prices_is_charged_twice() -> None:
    """Whichever line is the one that was ordered, a person looks at it."""
    cheaper = {**APPLES, "qty": 1, "price": 0.05}
    found = differences(invoice(line_items=[APPLES, cheaper, BAGS]))
    assert ("line", 0.05, None) in found
    assert ("receipt", 4.0, 3) in found
