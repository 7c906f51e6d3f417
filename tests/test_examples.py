"""The examples in docstrings run, and print what stands there."""

import doctest
import importlib

import pytest

from tests.conftest import ROOT

MODULES = (
    "dlnet_tf.degradations.blur_downsample",
    "dlnet_tf.degradations.masking",
    "dlnet_tf.export.export",
    "dlnet_tf.likelihood.gradient_update",
    "dlnet_tf.likelihood.layer",
    "dlnet_tf.likelihood.model",
    "dlnet_tf.likelihood.split",
    "dlnet_tf.keras_models.load",
    "dlnet_tf.restoration.inpaint",
    "dlnet_tf.restoration.super_resolve",
    "dlnet_tf.zoo",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 1 and failed == 0


def test_every_module_with_an_example_is_run_here():
    found = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "dlnet_tf").rglob("*.py")
        if ">>> " in path.read_text("utf-8")
    }
    assert found == set(MODULES)
