"""The resumable state: exact, whole, and nothing that could run code."""

import errno
import zipfile

import keras
import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.training.state import load_state, save_model, save_state

NOTES = {"seconds": 1.5, "history": [{"step": 2, "psnr": {"u=0": 30.1}}], "best": {"step": 0, "psnr": float("-inf")}}


def make(units=3, steps=0):
    keras.utils.set_random_seed(7)
    layers = [keras.Input((4,)), keras.layers.Dense(units, name="one"), keras.layers.BatchNormalization(name="two")]
    model = keras.Sequential(layers, name="tiny")
    optimizer = keras.optimizers.Adam(1e-2)
    optimizer.build(model.trainable_variables)
    for step in range(steps):
        gradients = [np.full(weight.shape, step + 0.5, "float32") for weight in model.trainable_variables]
        optimizer.apply(gradients, model.trainable_variables)
    return model, optimizer


def values(model, optimizer):
    return [np.asarray(variable) for variable in [*model.variables, *optimizer.variables]]


@pytest.fixture
def state(tmp_path):
    path = tmp_path / "run" / "state.npz"
    save_state(path, *make(steps=3), NOTES)
    return path


def refusal(path, model=None):
    with pytest.raises(UsageError) as caught:
        load_state(path, *(model or make()))
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    return message


def test_round_trip_is_exact(state):
    trained, fresh = make(steps=3), make()
    assert any(not np.array_equal(a, b) for a, b in zip(values(*trained), values(*fresh), strict=True))
    assert load_state(state, *fresh) == NOTES
    for a, b in zip(values(*trained), values(*fresh), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert int(fresh[1].iterations) == 3
    assert [path.name for path in state.parent.iterdir()] == ["state.npz"]


def test_there_is_no_pickle_in_it(state):
    with zipfile.ZipFile(state) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            assert b"|O" not in archive.read(name)[:128]
    with np.load(state, allow_pickle=False) as stored:
        assert {"notes", "model/tiny/one/kernel", "optimizer/0000"} <= set(stored.files)


def test_a_pickle_is_refused(state):
    with np.load(state) as stored:
        arrays = dict(stored)
    np.savez(state, **arrays | {"model/tiny/one/kernel": np.array([print, 1], object)})
    assert "broken state" in refusal(state)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_state_is_refused(state, share):
    data = state.read_bytes()
    state.write_bytes(data[: int(share * len(data))])
    assert "broken state" in refusal(state)


def test_garbage_is_refused(state):
    data = bytearray(state.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    for broken in (b"no archive at all", bytes(1000), bytes(data)):
        state.write_bytes(broken)
        assert "broken state" in refusal(state)
    with state.open("wb") as file:
        np.save(file, np.zeros(3))
    assert "broken state" in refusal(state)


def test_a_missing_state_is_refused(tmp_path):
    assert "found no state to resume from" in refusal(tmp_path / "state.npz")


def test_the_state_of_another_model_is_refused(state):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="other")])
    optimizer = keras.optimizers.Adam()
    optimizer.build(other.trainable_variables)
    assert "state of another model" in refusal(state, (other, optimizer))
    assert "model/tiny/one/kernel is [4, 3], expected [4, 5]" in refusal(state, make(units=5))


def test_variables_of_an_objective_are_kept_too(tmp_path):
    def variables(*values):
        return [keras.Variable(np.asarray(value, "float32")) for value in values]

    path = tmp_path / "state.npz"
    saved = variables([1.5, -2.0], [[3.0]])
    save_state(path, *make(), NOTES, saved)
    loaded = variables([0, 0], [[0]])
    assert load_state(path, *make(), of_objective=loaded) == NOTES
    for a, b in zip(loaded, saved, strict=True):
        np.testing.assert_array_equal(a, b)
    # Variables of another method: more, fewer, or of another shape.
    for other in ([], variables([0, 0]), variables([0, 0], [[0]], 0)):
        with pytest.raises(UsageError, match="state of another model"):
            load_state(path, *make(), of_objective=other)
    with pytest.raises(UsageError, match=r"objective/0000 is \[2\], expected \[3\]"):
        load_state(path, *make(), of_objective=variables([0, 0, 0], [[0]]))


def test_notes_are_checked_before_anything_is_loaded(state):
    def check(notes):
        assert notes == NOTES
        raise UsageError("another run")

    model, optimizer = make(units=5)
    before = values(model, optimizer)
    with pytest.raises(UsageError, match="another run"):
        load_state(state, model, optimizer, check)
    for a, b in zip(values(model, optimizer), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_write_that_fails_half_way_leaves_the_old_state(state, monkeypatch):
    old = state.read_bytes()

    def savez(file, **arrays):
        file.write(old[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(UsageError, match="No space left on device"):
        save_state(state, *make(steps=5), NOTES)
    assert state.read_bytes() == old and len(list(state.parent.iterdir())) == 1


def test_models_are_saved_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "tiny.keras"
    model, _ = make()
    save_model(model, path)
    loaded = keras.saving.load_model(path)
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    old = path.read_bytes()

    def save(target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save", save)
    with pytest.raises(UsageError, match="No space left on device"):
        save_model(model, path)
    assert path.read_bytes() == old and len(list(tmp_path.iterdir())) == 1
