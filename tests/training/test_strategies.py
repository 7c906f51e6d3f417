"""However a batch is spread over replicas, the same is learned."""

import json
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.training.strategies import (
    check_agreement,
    is_chief,
    lost_workers,
    make_poll,
    make_strategy,
    synchronize_statistics,
)
from tests.training.processes import ON_DEMAND, SISR, contents, finish, flags, make_data, two_workers

STEPS = 6


def test_strategies_go_by_name():
    assert make_strategy("none") is tf.distribute.get_strategy()
    assert isinstance(make_strategy("mirrored"), tf.distribute.MirroredStrategy)
    assert is_chief("none") and is_chief("mirrored")


def task(kind, index, **cluster):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("config", "chief"),
    [
        (task("worker", 0, worker=["a:1", "b:1"]), True),
        (task("worker", 1, worker=["a:1", "b:1"]), False),
        (task("worker", 0, chief=["a:1"], worker=["b:1"]), False),
        (task("chief", 0, chief=["a:1"], worker=["b:1"]), True),
    ],
)
def test_one_of_all_workers_writes(monkeypatch, config, chief):
    monkeypatch.setenv("TF_CONFIG", config)
    assert is_chief("multiworker") == chief


@pytest.mark.parametrize(
    "config",
    [
        *(None, "", "{", "[]", '"a"', "{}", '{"cluster": {"worker": ["a:1"]}}'),
        *(task("worker", index, worker=["a:1"]) for index in (1, -1, "x", None)),
        *(task(kind, 0, worker=["a:1"]) for kind in ("chief", "ps", ["worker"])),
        task("evaluator", 0, evaluator=["a:1"]),
    ],
)
def test_a_configuration_that_names_no_worker_is_refused(monkeypatch, config):
    if config is None:
        monkeypatch.delenv("TF_CONFIG", raising=False)
    else:
        monkeypatch.setenv("TF_CONFIG", config)
    for function in (is_chief, make_strategy):
        with pytest.raises(UsageError, match="--strategy=multiworker: found TF_CONFIG=.* expected this process") as e:
            function("multiworker")
        assert "\n" not in str(e.value)


def test_what_is_left_of_a_cluster_ends_in_one_line():
    text = "Graph execution error:\n\nCollective ops is aborted by: Socket closed\nAdditional GRPC error"
    with pytest.raises(UsageError, match=r"lost another worker \(Socket closed\); start all of them") as caught:
        with lost_workers():
            raise tf.errors.UnavailableError(None, None, text)
    assert "\n" not in str(caught.value)
    with pytest.raises(tf.errors.InvalidArgumentError), lost_workers():
        raise tf.errors.InvalidArgumentError(None, None, "a bug")


def test_one_worker_has_nobody_to_agree_with():
    strategy = make_strategy("none")
    check_agreement(strategy, 3, {"seed": 1})
    assert [make_poll(strategy)(answer) for answer in (False, True)] == [False, True]


def test_statistics_of_nested_networks_are_those_of_all_replicas_if_there_are_several():
    class Two:
        num_replicas_in_sync = 2

    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(name="inner")])
    outer = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(name="outer"), inner])
    norms = [outer.get_layer("outer"), inner.get_layer("inner")]
    for strategy, synchronized in ((make_strategy("none"), False), (Two(), True)):
        synchronize_statistics(outer, strategy)
        assert [norm.synchronized for norm in norms] == [synchronized] * 2


def assert_close(found_folder, expected_folder):
    """All weights and statistics to 1e-5, and the same history."""
    (found, found_notes), (expected, notes) = contents(found_folder), contents(expected_folder)
    assert found.keys() == expected.keys() and expected["optimizer/0000"] == found["optimizer/0000"] == STEPS
    for name, value in expected.items():
        if name.startswith("model/"):
            np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-5, err_msg=name)
    assert found_notes.get("curriculum") == notes.get("curriculum")
    for one, other in zip(found_notes["history"], notes["history"], strict=True):
        assert one["step"] == other["step"] and one["psnr"] == pytest.approx(other["psnr"], abs=1e-3)


@pytest.mark.slow
def test_two_replicas_and_two_workers_learn_what_one_device_learns(tmp_path, start):
    data = make_data(tmp_path / "data")
    # g in float32: in bfloat16 sums in another order differ more.
    sisr = [*SISR, "--precision=float32", "--learning_rate=1e-4"]
    inpaint = [*ON_DEMAND, "--learning_rate=5e-5"]

    def of(command, name, strategy, *others):
        return [*command, *flags(data, tmp_path / name, STEPS, f"--strategy={strategy}", *others)]

    both = of(sisr, "sisr_one", "none") + ["+"] + of(sisr, "sisr_replicas", "mirrored")[1:]
    alone = [start(*both), start(*of(inpaint, "inpaint_one", "none"))]
    workers = [start(*of(sisr, "sisr_workers", "multiworker"), TF_CONFIG=config) for config in two_workers()]

    # Worker 1 is killed; worker 0 notices it and ends. All of them are started anew.
    cut = of(inpaint, "inpaint_workers", "multiworker", "--resume")
    chief, killed = (
        start(*cut, TF_CONFIG=config, **environment)
        for config, environment in zip(two_workers(), ({}, {"DIE_AFTER_STEP": "3"}), strict=True)
    )
    _, line = chief.communicate(timeout=120)
    assert killed.wait(timeout=60) == -signal.SIGKILL
    assert chief.returncode == 2 and line.count("\n") == 1, line
    assert "run_inpaint.py: --strategy=multiworker: lost another worker (" in line
    assert 0 < contents(tmp_path / "inpaint_workers")[0]["optimizer/0000"] <= 3
    resumed = [start(*cut, TF_CONFIG=config) for config in two_workers()]

    finish(*alone)
    outputs = [*finish(*workers), *finish(*resumed)]
    assert_close(tmp_path / "sisr_replicas", tmp_path / "sisr_one")
    assert_close(tmp_path / "sisr_workers", tmp_path / "sisr_one")
    assert_close(tmp_path / "inpaint_workers", tmp_path / "inpaint_one")
    assert contents(tmp_path / "inpaint_one")[1]["curriculum"] != [3, 3, 2, 2, 2]
    # Worker 0 alone writes and tells.
    assert ["step      2" in output for output in outputs[:2]] == [True, False]
    for name, writers in {"sisr_replicas": 1, "sisr_workers": 1, "inpaint_workers": 2}.items():
        assert len(list((tmp_path / name / "logs").iterdir())) == writers
        assert not (tmp_path / name / ".lock").exists()
