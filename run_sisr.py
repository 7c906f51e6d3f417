"""Super-resolution for every blur width with one network.

python run_sisr.py --backbone idn --scale 3                              compare the shipped models on photographs
python run_sisr.py --mode train --backbone idn --scale 3 --method joint  train one of them
python run_sisr.py --mode restore --input lr.png --output hr.png --blur_width 1.3
python run_sisr.py --mode export --method dlnet_gradient --output saved_model/
"""

from __future__ import annotations

from typing import Any

from run_flags import MODES, define, define_shared, flags, launch, require_not_negative

METHODS = ["reference", "joint", "dlnet", "dlnet_gradient"]

define(MODES, flags.DEFINE_enum, "backbone", "idn", "which network", enum_values=["vdsr", "drrn", "idn"])
define(MODES, flags.DEFINE_enum, "scale", "3", "magnification", enum_values=["2", "3", "4"])
define_shared(METHODS, ("train",), "folder of the image sets; train: any folder of photographs", "mixed_bfloat16")
define(
    ("eval",), flags.DEFINE_list, "test_sets", None, "folders there, or samples [Set5,Set14,B100, else samples]"
)  # fmt: skip
restore = ("restore",)
define(restore, flags.DEFINE_string, "input", None, "image file or folder")
define(("restore", "export"), flags.DEFINE_string, "output", None, "image file or folder; export: SavedModel folder")
define(restore, flags.DEFINE_float, "blur_width", None, "standard deviation u of the blur, in restored pixels")
define(restore, flags.DEFINE_string, "kernel", None, ".npy file with the blur kernel, in place of --blur_width")
define(
    restore,
    flags.DEFINE_float,
    "noise_sigma",
    None,
    "standard deviation of the noise, of 1; for networks trained with noise",
)
require_not_negative("blur_width", "noise_sigma")


def run(options: Any) -> None:
    """Run the experiment that the flags name."""
    from dlnet_tf.experiments.sisr_application import export_model, restore
    from dlnet_tf.experiments.sisr_evaluation import evaluate
    from dlnet_tf.experiments.sisr_training import train_model
    from dlnet_tf.experiments.super_resolution import SuperResolution

    modes = {"eval": evaluate, "train": train_model, "restore": restore, "export": export_model}
    modes[options.mode](SuperResolution(options.backbone, int(options.scale)), options)


if __name__ == "__main__":
    launch(__doc__ or "", run)
