"""No request takes a server down: each has an answer or is refused, and the next one is served as before."""

import json
import subprocess
import sys

import numpy as np
import pytest

from dlnet_tf.degradations import BlurDownsample, Masking
from dlnet_tf.export import export
from dlnet_tf.likelihood import DLNet, GradientUpdate
from tests import stand_in
from tests.command_line import ENVIRONMENT, ROOT


@pytest.mark.slow
def test_every_request_is_answered_or_refused(tmp_path):
    random = np.random.default_rng(0)
    enlarge = DLNet(stand_in.idn(), BlurDownsample(3), 2, GradientUpdate(1.0))
    export(enlarge, tmp_path / "enlarge", check=False)
    fill = DLNet(stand_in.with_statistics(stand_in.autoencoder()), Masking(), 2, GradientUpdate(0.1))
    export(fill, tmp_path / "fill", check=False)
    y, u = random.random((3, 8, 9, 1), "float32"), np.array([0, 1.3, 2.6], "float32")
    np.savez(tmp_path / "enlarge-serving_default.npz", degraded=y, blur_width=u)
    np.savez(tmp_path / "enlarge-kernel.npz", degraded=y, kernel=np.full((3, 5, 5), 0.04, "float32"))
    x, mask = random.random((3, 64, 64, 3), "float32"), np.ones((3, 64, 64, 1), "float32")
    np.savez(tmp_path / "fill-serving_default.npz", degraded=x, mask=mask)
    command = [sys.executable, "-m", "tests.export.hostile_requests", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = dict(map(json.loads, done.stdout.splitlines()))
    assert len(answers) == 3 * (2 * 12 + 2)
    for what, answer in answers.items():
        change = what.rpartition(": ")[2]
        if what.endswith("as before"):
            assert answer is True, what
        # Values alone make no request a wrong one, but what has no eigenvalues.
        elif change in ("nan", "inf", "3e+38", "-1e+30", "0"):
            assert isinstance(answer, list) or "Self-adjoint eigen decomposition was not successful" in answer, what
        elif change.startswith(("a rank", "a scalar")):
            assert "is not compatible with expected shape" in answer, (what, answer)
        elif "kernel, kernel" in what and change in ("a column less", "nothing in the rows"):
            assert "kernel: found shape" in answer, (what, answer)
        elif "samples" in what:
            assert isinstance(answer, str), (what, answer)
