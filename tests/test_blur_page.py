"""The tables about an unknown blur are those of the stored numbers."""

import json

import pytest

from benchmarks import blur_estimate, wrong_blur
from tests.conftest import ROOT


@pytest.mark.parametrize("benchmark", [blur_estimate, wrong_blur])
def test_the_tables_of_the_page_are_those_of_the_stored_numbers(benchmark):
    name = benchmark.__name__.rpartition(".")[2]
    rows = json.loads((ROOT / "docs" / "results" / f"{name}.json").read_text("utf-8"))["rows"]
    assert benchmark.table(rows) in (ROOT / "docs" / "blur.md").read_text("utf-8")
