"""The tables about blurs are those of the stored numbers."""

import json

import pytest

from benchmarks import blur_estimate, damping, jpeg, kernels, published, wrong_blur
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("benchmark", "page"),
    [
        (blur_estimate, "blur"),
        (wrong_blur, "blur"),
        (damping, "off_the_shelf"),
        (published, "off_the_shelf"),
        (kernels, "blur"),
        (jpeg, "blur"),
    ],
)
def test_the_tables_of_the_page_are_those_of_the_stored_numbers(benchmark, page):
    name = benchmark.__name__.rpartition(".")[2]
    rows = json.loads((ROOT / "docs" / "results" / f"{name}.json").read_text("utf-8"))["rows"]
    assert benchmark.table(rows) in (ROOT / "docs" / f"{page}.md").read_text("utf-8")
