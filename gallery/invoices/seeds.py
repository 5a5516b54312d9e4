"""What the example's ERP holds from the beginning. Amounts are text, so that no cent is rounded."""

from __future__ import annotations

from typing import Final, NamedTuple


class Line(NamedTuple):
    """A line of an order."""

    sku: str
    description: str
    qty: str
    price: str


class Order(NamedTuple):
    """An order; `total` includes `tax`."""

    po_number: str
    vendor_id: str
    vendor_name: str
    currency: str
    ordered_on: str
    tax: str
    total: str
    lines: tuple[Line, ...]


class Received(NamedTuple):
    """A line of a receipt."""

    sku: str
    qty: str


class Delivery(NamedTuple):
    """What was received for an order."""

    po_number: str
    receipt_number: str
    received_on: str
    lines: tuple[Received, ...]


_ACME: Final = ("V-7", "Acme", "EUR")
_BRIGHTLINE: Final = ("V-12", "Brightline Office Supplies Ltd", "EUR")
_KESTREL: Final = ("V-23", "Kestrel Packaging Ltd", "EUR")
_HALVORSEN: Final = ("V-40", "Halvorsen Marine Engineering AS", "EUR")
_MUELLER: Final = ("V-61", "Müller Werkzeugbau GmbH", "EUR")

ORDERS: Final = (
    # Prices with the tax in them.
    Order("PO-9", *_ACME, "2026-04-20", "1.67", "10.00", (Line("A", "Door closer spring", "2", "5.00"),)),
    Order("PO-4398", *_BRIGHTLINE, "2026-04-02", "177.60", "1065.60", (Line("TN-88", "Toner, black", "12", "74.00"),)),
    Order(
        "PO-4411",
        *_BRIGHTLINE,
        "2026-04-21",
        "263.80",
        "1582.80",
        (
            Line("CH-310", "Desk chair, adjustable", "6", "145.00"),
            Line("LA-022", "LED desk lamp", "8", "32.50"),
            Line("PA-500", "Copy paper A4, box of 5", "10", "18.90"),
        ),
    ),
    Order(
        "PO-4420",
        *_KESTREL,
        "2026-04-23",
        "185.40",
        "1112.40",
        (
            Line("BX-40", "Corrugated box 40x30x25 cm", "500", "1.35"),
            Line("TP-75", "Packing tape, 75 m", "120", "2.10"),
        ),
    ),
    Order(
        "PO-4425",
        *_KESTREL,
        "2026-04-28",
        "132.00",
        "792.00",
        (Line("BX-60", "Corrugated box 60x40x40 cm", "300", "2.20"),),
    ),
    Order(
        "PO-4432",
        *_BRIGHTLINE,
        "2026-04-29",
        "170.40",
        "1022.40",
        (
            Line("SH-210", "Steel shelving unit 210 cm", "4", "189.00"),
            Line("CB-15", "Cable box", "15", "6.40"),
        ),
    ),
    Order(
        "PO-4440",
        *_HALVORSEN,
        "2026-03-16",
        "8895.00",
        "44475.00",
        (
            Line("RF-900", "Refrigeration compressor RF 900", "2", "14250.00"),
            Line("IN-01", "Installation and commissioning, day", "6", "1180.00"),
        ),
    ),
    Order(
        "PO-4451",
        *_MUELLER,
        "2026-04-30",
        "171.00",
        "1071.00",
        (
            Line("WZ-14", "Schaftfräser Ø 14 mm", "20", "23.80"),
            Line("SP-03", "Spannzange ER32", "10", "31.50"),
            Line("SO-05", "Schneidöl, 5 l", "4", "27.25"),
        ),
    ),
)

RECEIPTS: Final = (
    Delivery("PO-9", "GR-1187", "2026-04-30", (Received("A", "2"),)),
    Delivery("PO-4398", "GR-1140", "2026-04-10", (Received("TN-88", "12"),)),
    Delivery(
        "PO-4411", "GR-1190", "2026-05-02", (Received("CH-310", "6"), Received("LA-022", "8"), Received("PA-500", "10"))
    ),
    Delivery("PO-4420", "GR-1193", "2026-05-04", (Received("BX-40", "500"), Received("TP-75", "120"))),
    Delivery("PO-4425", "GR-1201", "2026-05-11", (Received("BX-60", "240"),)),
    Delivery("PO-4440", "GR-1196", "2026-05-06", (Received("RF-900", "2"), Received("IN-01", "6"))),
    Delivery(
        "PO-4451", "GR-1199", "2026-05-08", (Received("WZ-14", "20"), Received("SP-03", "10"), Received("SO-05", "4"))
    ),
)

INVOICES: Final = (
    # invoice_id, vendor_id, invoice_number and po_number once posted, who has it locked
    ("INV-0988", "V-12", "BL-20388", "PO-4398", None),
    ("INV-1001", "V-7", None, None, None),
    ("INV-1002", "V-12", None, None, None),
    ("INV-1003", "V-23", None, None, None),
    ("INV-1004", "V-31", None, None, None),
    ("INV-1005", "V-12", None, None, None),
    ("INV-1006", "V-40", None, None, None),
    ("INV-1007", "V-52", None, None, None),
    ("INV-1008", "V-12", None, None, None),
    ("INV-1009", "V-61", None, None, None),
    ("INV-1010", "V-23", None, None, "j.okafor"),
)

ROUTES: Final = (
    # invoice_id, route, summary, approved_by, write_id, posted_at
    ("INV-0988", "standard", "Matches order and receipt.", "maria", "W-000001", "2026-04-20T09:12:44+00:00"),
)
