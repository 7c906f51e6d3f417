"""What cards say of models whose start does not ship."""

from tools.zoo_cards import with_licence, with_steps_of_start

CARD = "# a\n\n- **Start:** runs/trained/base.keras\n- **Steps:** 15 in 0:09 of wall clock, 1,500 examples\n"


def test_a_start_that_does_not_ship_tells_how_long_it_was_trained():
    base = "# base\n\n- **Start:** random weights\n- **Steps:** 200 in 2:00 of wall clock, 20,000 examples\n"
    (line,) = (line for line in with_steps_of_start(CARD, base).splitlines() if "Start" in line)
    assert line == "- **Start:** runs/trained/base.keras (its own steps: 200 in 2:00 of wall clock, 20,000 examples)"
    assert len(with_steps_of_start(CARD, base).splitlines()) == len(CARD.splitlines())


def test_clips_have_a_licence_of_their_own():
    assert with_licence(CARD, {"backbone": "idn"}).startswith(CARD) and "BSDS500" in with_licence(CARD, {})
    assert "DAVIS" in with_licence(CARD, {"backbone": "vespcn"})
