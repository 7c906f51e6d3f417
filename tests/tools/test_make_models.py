"""The page of the models that ship."""

import keras
import pytest

from dlnet_tf import zoo
from tests.conftest import ROOT
from tools import make_models


def test_the_page_and_the_facts_are_current():
    for path, text in make_models.files().items():
        assert path.read_text("utf-8") == text, f"{path.relative_to(ROOT)}: `python -m tools.make_models` makes another"


@pytest.mark.parametrize("name", ["idn_x3_dlnet_gradient", "inpaint_scenes_dlnet_gradient"])
def test_weights_are_counted_as_keras_does(name):
    path = zoo.find(name)
    assert make_models.parameters(path) == keras.saving.load_model(path, compile=False).count_params()


def test_numbers_are_those_of_the_tables_in_the_documentation():
    readme = (ROOT / "docs" / "results.md").read_text("utf-8")
    own = make_models.psnr_of("inpaint_celeba_joint", composite=False)
    assert list(own) == ["celeba s=10", "celeba s=20", "celeba s=30", "celeba s=20 centred"]
    assert f"| {own['celeba s=10']:.2f} (35.00) | {own['celeba s=20']:.2f} (30.87) |" in readme


def test_the_page_says_on_how_many_masks_its_numbers_are():
    page = make_models.page()
    assert "[inpaint_celeba_shipped.json](results/inpaint_celeba_shipped.json) on 10 masks an image, a single" in page
    assert "[interp_scenes.json](results/interp_scenes.json) on 2 masks an image.\n" in page
    assert "Measured in [idn_x3.json](results/idn_x3.json).\n" in page


def test_the_overview_has_a_line_for_every_model():
    _, _, *lines = make_models.page().partition("## Overview\n\n")[2].partition("\n\n")[0].splitlines()
    assert [line[3:].partition("]")[0] for line in lines] == sorted(model.name for model in zoo.models())
    for line in lines:
        *_, terms, parameters, _, steps, examples, _ = (cell.strip() for cell in line.split("|"))
        assert "research use" in terms or "state no licence" in terms
        assert all(int(number.replace(",", "")) > 0 for number in (parameters, steps, examples))
