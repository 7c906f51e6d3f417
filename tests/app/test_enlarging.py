"""What the page does with a picture, beside what the command line does."""

import keras
import numpy as np
import pytest

from dlnet_tf import zoo
from dlnet_tf.app.enlarging import USUAL, Enlarger
from dlnet_tf.app.result import SHOWN
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import Enlargement
from dlnet_tf.experiments.super_resolution.restoring import restore
from dlnet_tf.imagefiles.metadata import Metadata
from dlnet_tf.imagefiles.on_screen import reduced
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.likelihood import DLNet, GradientUpdate
from dlnet_tf.resize import imresize
from dlnet_tf.restoration.blur_estimation import estimate_blur_width
from tests import stand_in
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def enlarger(tmp_path_factory):
    """One for all tests, which loads and traces the model once."""
    keras.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("checkpoints")
    DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(4.0)).save(folder / "idn_x3_dlnet_gradient.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "CHECKPOINTS", folder)
        yield Enlarger()


def deep_with_alpha(height, width):
    """A photograph of 16 bits with transparency."""
    image = np.dstack([stand_in.photograph(1, height, width), stand_in.photograph(2, height, width, colour=False)])
    return image.astype(np.uint16) * 257


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "blur", "noise"),
    [(".png", 0.5, None), (".jpg", 0.5, None), (".png", 0.5, 0.03), (".png", 0.5, "auto"), (".png", 2.9, None)],
)
def test_the_file_is_the_command_lines(enlarger, tmp_path, suffix, blur, noise):
    source, ours, theirs = (tmp_path / name for name in ("x.png", f"ours{suffix}", f"theirs{suffix}"))
    write_photograph(source, deep_with_alpha(40, 50), None, Metadata(dpi=(240.0, 240.0)))
    told = []
    done = enlarger.enlarge(source, "idn_x3", blur, noise, ours, lambda *state: told.append(state))
    told_there = {"blur_width": blur, "noise_sigma": noise, "cap_blur": False}
    options = Enlargement(input=str(source), output=theirs, **told_there)
    restore(SuperResolution("idn", 3), options)
    assert ours.read_bytes() == theirs.read_bytes()
    assert done.size == (150, 120) and told == [(0, 1), (1, 1)]
    assert len(done.notes) == (0 if suffix == ".png" else 2)
    # What is shown is the file, on a screen.
    pixels = read_photograph(ours).shown
    assert done.before.shape == done.after.shape == pixels.shape
    if suffix == ".png":
        np.testing.assert_array_equal(done.after, pixels)


@pytest.mark.slow
def test_the_preview_of_a_cut_out_is_a_part_of_the_result(enlarger, tmp_path):
    image = np.dstack([stand_in.photograph(4, 40, 50), np.full((40, 50), 255, np.uint8)])
    # What nobody sees is black, and would bleed into what is seen.
    image[:, 25:] = 0
    write_photograph(tmp_path / "x.png", image)
    before, after = enlarger.preview(tmp_path / "x.png", "idn_x3", 1.3)
    done = enlarger.enlarge(tmp_path / "x.png", "idn_x3", 1.3, None, tmp_path / "y.png", lambda *_: None)
    assert np.abs(after.astype(int) - done.after).max() <= 1
    assert before[:, 90:].min() > 250 and after[:, 90:].min() > 250


@pytest.mark.slow
def test_the_preview_is_a_part_of_the_result(enlarger, tmp_path):
    image = stand_in.photograph(4, 200, 220)
    write_photograph(tmp_path / "x.png", image)
    before, after = enlarger.preview(tmp_path / "x.png", "idn_x3", 1.3, centre=(100, 90))
    rows, columns = slice(3 * (90 - 48), 3 * (90 + 48)), slice(3 * (100 - 48), 3 * (100 + 48))
    whole = zoo.load("idn_x3")(image, blur_width=1.3)
    assert np.abs(after.astype(int) - whole[rows, columns]).max() <= 1
    bicubic = np.rint(np.clip(imresize(image, 3), 0, 255))
    np.testing.assert_array_equal(before, bicubic[rows, columns])
    _, noisy = enlarger.preview(tmp_path / "x.png", "idn_x3", 1.3, 0.03, (100, 90))
    whole = zoo.load("idn_x3")(image, blur_width=1.3, noise_sigma=0.03)
    assert np.abs(noisy.astype(int) - whole[rows, columns]).max() <= 1 and (noisy != after).any()
    # A small picture is shown as a whole.
    write_photograph(tmp_path / "small.png", image[:20, :30, 0])
    assert [part.shape for part in enlarger.preview(tmp_path / "small.png", "idn_x3", 0)] == [(60, 90)] * 2
    assert str(enlarger.estimate(tmp_path / "x.png", "idn_x3")) == str(estimate_blur_width(image, 3))


def test_who_is_told_of_the_tiles_can_end_the_work(enlarger, tmp_path):
    write_photograph(tmp_path / "x.png", stand_in.photograph(4, 40, 50))

    def stop(done, total):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        enlarger.enlarge(tmp_path / "x.png", "idn_x3", 0, None, tmp_path / "y.png", stop)
    assert not (tmp_path / "y.png").exists()


@pytest.mark.usefixtures("enlarger")
def test_large_pictures_are_refused_and_shown_reduced(tmp_path):
    write_photograph(tmp_path / "x.png", np.zeros((2000, 2000), np.uint8))
    with pytest.raises(UsageError, match="x.png: found 2000 x 2000 pixels, expected at most 3,787,878"):
        Enlarger(1.0).read(tmp_path / "x.png", "idn_x3")
    assert reduced(np.zeros((3200, 1000, 3), np.uint8), SHOWN).shape == (1600, 500, 3)
    assert reduced(np.zeros((1, 4000), np.uint8), SHOWN).shape == (1, 1600)


def test_the_page_begins_with_a_model_that_ships_and_what_is_prepared_is_used(enlarger, tmp_path):
    assert (ROOT / "checkpoints" / f"{USUAL}_dlnet_gradient.keras").is_file()
    mine = Enlarger()
    mine.prepare()
    assert mine._load.cache_info().misses == 1
    write_photograph(tmp_path / "a.png", stand_in.photograph(3, 24, 20))
    mine.preview(tmp_path / "a.png", USUAL, 1.0)
    assert mine._load.cache_info().misses == 1
