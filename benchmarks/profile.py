"""Where the time goes: milliseconds by kind of operation, in restoring a batch and in a training step.

python -m benchmarks.profile                    a table
python -m benchmarks.profile --json FILE.json   the numbers too

The autoencoder on batches of 50 images on one core, so that kinds add up to the time. A round is one traced run; the
numbers are medians over the rounds.
"""

from __future__ import annotations

import collections
import statistics
import tempfile
from typing import Any

import tensorflow as tf

from benchmarks.networks import batch_of, build
from benchmarks.recording import machine, parser, table, write
from dlnet_tf.graph_mode import in_graph_mode

BATCH = 50
CASES = {"K=1": (1, "none"), "Adam": (5, "adam"), "learned": (5, "gradient")}
# Operations of less than this share of a run stand under "other".
SMALLEST = 0.01


def _export(case: str, work: str, folder: str) -> None:
    """Write what is traced as a SavedModel, which a session can load and trace operation by operation."""
    inputs, clean = batch_of("autoencoder", BATCH)
    model = build("autoencoder", *CASES[case], trained=work == "training")
    module = tf.Module()
    module.variables_kept = [variable.value for variable in model.variables]
    specs = {name: tf.TensorSpec((None, *value.shape[1:]), name=name) for name, value in inputs.items()}

    @in_graph_mode(input_signature=[specs | {"clean": tf.TensorSpec((None, *clean.shape[1:]), name="clean")}])
    def run(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        batch, clean = {name: batch[name] for name in inputs}, batch["clean"]
        if work == "restoring":
            return {"result": model(batch, training=False)}
        with tf.GradientTape() as tape:
            loss = 0.5 * tf.reduce_sum(tf.square(model(batch, training=True) - clean)) / BATCH
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        return {"result": tf.add_n([tf.reduce_sum(gradient) for gradient in gradients if gradient is not None])}

    module.run = run
    tf.saved_model.save(module, folder, signatures={"run": run})


def trace(case: str, work: str, rounds: int) -> dict[str, float]:
    """Return the milliseconds of each kind of operation."""
    inputs, clean = batch_of("autoencoder", BATCH)
    values = {name: value.numpy() for name, value in inputs.items()} | {"clean": clean.numpy()}
    v1 = tf.compat.v1
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    found: dict[str, list[float]] = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        _export(case, work, folder)
        with tf.Graph().as_default(), v1.Session(config=config) as session:
            signature = v1.saved_model.load(session, ["serve"], folder).signature_def["run"]
            feed = {signature.inputs[name].name: values[name] for name in signature.inputs}
            result = signature.outputs["result"].name
            session.run(result, feed)
            for _ in range(rounds):
                metadata = v1.RunMetadata()
                full = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
                session.run(result, feed, options=full, run_metadata=metadata)
                for kind, milliseconds in _by_kind(metadata).items():
                    found[kind].append(milliseconds)
    # A kind that some rounds lack counts as nothing there.
    return {kind: statistics.median(times + [0.0] * (rounds - len(times))) for kind, times in found.items()}


def _by_kind(metadata: Any) -> dict[str, float]:
    total: dict[str, float] = collections.defaultdict(float)
    for device in metadata.step_stats.dev_stats:
        for node in device.node_stats:
            _, equals, call = node.timeline_label.partition(" = ")
            kind = call.partition("(")[0].removeprefix("_Mkl").removeprefix("Native") if equals else "other"
            # A loop only waits for the operations in it; a call that is left in the graph is one that XLA compiled.
            if kind not in ("While", "StatelessWhile"):
                total[kind] += (node.op_end_rel_micros - node.op_start_rel_micros) / 1e3
    return total


def main() -> None:
    """Trace and print."""
    options = parser(__doc__ or "", rounds=5).parse_args()
    print(machine())
    rows = []
    for work in ("restoring", "training"):
        columns = {case: trace(case, work, options.rounds) for case in CASES}
        sums = {case: sum(kinds.values()) for case, kinds in columns.items()}
        largest: dict[str, float] = collections.defaultdict(float)
        for case, kinds in columns.items():
            for kind, milliseconds in kinds.items():
                shown = kind if milliseconds >= SMALLEST * sums[case] else "other"
                largest[shown] = max(largest[shown], milliseconds)
        named = sorted(largest.keys() - {"other"}, key=largest.__getitem__, reverse=True)
        found = [{"ms": kind, **{case: columns[case].get(kind, 0.0) for case in CASES}} for kind in named]
        rest = {case: sums[case] - sum(columns[case].get(kind, 0.0) for kind in named) for case in CASES}
        found += [{"ms": "other", **rest}, {"ms": "all", **sums}]
        print(f"\n{work}\n\n" + table(found, {"ms": "", **dict.fromkeys(CASES, ".1f")}))
        rows += [{"work": work, **row} for row in found]
    write(options.json, rows)


if __name__ == "__main__":
    main()
