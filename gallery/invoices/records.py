"""The shapes of the ERP's records. Amounts are numbers with two decimals, in the order's currency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Route: TypeAlias = Literal["standard", "short_pay", "return_to_vendor", "write_off"]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was ordered, and at which price."""

    sku: str
    description: str
    qty: float
    price: float


@dataclass(frozen=True, slots=True)
class PostedInvoice:
    """An invoice that was posted against the order before."""

    invoice_id: str
    invoice_number: str


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order. `total` includes `tax`; `invoiced` lists what was already posted against it."""

    po_number: str
    vendor_id: str
    vendor_name: str
    currency: str
    ordered_on: str
    lines: list[OrderLine]
    tax: float
    total: float
    invoiced: list[PostedInvoice]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What arrived."""

    sku: str
    qty: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods received, or work accepted, for an order."""

    receipt_number: str
    po_number: str
    received_on: str
    lines: list[ReceiptLine]


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order, or null if there is none."""

    order: PurchaseOrder | None


@dataclass(frozen=True, slots=True)
class FoundReceipt:
    """A receipt, or null if nothing was received."""

    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not match: what the invoice says and what the records say."""

    about: Literal["record", "vendor", "total", "tax", "line", "receipt", "arithmetic", "duplicate"]
    message: str
    invoice: str | float | None = None
    records: str | float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether an invoice matches its order and its receipt."""

    ok: bool
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class PostedRoute:
    """The route an invoice was posted with; both are null where it was not."""

    route: str | None
    write_id: str | None


@dataclass(frozen=True, slots=True)
class Posting:
    """The receipt for a posted route. `repeated` says that it had been posted before."""

    write_id: str
    repeated: bool = False
