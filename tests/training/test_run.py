"""The training loop on one convolution: what is kept, when it stops, how it goes on."""

import json
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.objectives import reconstruction
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run import Run
from dlnet_tf.training.run_files import RunFiles
from dlnet_tf.validation import Validation
from tests.training.events import read_events


def network():
    degraded = keras.Input((None, None, 1), name="degraded")
    return keras.Model({"degraded": degraded}, keras.layers.Conv2D(1, 3, padding="same", name="z")(degraded))


def batches(first, last, context, poisoned=None):
    """Noise, and its negative as the truth; not a number at one step."""

    def build(step):
        x = tf.random.stateless_normal((2, 6, 6, 1), tf.stack([step, 1]))
        return {"degraded": x}, tf.where(step == (poisoned or 0) - 1, np.nan, -x)

    return tf.data.Dataset.range(first, last).map(build)


def psnr_of_weights(model):
    return Validation({"u=0": 30.0 + float(np.abs(model.get_weights()[0]).sum())})


def joint(model, inputs, clean):
    return reconstruction(model(inputs, training=True), clean)


class Scaled:
    """Joint training of a xhat, with an a of its own."""

    def __init__(self):
        self.scale = keras.Variable(1.5, name="scale")
        self.variables = [self.scale]

    def __call__(self, model, inputs, clean):
        return reconstruction(self.scale * model(inputs, training=True), clean)

    def curves(self):
        return {"scale": float(self.scale.numpy())}


class Amplitude:
    """Every validation changes how large the noise is, by what it found."""

    def __init__(self):
        self.state = [1.0]

    def update(self, found):
        self.state = [*self.state, 1 + found.mean % 1]

    def curves(self):
        return {"amplitude": self.state[-1]}

    def batches(self, first, last, context):
        # A number of its own, as the dataset must not see what a later validation makes of it.
        amplitude = self.state[-1]
        return batches(first, last, context).map(
            lambda inputs, clean: ({"degraded": amplitude * inputs["degraded"]}, clean)
        )


class Noise(Lesson):
    clip_norm = 100.0

    def __init__(self, objective, batches, validate, curriculum, validate_every):
        self.validate_every = validate_every
        self.objective, self._batches, self._validate, self.curriculum = objective, batches, validate, curriculum

    def batches(self, first, last, context=None):
        return self._batches(first, last, context)

    def validator(self, model):
        return lambda: self._validate(model)


def run(
    folder,
    steps=6,
    resume=False,
    validate=psnr_of_weights,
    poisoned=None,
    objective=joint,
    changing=None,
    validate_every=2,
    **plan,
):
    """Train; returns the notes and the model. `changing` is a curriculum with its batches."""
    keras.utils.set_random_seed(3)
    model, shipped = network(), network()
    shipped.set_weights([w + 1 for w in model.get_weights()])
    plan = Plan(RunFiles(folder, "tiny"), steps, 2, **{"checkpoint_seconds": 0.0} | plan)
    shown = changing.batches if changing else lambda *args: batches(*args, poisoned=poisoned)
    lesson = Noise(objective, shown, validate, changing, validate_every)
    run = Run(model, shipped, keras.optimizers.Adam(0.05), lesson, plan, tf.distribute.get_strategy())
    return run.train(resume), model


def network_after(folder, seen):
    """Train without an average; returns the weights before, and appends those after every step."""
    keras.utils.set_random_seed(3)
    first = network().get_weights()
    for steps in range(1, 7):
        seen.append(run(folder / str(steps), steps)[1].get_weights())
    return first


