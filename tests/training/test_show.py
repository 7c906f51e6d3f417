"""What a run shows on the terminal and in TensorBoard."""

import keras
import pytest

from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run_files import RunFiles
from dlnet_tf.training.show import Show
from dlnet_tf.validation import Validation
from tests.training.events import read_events


class Curved:
    curriculum = None

    def objective(self, model, inputs, clean):
        """Has no curves."""


@pytest.mark.parametrize("is_chief", [True, False])
def test_the_chief_alone_writes(tmp_path, capsys, is_chief):
    plan = Plan(RunFiles(tmp_path, "tiny"), 3, 4, log_dir=tmp_path / "logs")
    show = Show(Curved(), plan, keras.optimizers.Adam(0.5), 1, is_chief)
    for step in (2, 3):
        show.step(step, {"loss": 1.0 / step}, Notes())
    show.validation(3, Validation({"u=0": 31.0}, {"step_size": 2.0}), Notes(seconds=65.0))
    show.close()
    assert capsys.readouterr().out == ("step      3      1:05  u=0 31.00 dB\n" if is_chief else "")
    if not is_chief:
        assert not (tmp_path / "logs").exists()
        return
    events = read_events(tmp_path / "logs")
    # A point after some seconds, and at the end.
    assert events["loss"] == {3: pytest.approx(1 / 3)} and events["learning_rate"] == {3: 0.5}
    assert set(events) == {"loss", "learning_rate", "images_per_second", "psnr/u=0", "step_size"}
