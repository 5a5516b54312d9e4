"""The example's ERP, on a real SQLite file."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pointsman.gallery import storage
from pointsman.gallery.invoices import store
from pointsman.gallery.invoices.erp import find_purchase_order, find_receipt, find_route, post_route
from pointsman.gallery.invoices.records import PostedInvoice, PostedRoute, Posting
from pointsman.tools import NothingDone

pytestmark = pytest.mark.usefixtures("erp_file")


def post(invoice_id: str = "INV-1003", route: str = "short_pay", key: str | None = None) -> Posting:
    return post_route(invoice_id, route, "Why.", "maria", key)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_an_order_comes_with_its_lines_and_what_was_posted_against_it() -> None:
    order = find_purchase_order("PO-4398").order
    assert order is not None
    assert (order.vendor_id, order.total, order.tax) == ("V-12", 1065.60, 177.60)
    assert [(line.sku, line.qty, line.price) for line in order.lines] == [("TN-88", 12, 74)]
    assert order.invoiced == [PostedInvoice("INV-0988", "BL-20388")]


def test_a_receipt_says_what_arrived() -> None:
    receipt = find_receipt("PO-4425").receipt
    assert receipt is not None
    assert (receipt.receipt_number, [(line.sku, line.qty) for line in receipt.lines]) == ("GR-1201", [("BX-60", 240)])


@pytest.mark.parametrize("po_number", ["PO-4999", "", "PO-9' OR '1'='1", "po-9"])
def test_what_is_not_there_is_null(po_number: str) -> None:
    """The workflow's guard asks for null: `record.po == null || record.receipt == null`."""
    assert find_purchase_order(po_number).order is None
    assert find_receipt(po_number).receipt is None


def test_a_route_is_posted_once_and_found_again(erp_file: Path) -> None:
    assert find_route("INV-1003") == PostedRoute(None, None)
    first = post()
    assert first == Posting("W-000002")
    assert post() == Posting("W-000002", repeated=True)
    assert find_route("INV-1003") == PostedRoute("short_pay", "W-000002")
    with closing(sqlite3.connect(erp_file)) as erp:
        rows = erp.execute("SELECT route, summary, approved_by FROM routes WHERE invoice_id = 'INV-1003'").fetchall()
    assert rows == [("short_pay", "Why.", "maria")]


@pytest.mark.parametrize(
    ("invoice_id", "route", "says"),
    [
        ("INV-9999", "standard", "knows no invoice INV-9999"),
        ("INV-0988", "short_pay", "already posted as standard under W-000001"),
        ("INV-1010", "standard", "j.okafor is working on INV-1010"),
    ],
)
def test_a_refusal_says_why_and_that_nothing_was_posted(invoice_id: str, route: str, says: str) -> None:
    before = find_route(invoice_id)
    with pytest.raises(NothingDone, match=says) as refused:
        post(invoice_id, route)
    assert "Nothing was posted." in str(refused.value)
    assert find_route(invoice_id) == before


def test_a_key_gives_the_same_posting_and_serves_one_invoice() -> None:
    first = post(key="k-1")
    assert post(key="k-1") == Posting(first.write_id, repeated=True)
    with pytest.raises(NothingDone, match="used for another invoice"):
        post("INV-1006", key="k-1")


def test_many_threads_find_one_seeded_file_and_post_once() -> None:
    with ThreadPoolExecutor(16) as threads:
        orders = list(threads.map(find_purchase_order, ["PO-9"] * 32))
        postings = list(threads.map(post, ["INV-1003"] * 32))
    assert all(order == orders[0] for order in orders)
    assert {posting.write_id for posting in postings} == {"W-000002"}
    assert sum(not posting.repeated for posting in postings) == 1


def test_an_erp_that_is_busy_refuses(erp_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_route("INV-1003")
    monkeypatch.setattr(storage, "_PATIENCE_S", 0.01)
    with closing(sqlite3.connect(erp_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NothingDone, match="Nothing was written"):
            post()
        other.execute("ROLLBACK")
    assert post().write_id == "W-000002"


def test_seeding_that_breaks_leaves_nothing_behind(erp_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(store, "INVOICES", [("INV-1", None, None, None, None)])
        with pytest.raises(sqlite3.IntegrityError):
            find_route("INV-1003")
    assert find_route("INV-0988") == PostedRoute("standard", "W-000001")
    assert erp_file.exists()