def state(folder):
    with np.load(folder / "state.npz") as stored:
        return {name: stored[name] for name in stored.files if name != "notes"}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_a_run_trains_validates_and_keeps_the_best(tmp_path, capsys):
    found, weights = iter([30.0, 32.0, 31.0]), []

    def validate(model):
        weights.append(model.get_weights())
        psnr = next(found)
        return Validation({"u=0": psnr - 1, "u=1.3": psnr + 1}, {"extra": 5.0}, {"panel": np.zeros((3, 3, 1))})

    notes, model = run(tmp_path, validate=validate, log_dir=tmp_path / "logs", facts={"Data": "noise"})
    assert notes.best == {"step": 4, "psnr": 32.0}
    assert [entry["step"] for entry in notes.history] == [2, 4, 6]
    best = keras.saving.load_model(tmp_path / "tiny.keras")
    for stored, seen, last in zip(best.get_weights(), weights[1], model.get_weights(), strict=True):
        np.testing.assert_array_equal(stored, seen)
        assert not np.array_equal(stored, last)
    # The last validation saw what was trained.
    np.testing.assert_array_equal(weights[2][0], model.get_weights()[0])
    assert "step 4: 31.00 dB at u=0, 33.00 dB at u=1.3" in (tmp_path / "tiny.md").read_text()
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 3 and "u=0 31.00 dB  u=1.3 33.00 dB" in printed.out
    assert printed.err == ""
    events = read_events(tmp_path / "logs")
    assert set(events) == {
        *("loss", "gradient_norm", "learning_rate", "images_per_second"),
        *("psnr/u=0", "psnr/u=1.3", "extra", "panel"),
    }
    assert events["psnr/u=0"] == {2: 29.0, 4: 31.0, 6: 30.0}
    assert events["learning_rate"][6] == pytest.approx(0.05)
    assert events["images_per_second"][6] > 0


def test_training_lowers_the_loss(tmp_path):
    rarely = {"checkpoint_seconds": 1e9, "validate_every": 100}
    run(tmp_path, steps=40, log_dir=tmp_path / "first", **rarely)
    run(tmp_path, steps=200, resume=True, log_dir=tmp_path / "second", **rarely)
    early, late = (read_events(tmp_path / name)["loss"] for name in ("first", "second"))
    assert list(early) == [40] and list(late) == [200] and late[200] < 0.2 * early[40]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_writes_the_state_and_the_run_goes_on_from_there(tmp_path, capsys, number):
    run(tmp_path / "whole")

    def interrupt(model):
        os.kill(os.getpid(), number)
        return Validation({"u=0": 30.0})

    handlers = [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", validate=interrupt, checkpoint_seconds=1e9)
    assert [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)] == handlers
    assert "stopped at step 2; give --resume to continue" in capsys.readouterr().out
    assert not np.array_equal(state(tmp_path / "cut")["optimizer/0000"], state(tmp_path / "whole")["optimizer/0000"])
    notes, _ = run(tmp_path / "cut", resume=True)
    assert [entry["step"] for entry in notes.history] == [2, 4, 6]
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_the_average_of_the_weights_is_validated_kept_and_resumed(tmp_path):
    seen, validated = [], []

    def validate(model):
        validated.append(model.get_weights())
        return psnr_of_weights(model)

    first = network_after(tmp_path / "plain", seen)
    run(tmp_path / "whole", average=0.7, validate=validate)
    average = first
    for step, weights in enumerate(seen, 1):
        decay = min(0.7, (1 + step) / (10 + step))
        average = [decay * a + (1 - decay) * w for a, w in zip(average, weights, strict=True)]
        if step % 2 == 0:
            for found, expected in zip(validated[step // 2 - 1], average, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)

    def kill(model):
        raise MemoryError

    with pytest.raises(MemoryError):
        run(tmp_path / "cut", average=0.7, validate=kill, validate_every=3)
    run(tmp_path / "cut", average=0.7, resume=True)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    with pytest.raises(UsageError, match="state of another model"):
        run(tmp_path / "cut", resume=True)


def test_variables_of_an_objective_are_trained_kept_and_shown(tmp_path):
    whole, cut = Scaled(), Scaled()
    run(tmp_path / "whole", objective=whole, log_dir=tmp_path / "logs")
    value = float(whole.scale.numpy())
    assert value != 1.5 and state(tmp_path / "whole")["objective/0000"] == np.float32(value)
    curve = read_events(tmp_path / "logs")["scale"]
    assert list(curve) == [2, 4, 6] and curve[6] == pytest.approx(value)

    def kill(model):
        raise MemoryError

    with pytest.raises(MemoryError):
        run(tmp_path / "cut", objective=cut, validate=kill, validate_every=3)
    resumed = Scaled()
    run(tmp_path / "cut", objective=resumed, resume=True)
    assert float(resumed.scale.numpy()) == value != float(cut.scale.numpy())
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))
    with pytest.raises(UsageError, match="state of another model"):
        run(tmp_path / "cut", resume=True)


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_curriculum_that_is_killed_goes_on_where_it_was(tmp_path, killed_after):
    whole = Amplitude()
    notes, _ = run(tmp_path / "whole", steps=8, changing=whole, log_dir=tmp_path / "logs")
    assert notes.curriculum == whole.state and len(set(whole.state)) == 5
    amplitudes = read_events(tmp_path / "logs")["amplitude"]
    np.testing.assert_allclose([amplitudes[step] for step in (2, 4, 6, 8)], whole.state[1:], rtol=1e-6)
    # What it is shown depends on it.
    run(tmp_path / "other", steps=8)
    assert not np.array_equal(state(tmp_path / "other")["optimizer/0002"], state(tmp_path / "whole")["optimizer/0002"])

    validations = []

    def kill(model):
        validations.append(1)
        if len(validations) > killed_after:
            raise MemoryError
        return psnr_of_weights(model)

    # The state of the step before the one that is validated.
    with pytest.raises(MemoryError):
        run(tmp_path / "cut", steps=8, changing=Amplitude(), validate=kill)
    assert state(tmp_path / "cut")["optimizer/0000"] == 2 * killed_after + 1
    notes, _ = run(tmp_path / "cut", steps=8, changing=Amplitude(), resume=True)
    assert notes.curriculum == whole.state
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_a_curriculum_that_cannot_go_on_is_a_failed_validation(tmp_path):
    class Stubborn(Amplitude):
        def update(self, found):
            raise UsageError("on-demand learning: found a validation PSNR of -1 dB")

    with pytest.raises(UsageError, match="validation failed at step 2, its state is kept .*found a validation PSNR"):
        run(tmp_path, changing=Stubborn())
    assert state(tmp_path)["optimizer/0000"] == 2


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_good_state(tmp_path):
    with pytest.raises(UsageError) as caught:
        run(tmp_path, poisoned=4)
    message = str(caught.value)
    assert "not finite at step 4" in message and "\n" not in message
    assert f"--learning_rate or --step_size in another --output_dir with --checkpoint={tmp_path}/tiny.keras" in message
    kept = state(tmp_path)
    assert kept["optimizer/0000"] == 3 and all(np.isfinite(value).all() for value in kept.values())
    notes, model = run(tmp_path, resume=True)
    assert notes.history[-1]["step"] == 6 and np.isfinite(model.get_weights()[0]).all()


