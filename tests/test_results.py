"""The results of benchmarks under docs/results are of the models that ship; reports of the scripts are not checked."""

import json

import pytest

from benchmarks.recording import digest
from tests.conftest import ROOT

FILES = {path.name: json.loads(path.read_text("utf-8")) for path in (ROOT / "docs" / "results").glob("*.json")}
MEASURED = {name: content["models"] for name, content in FILES.items() if content.get("models")}


@pytest.mark.parametrize("file", sorted(MEASURED))
def test_it_was_measured_with_the_files_that_ship(file):
    """A model that is replaced leaves its numbers behind; then the command that made them has to run again."""
    assert MEASURED[file] == {name: digest(name) for name in MEASURED[file]}


def test_benchmarks_of_shipped_models_name_them():
    benchmarks = [path for path in (ROOT / "benchmarks").glob("*.py") if "load_shipped" in path.read_text("utf-8")]
    stored = {path.stem for path in benchmarks if f"{path.stem}.json" in FILES}
    assert stored == {name.removesuffix(".json") for name in MEASURED}


@pytest.mark.parametrize("way", ["damped steps", "start and damped steps"])
def test_what_undoing_a_blur_costs_is_as_it_was_measured(way):
    cells = [f"{row['times plain']:.2f}" for row in FILES["undoing.json"]["rows"] if row["way"] == way]
    assert f"| {way} | {' | '.join(cells)} |" in (ROOT / "docs" / "performance.md").read_text("utf-8")
