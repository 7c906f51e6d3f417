"""tf.distribute strategies by name, and what several workers need to stay together."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import tensorflow as tf

from dlnet_tf.errors import UsageError
from dlnet_tf.graph_mode import in_graph_mode
from dlnet_tf.training.lesson import Lesson
from dlnet_tf.training.step import Batch

# What a collective operation ends with where a worker died, was stopped, or does not answer any more.
LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Return a strategy.

    Args:
        name: "none" for the one device that TensorFlow chooses; "mirrored" for all GPUs of this machine (or its CPU);
            "multiworker" for the workers in the environment variable TF_CONFIG, all of which are waited for.

    Raises:
        UsageError: TF_CONFIG does not say which worker of which cluster this is.
    """
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multiworker":
        kind, index, cluster = _task()
        count = sum(len(tasks) for tasks in cluster.values())
        print(f"{kind} {index} of a cluster of {count}: waiting for the others", flush=True)
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def is_chief(name: str) -> bool:
    """Tell whether this process writes the files of a run, before its strategy of that name is made.

    Raises:
        UsageError: as `make_strategy`.
    """
    if name != "multiworker":
        return True
    kind, index, cluster = _task()
    return index == 0 and (kind == "chief" or "chief" not in cluster)


def _task() -> tuple[str, int, Mapping[str, Sequence[str]]]:
    """Read TF_CONFIG: kind of task, its index, the addresses of all tasks by kind."""
    found = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(found)
        cluster, kind, index = config["cluster"], config["task"]["type"], int(config["task"]["index"])
        known = kind in ("chief", "worker") and 0 <= index < len(cluster[kind])
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise UsageError(
            f"--strategy=multiworker: found TF_CONFIG={found[:200]!r} in the environment, expected this process in it "
            'as in {"cluster": {"worker": ["host0:4000", "host1:4000"]}, "task": {"type": "worker", "index": 0}}'
        )
    return kind, index, cluster


@contextlib.contextmanager
def lost_workers() -> Iterator[None]:
    """Turn what TensorFlow raises in the workers that are left, when one is gone, into one line.

    A worker that died is noticed at once, a machine that vanished when its heartbeats are missed.

    Raises:
        UsageError: in the place of the errors in `LOST`.
    """
    try:
        yield
    except LOST as error:
        reason = str(error).partition("aborted by: ")[2] or str(error)
        raise UsageError(
            f"--strategy=multiworker: lost another worker ({reason.splitlines()[0][:200].rstrip(':')}); start all of "
            "them again with --resume"
        ) from None


def batches_of(lesson: Lesson, strategy: tf.distribute.Strategy, first: int, last: int) -> Iterator[Batch]:
    """Return the batches of the steps [first, last) of a lesson, as a step over all replicas takes them."""
    if strategy.num_replicas_in_sync == 1:
        return iter(lesson.batches(first, last))
    return iter(strategy.distribute_datasets_from_function(lambda context: lesson.batches(first, last, context)))


def make_sum(strategy: tf.distribute.Strategy) -> Callable[[Sequence[float]], list[float]]:
    """Return what adds up the workers' numbers for each of them; all call it together. One alone keeps its own."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return list

    @in_graph_mode
    def total(own: tf.Tensor) -> tf.Tensor:
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(tf.identity, args=(own,)), axis=None)

    return lambda values: [float(value) for value in total(tf.constant(values, tf.float32))]


def make_poll(strategy: tf.distribute.Strategy) -> Callable[[bool], bool]:
    """Return what tells every worker whether the answer of one of them is yes; all of them have to ask together."""
    total = make_sum(strategy)
    return lambda answer: total([float(answer)])[0] > 0


def check_agreement(strategy: tf.distribute.Strategy, step: int, settings: Mapping[str, object]) -> None:
    """Refuse workers that would not train the same run.

    Args:
        strategy: how replicas are spread.
        step: at which this worker begins.
        settings: settings of its run.

    Raises:
        UsageError: another worker begins at another step, or with other settings.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return
    checksum = zlib.crc32(json.dumps(dict(settings), sort_keys=True).encode())

    @in_graph_mode
    def of_all() -> tf.Tensor:
        return strategy.gather(strategy.run(lambda: tf.constant([[step, checksum]], tf.int64)), axis=0)

    steps, checksums = of_all().numpy().T.tolist()
    if len(set(steps)) > 1:
        raise UsageError(
            f"--strategy=multiworker: found workers that begin at steps {sorted(set(steps))}, expected one "
            "--output_dir that all of them see"
        )
    if len(set(checksums)) > 1:
        raise UsageError("--strategy=multiworker: found workers with unequal flags or images, expected equal ones")


def synchronize_statistics(model: keras.Model, strategy: tf.distribute.Strategy) -> None:
    """Make every batch normalisation of a model take its statistics over all replicas, as if there was one.

    Nothing changes for one replica. It is a matter of how a model is trained, and not saved with what ships.
    """
    if strategy.num_replicas_in_sync == 1:
        return
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
        elif hasattr(layer, "layers"):
            synchronize_statistics(layer, strategy)
