"""What a run remembers of how it was set up."""

import dataclasses
import json

import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run_files import RunFiles
from dlnet_tf.validation import Validation


def plan(folder, total, **settings):
    return Plan(RunFiles(folder, "tiny"), total, 2, settings=settings)


def stored(notes):
    """As a state gives them back."""
    return Notes(**json.loads(json.dumps(dataclasses.asdict(notes))))


def test_schedules_are_listed_from_their_first_step_on(tmp_path, capsys):
    notes = Notes()
    # The third one was given up before it had taken a step.
    for step, total in ((0, 14_000), (631, 2500), (631, 2500), (900, 5000), (900, 3500), (1000, 3500)):
        notes.take(plan(tmp_path, total), step)
        notes = stored(notes)
    assert notes.totals == [[0, 14_000], [631, 2500], [900, 3500]]
    assert capsys.readouterr().out.splitlines() == [
        "step 631: --train_steps was 14000 up to here, is 2500 from here on",
        "step 900: --train_steps was 2500 up to here, is 5000 from here on",
        "step 900: --train_steps was 5000 up to here, is 3500 from here on",
    ]


def test_only_settings_that_the_notes_tell_are_compared(tmp_path):
    notes = Notes()
    notes.check(plan(tmp_path, 5, seed=1))
    notes.take(plan(tmp_path, 5, seed=1, learning_rate=0.1 + 0.2), 0)
    notes = stored(notes)
    notes.check(plan(tmp_path, 5, seed=1, learning_rate=0.1 + 0.2, batch_size=8))
    with pytest.raises(UsageError, match="--learning_rate: found 0.3, expected 0.30000000000000004 as in the run of"):
        notes.check(plan(tmp_path, 5, seed=1, learning_rate=0.3))


def test_the_first_of_the_best_validations_is_the_best():
    notes, found = Notes(), {2: 20.0, 4: 24.0, 6: 24.0, 8: 22.0}
    better = [notes.add(step, Validation({"u=0": psnr, "u=1.3": 30.0})) for step, psnr in found.items()]
    assert better == [True, True, False, False] and stored(notes).best == {"step": 4, "psnr": 27.0}
    assert [entry["psnr"]["u=0"] for entry in notes.history] == list(found.values())


def test_notes_of_an_older_state_are_read():
    older = {"seconds": 3.0, "history": [], "best": {"step": 0, "psnr": float("-inf")}}
    assert Notes(**older) == Notes(3.0)
