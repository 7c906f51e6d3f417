"""Filling holes and missing pixels of 64 x 64 images, at every level of damage with one network.

python run_inpaint.py --task inpaint                                   compare the shipped models on test images
python run_inpaint.py --mode train --task interp --method reference    train one of them
python run_inpaint.py --mode restore --task inpaint --input photo.png --mask mask.png --output out.png
python run_inpaint.py --mode export --task interp --output saved_model/
"""

from __future__ import annotations

from typing import Any

from run_flags import MODES, define, define_shared, flags, launch, options_of, require_not_negative

METHODS = [
    "reference", "centered", "joint", "on_demand", "multitask", "naive_likelihood", "dlnet", "dlnet_gradient",
]  # fmt: skip

define(
    MODES, flags.DEFINE_enum, "task", "inpaint", "square holes, or scattered pixels", enum_values=["inpaint", "interp"]
)
define(
    MODES, flags.DEFINE_enum, "arch", "autoencoder", "which network",
    enum_values=["autoencoder", "sft", "edgeconnect"],
)  # fmt: skip
define(
    MODES, flags.DEFINE_enum, "extra_layers", "none", "where a deeper autoencoder has four more convolutions",
    enum_values=["none", "front", "back", "both"],
)  # fmt: skip
define_shared(METHODS, ("eval", "train"), "folder of the image sets; of --dataset=folder, the images", "float32")
define(
    ("eval", "train"), flags.DEFINE_enum, "dataset", None,
    "the images under --data_dir [celeba; eval: samples without it]",
    enum_values=["celeba", "sun397", "folder", "samples"],
)  # fmt: skip
define(
    ("eval", "restore", "export"), flags.DEFINE_enum, "weights", None,
    "what the shipped models were trained on [celeba; eval on samples: both]", enum_values=["celeba", "scenes"],
)  # fmt: skip
define(
    ("eval", "train"), flags.DEFINE_enum, "holes", "square", "shape of the holes of --task=inpaint",
    enum_values=["square", "strokes", "both"],
)  # fmt: skip
define(
    ("eval", "restore"), flags.DEFINE_bool, "composite", None,
    "keep the known pixels [restore: yes; eval: tables of both]",
)  # fmt: skip
define(("eval", "restore"), flags.DEFINE_string, "mask", None, "mask image; restore: or a folder of them")
define(
    ("eval", "restore"), flags.DEFINE_enum, "mask_white", "fill", "what white means in a mask image",
    enum_values=["fill", "observed"],
)  # fmt: skip
evaluate, train, restore = ("eval",), ("train",), ("restore",)
define(
    evaluate, flags.DEFINE_list, "test_sets", None,
    "in place of --dataset several of its values, or folders under --data_dir",
)  # fmt: skip
define(evaluate, flags.DEFINE_integer, "corruptions", 10, "masks for each test image", lower_bound=1)
define(evaluate, flags.DEFINE_integer, "images", None, "only so many test images [all]", lower_bound=1)
define(evaluate, flags.DEFINE_string, "save_corruptions", None, ".npz file for the masks that are tested on")
define(evaluate, flags.DEFINE_bool, "curve", False, "also measure a DL-Net at K = 1 to 5 (Fig. 4)")
define(("eval", "train"), flags.DEFINE_float, "likelihood_weight", None, "lambda of --method=naive_likelihood [10000]")
define(
    ("eval", "train"), flags.DEFINE_bool, "boundary", False,
    "a ring of 7 pixels about the hole weighs 10 times in training (Table XI)",
)  # fmt: skip
define(
    ("eval", "train"), flags.DEFINE_float, "adversarial_weight", None,
    "of an adversarial loss beside the reconstruction in training (Fig. 3)",
)  # fmt: skip
define(restore, flags.DEFINE_string, "input", None, "image file, folder, or pattern in quotes such as 'a/**/*.jpg'")
define(("restore", "export"), flags.DEFINE_string, "output", None, "file or folder; export: SavedModel or .tflite")
require_not_negative("likelihood_weight", "adversarial_weight")


@flags.multi_flags_validator(["arch", "extra_layers"], "only the autoencoder has deeper variants")
def _is_deeper(values: dict[str, Any]) -> bool:
    return values["arch"] == "autoencoder" or values["extra_layers"] == "none"


def run(options: Any) -> None:
    """Run the experiment that the flags name; each mode imports what it needs."""
    from dlnet_tf.experiments.inpainting.experiment import Inpainting

    experiment = Inpainting(options.task, options.weights or "celeba", options.arch, options.extra_layers)
    if options.mode == "eval":
        from dlnet_tf.experiments.inpainting.evaluation import evaluate
        from dlnet_tf.experiments.inpainting.options import Comparison

        evaluate(experiment, options_of(Comparison))
    elif options.mode == "train":
        from dlnet_tf.experiments.inpainting.options import InpaintingTraining
        from dlnet_tf.experiments.inpainting.training import train_model

        train_model(experiment, options_of(InpaintingTraining))
    elif options.mode == "restore":
        from dlnet_tf.experiments.inpainting.options import Filling
        from dlnet_tf.experiments.inpainting.restoring import restore

        restore(experiment, options_of(Filling))
    else:
        from dlnet_tf.experiments.one_model import export_model
        from dlnet_tf.experiments.options import ExportOptions

        export_model(experiment, options_of(ExportOptions))


if __name__ == "__main__":
    launch(__doc__ or "", run)
