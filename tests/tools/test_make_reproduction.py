"""The page of the paper's tables is that of the stored reports, and has every number of the paper."""

import dataclasses
import json
import re

import pytest

from dlnet_tf.reporting.paper import paper_table
from tools import make_reproduction, stored_reports
from tools.make_reproduction import RESULTS, TABLES, page, table


def test_the_page_is_that_of_the_stored_reports():
    assert make_reproduction.PAGE.read_text("utf-8") == page(), "run python -m tools.make_reproduction"


@pytest.mark.parametrize("name", TABLES)
def test_every_number_of_the_paper_stands_in_its_table(name):
    numbers = sorted(re.findall(r"\((\d+\.\d\d)\)", table(name)))
    assert numbers == sorted(f"{row['psnr']:.2f}" for row in paper_table(name))


def test_ours_is_the_stored_number_of_the_same_experiment():
    rows = json.loads((RESULTS / "inpaint_celeba.json").read_text())["rows"]
    for name, composite, level in (("II", False, "s=30"), ("VI", True, "s=30")):
        (row,) = (row for row in rows if (row["method"], row["level"], row["composite"]) == ("dlnet", level, composite))
        (line,) = (line for line in table(name).splitlines() if line.startswith("| DL-Net |"))
        assert f"{row['psnr']:.2f} (" in line


def test_what_is_counted_stands_in_the_tables():
    text = page().partition("## Elsewhere")[0]
    total, ours = map(int, re.search(r"^\| all but VIII, .* \| (\d+) \| (\d+) \|$", text, flags=re.M).groups())
    assert total == sum(len(paper_table(name)) for name in TABLES)
    assert ours == len(re.findall(r"\d\.\d\d \(\d+\.\d\d\)", text))


def test_a_table_without_numbers_says_how_to_get_them():
    assert {name for name, (_, sources) in TABLES.items() if not sources} == set(make_reproduction.PLANNED)


def test_a_row_with_another_budget_says_so(monkeypatch):
    title, (source,) = TABLES["IV"]
    monkeypatch.setitem(TABLES, "IV", (title, (dataclasses.replace(source, budgets={"joint": "400,000 images"}),)))
    assert [line for line in table("IV").splitlines() if "400,000" in line][0].startswith("| Joint (400,000 images) | ")
    assert stored_reports.budgets_of(source.report) == {"joint": "400,000 images"}
    assert stored_reports.budgets_of("none.json") == {}