def test_a_finished_run_that_is_resumed_stays_as_it_is(tmp_path, capsys):
    run(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    notes, _ = run(tmp_path, resume=True)
    assert notes.history[-1]["step"] == 6 and capsys.readouterr().out == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_state_beyond_the_end_of_the_run_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(UsageError, match="found step 6, expected at most the 5 of the run"):
        run(tmp_path, steps=5, resume=True)


def test_without_a_state_a_resumed_run_begins(tmp_path, capsys):
    run(tmp_path / "new")
    capsys.readouterr()
    run(tmp_path / "resumed", resume=True)
    out = capsys.readouterr().out
    assert f"{tmp_path}/resumed/state.npz: no state yet, the run begins at step 0\n" in out and out.count("\n") == 4
    assert_same(state(tmp_path / "resumed"), state(tmp_path / "new"))


def test_a_run_killed_in_its_first_steps_left_a_state(tmp_path):
    def kill(model):
        raise MemoryError

    with pytest.raises(MemoryError):
        run(tmp_path / "cut", validate=kill, checkpoint_seconds=1e9)
    assert state(tmp_path / "cut")["optimizer/0000"] == 0
    run(tmp_path / "cut", resume=True)
    run(tmp_path / "whole")
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_another_setting_is_refused_by_name_and_leaves_all_as_it_was(tmp_path):
    run(tmp_path, settings={"seed": 1, "learning_rate": 1e-3, "schedule": "cosine"})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for flag, value, of_run in (("seed", 2, "1"), ("learning_rate", 0.01, "0.001"), ("schedule", "paper", "cosine")):
        settings = {"seed": 1, "learning_rate": 1e-3, "schedule": "cosine", flag: value}
        with pytest.raises(UsageError) as caught:
            run(tmp_path, steps=9, resume=True, settings=settings)
        assert str(caught.value) == f"--{flag}: found {value}, expected {of_run} as in the run of {tmp_path}/state.npz"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_state_that_tells_no_settings_is_resumed(tmp_path):
    run(tmp_path, steps=4)
    with np.load(tmp_path / "state.npz") as stored:
        arrays = dict(stored)
    notes = json.loads(arrays["notes"].tobytes())
    del notes["settings"], notes["totals"]
    np.savez(tmp_path / "state.npz", **arrays | {"notes": np.frombuffer(json.dumps(notes).encode(), np.uint8)})
    notes, _ = run(tmp_path, resume=True, settings={"seed": 2})
    assert notes.settings == {"seed": 2} and notes.totals == [[4, 6]]


def test_a_longer_run_is_told_on_the_terminal_and_in_the_card(tmp_path, capsys):
    run(tmp_path, steps=3)
    assert "--train_steps" not in capsys.readouterr().out
    notes, _ = run(tmp_path, steps=6, resume=True)
    assert "step 3: --train_steps was 3 up to here, is 6 from here on\n" in capsys.readouterr().out
    assert notes.totals == [[0, 3], [3, 6]]
    assert "of wall clock, 12 examples; steps 1-3 under a schedule of 3\n" in (tmp_path / "tiny.md").read_text()


@pytest.mark.parametrize("last", [4, 6])
def test_a_validation_that_fails_keeps_what_was_learned(tmp_path, last):
    def validate(model):
        steps.append(2)
        if sum(steps) == last:
            raise UsageError("fox: found restored values that are not finite")
        return Validation({"u=0": 30.0})

    steps = []
    with pytest.raises(UsageError) as caught:
        run(tmp_path / "cut", validate=validate, checkpoint_seconds=1e9)
    message = str(caught.value)
    assert f"validation failed at step {last}, its state is kept (fox: " in message and "\n" not in message
    assert "try a smaller --learning_rate" in message and "tiny.keras" in message
    run(tmp_path / "whole")
    run(tmp_path / "cut", resume=True)
    assert_same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_a_first_validation_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"validation failed at step 2, .* \(found u=0 nan dB\)") as caught:
        run(tmp_path, validate=lambda model: Validation({"u=0": float("nan")}))
    assert "--checkpoint" not in str(caught.value) and state(tmp_path)["optimizer/0000"] == 2


