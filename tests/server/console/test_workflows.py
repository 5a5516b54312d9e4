"""Workflows as the console shows them: to whom, with which contract, and how many sessions there are."""

from __future__ import annotations

from itertools import pairwise

from tests.server.console.opened import Console

ONE = "/console/workflows/purchase"


async def test_a_workflow_is_listed_with_what_runs_waits_and_has_failed(console: Console) -> None:
    async with console.browser("boss") as boss, console.browser("reader") as reader:
        page = await boss.page("/console/workflows")
        assert "owned by procurement" in page.text
        assert "1 running" in page.text
        assert "1 waiting for people" in page.text
        assert "0 failed or in doubt" in page.text
        assert {ONE, "/console/reviews?workflow=purchase"} <= {*page.links}
        assert "0 running" in (await reader.page("/console/workflows")).text  # whoever sees no session counts none


async def test_a_workflow_says_the_contract_of_every_state_as_its_table_does(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(ONE)
    for said in (
        "Nothing is bought that the boss has not approved.",
        "the agent sees item and amount",
        "gives note",
        "decided by boss, but not whoever started the session",
        "due in 2 days, then dropped",
        "boss may correct amount",
        "the server calls shop.order (write) with item and amount and saves order",
        "nobody knows whether a write has happened",
        "shop.order (write): answers within 20 seconds",
        "number, at least 0",
        "something is broken: procurement",
    ):
        assert said in page.text
    assert [tag for tag, named in page.tags if tag == "svg"] == ["svg"]


async def test_counts_stand_beside_their_states_and_lead_to_their_sessions(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(ONE)
    assert "/console/sessions?workflow=purchase&state=awaiting_boss" in page.links
    assert "/console/sessions?workflow=purchase&state=drafting" not in page.links
    assert {"#state-ordering", "#state-dropped"} <= {*page.links}


async def test_headings_have_no_gaps(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(ONE)
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


async def test_of_a_workflow_that_one_may_not_know_nothing_is_said(console: Console) -> None:
    async with console.browser("boss") as browser:
        answer = await browser.get("/console/workflows/payroll")
    assert answer.status_code == 404
    assert "There is no workflow of this name that you may use." in answer.text
