"""Super-resolution for every blur width with one network.

python run_sisr.py --backbone idn --scale 3                              compare the shipped models on photographs
python run_sisr.py --mode train --backbone idn --scale 3 --method joint  train one of them
python run_sisr.py --mode restore --input lr.png --output hr.png --blur_width 1.3
python run_sisr.py --mode export --method dlnet_gradient --output saved_model/
"""

from __future__ import annotations

from typing import Any

from absl import flags

from run_flags import define, define_shared, launch, require_not_negative

METHODS = ["reference", "joint", "dlnet", "dlnet_gradient"]

define("network", flags.DEFINE_enum, "backbone", "idn", "which network", enum_values=["vdsr", "drrn", "idn"])
define("network", flags.DEFINE_enum, "scale", "3", "magnification", enum_values=["2", "3", "4"])
define("network", flags.DEFINE_enum, "method", None, "how it was trained [eval: all]", enum_values=METHODS)
define_shared()
define("restore", flags.DEFINE_string, "input", None, "image file or folder")
define("restore", flags.DEFINE_string, "output", None, "image file or folder; export: folder of the SavedModel")
define("restore", flags.DEFINE_float, "blur_width", None, "standard deviation u of the blur, in restored pixels")
define("restore", flags.DEFINE_string, "kernel", None, ".npy file with the blur kernel, in place of --blur_width")
require_not_negative("blur_width")


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
