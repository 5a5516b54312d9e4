"""An ERP that fails in every way there is, and posts twice what it is told twice: there is one posting."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pointsman.gallery.invoices.erp_faults import faults_file
from pointsman.server.scripts.playing import Scene
from tests.gallery.plays import Repertoire

pytestmark = pytest.mark.slow


class Saboteur:
    """Looks on, and switches faults on when the session starts."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines
        self._erp = Path()

    def scene(self, scene: Scene) -> None:
        if scene.number == 0:
            file = faults_file()
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in self._lines))
            self._erp = file.with_name("invoices-erp.db")

    def postings(self) -> list[str]:
        """What the ERP's own records hold of the invoice."""
        with closing(sqlite3.connect(self._erp)) as erp:
            return [row[0] for row in erp.execute("SELECT write_id FROM routes WHERE invoice_id = 'INV-1003'")]


@pytest.mark.parametrize(
    ("what", "when"),
    [("slow", "after"), *((what, when) for what in ("fail", "die", "hang") for when in ("before", "after"))],
)
def test_whatever_fails_once_the_route_is_posted_once(repertoire: Repertoire, what: str, when: str) -> None:
    saboteur = Saboteur(f"once post_route {what} {when}", "always post_route again")
    performance = repertoire.play_before(saboteur, ("invoices", "faults"))
    assert performance.played.faults == ()
    assert saboteur.postings() == ["W-000002"]
    (settled,) = [row for row in performance.rows if row.kind == "settled" and row.action == "erp.post_route"]
    body: dict[str, Any] = json.loads(settled.body or "{}")
    assert ("doubt" in body) == (what != "slow")
    assert body.get("reconciled", False) == (what != "slow" and when == "after")


def test_an_erp_that_never_answers_and_cannot_be_asked_is_left_to_people(repertoire: Repertoire) -> None:
    """Every call is written or is not, and nobody can say: the session says so, and does not guess."""
    saboteur = Saboteur("always post_route fail after", "always find_route fail before", "always post_route again")
    performance = repertoire.play_before(saboteur, ("invoices", "faults"))
    assert performance.played.session is not None
    assert performance.played.session.state == "failed_writeback_manual_recovery"
    assert len(saboteur.postings()) == 1
