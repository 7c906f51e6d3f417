"""The list of licences names what is needed."""

from tests.conftest import ROOT
from tools import make_licences


def test_every_requirement_is_on_the_page_with_a_licence():
    rows = dict(line.strip("| ").split(" | ") for line in make_licences.PAGE.read_text().splitlines() if "| " in line)
    for name in make_licences.names(ROOT / "requirements.txt"):
        assert rows[f"**{name}**"] not in ("", "not said")


def test_what_comes_with_them_is_found():
    found = make_licences.closure(["scikit-image"])
    assert {"scikit-image", "numpy", "pillow", "imageio"} <= found.keys() and "tensorflow" not in found
