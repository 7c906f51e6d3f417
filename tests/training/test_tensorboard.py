"""Event files, read back."""

import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.training.tensorboard import Board
from tests.training.events import read_events


def test_curves_and_pictures_are_read_back(tmp_path):
    board = Board(tmp_path / "logs")
    board.scalars({"loss": 2.5, "psnr/u=0": 30.0}, step=7)
    board.scalars({"loss": 1.5}, step=9)
    picture = np.random.default_rng(0).random((5, 4, 1))
    board.pictures({"panel": picture}, step=9)
    board.flush()
    events = read_events(tmp_path / "logs")
    assert {tag: values for tag, values in events.items() if tag != "panel"} == {
        "loss": {7: 2.5, 9: 1.5},
        "psnr/u=0": {7: pytest.approx(30.0)},
    }
    np.testing.assert_allclose(events["panel"][9] / 255, picture, atol=1 / 255)


def test_a_resumed_run_adds_to_the_folder(tmp_path):
    for step in (1, 2):
        board = Board(tmp_path)
        board.scalars({"loss": float(step)}, step)
        board.flush()
    assert read_events(tmp_path)["loss"] == {1: 1.0, 2: 2.0}


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    board = Board(None)
    board.scalars({"loss": 1.0}, 1)
    board.pictures({"panel": np.zeros((2, 2, 1))}, 1)
    board.flush()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_told_in_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/logs: cannot be written \(.+\)$") as caught:
        Board(tmp_path / "file" / "logs")
    assert "\n" not in str(caught.value)
    # As TensorFlow puts it on a disk that is full.
    words = f"{{{{function_node x}}}} {tmp_path}/events.v2; No space left on device\n\tFailed to flush 1 events"

    def full(*arguments, **options):
        raise tf.errors.ResourceExhaustedError(None, None, words)

    board = Board(tmp_path / "logs")
    monkeypatch.setattr(tf.summary, "scalar", full)
    with pytest.raises(UsageError) as caught:
        board.scalars({"loss": 1.0}, 1)
    assert str(caught.value) == f"{tmp_path}/logs: cannot be written (No space left on device)"
