"""Fill holes and missing pixels, with one network for every amount of damage.

python run_inpaint.py --task inpaint                                   compare the shipped models on test images
python run_inpaint.py --mode train --task interp --method reference    train one of them
python run_inpaint.py --mode restore --task inpaint --input photo.png --mask mask.png --output out.png
python run_inpaint.py --mode export --task interp --output saved_model/
"""

from __future__ import annotations

from typing import Any

from run_flags import (
    define,
    define_path,
    define_shared,
    flags,
    launch,
    networks,
    options_of,
    require_not_negative,
    tasks,
)

define(
    "task",
    flags.DEFINE_enum,
    default="inpaint",
    help="square holes, or scattered pixels",
    enum_values=tasks.of_folder("inpainting"),
)
define(
    "arch",
    flags.DEFINE_enum,
    default="autoencoder",
    help="which network",
    enum_values=networks.of_task("inpaint"),
)
define(
    "extra_layers",
    flags.DEFINE_enum,
    default="none",
    help="where a deeper autoencoder has four more convolutions",
    enum_values=["none", "front", "back", "both"],
)
DATA = "folder of the image sets; for --dataset=folder, the images"
define_shared(tasks.of_folder("inpainting"), ("eval", "train"), DATA, "image")
define(
    "dataset",
    flags.DEFINE_enum,
    help="which images in --data_dir [celeba; eval: samples if it is missing]",
    modes=("eval", "train"),
    enum_values=["celeba", "sun397", "folder", "samples"],
)
define(
    "weights",
    flags.DEFINE_enum,
    help="images that the shipped models were trained on [celeba; eval on samples: both]",
    modes=("eval", "restore", "export"),
    enum_values=["celeba", "scenes"],
)
define(
    "holes",
    flags.DEFINE_enum,
    default="square",
    help="shape of the holes of --task=inpaint",
    modes=("eval", "train"),
    enum_values=["square", "strokes", "both"],
)
define(
    "composite",
    flags.DEFINE_bool,
    help="keep the known pixels [restore: yes; eval: tables of both]",
    modes=("eval", "restore"),
)
define_path("mask", help="mask image; restore: or a folder of them", modes=("eval", "restore"))
define(
    "mask_white",
    flags.DEFINE_enum,
    default="fill",
    help="what white means in a mask image",
    modes=("eval", "restore"),
    enum_values=["fill", "observed"],
)
EVAL, RESTORE = ("eval",), ("restore",)
define(
    "grow",
    flags.DEFINE_integer,
    default=0,
    help="also fill this many pixels around the mask, if edges are soft",
    modes=RESTORE,
    lower_bound=0,
    upper_bound=1000,
)
define(
    "test_sets",
    flags.DEFINE_list,
    help="several values of --dataset, or folders in --data_dir",
    modes=EVAL,
)
define("corruptions", flags.DEFINE_integer, default=10, help="masks for each test image", modes=EVAL, lower_bound=1)
define("images", flags.DEFINE_integer, help="use only the first N test images [all]", modes=EVAL, lower_bound=1)
define_path("save_corruptions", help="write the masks of the test to this .npz file", modes=EVAL)
define(
    "load_corruptions",
    flags.DEFINE_string,
    help="read the masks of the test from a file of --save_corruptions",
    modes=EVAL,
)
define("curve", flags.DEFINE_bool, default=False, help="also measure a DL-Net at K = 1 to 5", modes=EVAL)
define(
    "likelihood_weight", flags.DEFINE_float, help="lambda of --method=naive_likelihood [10000]", modes=("eval", "train")
)
define(
    "boundary",
    flags.DEFINE_bool,
    default=False,
    help="in training give a ring of 7 pixels around the hole 10 times the weight (Table XI)",
    modes=("eval", "train"),
)
define(
    "adversarial_weight",
    flags.DEFINE_float,
    help="weight of an adversarial loss in training (Fig. 3)",
    modes=("eval", "train"),
)
require_not_negative("likelihood_weight", "adversarial_weight")


@flags.multi_flags_validator(["arch", "extra_layers"], "only the autoencoder has deeper variants")
def _is_deeper(values: dict[str, Any]) -> bool:
    return values["arch"] == "autoencoder" or values["extra_layers"] == "none"


def run() -> None:
    """Run the experiment that the flags name; each mode imports what it needs."""
    from dlnet_tf.experiments.inpainting.experiment import Inpainting
    from dlnet_tf.experiments.inpainting.options import (
        Filling,
        InpaintingChoice,
        InpaintingComparison,
        InpaintingTraining,
    )

    choice = options_of(InpaintingChoice)
    experiment = Inpainting(choice.task, choice.weights or "celeba", choice.arch, choice.extra_layers)
    if choice.mode == "eval":
        from dlnet_tf.experiments.inpainting.evaluation import evaluate

        evaluate(experiment, options_of(InpaintingComparison))
    elif choice.mode == "train":
        from dlnet_tf.experiments.inpainting.training import train_model

        train_model(experiment, options_of(InpaintingTraining))
    elif choice.mode == "restore":
        from dlnet_tf.experiments.inpainting.restoring import restore

        restore(experiment, options_of(Filling))
    else:
        from dlnet_tf.experiments.exporting import export_model
        from dlnet_tf.options import ExportOptions

        export_model(experiment, options_of(ExportOptions))


def main() -> None:
    """Run the command line."""
    launch(__doc__ or "", run)


if __name__ == "__main__":
    main()
