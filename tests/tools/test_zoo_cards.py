"""What cards say of models whose start does not ship."""

import pytest

from dlnet_tf.tasks import TASKS
from tools.recipes import Zoo
from tools.train_zoo import ROOT
from tools.zoo_cards import with_licence, with_rounding, with_steps_of_start

ZOO = Zoo(ROOT)

CARD = "# a\n\n- **Start:** runs/trained/base.keras\n- **Steps:** 15 in 0:09 of wall clock, 1,500 examples\n"


def test_a_start_that_does_not_ship_tells_how_long_it_was_trained():
    base = "# base\n\n- **Start:** random weights\n- **Steps:** 200 in 2:00 of wall clock, 20,000 examples\n"
    (line,) = (line for line in with_steps_of_start(CARD, base).splitlines() if "Start" in line)
    steps = "its own steps: 200 in 2:00 of wall clock, 20,000 examples"
    assert line == f"- **Start:** runs/trained/base.keras ({steps}; its own start: random weights)"
    told = with_steps_of_start(CARD, base)
    assert len(told.splitlines()) == len(CARD.splitlines())
    # One that was trained on from such a one tells of both.
    longer = with_steps_of_start("- **Start:** runs/trained/short/a.keras\n", told)
    first = "its own steps: 15 in 0:09 of wall clock, 1,500 examples; its own start: runs/trained/base.keras"
    assert longer == f"- **Start:** runs/trained/short/a.keras ({first} ({steps}; its own start: random weights))\n"


@pytest.mark.parametrize(
    "name", [name for name in ZOO.recipes if ZOO.is_final(name) and ZOO.model(name).parent == ZOO.shipped]
)
def test_the_cards_that_ship_end_with_what_their_data_ask_and_what_was_rounded(name):
    expected = with_licence("", ZOO.task(name))
    if ZOO.is_large(name):
        expected = with_rounding(expected)
    assert ZOO.model(name).with_suffix(".md").read_text("utf-8").endswith(expected)


def test_clips_have_a_licence_of_their_own():
    of_photographs = with_licence(CARD, TASKS["sisr"])
    assert of_photographs.startswith(CARD) and "BSDS500" in of_photographs
    assert "DAVIS" in with_licence(CARD, TASKS["video"])
