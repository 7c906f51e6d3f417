"""Curves of training: read back from what TensorBoard gets, kept, drawn."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.errors import UsageError
from tools import make_curves
from tools.recipes import Zoo
from tools.train_zoo import ROOT


def test_the_lines_of_each_figure_are_recipes():
    recipes = Zoo(ROOT).recipes
    for lines in make_curves.FIGURES.values():
        assert len(lines) == 5 and set(lines.values()) <= recipes.keys()
        unlike = ("method", "ships", "likelihood_weight", "num_steps")
        first, *others = ({k: v for k, v in recipes[name].items() if k not in unlike} for name in lines.values())
        assert all(other == first for other in others)


def test_a_curve_is_the_mean_over_the_levels_of_all_parts_of_a_run(tmp_path):
    for step, values in {100: (20.0, 30.0), 200: (22.0, 31.0)}.items():
        with tf.summary.create_file_writer(str(tmp_path)).as_default(step):
            tf.summary.scalar("psnr/s=10", values[0])
            tf.summary.scalar("psnr/s=20", values[1])
            tf.summary.scalar("loss", 1e3)
    assert make_curves.read_curve(tmp_path) == [(100, 25.0), (200, 26.5)]


def test_a_run_that_was_killed_and_continued_has_one_curve(tmp_path):
    for part, values in enumerate(({100: 20.0, 200: 22.0, 300: 99.0}, {200: 23.0, 300: 24.0})):
        with tf.summary.create_file_writer(str(tmp_path), filename_suffix=f".{part}").as_default():
            for step, value in values.items():
                tf.summary.scalar("psnr/s=10", value, step)
        if part == 0:
            (first,) = tmp_path.iterdir()
            # Of the last record the end is not written.
            first.write_bytes(first.read_bytes()[:-7])
            first.rename(tmp_path / "events.0")
    (second,) = set(tmp_path.iterdir()) - {tmp_path / "events.0"}
    second.rename(tmp_path / "events.1")
    assert make_curves.read_curve(tmp_path) == [(100, 20.0), (200, 23.0), (300, 24.0)]
    (tmp_path / "events.1").unlink()
    assert make_curves.read_curve(tmp_path) == [(100, 20.0), (200, 22.0)]


def test_what_is_not_trained_is_told(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "recipes.toml").write_text("[one]\ntrain_steps = 1\n")
    with pytest.raises(UsageError, match="one: found no finished run, expected one"):
        make_curves.read(Zoo(tmp_path), {"a": "one"})


def test_a_figure_has_a_line_of_each_colour(tmp_path):
    lines = make_curves.FIGURES["figure_4"]
    curves = {label: [(5000 * n, 20 + n + np.log(k)) for n in range(1, 9)] for k, label in enumerate(lines, 1)}
    kept = json.loads(json.dumps(curves))
    drawn = ElementTree.fromstring(make_curves.draw(kept))
    named = "{http://www.w3.org/2000/svg}"
    groups = [group for group in drawn if group.get("class", "").startswith("series")]
    assert [group.find(f"{named}text").text for group in groups] == list(lines)
    assert all(len(group.findall(f"{named}circle")) == 8 for group in groups)
    style = drawn.find(f"{named}style").text
    assert all(f".{group.get('class').split()[1]} {{ --c: #" in style for group in groups)
    assert "5" in {text.text for text in drawn.findall(f"{named}text")}
