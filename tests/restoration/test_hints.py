"""Masks that are probably not meant so."""

import pathlib

import numpy as np
import pytest

from dlnet_tf.restoration.hints import hints

PATH = pathlib.Path("mask.png")
SCATTERED = (np.random.default_rng(0).random((60, 70, 1)) < 0.25).astype("float32")
HOLE = np.ones((60, 70, 1), "float32")
HOLE[10:30, 20:50] = 0


@pytest.mark.parametrize(
    ("mask", "task", "words"),
    [
        (HOLE, "inpaint", None),
        (SCATTERED, "interp", None),
        (np.ones_like(HOLE), "inpaint", None),
        (1 - HOLE, "inpaint", "86% of the pixels are to be filled; --mask_white=observed turns the mask around"),
        (np.zeros_like(HOLE), "inpaint", "100% of the pixels are to be filled"),
        (SCATTERED, "inpaint", "one by one, for which --task=interp is made"),
        (HOLE, "interp", "in holes, for which --task=inpaint is made"),
    ],
)
def test_what_is_probably_not_meant_is_told(mask, task, words):
    found = hints(PATH, mask, task, "fill")
    assert found == [] if words is None else len(found) == 1 and words in found[0]


def test_the_other_meaning_of_white_is_named():
    assert "--mask_white=fill " in hints(PATH, 1 - HOLE, "inpaint", "observed")[0]
