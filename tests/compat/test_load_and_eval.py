"""Shipped models with the TensorFlow and Keras that are installed; `make compat` does the others, and all models."""

import json

import pytest

from tests.compat.load_and_eval import EXPECTED, TOLERANCE, scores
from tests.conftest import ROOT
from tools.compat import held, lower_bounds


@pytest.mark.slow
@pytest.mark.parametrize("name", ["idn_x3_dlnet_gradient", "inpaint_celeba_joint"])
def test_shipped_models_score_what_they_did(name):
    assert scores(name) == pytest.approx({name: json.loads(EXPECTED.read_text())[name]}, abs=TOLERANCE)


def test_the_oldest_pair_is_that_of_the_requirements():
    assert lower_bounds("tensorflow>=2.21\nkeras>=3.15\nnumpy>=2.0\n") == ["tensorflow==2.21.0", "keras==3.15.0"]
    assert len(lower_bounds((ROOT / "requirements.txt").read_text())) == 2


def test_a_version_that_is_the_only_one_is_not_called_two():
    old, new = {"tensorflow": "2.21.0", "keras": "3.15.0"}, {"tensorflow": "2.21.0", "keras": "3.15.1"}
    assert held([old, new]).startswith("TensorFlow 2.21.0 (there is no other one yet); Keras 3.15.0 and 3.15.1: the")
