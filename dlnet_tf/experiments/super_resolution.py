"""Super-resolution at one magnification with one network: its methods, models and checkpoints."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from dlnet_tf import models
from dlnet_tf.backbones import BACKBONES
from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.errors import UsageError
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate

# The blur widths u at which models are compared.
LEVELS = (0.0, 1.3, 2.6)
CHECKPOINTS = pathlib.Path(__file__).resolve().parents[2] / "checkpoints"


@dataclasses.dataclass(frozen=True)
class Method:
    """How a network of one method is trained (arXiv:1904.09105v4, Section IV-D).

    Attributes:
        blur_widths: range of u in training.
        patch: side of a degraded patch.
        batch: patches a step; the paper does not say.
        fine_tuned: whether training starts from the reference network.
    """

    blur_widths: tuple[float, float]
    patch: int
    batch: int
    fine_tuned: bool


_MULTI_LEVEL = Method(blur_widths=(0.0, 3.0), patch=40, batch=8, fine_tuned=True)
METHODS = {
    "reference": Method(blur_widths=(0.0, 0.0), patch=17, batch=32, fine_tuned=False),
    "joint": _MULTI_LEVEL,
    "dlnet": _MULTI_LEVEL,
    "dlnet_gradient": _MULTI_LEVEL,
}
# The methods that are DL-Nets, with the rule that moves z; the other ones are plain networks.
RULES = {"dlnet": AdamUpdate, "dlnet_gradient": GradientUpdate}


@dataclasses.dataclass(frozen=True)
class SuperResolution:
    """One row of networks: a backbone at a magnification, trained by each method.

    Attributes:
        backbone: key of `BACKBONES`.
        scale: magnification t.
    """

    backbone: str
    scale: int

    @property
    def degradation(self) -> BlurDownsample:
        """W of Eq. 1."""
        return BlurDownsample(self.scale)

    def name(self, method: str) -> str:
        """Return what the model of a method is called, as in its checkpoint."""
        return f"{self.backbone}_x{self.scale}_{method}"

    def checkpoint(self, method: str) -> pathlib.Path:
        """Return where the shipped checkpoint of a method lies, if there is one."""
        return CHECKPOINTS / f"{self.name(method)}.keras"

    def shipped(self) -> list[str]:
        """Return the methods whose checkpoints ship, in the order of `METHODS`."""
        return [method for method in METHODS if self.checkpoint(method).is_file()]

    def training_command(self, method: str) -> str:
        """Return the command that trains the model of a method."""
        return f"python run_sisr.py --mode train --backbone {self.backbone} --scale {self.scale} --method {method}"

    def load(self, path: pathlib.Path) -> keras.Model:
        """Load a checkpoint of this backbone and scale.

        Raises:
            UsageError: it cannot be loaded, or is of another backbone or scale.
        """
        model = models.load(path)
        network = models.backbone_of(model)
        scale = getattr(next((part for part in network.layers if part.name == "bicubic"), None), "scale", None)
        found = f"{network.name} x{scale}" if scale else network.name
        if found != f"{self.backbone} x{self.scale}":
            raise UsageError(f"{path}: found a checkpoint of {found}, expected {self.backbone} x{self.scale}")
        return model

    def load_shipped(self, method: str) -> keras.Model:
        """Load the shipped checkpoint of a method.

        Raises:
            UsageError: there is none; the message names the command that trains it.
        """
        path = self.checkpoint(method)
        if not path.is_file():
            raise UsageError(
                f"--method={method}: found no {path.name} in {path.parent.name}/; train it with "
                f"{self.training_command(method)}"
            )
        return self.load(path)

    def build(self, method: str, network: keras.Model | None, num_steps: int, step_size: float) -> keras.Model:
        """Build the model that a method trains.

        Args:
            method: key of `METHODS`.
            network: backbone to start from; None for random weights.
            num_steps: K of a DL-Net.
            step_size: gamma of the Adam rule.

        Returns:
            A backbone, or a DL-Net around it.
        """
        network = network or BACKBONES[self.backbone](scale=self.scale)
        if method == "dlnet":
            return DLNet(network, self.degradation, num_steps, AdamUpdate(step_size), name=self.name(method))
        if method == "dlnet_gradient":
            # Training calibrates again by itself where it starts from scratch.
            return DLNet(
                network, self.degradation, num_steps, GradientUpdate(), recalibrate=False, name=self.name(method)
            )
        return network


def load_models(experiment: SuperResolution, methods: Sequence[str], options: Any) -> dict[str, keras.Model]:
    """Load --checkpoint, else the shipped models of some methods, and apply --precision, --num_steps and --step_size.

    Args:
        experiment: backbone and scale.
        methods: keys of `METHODS`; those that ship are read where there is no --checkpoint.
        options: the parsed flags.

    Returns:
        method -> model; a plain network that is called neither reference nor joint goes by the name of its file.

    Raises:
        UsageError: a checkpoint is missing, or is of another network or method; no model heeds one of the flags.
    """
    if options.checkpoint:
        path = pathlib.Path(options.checkpoint)
        model = experiment.load(path)
        loaded = {_method_of(model, path, options.method): model}
    else:
        loaded = {method: experiment.load_shipped(method) for method in methods}
    if options.precision:
        loaded = {method: models.with_precision(model, options.precision) for method, model in loaded.items()}
    _take_steps(loaded, options)
    return loaded


def _method_of(model: keras.Model, path: pathlib.Path, given: str | None) -> str:
    """Tell the method of a checkpoint: a DL-Net's by its rule, a plain network's by --method or the file's name."""
    found = path.stem
    if isinstance(model, DLNet):
        found = next((name for name, rule in RULES.items() if isinstance(model.update, rule)), found)
    elif (suffix := found.rpartition("_")[2]) in METHODS.keys() - RULES.keys():
        found = suffix
    # The name of a file says nothing against a method, if it is no method's.
    if given and given != found and (found in METHODS or given in RULES):
        raise UsageError(f"--method={given}: found {found} in {path}, expected a checkpoint of that method")
    return given or found


def _take_steps(loaded: Mapping[str, keras.Model], options: Any) -> None:
    """Apply --num_steps and --step_size, and refuse them where none of the models would heed them."""
    dlnets = [model for model in loaded.values() if isinstance(model, DLNet)]
    rules = [model.update for model in dlnets if isinstance(model.update, AdamUpdate)]
    if options.num_steps and not dlnets:
        raise UsageError(f"--num_steps={options.num_steps}: found no DL-Net among {', '.join(loaded)}")
    if options.step_size is not None and not rules:
        raise UsageError(f"--step_size={options.step_size}: found no Adam rule among {', '.join(loaded)}")
    for model in dlnets:
        model.num_steps = options.num_steps or model.num_steps
    for rule in rules:
        rule.step_size = rule.step_size if options.step_size is None else options.step_size
