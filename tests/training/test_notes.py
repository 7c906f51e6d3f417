"""What a run remembers of how it was set up."""

import json

import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.training.notes import blank_notes, check_settings, note_plan
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run_files import RunFiles


def plan(folder, total, **settings):
    return Plan(RunFiles(folder, "tiny"), total, 2, settings=settings)


def test_schedules_are_listed_from_their_first_step_on(tmp_path, capsys):
    notes = blank_notes()
    # The third one was given up before it had taken a step.
    for step, total in ((0, 14_000), (631, 2500), (631, 2500), (900, 5000), (900, 3500), (1000, 3500)):
        note_plan(notes, plan(tmp_path, total), step)
        notes = json.loads(json.dumps(notes))
    assert notes["totals"] == [[0, 14_000], [631, 2500], [900, 3500]]
    assert capsys.readouterr().out.splitlines() == [
        "step 631: --train_steps was 14000 up to here, is 2500 from here on",
        "step 900: --train_steps was 2500 up to here, is 5000 from here on",
        "step 900: --train_steps was 5000 up to here, is 3500 from here on",
    ]


def test_only_settings_that_the_notes_tell_are_compared(tmp_path):
    notes = blank_notes()
    check_settings(notes, plan(tmp_path, 5, seed=1))
    note_plan(notes, plan(tmp_path, 5, seed=1, learning_rate=0.1 + 0.2), 0)
    notes = json.loads(json.dumps(notes))
    check_settings(notes, plan(tmp_path, 5, seed=1, learning_rate=0.1 + 0.2, batch_size=8))
    with pytest.raises(UsageError, match="--learning_rate: found 0.3, expected 0.30000000000000004 as in the run of"):
        check_settings(notes, plan(tmp_path, 5, seed=1, learning_rate=0.3))
