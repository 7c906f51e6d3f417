"""What the page fills, beside what the command line does."""

import keras
import numpy as np
import pytest

from dlnet_tf import zoo
from dlnet_tf.app.filling import Filler
from dlnet_tf.degradations import Masking
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import Filling
from dlnet_tf.experiments.inpainting.restoring import restore
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.likelihood import AdamUpdate, DLNet
from tests import stand_in


@pytest.fixture(autouse=True)
def photograph(tmp_path, monkeypatch):
    keras.utils.set_random_seed(3)
    monkeypatch.setattr(zoo, "CHECKPOINTS", tmp_path)
    network = stand_in.with_statistics(stand_in.autoencoder())
    DLNet(network, Masking(), 2, AdamUpdate(0.01)).save(tmp_path / "inpaint_scenes_dlnet.keras")
    image = stand_in.photograph(1, 90, 110).astype(np.uint16) * 257
    write_photograph(tmp_path / "x.png", image)
    return image


def test_the_file_is_the_command_lines(tmp_path):
    mask = np.zeros((90, 110), np.uint8)
    mask[30:50, 40:60] = 255
    write_photograph(tmp_path / "mask.png", mask)
    told = []
    done = Filler().fill(
        tmp_path / "x.png",
        "inpaint_scenes",
        tmp_path / "mask.png",
        None,
        2,
        tmp_path / "ours.png",
        lambda *s: told.append(s),
    )
    options = {"input": str(tmp_path / "x.png"), "mask": tmp_path / "mask.png", "grow": 2}
    restore(Inpainting("inpaint", "scenes"), Filling(**options, output=tmp_path / "theirs.png"))
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
    assert done.size == (110, 90) and done.notes == ("1 hole at full size",) and told == [(0, 1), (1, 1)]


def test_what_is_painted_on_a_reduced_picture_is_filled_in_the_whole(tmp_path, photograph):
    painted = np.zeros((45, 55), bool)
    painted[10:20, 20:25] = True
    Filler().fill(tmp_path / "x.png", "inpaint_scenes", None, painted, 0, tmp_path / "y.png", lambda *_: None)
    filled = read_photograph(tmp_path / "y.png").pixels
    kept = np.ones((90, 110), bool)
    kept[20:40, 40:50] = False
    np.testing.assert_array_equal(filled[kept], photograph[kept])
    assert (filled[~kept] != photograph[~kept]).any(axis=-1).mean() > 0.9


@pytest.mark.parametrize("white", [0, 255])
def test_a_mask_and_what_is_painted_are_both_filled(tmp_path, photograph, white):
    mask, painted = np.zeros((90, 110), np.uint8), np.zeros((90, 110), bool)
    mask[60:70, 20:30], painted[20:40, 40:50] = white, True
    write_photograph(tmp_path / "mask.png", mask)
    done = Filler().fill(
        tmp_path / "x.png", "inpaint_scenes", tmp_path / "mask.png", painted, 0, tmp_path / "y.png", lambda *_: None
    )
    changed = (read_photograph(tmp_path / "y.png").pixels != photograph).any(axis=-1)
    marked = painted | (mask > 0)
    assert not changed[~marked].any() and changed[painted].mean() > 0.9 and changed[marked].mean() > 0.9
    assert ("are both filled" in "\n".join(done.notes)) == (white > 0)


def test_nothing_to_fill_and_too_much_to_read_are_refused(tmp_path):
    write_photograph(tmp_path / "mask.png", np.zeros((90, 110), np.uint8))
    for mask, painted in ((None, None), (None, np.zeros((9, 9), bool)), (tmp_path / "mask.png", None)):
        with pytest.raises(UsageError, match="nothing is marked"):
            Filler().fill(tmp_path / "x.png", "inpaint_scenes", mask, painted, 0, tmp_path / "y.png", print)
    write_photograph(tmp_path / "large.png", np.zeros((3000, 3000), np.uint8))
    with pytest.raises(UsageError, match="large.png: found 3000 x 3000 pixels, expected at most"):
        Filler(1.0).read(tmp_path / "large.png")


def test_notes_are_in_the_words_of_the_page(tmp_path):
    marked = {"most": np.full((90, 110), 255, np.uint8)}
    marked["most"][:20] = 0
    marked["scattered"] = 255 * (np.random.default_rng(0).random((90, 110)) < 0.2).astype(np.uint8)
    for kind, words in (("most", "exchange black and white"), ("scattered", "marked one by one")):
        write_photograph(tmp_path / "mask.png", marked[kind])
        done = Filler().fill(
            tmp_path / "x.png", "inpaint_scenes", tmp_path / "mask.png", None, 0, tmp_path / "y.jpg", lambda *_: None
        )
        notes = "\n".join(done.notes)
        assert words in notes and "--mask_white" not in notes and "y.jpg: JPEG does not keep the known pixels" in notes