def test_the_progress_line_shows_the_last_validation(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("dlnet_tf.training.show.Progress.advance", lambda self, note: drawn.append(note))
    run(tmp_path, steps=4, validate=lambda model: Validation({"u=0": 31.0, "u=1.3": 32.5}))
    assert ["PSNR 31.75 dB" in note for note in drawn] == [False, False, True, True]
    assert all(note.startswith("loss ") for note in drawn)
    run(tmp_path, steps=5, resume=True)
    assert "PSNR 31.75 dB" in drawn[-1]


def test_states_are_written_by_time(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr("dlnet_tf.training.run.save_state", lambda *args: written.append(int(args[2].iterations)))
    run(tmp_path, checkpoint_seconds=0.0)
    run(tmp_path, checkpoint_seconds=1e9)
    assert written == [0, 1, 2, 3, 4, 5, 6, 0, 6]


def test_a_best_model_that_was_removed_is_written_again(tmp_path):
    run(tmp_path, steps=4, validate=lambda model: Validation({"u=0": 40.0}))
    (tmp_path / "tiny.keras").unlink()
    notes, _ = run(tmp_path, resume=True, validate=lambda model: Validation({"u=0": 35.0}))
    assert notes.best == {"step": 6, "psnr": 35.0} and (tmp_path / "tiny.keras").is_file()
