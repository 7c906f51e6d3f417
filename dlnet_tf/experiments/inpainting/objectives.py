"""What an inpainting or interpolation model minimises, by its method and the flags of its training."""

from __future__ import annotations

from collections.abc import Callable

from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.inpainting.options import InpaintingTraining
from dlnet_tf.objectives import Adversarial, BoundaryWeighted, MultiTask, NaiveLikelihood, Objective
from dlnet_tf.tasks import TASKS

WEIGHT_DECAY = 1e-4


def _naive_likelihood(experiment: Inpainting, options: InpaintingTraining) -> Objective:
    return NaiveLikelihood(1e4 if options.likelihood_weight is None else options.likelihood_weight, WEIGHT_DECAY)


def _multitask(experiment: Inpainting, options: InpaintingTraining) -> Objective:
    of = BoundaryWeighted() if options.boundary else None
    return MultiTask(**TASKS[experiment.task].bins, weight_decay=WEIGHT_DECAY, of=of)


# Methods with a loss of their own; the others differ in their model or in what they are shown.
OWN_LOSSES: dict[str, Callable[[Inpainting, InpaintingTraining], Objective]] = {
    "naive_likelihood": _naive_likelihood,
    "multitask": _multitask,
}
# Methods that need the level of a mask, the side of a square.
BY_LEVEL = ("multitask", "on_demand")


def objective_of(experiment: Inpainting, method: str, options: InpaintingTraining) -> Objective:
    """Return what a method minimises."""
    if method in OWN_LOSSES:
        return OWN_LOSSES[method](experiment, options)
    if options.boundary:
        return BoundaryWeighted(WEIGHT_DECAY)
    if options.adversarial_weight is not None:
        return Adversarial(options.adversarial_weight, WEIGHT_DECAY)
    return Objective(WEIGHT_DECAY)


def check_training_flags(experiment: Inpainting, method: str, options: InpaintingTraining) -> None:
    """Refuse combinations of flags that mean nothing in training.

    Raises:
        UsageError: names the flag.
    """
    if options.likelihood_weight is not None and method != "naive_likelihood":
        raise UsageError(f"--likelihood_weight: found with --method={method}, expected naive_likelihood")
    if options.boundary and (experiment.damage != "holes" or method == "naive_likelihood"):
        raise UsageError("--boundary: expected --task=inpaint and another method than naive_likelihood")
    if options.adversarial_weight is not None and (method in OWN_LOSSES or options.boundary):
        raise UsageError("--adversarial_weight: expected a method without a loss of its own, and no --boundary")
    if options.holes != "square" and experiment.damage != "holes":
        raise UsageError(f"--holes={options.holes}: found --task={experiment.task}, expected inpaint")
    if options.holes != "square" and method in BY_LEVEL:
        raise UsageError(
            f"--holes={options.holes}: found --method={method}, which needs square holes, expected another one"
        )
    if options.dataset == "samples":
        raise UsageError("--dataset=samples: found test images only, expected celeba, sun397 or folder")
