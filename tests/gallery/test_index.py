"""The gallery's index, and that what it lists can be loaded and its tools be had."""

import pytest

from pointsman.contracts.building import bound
from pointsman.contracts.loading import load
from pointsman.gallery import names, path
from pointsman.tools.rates import Rates
from pointsman.tools.sources import open_sources


def test_every_workflow_has_a_name_and_a_file_under_it() -> None:
    assert "invoices" in names()
    for name in names():
        assert path(name).name == "workflow.yaml"
        assert path(name).parent.name == name


@pytest.mark.parametrize("name", ["nowhere", "", "../gallery/invoices", "invoices/scripts"])
def test_what_is_not_in_the_gallery_is_refused_with_what_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"It has: .*invoices"):
        path(name)


@pytest.mark.parametrize("name", names())
async def test_every_workflow_loads_and_its_sources_have_the_tools_it_names(name: str) -> None:
    file = path(name)
    workflow = load(file.read_bytes(), str(file))
    sources = open_sources(workflow, file.parent, Rates())
    definitions = await sources.definitions()
    await sources.aclose()
    assert set(workflow.tools) <= {one.name for one in definitions}
    assert all(one.description for one in definitions)
    bound(workflow, {one.name: one for one in definitions})
